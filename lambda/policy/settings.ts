/**
 * The main.cf parameters that change a verdict (postfix-tls-watch judges by these and by nothing
 * else), with the defaults of each Postfix version. Plain JSON, so that a stored policy carries
 * them.
 *
 * Follows the parameter tables in src/smtp/smtp_params.c and pre_init(), post_init() in
 * src/smtp/smtp.c.
 */

import { defaultOf } from '../postfix/defaults.ts';
import { type AddressFamily, familyOf, isHostAddress, isIpv4 } from '../postfix/hostname.ts';
import { type TableName, tableType } from '../postfix/lookup-table.ts';
import {
  type ParameterReader,
  parameterReader,
  type SettingProblem,
} from '../postfix/parameter.ts';
import { bracedTokens, COMMA_SPACE, tokens } from '../postfix/token.ts';
import { atLeast, NEWEST_PROVED, type PostfixVersion } from '../postfix/version.ts';
import { DAY_MS, HOUR_MS } from '../text/dates.ts';
import type { SecurityLevel } from './level.ts';
import { portOf } from './next-hop.ts';
import type { LibrarySettings } from './openssl/library-settings.ts';
import { parsePolicy } from './parse.ts';

/** smtp_always_send_ehlo, smtp_never_send_ehlo and `disable_esmtp` in smtp_pix_workarounds. */
export interface HelloHabit {
  readonly word: 'ehlo' | 'helo' | 'ehlo-if-esmtp';
  /** What a greeting of nothing but `2`, `0`, blank and `*` is answered with. */
  readonly masked: 'helo' | 'ehlo';
}

/** Postfix's defaults. */
export const USUAL_HELLO: HelloHabit = { word: 'ehlo', masked: 'helo' };

/** A certificate and its key, as smtp(8) loads them; they may be one file. */
export interface CertificatePair {
  /** As Postfix words it. */
  readonly kind: 'RSA' | 'DSA' | 'ECDSA';
  readonly certificate: string;
  readonly key: string;
  readonly parameter: 'smtp_tls_cert_file' | 'smtp_tls_dcert_file' | 'smtp_tls_eccert_file';
  readonly keyParameter: 'smtp_tls_key_file' | 'smtp_tls_dkey_file' | 'smtp_tls_eckey_file';
}

/**
 * Values after expansion and typing; names follow the parameters. Lists are split as Postfix splits
 * them.
 */
export interface Settings {
  readonly version: PostfixVersion;
  /** That smtp(8) runs on, `3.0`; absent: not known, and 3.0 is assumed. */
  readonly openssl?: string;
  /**
   * smtp_tls_security_level after the legacy parameters; empty is `none`, or `may` with ≥3.11 and
   * compatibility_level ≥3.11.
   */
  readonly securityLevel: SecurityLevel;
  readonly policyMaps: readonly TableName[];
  readonly secureCertMatch: readonly string[];
  readonly verifyCertMatch: readonly string[];
  readonly fingerprintCertMatch: readonly string[];
  readonly fingerprintDigest: string;
  readonly caFile?: string;
  readonly caPath?: string;
  readonly appendDefaultCa: boolean;
  readonly trustAnchorFiles: readonly string[];
  /** smtp_tls_chain_files: keys and certificates, in place of the pairs. */
  readonly chainFiles: readonly string[];
  /** Of smtp_tls_cert_file and its kin, in the order in which they are loaded. */
  readonly certificatePairs: readonly CertificatePair[];
  readonly verifyDepth: number;
  readonly mandatoryProtocols: string;
  readonly protocols: string;
  readonly mandatoryCiphers: string;
  readonly ciphers: string;
  readonly mandatoryExcludeCiphers: string;
  readonly excludeCiphers: string;
  readonly highCipherlist: string;
  readonly mediumCipherlist: string;
  readonly nullCipherlist: string;
  readonly eecdhAutoCurves: string;
  /** tls_config_file and tls_config_name; absent: no file of Postfix's own. */
  readonly opensslConfig?: { readonly file: string; readonly name: string };
  /** What that file changes; absent where it was not read, or changes nothing. */
  readonly library?: LibrarySettings;
  /** Empty: no SNI. */
  readonly servername: string;
  readonly wrapperMode: boolean;
  readonly connectionReuse: boolean;
  readonly enableRpk: boolean;
  readonly daneInsecureMxPolicy: 'may' | 'encrypt' | 'dane';
  readonly daneDigests: string;
  /** TLSA records are asked for, and count, though the address of the host is not signed. */
  readonly forceTlsaLookup: boolean;
  /** `dns_defnames` or `dns_dnsrch` in smtp_dns_resolver_options: DANE is off. */
  readonly dnsSearchesNames: boolean;
  readonly dnsSupportLevel: 'disabled' | 'enabled' | 'dnssec';
  /** Order of `smtp_host_lookup`. */
  readonly hostLookup: readonly ('dns' | 'native')[];
  readonly mxAddressLimit: number;
  readonly mxSessionLimit: number;
  readonly randomizeAddresses: boolean;
  readonly addressPreference: 'any' | AddressFamily;
  readonly balanceInetProtocols: boolean;
  readonly inetProtocols: readonly AddressFamily[];
  readonly ignoreMxLookupError: boolean;
  readonly deferIfNoMxAddressFound: boolean;
  readonly cnameOverridesServername: boolean;
  readonly relayhost: string;
  readonly fallbackRelay: readonly string[];
  readonly transportMaps: readonly TableName[];
  readonly defaultTransport: string;
  readonly relayTransport: string;
  readonly localTransport: string;
  readonly virtualTransport: string;
  /** Domain classes: names, `.parents`, tables and negations, files already read in. */
  readonly myDestination: readonly string[];
  readonly virtualAliasDomains: readonly string[];
  readonly virtualMailboxDomains: readonly string[];
  readonly relayDomains: readonly string[];
  /** `relay_domains` is listed in parent_domain_matches_subdomains. */
  readonly relayParentMatches: boolean;
  readonly senderRelayhostMaps: readonly TableName[];
  readonly senderTransportMaps: readonly TableName[];
  /** Characters that separate a user from an extension; empty: none. */
  readonly recipientDelimiter: string;
  /** smtp_delivery_status_filter: tables that rewrite what a delivery comes to. */
  readonly statusFilter: readonly TableName[];
  /**
   * Address that smtp(8) connects from, by family: smtp_bind_address, else the only address of
   * inet_interfaces where that is no loopback address. Absent: the system chooses.
   */
  readonly bindAddresses: Readonly<Partial<Record<AddressFamily, string>>>;
  /** Families in which an address that cannot be bound defers mail (since 3.7), in place of a warning. */
  readonly bindAddressEnforced: readonly AddressFamily[];
  /**
   * `transport_maps` is listed in parent_domain_matches_subdomains: `example.com` there covers
   * sub-domains too.
   */
  readonly transportParentMatches: boolean;
  /** master.cf services that run smtp(8); empty where no master.cf was read. */
  readonly smtpServices: readonly string[];
  /** All services of master.cf that mail can be handed to; absent where no master.cf was read. */
  readonly transports?: readonly string[];
  readonly tcpPort: number;
  readonly discardEhloKeywords: readonly string[];
  /** smtp_discard_ehlo_keyword_address_maps: by the server's address; absent where empty. */
  readonly discardEhloMaps?: readonly TableName[];
  /** smtp_reply_filter: a table that rewrites each line of a reply; absent where empty. */
  readonly replyFilter?: TableName;
  /** Which word opens a session; absent: EHLO, but for a masked greeting. */
  readonly hello?: HelloHabit;
  readonly skip5xxGreeting: boolean;
  readonly softBounce: boolean;
  /** maximal_queue_lifetime: mail that waited so long bounces. */
  readonly queueLifetimeMs: number;
  readonly wildcardMatchesMultipleLabels: boolean;
  readonly enforceStsMxPatterns: boolean;
  readonly heloName?: string;
  readonly myhostname?: string;
  /** Services whose mail waits until the queue is flushed; absent: none. */
  readonly deferTransports?: readonly string[];
  /**
   * Addresses that are this host's own (inet_interfaces, proxy_interfaces), where literal: MX loops
   * end at them.
   */
  readonly ownAddresses: readonly string[];
  /**
   * master.cf or a `-o` override runs this service in a chroot: files are looked up below
   * queueDirectory.
   */
  readonly chroot: boolean;
  readonly queueDirectory: string;
  /**
   * smtp(8) dies at start with this message and nothing is delivered at all; absent when it starts.
   */
  readonly fatal?: string;
  /** A map without a type, over which trivial-rewrite(8) dies at start: no mail is routed at all. */
  readonly routingFatal?: { readonly parameter: string; readonly table: string };
}

export interface ReadSettings {
  readonly settings: Settings;
  readonly problems: readonly SettingProblem[];
}

/** Postfix's own defaults: what counts where no main.cf is given. */
export function defaultSettings(version: PostfixVersion): Settings {
  return readSettings({}, version).settings;
}

/**
 * Settings from expanded parameters, as readMainCf() or `postconf -x` gives them; what is not given
 * has its default.
 */
export function readSettings(
  parameters: Readonly<Record<string, string>>,
  version: PostfixVersion,
): ReadSettings {
  const reader = parameterReader(parameters, version);
  const { fatal, text, required, yesNo, count, oneOf, tables, problems } = reader;

  reader.time('smtp_connect_timeout', 0);
  for (const name of TIMES_FROM_ONE) reader.time(name, 1);
  const dnsDisabled = yesNo('disable_dns_lookups');
  const port = portOf(text('smtp_tcp_port'));
  if (port === undefined) fatal('smtp_tcp_port', `unknown service: ${text('smtp_tcp_port')}/tcp`);
  const inetProtocols = protocolsOf(text('inet_protocols'), (says) =>
    fatal('inet_protocols', says),
  );
  const interfaces = tokens(text('inet_interfaces'));
  const lost = interfaces.find((address) => isIpv4(address));
  if (!inetProtocols.includes('ipv4') && lost !== undefined) {
    fatal('inet_interfaces', `config variable inet_interfaces: host not found: ${lost}`);
  }
  checkCompatibilityLevel(reader, version);
  const parentMatches = tokens(text('parent_domain_matches_subdomains'));
  // By default it is $myhostname, which a main.cf alone may not tell.
  const helo = (parameters.smtp_helo_name === '' ? required : text)('smtp_helo_name');
  const hostname = text('myhostname');
  const deferred = tokens(text('defer_transports'));

  const settings: Settings = {
    version,
    securityLevel: globalLevel(reader),
    policyMaps: tables('smtp_tls_policy_maps'),
    secureCertMatch: tokens(required('smtp_tls_secure_cert_match'), MATCH_SEPARATORS),
    verifyCertMatch: tokens(required('smtp_tls_verify_cert_match'), MATCH_SEPARATORS),
    fingerprintCertMatch: tokens(text('smtp_tls_fingerprint_cert_match')),
    fingerprintDigest: required('smtp_tls_fingerprint_digest'),
    ...filled('caFile', text('smtp_tls_CAfile')),
    ...filled('caPath', text('smtp_tls_CApath')),
    appendDefaultCa: yesNo('tls_append_default_CA'),
    trustAnchorFiles: tokens(text('smtp_tls_trust_anchor_file')),
    chainFiles: tokens(text('smtp_tls_chain_files')),
    certificatePairs: PAIRS.flatMap(([kind, parameter, keyParameter]) => {
      const certificate = text(parameter);
      return certificate === ''
        ? []
        : { kind, certificate, key: text(keyParameter), parameter, keyParameter };
    }),
    verifyDepth: count('smtp_tls_scert_verifydepth'),
    mandatoryProtocols: text('smtp_tls_mandatory_protocols'),
    protocols: text('smtp_tls_protocols'),
    mandatoryCiphers: required('smtp_tls_mandatory_ciphers'),
    ciphers: required('smtp_tls_ciphers'),
    mandatoryExcludeCiphers: text('smtp_tls_mandatory_exclude_ciphers'),
    excludeCiphers: text('smtp_tls_exclude_ciphers'),
    highCipherlist: required('tls_high_cipherlist'),
    mediumCipherlist: required('tls_medium_cipherlist'),
    nullCipherlist: required('tls_null_cipherlist'),
    eecdhAutoCurves: autoCurves(reader, version),
    ...opensslConfigOf(reader),
    servername: text('smtp_tls_servername'),
    wrapperMode: yesNo('smtp_tls_wrappermode'),
    connectionReuse: yesNo('smtp_tls_connection_reuse'),
    enableRpk: yesNo('smtp_tls_enable_rpk'),
    daneInsecureMxPolicy: oneOf(
      'smtp_tls_dane_insecure_mx_policy',
      ['may', 'encrypt', 'dane'],
      'dane',
      (value) => `invalid smtp_tls_dane_insecure_mx_policy: "${value}"`,
    ),
    daneDigests: text('tls_dane_digests'),
    forceTlsaLookup: yesNo('smtp_tls_force_insecure_host_tlsa_lookup'),
    dnsSearchesNames: tokens(text('smtp_dns_resolver_options')).some((word) =>
      /^res_(defnames|dnsrch)$/i.test(word),
    ),
    dnsSupportLevel:
      text('smtp_dns_support_level') === ''
        ? dnsDisabled
          ? 'disabled'
          : 'enabled'
        : oneOf(
            'smtp_dns_support_level',
            ['disabled', 'enabled', 'dnssec'],
            'enabled',
            (value) => `invalid smtp_dns_support_level: "${value}"`,
          ),
    hostLookup: tokens(required('smtp_host_lookup')).flatMap((word) => {
      const found = (['dns', 'native'] as const).find((known) => known === word.toLowerCase());
      if (found === undefined) {
        fatal(
          'smtp_host_lookup',
          `unknown smtp_host_lookup value "${word}" in "${text('smtp_host_lookup')}"`,
        );
      }
      return found ?? [];
    }),
    mxAddressLimit: count('smtp_mx_address_limit'),
    mxSessionLimit: count('smtp_mx_session_limit'),
    randomizeAddresses: yesNo('smtp_randomize_addresses'),
    addressPreference: oneOf(
      'smtp_address_preference',
      ['any', 'ipv4', 'ipv6'],
      'any',
      (value) => `bad smtp_address_preference value: ${value}`,
    ),
    balanceInetProtocols: yesNo('smtp_balance_inet_protocols'),
    inetProtocols,
    ignoreMxLookupError: yesNo('ignore_mx_lookup_error'),
    deferIfNoMxAddressFound: yesNo('smtp_defer_if_no_mx_address_found'),
    cnameOverridesServername: yesNo('smtp_cname_overrides_servername'),
    relayhost: text('relayhost'),
    fallbackRelay: tokens(text('smtp_fallback_relay')),
    transportMaps: tables('transport_maps'),
    defaultTransport: text('default_transport'),
    relayTransport: text('relay_transport'),
    localTransport: text('local_transport'),
    virtualTransport: text('virtual_transport'),
    myDestination: bracedTokens(text('mydestination')),
    virtualAliasDomains: bracedTokens(text('virtual_alias_domains')),
    virtualMailboxDomains: bracedTokens(text('virtual_mailbox_domains')),
    relayDomains: bracedTokens(text('relay_domains')),
    relayParentMatches: parentMatches.includes('relay_domains'),
    senderRelayhostMaps: tables('sender_dependent_relayhost_maps'),
    senderTransportMaps: tables('sender_dependent_default_transport_maps'),
    recipientDelimiter: text('recipient_delimiter'),
    statusFilter: tables('smtp_delivery_status_filter'),
    bindAddresses: {
      ...bindAddress('ipv4', reader, interfaces),
      ...bindAddress('ipv6', reader, interfaces),
    },
    bindAddressEnforced: enforcedBinds(reader),
    transportParentMatches: parentMatches.includes('transport_maps'),
    smtpServices: [],
    tcpPort: port ?? 25,
    discardEhloKeywords: tokens(text('smtp_discard_ehlo_keywords')).map((word) =>
      word.toLowerCase(),
    ),
    ...discardMapsOf(reader),
    ...replyFilterOf(reader),
    ...helloOf(reader),
    skip5xxGreeting: yesNo('smtp_skip_5xx_greeting'),
    softBounce: yesNo('soft_bounce'),
    queueLifetimeMs: lifetimeOf(text('maximal_queue_lifetime')),
    wildcardMatchesMultipleLabels: yesNo('tls_wildcard_matches_multiple_labels'),
    enforceStsMxPatterns: yesNo('smtp_tls_enforce_sts_mx_patterns'),
    ...filled('heloName', helo),
    ...filled('myhostname', hostname),
    ...(deferred.length === 0 ? {} : { deferTransports: deferred }),
    ownAddresses: [...interfaces, ...tokens(text('proxy_interfaces'))].filter((address) =>
      isHostAddress(address),
    ),
    chroot: false,
    queueDirectory: text('queue_directory'),
  };
  const fatals = problems.filter((problem) => problem.kind === 'fatal');
  const untyped = fatals.find(({ name }) => ROUTING_TABLES.has(name));
  const first = fatals.find(({ says }) => endsEveryProgram(says)) ?? fatals[0];
  return {
    settings: {
      ...settings,
      ...(first === undefined ? {} : { fatal: first.says }),
      ...(untyped === undefined
        ? {}
        : {
            routingFatal: {
              parameter: untyped.name,
              table: /"([^"]*)"$/.exec(untyped.says)?.[1] ?? '',
            },
          }),
    },
    problems,
  };
}

/** Tables that trivial-rewrite(8) opens at its start: without a type, they end it. */
const ROUTING_TABLES: ReadonlySet<string> = new Set([
  'transport_maps',
  'sender_dependent_relayhost_maps',
  'sender_dependent_default_transport_maps',
]);

/** Days unless it names another unit; Postfix's default where it is no time. */
function lifetimeOf(value: string): number {
  const { count, unit = '' } = /^(?<count>\d{1,9})(?<unit>[wdhms]?)$/.exec(value)?.groups ?? {};
  return count === undefined ? 5 * DAY_MS : Number(count) * (UNITS[unit] ?? DAY_MS);
}

const UNITS: Readonly<Record<string, number>> = {
  w: 7 * DAY_MS,
  d: DAY_MS,
  h: HOUR_MS,
  m: 60_000,
  s: 1_000,
};

/** A number before 3.6, then compat_level_from_string(): no program starts without one. */
function checkCompatibilityLevel({ text, count, fatal }: ParameterReader, version: PostfixVersion) {
  if (!atLeast(version, '3.0')) return;
  if (!atLeast(version, '3.6')) return void count('compatibility_level');
  const level = text('compatibility_level');
  if (/^\s*\+?\d+(?:\.\d+(?:\.\d+)?)?$/.test(level)) return;
  fatal('compatibility_level', `malformed compatibility level syntax: "${level}"`);
}

/**
 * mail_params_init(): whether a fatal error ends whatever reads main.cf, and not smtp(8) alone; it
 * comes before any other.
 */
export const endsEveryProgram = (fatal: string): boolean =>
  ENDS_EVERY_PROGRAM.test(fatal) || endsMaster(fatal);

const ENDS_EVERY_PROGRAM =
  /^(?:malformed compatibility level syntax|(?:parameter|config variable) inet_interfaces): |^unknown inet_protocols value /;

/** Whether it is master(8) that ends, over a master.cf that it cannot read (masterCfFatal()). */
export const endsMaster = (fatal: string): boolean =>
  /^\S*: line \d+: (?:missing|syntax error after) '}' in "/.test(fatal);

/** smtp_tls_security_level, or the legacy switches where it is empty (global_tls_level()). */
function globalLevel({ text, yesNo, fatal }: ParameterReader): SecurityLevel {
  const word = text('smtp_tls_security_level');
  const enforce = yesNo('smtp_enforce_tls');
  const peername = yesNo('smtp_tls_enforce_peername');
  const use = yesNo('smtp_use_tls');
  if (word === '') {
    if (enforce) return peername ? 'verify' : 'encrypt';
    return use ? 'may' : 'none';
  }
  const level = tokens(word).length === 1 ? parsePolicy(word, NEWEST_PROVED) : undefined;
  if (level?.kind === 'policy') return level.level;
  fatal('smtp_tls_security_level', `Invalid TLS level "${word}"`);
  return 'none';
}

function discardMapsOf({ tables }: ParameterReader): Pick<Settings, 'discardEhloMaps'> {
  const maps = tables('smtp_discard_ehlo_keyword_address_maps');
  return maps.length === 0 ? {} : { discardEhloMaps: maps };
}

/** One table, whose name may have blanks in it. */
function replyFilterOf({ text, fatal }: ParameterReader): Pick<Settings, 'replyFilter'> {
  const written = text('smtp_reply_filter');
  if (written === '') return {};
  const { type, path } = tableType(written);
  if (type !== '' && path !== '') return { replyFilter: { type, path } };
  const says = `open dictionary: expecting "type:name" form instead of "${written}"`;
  fatal('smtp_reply_filter', says);
  return {};
}

/** The system's own file, and none at all, are nothing to read. */
function opensslConfigOf({ text }: ParameterReader): Pick<Settings, 'opensslConfig'> {
  const file = text('tls_config_file');
  if (file === 'default' || file === 'none') return {};
  return { opensslConfig: { file, name: text('tls_config_name') } };
}

function helloOf({ text, yesNo }: ParameterReader): Pick<Settings, 'hello'> {
  const always = yesNo('smtp_always_send_ehlo');
  const word = yesNo('smtp_never_send_ehlo') ? 'helo' : always ? 'ehlo' : 'ehlo-if-esmtp';
  const workarounds = tokens(text('smtp_pix_workarounds')).map((name) => name.toLowerCase());
  const masked = workarounds.includes('disable_esmtp') ? 'helo' : 'ehlo';
  const usual = word === USUAL_HELLO.word && masked === USUAL_HELLO.masked;
  return usual ? {} : { hello: { word, masked } };
}

/** `all` or a list of families; both where none is named, which ends every program. */
function protocolsOf(value: string, fatal: (says: string) => void): AddressFamily[] {
  const families = new Set<AddressFamily>();
  for (const word of tokens(value)) {
    const family = word.toLowerCase();
    if (family === 'all') families.add('ipv4').add('ipv6');
    else if (family === 'ipv4' || family === 'ipv6') families.add(family);
    else fatal(`unknown inet_protocols value "${word}" in "${value}"`);
  }
  if (families.size > 0) return [...families].sort();
  if (tokens(value).length === 0) fatal('all network protocols are disabled');
  return ['ipv4', 'ipv6'];
}

/** smtp_connect_addr() in src/smtp/smtp_connect.c. */
function bindAddress(
  family: AddressFamily,
  { text, fatal }: ParameterReader,
  interfaces: readonly string[],
): { readonly [key in AddressFamily]?: string } {
  const parameter = family === 'ipv4' ? 'smtp_bind_address' : 'smtp_bind_address6';
  const written = text(parameter);
  if (written !== '') {
    const address = /^\[(.*)\]$/.exec(written)?.[1] ?? written;
    if (isHostAddress(address)) return { [family]: address };
    fatal(parameter, `smtp_connect_addr: bad ${parameter} parameter: ${written}`);
    return {};
  }
  const own = interfaces.map((word) => /^\[(.*)\]$/.exec(word)?.[1] ?? word);
  const [only, ...more] = own.filter((address) => familyOf(address) === family);
  const plain = own.every((address) => familyOf(address) !== undefined);
  if (only === undefined || more.length > 0 || !plain || /^(127\.|::1$)/.test(only)) return {};
  return { [family]: only };
}

/** From 3.8 an empty list leaves the choice to OpenSSL; before 3.2 there is none. */
function autoCurves({ text, required }: ParameterReader, version: PostfixVersion): string {
  const name = 'tls_eecdh_auto_curves';
  const may = atLeast(version, '3.8') || defaultOf(name, version) === undefined;
  return may ? text(name) : required(name);
}

/** Families in which no other address than that of smtp_bind_address will do. */
function enforcedBinds({ text, yesNo }: ParameterReader): readonly AddressFamily[] {
  if (!yesNo('smtp_bind_address_enforce')) return [];
  const written = (name: string) => text(name) !== '';
  return [
    ...(written('smtp_bind_address') ? (['ipv4'] as const) : []),
    ...(written('smtp_bind_address6') ? (['ipv6'] as const) : []),
  ];
}

function filled<const K extends string>(key: K, value: string): { readonly [key in K]?: string } {
  return value === '' ? {} : ({ [key]: value } as { readonly [key in K]?: string });
}

/** Limits that smtp(8) dies of when they are 0 (smtp_params.c). */
const TIMES_FROM_ONE = [
  'smtp_helo_timeout',
  'smtp_starttls_timeout',
  'smtp_mail_timeout',
  'smtp_rcpt_timeout',
  'smtp_quit_timeout',
] as const;

const PAIRS = [
  ['RSA', 'smtp_tls_cert_file', 'smtp_tls_key_file'],
  ['DSA', 'smtp_tls_dcert_file', 'smtp_tls_dkey_file'],
  ['ECDSA', 'smtp_tls_eccert_file', 'smtp_tls_eckey_file'],
] as const;

const MATCH_SEPARATORS = `${COMMA_SPACE}:`;
