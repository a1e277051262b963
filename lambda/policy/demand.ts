/**
 * What Postfix demands of a connection to one next hop: the policy entry found for it, completed by
 * main.cf.
 *
 * Follows policy_create(), set_cipher_grade() and dane_init() in src/smtp/smtp_tls_policy.c. Pure.
 */
import type { TrustAnchorFile } from '../certificate/anchors.ts';
import { daneDigests } from '../certificate/dane-digests.ts';
import type { TlsaRecord } from '../certificate/tlsa.ts';
import { isHostname } from '../postfix/hostname.ts';
import type { Attributes } from './attribute.ts';
import type { Bundle } from './bundle.ts';
import type { EntryPlace, MatchPattern, PolicyEntry } from './entry.ts';
import { digestsOf, killsSmtp, ONE_CHARACTER_DIGEST } from './fingerprint.ts';
import type { SecurityLevel } from './level.ts';
import { isEntry, lookupEntry, policyPlace, policyTables } from './lookup.ts';
import { parseMatch } from './match-pattern.ts';
import type { MalformedNextHop, NextHop } from './next-hop.ts';
import type { ParsedTable } from './parse.ts';
import type { Settings } from './settings.ts';

export interface TlsDemand {
  readonly kind: 'demand';
  /** Absent: no entry applied, the global level counts. */
  readonly entry?: EntryPlace;
  readonly level: SecurityLevel;
  /**
   * At verify and secure: the patterns in order, from the entry's `match=` or main.cf. Empty at
   * other levels.
   */
  readonly match: readonly MatchPattern[];
  /** Whether `match` came from the entry, and so would a suggestion replace it. */
  readonly matchFrom: 'entry' | 'main.cf';
  /** At fingerprint: well-formed digests, lower-case hex without colons. */
  readonly digests: readonly string[];
  readonly digestAlgorithm: string;
  /**
   * At verify and secure: `store` is CAfile + CApath; `files` replaces it (tafile=,
   * smtp_tls_trust_anchor_file).
   */
  readonly anchors:
    | { readonly kind: 'store' }
    | { readonly kind: 'files'; readonly paths: readonly string[] };
  /** OpenSSL protocol words and cipher words as Postfix would apply them; judged by probe/offer. */
  readonly protocols: string;
  readonly cipherGrade: string;
  readonly excludeCiphers: string;
  /** `undefined`: no SNI. `hostname` and `nexthop` are expanded per host. */
  readonly servername?:
    | { readonly kind: 'hostname' }
    | { readonly kind: 'nexthop' }
    | { readonly kind: 'name'; readonly name: string };
  readonly wrapperMode: boolean;
  readonly enableRpk: boolean;
  readonly connectionReuse: boolean;
  /**
   * MX hosts outside these patterns are skipped unconnected (≥3.10.5, policy_type=sts); absent: no
   * such rule.
   */
  readonly mxHostPatterns?: readonly string[];
  /** A `policy_failure=` that forces verification to fail (≥3.10). */
  readonly forcedFailure?: string;
  /** The entry says `dane`, but DANE is off here and the level is `may`: Postfix's warning. */
  readonly daneOff?: string;
  /** At dane: what changes for a host to which the level means no more than `may`. */
  readonly asMay?: Pick<TlsDemand, 'protocols' | 'cipherGrade' | 'excludeCiphers'>;
  /** Set for one host, at dane and dane-only: its TLSA records (route/host-demand). */
  readonly tlsa?: TlsaDemand;
  /** Set for one host: why the level `dane` is the weaker one that `level` says there. */
  readonly daneWeaker?: 'mx-insecure' | 'address-insecure' | 'no-tlsa' | 'tlsa-unusable';
}

/** What one host must present at level dane: a certificate or key that matches one of these. */
export interface TlsaDemand {
  /**
   * The name that has the records: SNI, and a name that a certificate below a trust anchor may
   * carry.
   */
  readonly base: string;
  /** Names that a certificate below a trust anchor may carry; the base first. */
  readonly names: readonly string[];
  /** Those that count. */
  readonly records: readonly TlsaRecord[];
  /**
   * The MX answer was not signed, so that the host that is verified may be another one than the
   * domain's own (half-dane).
   */
  readonly half: boolean;
  /** Verification fails whatever is presented: no record is usable, and the level is dane-only. */
  readonly never?: 'unusable';
}

export type Demand =
  | TlsDemand
  /**
   * Broken entry, broken table, unreadable tafile: every address is skipped, 4.7.5 `client TLS
   * configuration problem`.
   */
  | {
      readonly kind: 'broken';
      readonly entry?: EntryPlace;
      /** Postfix's wording behind `warning: `, or behind `fatal: ` where smtp(8) dies. */
      readonly warning: string;
      /** The lookup itself failed: the table, and why Postfix cannot ask it. */
      readonly lookup?: { readonly table: string; readonly says: string };
      /**
       * No policy is looked up at all: smtp(8) dies over the next hop (malformed text, unknown
       * service), or trivial-rewrite cannot route.
       */
      readonly fatal?: true;
    };

/** What demands are made from: parsed once, asked for each next hop. */
export interface DemandContext {
  readonly tables: readonly ParsedTable[];
  readonly settings: Settings;
  readonly anchorFiles: Readonly<Record<string, TrustAnchorFile>>;
}

export function demandContext(bundle: Bundle): DemandContext {
  return {
    tables: policyTables(bundle),
    settings: bundle.settings,
    anchorFiles: bundle.anchorFiles,
  };
}

/** The demand for one next hop, as Postfix would make it on each connection. */
export function demandFor(nextHop: NextHop | MalformedNextHop, context: DemandContext): Demand {
  if ('kind' in nextHop) return { kind: 'broken', warning: nextHop.because, fatal: true };
  const { settings } = context;
  const found = lookupEntry(nextHop.text, context.tables, settings.version);
  if (found !== undefined && !isEntry(found)) {
    return found.kind === 'table-broken'
      ? { kind: 'broken', warning: found.warning, lookup: { table: found.table, says: found.says } }
      : { kind: 'broken', warning: found.because };
  }
  if (found?.policy.kind === 'broken') {
    const warning = `${policyPlace(keyOf(found, nextHop.text))}: ${found.policy.warning}`;
    return { kind: 'broken', entry: placeOf(found), warning };
  }
  return demandOf(found, found?.policy.attributes ?? {}, nextHop, context);
}

/** What an entry that is well-formed asks for, or the global level where there is none. */
function demandOf(
  found: PolicyEntry | undefined,
  attributes: Attributes,
  nextHop: NextHop,
  context: DemandContext,
): Demand {
  const { settings } = context;
  const place = found === undefined ? {} : { entry: placeOf(found) };
  const broken = (warning: string): Demand => ({ kind: 'broken', ...place, warning });
  const unusable = brokenAnchor(attributes.tafile ?? [], context);
  if (unusable !== undefined) return broken(unusable);

  const asked = found?.policy.kind === 'policy' ? found.policy.level : settings.securityLevel;
  const isDane = asked === 'dane' || asked === 'dane-only';
  const daneOff = isDane ? daneImpossible(asked, nextHop, settings) : undefined;
  if (daneOff !== undefined && asked === 'dane-only') return broken(daneOff);
  const level = daneOff === undefined ? asked : 'may';
  const verifies = level === 'verify' || level === 'secure';

  const servername = level === 'none' ? '' : (attributes.servername ?? settings.servername);
  if (servername !== '' && !isHostname(servername)) {
    return broken(`"smtp_tls_servername = ${servername}" specifies an invalid hostname`);
  }
  const match = matchElements(level, attributes, settings);
  if (level === 'fingerprint' && match.some((element) => killsSmtp(element, settings))) {
    return { kind: 'broken', ...place, warning: ONE_CHARACTER_DIGEST, fatal: true };
  }
  const digests = level === 'fingerprint' ? digestsOf(match, attributes, settings) : [];
  if (digests === undefined) {
    return broken(
      `nexthop domain ${nextHop.text}: configured at fingerprint security level, but with no ` +
        'fingerprints to match.',
    );
  }
  const anchorPaths = verifies ? (attributes.tafile ?? settings.trustAnchorFiles) : [];
  const lost = brokenAnchor(anchorPaths, context);
  if (lost !== undefined) return broken(lost);
  return {
    kind: 'demand',
    ...place,
    level,
    match: verifies ? match.map((element) => parseMatch(element)) : [],
    digests,
    anchors: anchorPaths.length === 0 ? { kind: 'store' } : { kind: 'files', paths: anchorPaths },
    ...servernameOf(servername),
    ...(daneOff === undefined ? {} : { daneOff }),
    ...termsOf(level, attributes, settings),
  };
}

/** What follows from level, attributes and settings alone. */
function termsOf(level: SecurityLevel, attributes: Attributes, settings: Settings) {
  const verifies = level === 'verify' || level === 'secure';
  const connectionReuse = attributes.connectionReuse ?? settings.connectionReuse;
  return {
    matchFrom: attributes.match === undefined ? 'main.cf' : 'entry',
    digestAlgorithm: settings.fingerprintDigest.toLowerCase(),
    protocols:
      attributes.protocols ?? (level === 'may' ? settings.protocols : settings.mandatoryProtocols),
    cipherGrade:
      attributes.ciphers ?? (level === 'may' ? settings.ciphers : settings.mandatoryCiphers),
    excludeCiphers: attributes.exclude ?? excludesOf(level, settings),
    wrapperMode: settings.wrapperMode,
    enableRpk: attributes.enableRpk ?? settings.enableRpk,
    connectionReuse,
    ...(replacesMatch(attributes, settings) || (verifies && hasStsPatterns(attributes, settings))
      ? { mxHostPatterns: attributes.mxHostPattern ?? [] }
      : {}),
    // With connection_reuse=yes the handshake is tlsproxy(8)'s, which is not told of it: a defect
    // of Postfix ≥3.10.
    ...(verifies && !connectionReuse && attributes.policyFailure !== undefined
      ? { forcedFailure: attributes.policyFailure }
      : {}),
    ...(level === 'dane' ? { asMay: termsAtMay(attributes, settings) } : {}),
  } as const;
}

function termsAtMay(attributes: Attributes, settings: Settings): NonNullable<TlsDemand['asMay']> {
  return {
    protocols: attributes.protocols ?? settings.protocols,
    cipherGrade: attributes.ciphers ?? settings.ciphers,
    excludeCiphers: attributes.exclude ?? excludesOf('may', settings),
  };
}

export function placeOf(entry: PolicyEntry): EntryPlace {
  return { table: entry.table, line: entry.line, key: entry.key, value: entry.value };
}

/**
 * The key as Postfix logs it: the text that was looked up, before folding; a parent entry under its
 * own key.
 */
function keyOf(entry: PolicyEntry, nextHop: string): string {
  return entry.key === nextHop.toLowerCase() || entry.key === '*' ? nextHop : entry.key;
}

/** dane_init(): the settings without which DANE is not tried, in Postfix's words. */
function daneImpossible(
  level: 'dane' | 'dane-only',
  nextHop: NextHop,
  settings: Settings,
): string | undefined {
  if (daneDigests(settings.daneDigests, settings.version) === undefined) {
    return `${nextHop.text}: ${level} configured, but no requisite library support`;
  }
  if (!settings.hostLookup.includes('dns') || settings.dnsSupportLevel !== 'dnssec') {
    return `${nextHop.text}: ${level} configured with dnssec lookups disabled`;
  }
  if (settings.ignoreMxLookupError)
    return `${nextHop.text}: ${level} configured with MX lookup errors ignored`;
  if (settings.dnsSearchesNames)
    return `${nextHop.text}: dns resolver options incompatible with ${level} TLS`;
  return undefined;
}

/** Elements of the match list that counts, before they are read as names or digests. */
function matchElements(
  level: SecurityLevel,
  attributes: Attributes,
  settings: Settings,
): readonly string[] {
  if (replacesMatch(attributes, settings)) return ['hostname'];
  if (attributes.match !== undefined) return attributes.match;
  switch (level) {
    case 'secure':
      return settings.secureCertMatch;
    case 'verify':
      return settings.verifyCertMatch;
    case 'fingerprint':
      return settings.fingerprintCertMatch;
    case 'none':
    case 'may':
    case 'encrypt':
    case 'dane':
    case 'dane-only':
      return [];
  }
}

/**
 * SAFE_FOR_SMTP_TLS_ENF_STS_MX_PAT() at parse time: an entry's own match gives way to `hostname`.
 */
function replacesMatch(attributes: Attributes, settings: Settings): boolean {
  return attributes.match !== undefined && hasStsPatterns(attributes, settings);
}

function hasStsPatterns(attributes: Attributes, settings: Settings): boolean {
  return (
    settings.enforceStsMxPatterns &&
    attributes.policyType === 'sts' &&
    attributes.mxHostPattern !== undefined
  );
}

/**
 * The exclusions of main.cf that count at a level; the aNULL and eNULL that levels add are
 * probe/offer's.
 */
function excludesOf(level: SecurityLevel, settings: Settings): string {
  const lists =
    level === 'may'
      ? [settings.excludeCiphers]
      : [settings.excludeCiphers, settings.mandatoryExcludeCiphers];
  return lists.filter((list) => list !== '').join(' ');
}

function servernameOf(servername: string): Pick<TlsDemand, 'servername'> {
  if (servername === '') return {};
  if (servername === 'hostname' || servername === 'nexthop')
    return { servername: { kind: servername } };
  return { servername: { kind: 'name', name: servername } };
}

/** Why one of the anchor files cannot be used, in Postfix's words where it has some. */
function brokenAnchor(
  paths: readonly string[],
  { anchorFiles }: DemandContext,
): string | undefined {
  for (const path of paths) {
    const file = Object.hasOwn(anchorFiles, path) ? anchorFiles[path] : undefined;
    if (file === undefined)
      return `error opening trust anchor file: ${path}: No such file or directory`;
    if (file.kind === 'broken') return file.because;
  }
  return undefined;
}
