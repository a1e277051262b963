/**
 * Where we knowingly say something else than Postfix, each with the reason that README repeats, and a scene that shows it.
 *
 * agreement.test.ts plays the scene and asserts both sides: a line that no longer differs has to go.
 */
import type { Behaviour } from '../internet/smtp-script.ts';
import type { Identity } from '../internet/tls-server.ts';
import type { Comparison } from './compare.ts';
import type { Scene } from './scene.ts';

export interface KnownDifference {
  readonly behaviour: Behaviour;
  readonly level: 'secure' | 'may';
  readonly because: string;
  /** Postfix's status, dsn and text; `@` stands for the host with its address. */
  readonly postfix: string;
  /** Our verdict and reason. */
  readonly ours: string;
}

const NOT_ASKED = 'no mail is begun and no recipient named: what a server says to them is no matter of TLS';
const INJECTED =
  'plaintext behind the 220 is an attack or a broken proxy: Postfix drops it and goes on, we do not trust such a host';

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  { behaviour: 'injection', level: 'secure', because: INJECTED, postfix: 'sent 2.0.0 250 queued', ours: 'fail handshake-failed' },
  {
    behaviour: 'injection',
    level: 'may',
    because: INJECTED,
    postfix: 'sent 2.0.0 250 queued',
    ours: 'degraded handshake-failed',
  },
  {
    behaviour: 'banner-endless',
    level: 'secure',
    because: 'strangers may make us read 200 lines of a reply, Postfix reads on for as long as they come in time',
    postfix: 'sent 2.0.0 250 queued',
    ours: 'undetermined nothing-seen',
  },
  {
    behaviour: 'mail450',
    level: 'secure',
    because: NOT_ASKED,
    postfix: 'deferred 4.0.0 host @ said: 450 try again later (in reply to MAIL FROM command)',
    ours: 'pass null',
  },
  {
    behaviour: 'rcpt450',
    level: 'secure',
    because: NOT_ASKED,
    postfix: 'deferred 4.0.0 host @ said: 450 try again later (in reply to RCPT TO command)',
    ours: 'pass null',
  },
  {
    behaviour: 'rcpt550',
    level: 'secure',
    because: NOT_ASKED,
    postfix: 'bounced 5.0.0 host @ said: 550 no such user (in reply to RCPT TO command)',
    ours: 'pass null',
  },
  {
    behaviour: 'starttls421',
    level: 'may',
    because: 'a 421 ends our conversation; at may Postfix tries to go on in plaintext and finds the line closed',
    postfix: 'deferred 4.4.2 lost connection with @ while sending MAIL FROM',
    ours: 'undetermined nothing-seen',
  },
];

/** Found by this comparison and to be mended on our side; each line goes with its cure. */
export const PENDING: readonly { readonly because: string; readonly is: (comparison: Comparison) => boolean }[] = [
  {
    because: 'DNS comes before a broken entry: null MX and NXDOMAIN bounce all the same, a failed lookup defers in its own words',
    is: ({ verdict, delivery }) =>
      ['invalid-entry', 'no-dnssec'].includes(`${verdict?.reason}`) && /^(?:5\.1\.0|[45]\.4\.[346])$/.test(delivery.dsn),
  },
  {
    because: 'a handshake that times out is a failed handshake to Postfix, in dsn and text',
    is: ({ verdict }) => saysOf(verdict).some((text) => / timed out while performing the TLS handshake$/.test(text)),
  },
  {
    because: 'where TLS is off, STARTTLS is never sent: what a host would have said to it does not matter',
    is: ({ verdict, delivery }) =>
      delivery.text === 'TLS is required, but our TLS engine is unavailable' &&
      saysOf(verdict).some((text) => / while receiving the STARTTLS response$/.test(text)),
  },
  {
    because: 'with a hole among the protocols OpenSSL offers those below it only: !TLSv1.2 fails at every level above encrypt',
    is: ({ entry, delivery }) => entry.includes('!TLSv1.2') && delivery.text === 'Cannot start TLS: handshake failure',
  },
  {
    because: 'where our own settings hide STARTTLS, no handshake can prove the way out, and every silence is put down to us',
    is: ({ verdict, delivery }) =>
      reasonsOf(verdict).includes('no-way-out') && / timed out | is unreachable$/.test(delivery.text),
  },
  {
    because: 'at level none STARTTLS is never sent: a hop that breaks off there takes the mail',
    is: ({ verdict, delivery }) =>
      delivery.status === 'sent' && saysOf(verdict).some((text) => / while receiving the STARTTLS response$/.test(text)),
  },
];

const reasonsOf = (verdict: Comparison['verdict']) =>
  (verdict?.hosts ?? []).flatMap(({ addresses }) => addresses.map(({ reason }) => reason));

const saysOf = (verdict: Comparison['verdict']) => (verdict?.endings ?? []).map(({ text }) => text);

/** One destination per line, `k1.test` for the first, with one host that would pass if it behaved. */
export function differencesScene(identity: Identity, anchors: string): Scene {
  const hosts = KNOWN_DIFFERENCES.map((difference, i) => ({
    ...difference,
    domain: `k${i + 1}.test`,
    host: `mx.k${i + 1}.test`,
    address: `127.69.0.${i + 1}`,
  }));
  return {
    dns: hosts.flatMap(({ domain, host, address }) => [
      { name: domain, type: 'MX' as const, data: [`10 ${host}`] },
      { name: host, type: 'A' as const, data: [address] },
    ]),
    servers: hosts.map(({ address, behaviour }) => ({ address, behaviour, ...identity })),
    files: { 'known.pem': anchors },
    configurations: [
      {
        name: 'known differences',
        mainCf: ['smtp_tls_CAfile = @files@/known.pem'],
        policy: hosts.map(({ domain, level }) => `${domain} ${level}${level === 'may' ? '' : ' match=known.test'}\n`).join(''),
        recipients: hosts.map(({ domain }) => domain),
      },
    ],
  };
}
