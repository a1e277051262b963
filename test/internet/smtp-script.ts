/**
 * What a scripted mail server says and does at each step: the oddities of real ones, each under a short name.
 *
 * Names are those of the recorded vectors (`test/cases`) where they have one; the texts are theirs too, since Postfix
 * repeats some of them in its log.
 */
import type { SecureVersion } from 'node:tls';

/** One step: a reply (lines parted by CR LF), a close without a word, or silence until the client gives up. */
export type Step = { readonly say: string } | 'close' | 'silence';

/** What the server's TLS can do; undefined fields are OpenSSL's widest. */
export interface TlsTerms {
  readonly minVersion?: SecureVersion;
  readonly maxVersion?: SecureVersion;
  readonly ciphers?: string;
  /** Presents no certificate at all. */
  readonly anonymous?: true;
}

export interface Script {
  /** False: nothing listens, a connection is refused. */
  readonly listens: boolean;
  /** TLS from byte 0. */
  readonly wrapper: boolean;
  readonly greeting: Step;
  readonly ehlo: Step | 'extensions';
  readonly helo: Step;
  readonly offersStarttls: boolean;
  readonly starttls: Step;
  /** What follows a 220 to STARTTLS. */
  readonly behindStarttls: 'handshake' | 'close' | 'garbage' | 'silence';
  /** Plaintext in the same packet as the 220: an attacker's injection. */
  readonly injected?: string;
  /** EHLO inside TLS, where it differs. */
  readonly ehloAfterTls?: Step;
  readonly mail: Step;
  readonly rcpt: Step;
  readonly tls: TlsTerms;
  /** Before each reply. */
  readonly delayMs: number;
}

const say = (text: string): Step => ({ say: text });

const OK: Script = {
  listens: true,
  wrapper: false,
  greeting: say('220 mail server ESMTP'),
  ehlo: 'extensions',
  helo: say('250 mail server'),
  offersStarttls: true,
  starttls: say('220 ready'),
  behindStarttls: 'handshake',
  mail: say('250 ok'),
  rcpt: say('250 ok'),
  tls: {},
  delayMs: 0,
};

const only = (version: SecureVersion): TlsTerms => ({ minVersion: version, maxVersion: version });

/** Every oddity by name, as what it changes of a good server. */
const ODDITIES = {
  ok: {},
  wrapper: { wrapper: true },
  refuse: { listens: false },
  // The greeting.
  silent: { greeting: 'silence' },
  close: { greeting: 'close' },
  banner421: { greeting: say('421 busy') },
  banner450: { greeting: say('450 greylisted, come back later') },
  banner554: { greeting: say('554 no') },
  'banner-multiline': { greeting: say('220-mail server ESMTP\r\n220-no spam please\r\n220 ready') },
  'banner-junk': { greeting: say('hello, who is there') },
  'banner-escapes': { greeting: say('554 \u001b[2J\u0007<script>alert(1)</script> @everyone') },
  'banner-endless': { greeting: say(`${'220-no end in sight\r\n'.repeat(20_000)}220 end`) },
  'banner-long-line': { greeting: say(`220 ${'x'.repeat(200_000)}`) },
  // EHLO.
  'ehlo-refused': { ehlo: say('502 not implemented'), starttls: say('502 unknown command') },
  'ehlo-and-helo-refused': { ehlo: say('502 not implemented'), helo: say('550 go away') },
  ehlo421: { ehlo: say('421 too many connections from your host') },
  'ehlo-close': { ehlo: 'close' },
  'ehlo-silent': { ehlo: 'silence' },
  nostarttls: { offersStarttls: false, starttls: say('502 unknown command') },
  // STARTTLS.
  starttls454: { starttls: say('454 TLS not available') },
  starttls554: { starttls: say('554 5.7.0 no TLS for you') },
  starttls421: { starttls: say('421 closing') },
  'starttls-close': { starttls: 'close' },
  'starttls-silent': { starttls: 'silence' },
  drop: { behindStarttls: 'close' },
  garbage: { behindStarttls: 'garbage' },
  'handshake-silent': { behindStarttls: 'silence' },
  injection: { injected: '250 injected\r\n' },
  // TLS.
  tls10: { tls: only('TLSv1') },
  tls11: { tls: { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' } },
  tls12: { tls: { maxVersion: 'TLSv1.2' } },
  tls13: { tls: only('TLSv1.3') },
  aes128: { tls: { ...only('TLSv1.2'), ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256' } },
  anonymous: { tls: { maxVersion: 'TLSv1.2', ciphers: 'AECDH-AES256-SHA:ADH-AES256-GCM-SHA384', anonymous: true } },
  // After TLS.
  'ehlo-after-tls-refused': { ehloAfterTls: say('554 go away') },
  mail450: { mail: say('450 try again later') },
  rcpt450: { rcpt: say('450 try again later') },
  rcpt550: { rcpt: say('550 no such user') },
  slow: { delayMs: 300 },
} as const satisfies Record<string, Partial<Script>>;

export type Behaviour = keyof typeof ODDITIES;

export const BEHAVIOURS = Object.keys(ODDITIES) as readonly Behaviour[];

/** The whole script of a behaviour, with some steps changed. */
export function scriptOf(behaviour: Behaviour, changes: Partial<Script> = {}): Script {
  return { ...OK, ...ODDITIES[behaviour], ...changes };
}
