/**
 * Where we knowingly say something else than Postfix, each with the reason that docs/differences.md repeats, and a scene that shows it.
 *
 * agreement.test.ts plays the scene and asserts both sides: a line that no longer differs has to go.
 */
import type { Behaviour } from '../internet/smtp-script.ts';
import type { Identity } from '../internet/tls-server.ts';
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
];

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
