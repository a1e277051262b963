/**
 * What Postfix would offer in its ClientHello: protocols, ciphers, groups, security level, SNI.
 *
 * Follows tls_set_ciphers() in src/tls/tls_misc.c and tls_client_start() in src/tls/tls_client.c.
 * Pure.
 */

import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { opensslSince } from '../certificate/openssl-version.ts';
import type { TlsDemand } from '../policy/demand.ts';
import type { Settings } from '../policy/settings.ts';
import { COMMA_SPACE, tokens } from '../postfix/token.ts';
import { atLeast, type PostfixVersion } from '../postfix/version.ts';

export type TlsProtocol = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

export type TlsOffer =
  | {
      readonly kind: 'offer';
      readonly protocols: readonly TlsProtocol[];
      /** An OpenSSL cipher string, `@SECLEVEL=` included. */
      readonly ciphers: string;
      readonly groups: string;
      /** Of server signatures; absent: OpenSSL's own. */
      readonly signatureAlgorithms?: string;
      /** Servers without secure renegotiation are talked to. */
      readonly legacyServers?: true;
    }
  /**
   * Postfix's own TLS set-up fails (unknown grade or protocol word, nothing left): a handshake
   * failure at every host.
   */
  | { readonly kind: 'impossible'; readonly because: string };

/**
 * The offer for one demand. A demand that Postfix's own set-up refuses is `impossible`: it still
 * says EHLO and STARTTLS to each host, and then breaks off as after a failed handshake.
 */
export function offerFor(demand: TlsDemand, settings: Settings): TlsOffer {
  const { library } = settings;
  const protocols = enabledProtocols(demand.protocols, settings.version, library?.closed);
  if (protocols === undefined)
    return impossible(`protocol list "${demand.protocols}" has a word that Postfix does not know`);
  if (protocols.length === 0)
    return impossible(`protocol list "${demand.protocols}" leaves no protocol`);

  const grade = gradeList(demand.cipherGrade, settings);
  if (grade === undefined) return impossible(`cipher grade "${demand.cipherGrade}" does not exist`);
  const excludes = [...wordsOf(demand.excludeCiphers), ...implicitExclude(demand)];
  const modifier = excludes.find((word) => /^[!+@-]/.test(word));
  if (modifier !== undefined)
    return impossible(`cipher exclusion "${modifier}" begins with a modifier`);
  const list = [grade, ...excludes.map((word) => `!${word}`)].join(':');
  if (!selectsCiphers(list))
    return impossible(`cipher grade "${demand.cipherGrade}" with its exclusions leaves no cipher`);

  const level = authenticates(demand) ? 1 : 0;
  // Node offers TLS 1.3 only where its suites are named; Postfix leaves OpenSSL's own in place,
  // whatever the grade.
  const named = library?.ciphersuites ?? TLS13_SUITES;
  const suites = protocols.includes('TLSv1.3') ? named : [];
  if (protocols.includes('TLSv1.3') && suites.length === 0)
    return impossible('tls_config_file leaves no cipher of TLS 1.3, which is offered');
  const algorithms = library?.signatureAlgorithms?.findLast(isSignatureList);
  return {
    kind: 'offer',
    protocols,
    ciphers: [...suites, list, `@SECLEVEL=${level}`].join(':'),
    groups: groupsOf(settings),
    ...(algorithms === undefined ? {} : { signatureAlgorithms: algorithms }),
    ...(library?.legacyServers === undefined ? {} : { legacyServers: true }),
  };
}

const impossible = (because: string): TlsOffer => ({ kind: 'impossible', because });

/**
 * TLS_MUST_MATCH(): above encrypt. There aNULL is never offered, and OpenSSL's level 1 rules out
 * TLS 1.1 and SHA-1.
 */
function authenticates({ level }: TlsDemand): boolean {
  return level !== 'none' && level !== 'may' && level !== 'encrypt';
}

/** set_cipher_grade(): added even to an `exclude=` that clears the lists of main.cf. */
function implicitExclude(demand: TlsDemand): readonly string[] {
  if (authenticates(demand)) return ['aNULL'];
  return demand.level === 'encrypt' ? ['eNULL'] : [];
}

/**
 * tls_protocol_mask() (≤3.5) and tls_proto_mask_lims(): exclusions, an inclusion list, and from 3.6
 * limits. Undefined where a word is unknown. SSLv2 and SSLv3 are known, but no OpenSSL of today
 * speaks them. `closed`: by tls_config_file.
 */
function enabledProtocols(
  text: string,
  version: PostfixVersion,
  closed: readonly string[] = [],
): readonly TlsProtocol[] | undefined {
  const excluded = new Set<string>(closed);
  const included = new Set<string>();
  let floor = 0;
  let ceiling = 0;
  for (const word of wordsOf(text)) {
    const limit = atLeast(version, '3.6') ? /^[<>]=/.exec(word)?.[0] : undefined;
    if (limit !== undefined) {
      const number = versionNumber(word.slice(2));
      if (number === undefined) return undefined;
      // A number that OpenSSL does not know is only warned about, and the limit stays open.
      const bound = KNOWN_LIMITS.has(number) ? number : 0;
      if (limit === '>=') floor = bound;
      else ceiling = bound;
      continue;
    }
    const name = KNOWN_WORDS.get(word.replace(/^!/, '').toLowerCase());
    if (name === undefined) return undefined;
    (word.startsWith('!') ? excluded : included).add(name);
  }
  const enabled = ({ name, number }: (typeof PROTOCOLS)[number]): boolean =>
    !excluded.has(name) &&
    (included.size === 0 || included.has(name)) &&
    number >= floor &&
    (ceiling === 0 || number <= ceiling);
  // OpenSSL offers a range: with a hole in it, what lies above the hole is not offered.
  const lowest = PROTOCOLS.findIndex(enabled);
  if (lowest < 0) return [];
  const hole = PROTOCOLS.findIndex((protocol, i) => i > lowest && !enabled(protocol));
  return PROTOCOLS.slice(lowest, hole < 0 ? undefined : hole).map(({ name }) => name);
}

/** parse_tls_version(): a name, `None`, or a hexadecimal number such as `0303`. */
function versionNumber(text: string): number | undefined {
  const named = LIMIT_WORDS.get(text.toLowerCase());
  if (named !== undefined) return named;
  return /^(?:0x)?[0-9a-f]{0,8}$/i.test(text)
    ? Number.parseInt(text.replace(/^0x/i, '') || '0', 16)
    : undefined;
}

/** tls_set_ciphers(). Undefined for a grade that does not exist; `invalid` is one of those. */
function gradeList(grade: string, settings: Settings): string | undefined {
  const merged = atLeast(settings.version, '3.8');
  switch (grade.toLowerCase()) {
    case 'high':
      return settings.highCipherlist;
    case 'medium':
      return settings.mediumCipherlist;
    case 'low':
      return merged ? settings.mediumCipherlist : LOW_CIPHERLIST;
    case 'export':
      return merged ? settings.mediumCipherlist : EXPORT_CIPHERLIST;
    case 'null':
      return settings.nullCipherlist;
    default:
      return undefined;
  }
}

/**
 * tls_auto_eecdh_curves(), from 3.8 tls_auto_groups(): those that the library knows, in order.
 * Hybrid ML-KEM groups came with OpenSSL 3.5; some hosts hang on their size.
 */
function groupsOf(settings: Settings): string {
  const ffdhe = atLeast(settings.version, '3.8') ? FFDHE_GROUPS : [];
  const known = [...wordsOf(settings.eecdhAutoCurves), ...ffdhe].filter(
    (name) => (!/mlkem/i.test(name) || opensslSince(settings.openssl, '3.5')) && isGroup(name),
  );
  return known.length > 0 ? known.join(':') : LIBRARY_GROUPS;
}

const isGroup = memoised((name) => accepts({ ecdhCurve: name }));
const isSignatureList = memoised((sigalgs) => accepts({ sigalgs }));
const selectsCiphers = memoised((list) => accepts({ ciphers: list }));

/** Whether OpenSSL accepts such a context, by making one. */
function accepts(options: SecureContextOptions): boolean {
  try {
    createSecureContext({ ca: [], ...options });
    return true;
  } catch {
    return false;
  }
}

function memoised(answer: (text: string) => boolean): (text: string) => boolean {
  const known = new Map<string, boolean>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const now = answer(text);
    known.set(text, now);
    return now;
  };
}

const wordsOf = (text: string): string[] => tokens(text, `${COMMA_SPACE}:`);

const PROTOCOLS: readonly { readonly name: TlsProtocol; readonly number: number }[] = [
  { name: 'TLSv1', number: 0x301 },
  { name: 'TLSv1.1', number: 0x302 },
  { name: 'TLSv1.2', number: 0x303 },
  { name: 'TLSv1.3', number: 0x304 },
];

const KNOWN_WORDS = new Map(
  ['SSLv2', 'SSLv3', ...PROTOCOLS.map(({ name }) => name)].map((name) => [
    name.toLowerCase(),
    name,
  ]),
);
const LIMIT_WORDS = new Map<string, number>([
  ['none', 0],
  ['sslv3', 0x300],
  ...PROTOCOLS.map(({ name, number }) => [name.toLowerCase(), number] as const),
]);
const KNOWN_LIMITS = new Set(LIMIT_WORDS.values());

const TLS13_SUITES = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
];

/** tls_low_cipherlist and tls_export_cipherlist as shipped up to 3.7; main.cf's are not read. */
const LOW_CIPHERLIST = 'aNULL:-aNULL:HIGH:MEDIUM:LOW:+RC4:@STRENGTH';
const EXPORT_CIPHERLIST = 'aNULL:-aNULL:HIGH:MEDIUM:LOW:EXPORT:+RC4:@STRENGTH';

/** tls_ffdhe_auto_groups. */
const FFDHE_GROUPS = ['ffdhe2048', 'ffdhe3072'];
/** OpenSSL 3.0's own groups, where it knows none of the list. */
const LIBRARY_GROUPS = 'X25519:prime256v1:X448:secp521r1:secp384r1';
