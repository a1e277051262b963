/** The catalogue of hostile peers: TLSA records, signed and wrong. */
import { readCertificate } from '../../lambda/certificate/certificate.ts';
import type { Authority, Issued } from '../internet/authority.ts';
import { type Peer, wellBehaved } from './peers.ts';
import { holdsAgainst } from './rows.ts';
import { type Fault, nameOf, respond, rr, TYPE } from './zones.ts';

const good = async (root: Authority): Promise<Peer> => wellBehaved(await issuedBy(root));
let issued: Issued | undefined;
/** One for all rows, so that records can name it. */
const issuedBy = async (root: Authority): Promise<Issued> => (issued ??= await root.issue({ dnsNames: ['mx.row.test'] }));
const key = (): Uint8Array => {
  const leaf = readCertificate(issued?.der ?? '');
  return leaf.kind === 'certificate' ? Buffer.from(leaf.spkiSha256, 'hex') : Buffer.alloc(0);
};
const tlsa = (usage: number, selector: number, matching: number, data: Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.of(usage, selector, matching), data]);
const NONE = Buffer.alloc(32, 0xab);
const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

/** Signed, whatever they are. */
const publishes = (...records: readonly (Uint8Array | (() => Uint8Array))[]): Row => ({
  minted: good,
  tlsa: (asked) =>
    respond(
      asked,
      records.map((one) => rr(tlsaName(asked.question), TYPE.TLSA, typeof one === 'function' ? one() : one)),
      { ad: true },
    ),
});
const answers = (tlsa: Fault): Row => ({ minted: good, tlsa });
/** The name that was asked, as it stands in the question. */
const tlsaName = (question: Uint8Array): Uint8Array => question.subarray(0, -4);

interface Row {
  readonly minted: (root: Authority) => Promise<Peer>;
  readonly tlsa: Fault;
}

holdsAgainst([
  {
    row: 'the key of the certificate',
    policy: 'dane-only',
    ...publishes(() => tlsa(3, 1, 1, key())),
    outcome: 'pass',
    phase: null,
    sentence: 'mail to row.test is delivered encrypted and authenticated',
  },
  {
    row: 'another key',
    policy: 'dane-only',
    ...publishes(tlsa(3, 1, 1, NONE)),
    outcome: 'fail tlsa-mismatch',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". At mx.row.test (127.0.0.8) nothing that is presented matches the TLSA record 3 1 1 abababababababababababababababababababababababababababababababab: the certificate has sha256 DIGEST, its key DIGEST. The cure is theirs: the TLSA records must be those of the certificate in use',
  },
  {
    row: 'none',
    policy: 'dane-only',
    ...publishes(),
    outcome: 'fail no-tlsa',
    phase: 'connect',
    sentence:
      'mail to row.test would be deferred: Postfix says "no TLSA records found". At mx.row.test (127.0.0.8) the host has no signed TLSA record. Either they publish TLSA records again, or the level is dane, which does without',
  },
  {
    row: 'none, where dane would do without',
    policy: 'dane',
    ...publishes(),
    outcome: 'pass',
    phase: null,
    sentence:
      'mail to row.test is delivered encrypted. Level dane is only may at mx.row.test: the host has no signed TLSA record',
  },
  {
    row: 'no such name',
    policy: 'dane-only',
    ...answers((asked) => respond(asked, [], { rcode: 3, ad: true })),
    outcome: 'fail no-tlsa',
    phase: 'connect',
    sentence:
      'mail to row.test would be deferred: Postfix says "no TLSA records found". At mx.row.test (127.0.0.8) the host has no signed TLSA record. Either they publish TLSA records again, or the level is dane, which does without',
  },
  {
    row: 'SERVFAIL',
    policy: 'dane',
    ...answers((asked) => respond(asked, [], { rcode: 2 })),
    outcome: 'fail tlsa-lookup-failed',
    phase: 'connect',
    sentence:
      'mail to row.test would be deferred: Postfix says "TLSA lookup error for mx.row.test:PORT". At mx.row.test (127.0.0.8) DNS gives no answer to _PORT._tcp.mx.row.test TLSA (servfail). The cure is theirs: their name servers must answer for TLSA records, with signatures that are right',
  },
  {
    row: 'REFUSED',
    policy: 'dane',
    ...answers((asked) => respond(asked, [], { rcode: 5 })),
    outcome: 'undetermined nothing-seen',
    phase: 'connect',
    sentence:
      'nothing was seen of row.test: at mx.row.test (127.0.0.8) whether the host has TLSA records is not known (_PORT._tcp.mx.row.test TLSA)',
  },
  {
    row: 'an answer without a signature',
    policy: 'dane',
    ...answers((asked) => respond(asked, [rr(tlsaName(asked.question), TYPE.TLSA, tlsa(3, 1, 1, NONE))])),
    outcome: 'pass',
    phase: null,
    sentence:
      'mail to row.test is delivered encrypted. Level dane is only may at mx.row.test: the host has no signed TLSA record',
  },
  {
    row: 'garbage',
    policy: 'dane',
    ...answers((asked) => respond(asked, [Buffer.alloc(30, 0xff)], { ad: true })),
    outcome: 'undetermined nothing-seen',
    phase: 'connect',
    sentence:
      'nothing was seen of row.test: at mx.row.test (127.0.0.8) whether the host has TLSA records is not known (_PORT._tcp.mx.row.test TLSA)',
  },
  {
    row: 'an alias in a circle',
    policy: 'dane',
    ...answers((asked) => respond(asked, [rr(tlsaName(asked.question), TYPE.CNAME, tlsaName(asked.question))], { ad: true })),
    outcome: 'pass',
    phase: null,
    sentence:
      'mail to row.test is delivered encrypted. Level dane is only may at mx.row.test: the host has no signed TLSA record',
  },
  {
    row: 'an alias to nowhere',
    policy: 'dane-only',
    ...answers((asked) => respond(asked, [rr(tlsaName(asked.question), TYPE.CNAME, nameOf('nowhere.test'))], { ad: true })),
    outcome: 'fail no-tlsa',
    phase: 'connect',
    sentence:
      'mail to row.test would be deferred: Postfix says "no TLSA records found". At mx.row.test (127.0.0.8) the host has no signed TLSA record. Either they publish TLSA records again, or the level is dane, which does without',
  },
  {
    row: 'a record of no octets',
    policy: 'dane-only',
    ...publishes(Buffer.alloc(0)),
    outcome: 'fail tlsa-unusable',
    phase: 'connect',
    sentence:
      'mail to row.test would be deferred: Postfix says "TLSA records unusable". At mx.row.test (127.0.0.8) none of the TLSA records of the host is usable. The cure is theirs: the TLSA records must be of usage 2 or 3, with SHA-256',
  },
  {
    row: 'a record of one octet',
    policy: 'dane-only',
    ...publishes(Buffer.of(3)),
    outcome: 'fail tlsa-unusable',
    phase: 'connect',
    sentence:
      'mail to row.test would be deferred: Postfix says "TLSA records unusable". At mx.row.test (127.0.0.8) none of the TLSA records of the host is usable. The cure is theirs: the TLSA records must be of usage 2 or 3, with SHA-256',
  },
  {
    row: 'a record without data',
    policy: 'dane-only',
    ...publishes(tlsa(3, 1, 1, Buffer.alloc(0))),
    outcome: 'fail tlsa-unusable',
    phase: 'connect',
    sentence:
      'mail to row.test would be deferred: Postfix says "TLSA records unusable". At mx.row.test (127.0.0.8) none of the TLSA records of the host is usable. The cure is theirs: the TLSA records must be of usage 2 or 3, with SHA-256',
  },
  {
    row: 'a digest of 31 octets',
    policy: 'dane-only',
    ...publishes(tlsa(3, 1, 1, Buffer.alloc(31))),
    outcome: 'fail tlsa-unusable',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". At mx.row.test (127.0.0.8) none of the TLSA records is usable, and dane-only goes no further without. The cure is theirs: the TLSA records must be of usage 2 or 3, with SHA-256',
  },
  {
    row: 'a digest of 60,000 octets',
    policy: 'dane-only',
    ...answers((asked) =>
      asked.transport === 'udp'
        ? respond(asked, [], { truncated: true, ad: true })
        : respond(asked, [rr(tlsaName(asked.question), TYPE.TLSA, tlsa(3, 1, 1, Buffer.alloc(60_000)))], { ad: true }),
    ),
    outcome: 'fail tlsa-unusable',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". At mx.row.test (127.0.0.8) none of the TLSA records is usable, and dane-only goes no further without. The cure is theirs: the TLSA records must be of usage 2 or 3, with SHA-256',
  },
  {
    row: 'a usage that does not exist',
    policy: 'dane-only',
    ...publishes(() => tlsa(9, 1, 1, key())),
    outcome: 'fail tlsa-unusable',
    phase: 'connect',
    sentence:
      'mail to row.test would be deferred: Postfix says "TLSA records unusable". At mx.row.test (127.0.0.8) none of the TLSA records of the host is usable. The cure is theirs: the TLSA records must be of usage 2 or 3, with SHA-256',
  },
  {
    row: 'a selector that does not exist',
    policy: 'dane-only',
    ...publishes(() => tlsa(3, 9, 1, key())),
    outcome: 'fail tlsa-unusable',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". At mx.row.test (127.0.0.8) none of the TLSA records is usable, and dane-only goes no further without. The cure is theirs: the TLSA records must be of usage 2 or 3, with SHA-256',
  },
  {
    row: 'a digest that does not exist',
    policy: 'dane-only',
    ...publishes(() => tlsa(3, 1, 9, key())),
    outcome: 'fail tlsa-unusable',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". At mx.row.test (127.0.0.8) none of the TLSA records is usable, and dane-only goes no further without. The cure is theirs: the TLSA records must be of usage 2 or 3, with SHA-256',
  },
  {
    row: 'usage 0',
    policy: 'dane-only',
    ...publishes(() => tlsa(0, 1, 1, key())),
    outcome: 'fail tlsa-unusable',
    phase: 'connect',
    sentence:
      'mail to row.test would be deferred: Postfix says "TLSA records unusable". At mx.row.test (127.0.0.8) none of the TLSA records of the host is usable. The cure is theirs: the TLSA records must be of usage 2 or 3, with SHA-256',
  },
  {
    row: 'usage 1',
    policy: 'dane-only',
    ...publishes(() => tlsa(1, 1, 1, key())),
    outcome: 'fail tlsa-unusable',
    phase: 'connect',
    sentence:
      'mail to row.test would be deferred: Postfix says "TLSA records unusable". At mx.row.test (127.0.0.8) none of the TLSA records of the host is usable. The cure is theirs: the TLSA records must be of usage 2 or 3, with SHA-256',
  },
  {
    row: 'usage 2 with a certificate of garbage',
    policy: 'dane-only',
    ...publishes(tlsa(2, 0, 0, Buffer.alloc(500, 0x30))),
    outcome: 'fail tlsa-unusable',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". At mx.row.test (127.0.0.8) none of the TLSA records is usable, and dane-only goes no further without. The cure is theirs: the TLSA records must be of usage 2 or 3, with SHA-256',
  },
  {
    row: 'usage 2 with a key of garbage',
    policy: 'dane-only',
    ...publishes(tlsa(2, 1, 0, Buffer.alloc(500, 0x30))),
    outcome: 'fail tlsa-unusable',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". At mx.row.test (127.0.0.8) none of the TLSA records is usable, and dane-only goes no further without. The cure is theirs: the TLSA records must be of usage 2 or 3, with SHA-256',
  },
  {
    row: 'usage 3 with a whole key of garbage',
    policy: 'dane-only',
    ...publishes(tlsa(3, 1, 0, Buffer.alloc(500, 0x30))),
    outcome: 'fail tlsa-unusable',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". At mx.row.test (127.0.0.8) none of the TLSA records is usable, and dane-only goes no further without. The cure is theirs: the TLSA records must be of usage 2 or 3, with SHA-256',
  },
  {
    row: 'a good one among malformed ones',
    policy: 'dane-only',
    ...publishes(Buffer.alloc(0), Buffer.of(3), tlsa(3, 1, 1, Buffer.alloc(31)), () => tlsa(3, 1, 1, key())),
    outcome: 'pass',
    phase: null,
    sentence: 'mail to row.test is delivered encrypted and authenticated',
  },
  {
    row: '20 of another key',
    policy: 'dane-only',
    ...publishes(...times(20, (i) => tlsa(3, 1, 1, Buffer.alloc(32, i)))),
    outcome: 'fail tlsa-mismatch',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". At mx.row.test (127.0.0.8) nothing that is presented matches the TLSA records 3 1 1 0000000000000000000000000000000000000000000000000000000000000000, 3 1 1 0101010101010101010101010101010101010101010101010101010101010101 and 18 more: the certificate has sha256 DIGEST, its key DIGEST. The cure is theirs: the TLSA records must be those of the certificate in use',
  },
  {
    row: '1,000 of another key',
    policy: 'dane-only',
    ...answers((asked) =>
      asked.transport === 'udp'
        ? respond(asked, [], { truncated: true, ad: true })
        : respond(
            asked,
            times(1_000, (i) => rr(Buffer.of(0xc0, 12), TYPE.TLSA, tlsa(3, 1, 1, Buffer.alloc(32, i)))),
            { ad: true },
          ),
    ),
    outcome: 'fail tlsa-mismatch',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". At mx.row.test (127.0.0.8) nothing that is presented matches the TLSA records 3 1 1 0000000000000000000000000000000000000000000000000000000000000000, 3 1 1 0101010101010101010101010101010101010101010101010101010101010101 and 98 more: the certificate has sha256 DIGEST, its key DIGEST. The cure is theirs: the TLSA records must be those of the certificate in use',
  },
]);
