/**
 * What a scripted mail server says and does at each step: the oddities of real ones, each under a short name.
 *
 * Names are those of the recorded vectors (`test/cases`) where they have one; the texts are theirs too, since Postfix
 * repeats some of them in its log.
 */
import type { SecureVersion } from 'node:tls';

/**
 * One step: a reply (lines parted by CR LF), perhaps followed by a close; a close without a word; or silence until the
 * client gives up.
 */
export type Step = { readonly say: string; readonly leaves?: true } | 'close' | 'silence';

/** What the server's TLS can do; undefined fields are OpenSSL's widest. */
export interface TlsTerms {
  readonly minVersion?: SecureVersion;
  readonly maxVersion?: SecureVersion;
  readonly ciphers?: string;
  /** Presents no certificate at all. */
  readonly anonymous?: true;
  /** Wants a certificate of the client; with TLS 1.3 the client learns of the refusal after its own handshake. */
  readonly wantsClientCertificate?: true;
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
  /** What follows a good handshake at once, before a word is said. */
  readonly behindHandshake?: 'close';
  /** EHLO and HELO inside TLS, where they differ. */
  readonly ehloAfterTls?: Step;
  readonly heloAfterTls?: Step;
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
  'banner-bare': { greeting: say('220') },
  'banner-stars': { greeting: say('220 ****** 0*2 ***'), starttls: say('502 unknown command') },
  'banner-stars-multiline': { greeting: say('220-****\r\n220 **\t00'), starttls: say('502 unknown command') },
  'banner-nul': { greeting: say('220\0 mail server') },
  'banner-000': { greeting: say('000 nothing') },
  'banner-150': { greeting: say('150 wait') },
  'banner-354': { greeting: say('354 go ahead') },
  'banner-600': { greeting: say('600 5.7.1 no') },
  'banner-999': { greeting: say('999 what') },
  'banner-554-dsn': { greeting: say('554-5.7.1 no service\r\n554 5.3.2 for you') },
  'banner-554-nul': { greeting: say('554 5.3.2 no\0body\r\n') },
  'banner-554-other-dsn': { greeting: say('554 4.7.1 no service') },
  'banner-554-close': { greeting: { say: '554 no service', leaves: true } },
  'banner-554-blanks': { greeting: say('554   5.3.2   no \t service  ') },
  'banner-554-bytes': { greeting: say('554 gr\u00fc\u00df Gott') },
  'banner-450-tab': { greeting: say('450-a\r\n450\tb\r\n450 4.3.2\tc') },
  'banner-9000': { greeting: say(`220 ${'x'.repeat(9000)}`) },
  'banner-4000': { greeting: say(`220 ${'x'.repeat(4000)}`) },
  'banner-endless': { greeting: say(`${'220-no end in sight\r\n'.repeat(20_000)}220 end`) },
  'banner-long-line': { greeting: say(`220 ${'x'.repeat(200_000)}`) },
  // EHLO.
  'ehlo-refused': { ehlo: say('502 not implemented'), starttls: say('502 unknown command') },
  'ehlo-and-helo-refused': { ehlo: say('502 not implemented'), helo: say('550 go away') },
  'ehlo-refused-helo-354': { ehlo: say('502 not implemented'), helo: say('354 go ahead') },
  'ehlo-refused-helo-450': { ehlo: say('502 not implemented'), helo: say('450 4.7.1 later') },
  'ehlo-refused-helo-421': { ehlo: say('502 not implemented'), helo: say('421 later') },
  'ehlo-refused-helo-close': { ehlo: say('502 not implemented'), helo: 'close' },
  'ehlo-refused-helo-silent': { ehlo: say('502 not implemented'), helo: 'silence' },
  'ehlo-354': { ehlo: say('354 go ahead'), starttls: say('502 unknown command') },
  'ehlo-450': { ehlo: say('450 later'), starttls: say('502 unknown command') },
  'ehlo-nul': { ehlo: say('250-mail server\r\n250-STARTTLS\0 really\r\n250 8BITMIME') },
  'ehlo-nul-before': { ehlo: say('250-mail server\r\n250-\0STARTTLS\r\n250 8BITMIME'), starttls: say('502 unknown') },
  'ehlo-name-is-starttls': { ehlo: say('250-STARTTLS\r\n250 8BITMIME'), starttls: say('502 unknown command') },
  'ehlo-equals': { ehlo: say('250-mail server\r\n250-starttls=yes\r\n250 8BITMIME') },
  'ehlo-odd-lines': { ehlo: say('250-mail server\r\nhello\r\n250- StartTls\r\n250') },
  'ehlo-long': { ehlo: say(`250-mail server\r\n${'250-X-NOTHING and more words behind it\r\n'.repeat(60)}250 STARTTLS`) },
  'ehlo-rather-long': { ehlo: say(`250-mail server\r\n${'250-X-NOTHING and more words behind it\r\n'.repeat(40)}250 STARTTLS`) },
  'ehlo-long-line': { ehlo: say(`250-mail server\r\n250-X ${'x'.repeat(4000)}\r\n250 STARTTLS`) },
  'ehlo-longer-line': { ehlo: say(`250-mail server\r\n250-STARTTLS\r\n250-X ${'x'.repeat(5000)}\r\n250 SIZE`) },
  ehlo421: { ehlo: say('421 too many connections from your host') },
  'ehlo-close': { ehlo: 'close' },
  'ehlo-silent': { ehlo: 'silence' },
  nostarttls: { offersStarttls: false, starttls: say('502 unknown command') },
  // STARTTLS.
  starttls454: { starttls: say('454 TLS not available') },
  starttls554: { starttls: say('554 5.7.0 no TLS for you') },
  starttls421: { starttls: say('421 closing') },
  starttls150: { starttls: say('150 wait') },
  starttls354: { starttls: say('354 go ahead') },
  starttls600: { starttls: say('600 what') },
  starttls250: { starttls: say('250 2.0.0 go ahead') },
  'starttls554-close': { starttls: { say: '554 5.7.3 no TLS for you', leaves: true } },
  'starttls454-close': { starttls: { say: '454 4.7.0 not now', leaves: true } },
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
  // By RSA alone, where nothing is signed: for a server with an RSA key.
  'tls10-rsa': { tls: { ...only('TLSv1'), ciphers: 'AES128-SHA:AES256-SHA' } },
  'tls11-rsa': { tls: { ...only('TLSv1.1'), ciphers: 'AES128-SHA:AES256-SHA' } },
  'tls10-rsa-signed': { tls: { ...only('TLSv1'), ciphers: 'ECDHE-RSA-AES128-SHA' } },
  ccm8: { tls: { ...only('TLSv1.2'), ciphers: 'ECDHE-ECDSA-AES128-CCM8' } },
  anonymous: { tls: { maxVersion: 'TLSv1.2', ciphers: 'AECDH-AES256-SHA:ADH-AES256-GCM-SHA384', anonymous: true } },
  // After TLS.
  'client-certificate': { tls: { ...only('TLSv1.3'), wantsClientCertificate: true } },
  'client-certificate-tls12': { tls: { ...only('TLSv1.2'), wantsClientCertificate: true } },
  'tls-then-close': { behindHandshake: 'close' },
  'ehlo-after-tls-refused': { ehloAfterTls: say('554 go away') },
  'ehlo-after-tls-close': { ehloAfterTls: 'close' },
  'ehlo-after-tls-silent': { ehloAfterTls: 'silence' },
  'ehlo-after-tls-garbage': { ehloAfterTls: say('who are you to ask') },
  'ehlo-after-tls421': { ehloAfterTls: say('421 4.3.2 too busy') },
  'ehlo-after-tls354': { ehloAfterTls: say('354 go ahead') },
  'helo-after-tls550': { ehloAfterTls: say('502 not implemented'), heloAfterTls: say('550 5.7.1 go away') },
  'helo-after-tls421': { ehloAfterTls: say('502 not implemented'), heloAfterTls: say('421 later') },
  'helo-after-tls450': { ehloAfterTls: say('502 not implemented'), heloAfterTls: say('450 4.7.1 later') },
  'helo-after-tls354': { ehloAfterTls: say('502 not implemented'), heloAfterTls: say('354 go ahead') },
  'helo-after-tls-close': { ehloAfterTls: say('502 not implemented'), heloAfterTls: 'close' },
  'helo-after-tls-silent': { ehloAfterTls: say('502 not implemented'), heloAfterTls: 'silence' },
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
