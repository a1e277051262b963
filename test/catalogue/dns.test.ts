/** The catalogue of hostile peers: what DNS says, over real sockets to a server that breaks every rule. */
import { describe } from 'vitest';
import type { Authority } from '../internet/authority.ts';
import { type Peer, wellBehaved } from './peers.ts';
import { holdsAgainst } from './rows.ts';
import { PEER } from './world.ts';
import { type Fault, ipv4, label, mx, nameOf, respond, rr, TYPE, u16, type Zone } from './zones.ts';

const good = async (root: Authority): Promise<Peer> => wellBehaved(await root.issue({ dnsNames: ['mx.row.test', 'other.test'] }));
const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

const answered = (fault: Fault, key = 'row.test MX'): Zone => ({ faults: { [key]: fault } });
/** The answer section byte by byte. */
const records = (...of: readonly Uint8Array[]): Zone => answered((asked) => respond(asked, of));
const published = (...of: readonly Uint8Array[]): Zone => ({ records: { 'row.test MX': of } });
const rcode = (code: number, key?: string): Zone => answered((asked) => respond(asked, [], { rcode: code }), key);
const alias = (from: string, to: string) => rr(from, TYPE.CNAME, nameOf(to));
const host = (address: string): Zone => ({ records: { 'mx.row.test A': [ipv4(address)] } });

describe('answers for MX', () => {
  holdsAgainst([
    {
      row: 'silence',
      zone: { faults: { 'row.test MX': null }, silent: true },
      outcome: 'undetermined dns-timeout',
      phase: null,
      sentence: 'row.test could not be looked up: DNS gave no answer (timeout) to row.test MX',
    },
    {
      row: 'SERVFAIL',
      zone: rcode(2),
      outcome: 'undetermined dns-servfail',
      phase: null,
      sentence: 'row.test could not be looked up: DNS gave no answer (servfail) to row.test MX',
    },
    {
      row: 'REFUSED',
      zone: rcode(5),
      outcome: 'undetermined dns-refused',
      phase: null,
      sentence: 'row.test could not be looked up: DNS gave no answer (refused) to row.test MX',
    },
    {
      row: 'NXDOMAIN',
      zone: rcode(3),
      outcome: 'fail no-address',
      phase: null,
      sentence:
        'mail to row.test would bounce: Postfix says "Host or domain name not found. Name service error for name=row.test type=AAAA: Host found but no data record of requested type". None of its hosts has an address',
    },
    {
      row: 'FORMERR',
      zone: rcode(1),
      outcome: 'undetermined dns-malformed',
      phase: null,
      sentence: 'row.test could not be looked up: DNS gave no answer (malformed) to row.test MX',
    },
    {
      row: 'NOTIMP',
      zone: rcode(4),
      outcome: 'undetermined dns-malformed',
      phase: null,
      sentence: 'row.test could not be looked up: DNS gave no answer (malformed) to row.test MX',
    },
    {
      row: 'a code that does not exist',
      zone: rcode(15),
      outcome: 'undetermined dns-servfail',
      phase: null,
      sentence: 'row.test could not be looked up: DNS gave no answer (servfail) to row.test MX',
    },
    {
      row: 'another id',
      zone: { ...answered((asked) => respond(asked, [], { otherId: 1 })), silent: true },
      outcome: 'undetermined dns-timeout',
      phase: null,
      sentence: 'row.test could not be looked up: DNS gave no answer (timeout) to row.test MX',
    },
    {
      row: 'another question',
      zone: {
        ...answered((asked) => respond(asked, [], { question: Buffer.concat([nameOf('evil.test'), u16(15), u16(1)]) })),
        silent: true,
      },
      outcome: 'undetermined dns-timeout',
      phase: null,
      sentence: 'row.test could not be looked up: DNS gave no answer (timeout) to row.test MX',
    },
    {
      row: 'a message of no octets',
      zone: { ...answered(() => Buffer.alloc(0)), silent: true },
      outcome: 'undetermined dns-timeout',
      phase: null,
      sentence: 'row.test could not be looked up: DNS gave no answer (timeout) to row.test MX',
    },
    {
      row: 'a message of one octet',
      zone: { ...answered(() => Buffer.of(0)), silent: true },
      outcome: 'undetermined dns-timeout',
      phase: null,
      sentence: 'row.test could not be looked up: DNS gave no answer (timeout) to row.test MX',
    },
    {
      row: 'half a header',
      zone: { ...answered((asked) => respond(asked, []).subarray(0, 7)), silent: true },
      outcome: 'undetermined dns-timeout',
      phase: null,
      sentence: 'row.test could not be looked up: DNS gave no answer (timeout) to row.test MX',
    },
    {
      row: 'truncated, over TCP as well',
      zone: answered((asked) => respond(asked, [], { truncated: true })),
      outcome: 'undetermined dns-malformed',
      phase: null,
      sentence: 'row.test could not be looked up: DNS gave no answer (malformed) to row.test MX',
    },
    {
      row: 'truncated, then refused over TCP',
      zone: answered((asked) => respond(asked, [], asked.transport === 'udp' ? { truncated: true } : { rcode: 5 })),
      outcome: 'undetermined dns-refused',
      phase: null,
      sentence: 'row.test could not be looked up: DNS gave no answer (refused) to row.test MX',
    },
    {
      row: 'truncated, then another id over TCP',
      zone: answered((asked) => respond(asked, [], asked.transport === 'udp' ? { truncated: true } : { otherId: 1 })),
      outcome: 'undetermined dns-malformed',
      phase: null,
      sentence: 'row.test could not be looked up: DNS gave no answer (malformed) to row.test MX',
    },
    {
      row: '60 KB over TCP',
      zone: answered((asked) =>
        asked.transport === 'udp'
          ? respond(asked, [], { truncated: true })
          : respond(
              asked,
              times(1_500, (i) => rr('row.test', TYPE.MX, mx(10, `h${i}.row.test`))),
            ),
      ),
      outcome: 'fail no-address',
      phase: null,
      sentence:
        'mail to row.test would bounce: Postfix says "Host or domain name not found. Name service error for name=h99.row.test type=AAAA: Host not found". None of its hosts has an address',
    },
    {
      row: 'more answers than it holds',
      zone: answered((asked) => respond(asked, [], { answers: 9 })),
      outcome: 'undetermined dns-malformed',
      phase: null,
      sentence: 'row.test could not be looked up: DNS gave no answer (malformed) to row.test MX',
    },
    {
      row: 'garbage behind the question',
      zone: records(Buffer.from('ff'.repeat(40), 'hex')),
      outcome: 'undetermined dns-malformed',
      phase: null,
      sentence: 'row.test could not be looked up: DNS gave no answer (malformed) to row.test MX',
    },
    {
      row: 'a length beyond the message',
      zone: records(rr('row.test', TYPE.MX, mx(10, 'mx.row.test'), { length: 60_000 })),
      outcome: 'undetermined dns-malformed',
      phase: null,
      sentence: 'row.test could not be looked up: DNS gave no answer (malformed) to row.test MX',
    },
    {
      row: 'a length of zero',
      zone: records(rr('row.test', TYPE.MX, Buffer.alloc(0))),
      outcome: 'undetermined dns-malformed',
      phase: null,
      sentence: 'row.test could not be looked up: DNS gave no answer (malformed) to row.test MX',
    },
    {
      row: 'a pointer to itself',
      zone: records(rr(Buffer.of(0xc0, 26), TYPE.MX, mx(10, 'mx.row.test'))),
      outcome: 'undetermined dns-malformed',
      phase: null,
      sentence: 'row.test could not be looked up: DNS gave no answer (malformed) to row.test MX',
    },
    {
      row: 'a pointer ahead',
      zone: records(rr(Buffer.of(0xff, 0xff), TYPE.MX, mx(10, 'mx.row.test'))),
      outcome: 'undetermined dns-malformed',
      phase: null,
      sentence: 'row.test could not be looked up: DNS gave no answer (malformed) to row.test MX',
    },
    {
      row: 'a name of 300 octets',
      zone: records(rr('row.test', TYPE.MX, mx(10, Buffer.concat([...times(5, () => label('x'.repeat(59))), Buffer.of(0)])))),
      outcome: 'undetermined dns-malformed',
      phase: null,
      sentence: 'row.test could not be looked up: DNS gave no answer (malformed) to row.test MX',
    },
    {
      row: 'a label of an unknown kind',
      zone: records(rr('row.test', TYPE.MX, mx(10, Buffer.of(0x80, 1, 0)))),
      outcome: 'undetermined dns-malformed',
      phase: null,
      sentence: 'row.test could not be looked up: DNS gave no answer (malformed) to row.test MX',
    },
    {
      row: 'records of somebody else',
      zone: records(rr('evil.test', TYPE.MX, mx(10, 'mx.row.test'))),
      minted: good,
      outcome: 'fail no-address',
      phase: null,
      sentence:
        'mail to row.test would bounce: Postfix says "Host or domain name not found. Name service error for name=row.test type=AAAA: Host found but no data record of requested type". None of its hosts has an address',
    },
    {
      row: 'records of another class',
      zone: records(rr('row.test', TYPE.MX, mx(10, 'mx.row.test'), { class: 3 })),
      minted: good,
      outcome: 'fail no-address',
      phase: null,
      sentence:
        'mail to row.test would bounce: Postfix says "Host or domain name not found. Name service error for name=row.test type=AAAA: Host found but no data record of requested type". None of its hosts has an address',
    },
  ]);
});

describe('aliases', () => {
  holdsAgainst([
    {
      row: 'the domain is its own',
      zone: records(alias('row.test', 'row.test')),
      outcome: 'fail no-address',
      phase: null,
      sentence:
        'mail to row.test would bounce: Postfix says "Host or domain name not found. Name service error for name=row.test type=AAAA: Host found but no data record of requested type". None of its hosts has an address',
    },
    {
      row: 'two in a circle',
      zone: records(alias('row.test', 'b.test'), alias('b.test', 'row.test')),
      outcome: 'fail no-address',
      phase: null,
      sentence:
        'mail to row.test would bounce: Postfix says "Host or domain name not found. Name service error for name=row.test type=AAAA: Host found but no data record of requested type". None of its hosts has an address',
    },
    {
      row: '50 in a row',
      zone: records(...times(50, (i) => alias(i === 0 ? 'row.test' : `a${i}.test`, `a${i + 1}.test`))),
      outcome: 'fail no-address',
      phase: null,
      sentence:
        'mail to row.test would bounce: Postfix says "Host or domain name not found. Name service error for name=row.test type=AAAA: Host found but no data record of requested type". None of its hosts has an address',
    },
    {
      row: 'a new one with each question',
      zone: {
        faults: Object.fromEntries(
          times(
            30,
            (i) =>
              [
                `${i === 0 ? 'row.test' : `a${i}.test`} MX`,
                (asked) => respond(asked, [alias(i === 0 ? 'row.test' : `a${i}.test`, `a${i + 1}.test`)]),
              ] satisfies [string, Fault],
          ),
        ),
      },
      outcome: 'fail no-address',
      phase: null,
      sentence:
        'mail to row.test would bounce: Postfix says "Host or domain name not found. Name service error for name=row.test type=AAAA: Host found but no data record of requested type". None of its hosts has an address',
    },
    {
      row: 'the root',
      zone: records(alias('row.test', '')),
      outcome: 'fail no-address',
      phase: null,
      sentence:
        'mail to row.test would bounce: Postfix says "Host or domain name not found. Name service error for name=row.test type=AAAA: Host found but no data record of requested type". None of its hosts has an address',
    },
    {
      row: 'the host is its own',
      zone: answered((asked) => respond(asked, [alias('mx.row.test', 'mx.row.test')]), 'mx.row.test A'),
      outcome: 'fail no-address',
      phase: null,
      sentence:
        'mail to row.test would bounce: Postfix says "Host or domain name not found. Name service error for name=mx.row.test type=AAAA: Host found but no data record of requested type". None of its hosts has an address',
    },
  ]);
});

describe('MX hosts', () => {
  holdsAgainst([
    {
      row: 'a null MX',
      zone: published(mx(0, '')),
      outcome: 'fail null-mx',
      phase: null,
      sentence:
        'mail to row.test would bounce: Postfix says "Domain row.test does not accept mail (nullMX)". The domain says that it takes no mail (a null MX record). There is nothing to deliver to: the entry can go',
    },
    {
      row: 'a null MX of another preference',
      zone: published(mx(10, '')),
      outcome: 'fail null-mx',
      phase: null,
      sentence:
        'mail to row.test would bounce: Postfix says "Domain row.test does not accept mail (nullMX)". The domain says that it takes no mail (a null MX record). There is nothing to deliver to: the entry can go',
    },
    {
      row: 'a null MX beside a host',
      zone: published(mx(0, ''), mx(10, 'mx.row.test')),
      minted: good,
      outcome: 'fail null-mx',
      phase: null,
      sentence:
        'mail to row.test would bounce: Postfix says "Domain row.test does not accept mail (nullMX)". The domain says that it takes no mail (a null MX record). There is nothing to deliver to: the entry can go',
    },
    {
      row: 'localhost',
      zone: { records: { 'row.test MX': [mx(10, 'localhost')], 'localhost A': [ipv4('127.0.0.1')] } },
      outcome: 'undetermined nothing-seen',
      phase: 'connect',
      sentence: 'nothing was seen of row.test: at localhost (127.0.0.1) the connection is refused',
    },
    {
      row: 'an address as a name',
      minted: good,
      zone: { records: { 'row.test MX': [mx(10, PEER)] } },
      outcome: 'pass',
      phase: null,
      sentence: 'mail to row.test is delivered encrypted and authenticated',
    },
    {
      row: 'a name with what a terminal obeys',
      zone: published(mx(10, Buffer.concat([label('\u001b[2J\u202eevil'), label('test'), Buffer.of(0)]))),
      outcome: 'fail not-a-name',
      phase: null,
      sentence:
        'mail to row.test would bounce: Postfix says "Name service error for name=row.test type=MX: Malformed or unexpected name server reply". DNS names hosts that are no host names',
    },
    {
      row: 'a name with a NUL',
      zone: published(mx(10, Buffer.concat([label('mx\0'), label('test'), Buffer.of(0)]))),
      outcome: 'fail not-a-name',
      phase: null,
      sentence:
        'mail to row.test would bounce: Postfix says "Name service error for name=row.test type=MX: Malformed or unexpected name server reply". DNS names hosts that are no host names',
    },
    {
      row: 'a name with a dot in a label',
      zone: published(mx(10, Buffer.concat([label('mx.row'), label('test'), Buffer.of(0)]))),
      outcome: 'fail not-a-name',
      phase: null,
      sentence:
        'mail to row.test would bounce: Postfix says "Name service error for name=row.test type=MX: Malformed or unexpected name server reply". DNS names hosts that are no host names',
    },
    {
      row: 'a name with an underscore',
      zone: { records: { 'row.test MX': [mx(10, '_mx.row.test')], '_mx.row.test A': [ipv4(PEER)] } },
      minted: good,
      outcome: 'pass',
      phase: null,
      sentence: 'mail to row.test is delivered encrypted and authenticated',
    },
    {
      row: 'a name of bytes above 127',
      zone: published(mx(10, Buffer.concat([label('\u00fc'), label('test'), Buffer.of(0)]))),
      outcome: 'fail not-a-name',
      phase: null,
      sentence:
        'mail to row.test would bounce: Postfix says "Name service error for name=row.test type=MX: Malformed or unexpected name server reply". DNS names hosts that are no host names',
    },
    {
      row: 'a name that begins with a hyphen',
      zone: { records: { 'row.test MX': [mx(10, '-x.test')], '-x.test A': [ipv4(PEER)] } },
      minted: good,
      outcome: 'fail not-a-name',
      phase: null,
      sentence:
        'mail to row.test would bounce: Postfix says "Name service error for name=row.test type=MX: Malformed or unexpected name server reply". DNS names hosts that are no host names',
    },
    {
      row: 'a name that does not exist',
      zone: published(mx(10, 'nowhere.test')),
      outcome: 'fail no-address',
      phase: null,
      sentence:
        'mail to row.test would bounce: Postfix says "Host or domain name not found. Name service error for name=nowhere.test type=AAAA: Host not found". None of its hosts has an address',
    },
    {
      row: '100 names that do not exist',
      zone: answered((asked) =>
        asked.transport === 'udp'
          ? respond(asked, [], { truncated: true })
          : respond(
              asked,
              times(100, (i) => rr('row.test', TYPE.MX, mx(10, `no${i}.test`))),
            ),
      ),
      outcome: 'fail no-address',
      phase: null,
      sentence:
        'mail to row.test would bounce: Postfix says "Host or domain name not found. Name service error for name=no99.test type=AAAA: Host not found". None of its hosts has an address',
    },
    {
      row: 'the same host 50 times',
      zone: published(...times(50, () => mx(10, 'mx.row.test'))),
      minted: good,
      outcome: 'pass',
      phase: null,
      sentence: 'mail to row.test is delivered encrypted and authenticated',
    },
    {
      row: 'hosts that refuse to be looked up',
      zone: rcode(5, 'mx.row.test A'),
      outcome: 'undetermined dns-refused',
      phase: null,
      sentence: 'row.test could not be looked up: DNS gave no answer (refused) to mx.row.test A',
    },
    {
      row: 'hosts that fail to be looked up',
      zone: rcode(2, 'mx.row.test A'),
      outcome: 'undetermined dns-servfail',
      phase: null,
      sentence: 'row.test could not be looked up: DNS gave no answer (servfail) to mx.row.test A',
    },
    {
      row: 'an address of three octets',
      zone: { records: { 'mx.row.test A': [Buffer.of(1, 2, 3)] } },
      outcome: 'undetermined dns-malformed',
      phase: null,
      sentence: 'row.test could not be looked up: DNS gave no answer (malformed) to mx.row.test A',
    },
    {
      row: 'an address of no octets',
      zone: { records: { 'mx.row.test A': [Buffer.alloc(0)] } },
      outcome: 'undetermined dns-malformed',
      phase: null,
      sentence: 'row.test could not be looked up: DNS gave no answer (malformed) to mx.row.test A',
    },
    {
      row: 'an address of sixteen octets as four',
      zone: { records: { 'mx.row.test A': [Buffer.alloc(16)] } },
      outcome: 'undetermined dns-malformed',
      phase: null,
      sentence: 'row.test could not be looked up: DNS gave no answer (malformed) to mx.row.test A',
    },
    {
      row: 'the address 0.0.0.0',
      zone: host('0.0.0.0'),
      privates: false,
      outcome: 'unchecked private-addresses',
      phase: 'connect',
      sentence:
        'row.test has only private or special addresses (0.0.0.0), which are not connected to without --allow-private-addresses',
    },
    {
      row: 'the address 127.0.0.1',
      zone: host('127.0.0.1'),
      privates: false,
      outcome: 'unchecked private-addresses',
      phase: 'connect',
      sentence:
        'row.test has only private or special addresses (127.0.0.1), which are not connected to without --allow-private-addresses',
    },
    {
      row: 'the address 10.0.0.1',
      zone: host('10.0.0.1'),
      privates: false,
      outcome: 'unchecked private-addresses',
      phase: 'connect',
      sentence:
        'row.test has only private or special addresses (10.0.0.1), which are not connected to without --allow-private-addresses',
    },
    {
      row: 'the address 169.254.169.254',
      zone: host('169.254.169.254'),
      privates: false,
      outcome: 'unchecked private-addresses',
      phase: 'connect',
      sentence:
        'row.test has only private or special addresses (169.254.169.254), which are not connected to without --allow-private-addresses',
    },
    {
      row: 'the address 255.255.255.255',
      zone: host('255.255.255.255'),
      privates: false,
      outcome: 'unchecked private-addresses',
      phase: 'connect',
      sentence:
        'row.test has only private or special addresses (255.255.255.255), which are not connected to without --allow-private-addresses',
    },
    {
      row: 'the address 224.0.0.1',
      zone: host('224.0.0.1'),
      privates: false,
      outcome: 'unchecked private-addresses',
      phase: 'connect',
      sentence:
        'row.test has only private or special addresses (224.0.0.1), which are not connected to without --allow-private-addresses',
    },
    {
      row: 'the address ::1',
      zone: { records: { 'mx.row.test A': [], 'mx.row.test AAAA': [Buffer.from([...Array(15).fill(0), 1])] } },
      privates: false,
      outcome: 'unchecked private-addresses',
      phase: 'connect',
      sentence:
        'row.test has only private or special addresses (::1), which are not connected to without --allow-private-addresses',
    },
    {
      row: 'the address ::ffff:127.0.0.1',
      zone: { records: { 'mx.row.test A': [], 'mx.row.test AAAA': [Buffer.from('00000000000000000000ffff7f000001', 'hex')] } },
      privates: false,
      outcome: 'unchecked private-addresses',
      phase: 'connect',
      sentence:
        'row.test has only private or special addresses (::ffff:127.0.0.1), which are not connected to without --allow-private-addresses',
    },
    {
      row: 'the address 64:ff9b::10.0.0.1',
      zone: { records: { 'mx.row.test A': [], 'mx.row.test AAAA': [Buffer.from('0064ff9b00000000000000000a000001', 'hex')] } },
      privates: false,
      outcome: 'unchecked private-addresses',
      phase: 'connect',
      sentence:
        'row.test has only private or special addresses (64:ff9b::a00:1), which are not connected to without --allow-private-addresses',
    },
  ]);
});
