/**
 * Defaults of the main.cf parameters that change a verdict, by Postfix version.
 *
 * From src/global/mail_params.h of each release. Those of 3.5.27, 3.7.11 and 3.11.6 were compared
 * with `postconf -d`; below 3.5 nothing was compared with a running Postfix.
 */
import { atLeast, type PostfixVersion } from './version.ts';

/** Oldest version whose defaults and verdicts were compared with a running Postfix. */
export const OLDEST_PROVED: PostfixVersion = '3.5';
/** Oldest version this product knows anything about. */
export const OLDEST_KNOWN: PostfixVersion = '2.11';

/**
 * The default text, macros unexpanded; undefined where the version lacks the parameter (then
 * setting it has no effect).
 */
export function defaultOf(name: string, version: PostfixVersion): string | undefined {
  const changes = Object.hasOwn(DEFAULTS, name) ? DEFAULTS[name] : undefined;
  return changes?.findLast(([since]) => atLeast(version, since))?.[1];
}

/** Whether this product reads the parameter at all. */
export function isKnownParameter(name: string): boolean {
  return Object.hasOwn(DEFAULTS, name);
}

/** Parameters whose default, or existence, came with a patch to this minor release; latest first. */
export function patchedParameters(
  minor: PostfixVersion,
): readonly { readonly name: string; readonly since: PostfixVersion }[] {
  const patched = Object.entries(DEFAULTS).flatMap(([name, changes]) =>
    changes.flatMap(([since]) => (since.startsWith(`${minor}.`) ? [{ name, since }] : [])),
  );
  return patched.toSorted(
    (a, b) => Number(atLeast(b.since, a.since)) - Number(atLeast(a.since, b.since)),
  );
}

/** First version with the parameter. */
export function parameterSince(name: string): PostfixVersion | undefined {
  return Object.hasOwn(DEFAULTS, name) ? DEFAULTS[name]?.[0]?.[0] : undefined;
}

/**
 * A value and the first version that has it, oldest first. A later minor release may return to an
 * older value, and lack what a patch to an older one brought: undefined.
 */
type Changes = readonly (readonly [since: PostfixVersion, value: string | undefined])[];

const always = (value: string): Changes => [[OLDEST_KNOWN, value]];
const since = (version: PostfixVersion, value: string): Changes => [[version, value]];

const DANE_ONLY_IF_GLOBAL = `\${{$smtp_tls_security_level} == {dane} ? {dane} : {may}}`;
const PROTOCOLS: Changes = [
  ['2.11', '!SSLv2'],
  ['2.11.6', '!SSLv2, !SSLv3'],
  ['3.0', '!SSLv2'],
  ['3.0.2', '!SSLv2, !SSLv3'],
  ['3.6', '>=TLSv1'],
];
/** What came to 3.5.20, 3.6.10, 3.7.6, 3.8.1 and 3.9. */
const openSslFile = (value: string): Changes => [
  ['3.5.20', value],
  ['3.6', undefined],
  ['3.6.10', value],
  ['3.7', undefined],
  ['3.7.6', value],
  ['3.8', undefined],
  ['3.8.1', value],
];
const EXCLUDED = '!SEED:!IDEA:!3DES:!RC2:!RC4:!RC5:!kDH:!kECDH:!aDSS:!MD5';

const DEFAULTS: Readonly<Record<string, Changes>> = {
  mail_version: always(''),
  compatibility_level: since('3.0', '0'),
  config_directory: always('/etc/postfix'),
  queue_directory: always('/var/spool/postfix'),
  data_directory: always('/var/lib/postfix'),
  mail_owner: always('postfix'),
  myhostname: always(''),
  mydomain: always(''),
  inet_interfaces: always('all'),
  proxy_interfaces: always(''),
  inet_protocols: [['2.11', 'all']],
  relayhost: always(''),
  fallback_relay: always(''),
  smtp_fallback_relay: always('$fallback_relay'),
  transport_maps: always(''),
  default_transport: always('smtp'),
  relay_transport: always('relay'),
  mydestination: always('$myhostname, localhost.$mydomain, localhost'),
  relay_domains: [
    ['2.11', '$mydestination'],
    ['3.0', `\${{$compatibility_level} < {2} ? {$mydestination} : {}}`],
    ['3.6', `\${{$compatibility_level} <level {2} ? {$mydestination} : {}}`],
  ],
  parent_domain_matches_subdomains: always(
    'debug_peer_list,fast_flush_domains,mynetworks,permit_mx_backup_networks,' +
      'qmqpd_authorized_clients,relay_domains,smtpd_access_maps',
  ),
  local_transport: always('local:$myhostname'),
  defer_transports: always(''),
  virtual_transport: always('virtual'),
  virtual_maps: always(''),
  virtual_alias_maps: always('$virtual_maps'),
  virtual_alias_domains: always('$virtual_alias_maps'),
  virtual_mailbox_maps: always(''),
  virtual_mailbox_domains: always('$virtual_mailbox_maps'),
  recipient_delimiter: always(''),
  default_delivery_status_filter: since('3.0', ''),
  smtp_delivery_status_filter: since('3.0', '$default_delivery_status_filter'),
  smtp_bind_address: always(''),
  smtp_bind_address6: always(''),
  smtp_bind_address_enforce: since('3.7', 'no'),
  sender_dependent_relayhost_maps: always(''),
  sender_dependent_default_transport_maps: always(''),
  smtp_tls_security_level: [
    ['2.11', ''],
    ['3.11', `\${{$compatibility_level} <level {3.11} ? {} : {may}}`],
  ],
  smtp_use_tls: always('no'),
  smtp_enforce_tls: always('no'),
  smtp_tls_enforce_peername: always('yes'),
  smtp_tls_per_site: always(''),
  smtp_tls_policy_maps: always(''),
  smtp_tls_secure_cert_match: always('nexthop, dot-nexthop'),
  smtp_tls_verify_cert_match: always('hostname'),
  smtp_tls_fingerprint_cert_match: always(''),
  smtp_tls_fingerprint_digest: [
    ['2.11', 'md5'],
    ['3.6', `\${{$compatibility_level} <level {3.6} ? {md5} : {sha256}}`],
  ],
  smtp_tls_CAfile: always(''),
  smtp_tls_CApath: always(''),
  tls_append_default_CA: always('no'),
  smtp_tls_chain_files: since('3.4', ''),
  smtp_tls_cert_file: always(''),
  smtp_tls_key_file: always('$smtp_tls_cert_file'),
  smtp_tls_dcert_file: always(''),
  smtp_tls_dkey_file: always('$smtp_tls_dcert_file'),
  smtp_tls_eccert_file: always(''),
  smtp_tls_eckey_file: always('$smtp_tls_eccert_file'),
  smtp_tls_trust_anchor_file: always(''),
  smtp_tls_scert_verifydepth: always('9'),
  smtp_tls_mandatory_protocols: PROTOCOLS,
  smtp_tls_protocols: PROTOCOLS,
  smtp_tls_mandatory_ciphers: always('medium'),
  smtp_tls_ciphers: [
    ['2.11', 'export'],
    ['2.11.6', 'medium'],
    ['3.0', 'export'],
    ['3.0.2', 'medium'],
  ],
  smtp_tls_mandatory_exclude_ciphers: always(''),
  smtp_tls_exclude_ciphers: always(''),
  tls_high_cipherlist: [
    ['2.11', 'aNULL:-aNULL:ALL:!EXPORT:!LOW:!MEDIUM:+RC4:@STRENGTH'],
    ['3.1', 'aNULL:-aNULL:HIGH:@STRENGTH'],
    ['3.8', `aNULL:-aNULL:HIGH:${EXCLUDED}:@STRENGTH`],
  ],
  tls_medium_cipherlist: [
    ['2.11', 'aNULL:-aNULL:ALL:!EXPORT:!LOW:+RC4:@STRENGTH'],
    ['3.1', 'aNULL:-aNULL:HIGH:MEDIUM:+RC4:@STRENGTH'],
    ['3.8', `aNULL:-aNULL:HIGH:MEDIUM:${EXCLUDED}:+RC4:@STRENGTH`],
  ],
  tls_null_cipherlist: [
    ['2.11', 'eNULL:!aNULL'],
    ['3.8', 'eNULL:!kDH:!kECDH:!aDSS:!MD5:!aNULL'],
  ],
  tls_eecdh_auto_curves: [
    ['3.2', 'X25519 X448 prime256v1 secp521r1 secp384r1'],
    ['3.10', 'X25519 X448 prime256v1 secp384r1 secp521r1'],
  ],
  tls_config_file: openSslFile('default'),
  tls_config_name: openSslFile(''),
  smtp_tls_servername: since('3.4', ''),
  smtp_tls_wrappermode: since('3.0', 'no'),
  smtp_tls_connection_reuse: since('3.4', 'no'),
  smtp_tls_enable_rpk: since('3.9', 'no'),
  smtp_tls_enforce_sts_mx_patterns: since('3.10.5', 'yes'),
  smtp_tls_dane_insecure_mx_policy: [
    ['3.1', 'dane'],
    ['3.2.21', DANE_ONLY_IF_GLOBAL],
    ['3.3', 'dane'],
    ['3.3.16', DANE_ONLY_IF_GLOBAL],
    ['3.4', 'dane'],
    ['3.4.19', DANE_ONLY_IF_GLOBAL],
    ['3.5', 'dane'],
    ['3.5.9', DANE_ONLY_IF_GLOBAL],
    ['3.6.17', 'dane'],
    ['3.7', DANE_ONLY_IF_GLOBAL],
    ['3.7.13', 'dane'],
    ['3.8', DANE_ONLY_IF_GLOBAL],
    ['3.8.8', 'dane'],
    ['3.9', DANE_ONLY_IF_GLOBAL],
    ['3.9.2', 'dane'],
  ],
  tls_dane_digests: always('sha512 sha256'),
  smtp_tls_force_insecure_host_tlsa_lookup: always('no'),
  disable_dns_lookups: always('no'),
  smtp_dns_support_level: always(''),
  smtp_dns_resolver_options: always(''),
  smtp_host_lookup: always('dns'),
  smtp_mx_address_limit: always('5'),
  smtp_mx_session_limit: always('2'),
  smtp_randomize_addresses: always('yes'),
  smtp_address_preference: always('any'),
  smtp_balance_inet_protocols: since('3.3', 'yes'),
  ignore_mx_lookup_error: always('no'),
  smtp_defer_if_no_mx_address_found: always('no'),
  smtp_cname_overrides_servername: always('no'),
  smtp_tcp_port: since('3.2', 'smtp'),
  smtp_discard_ehlo_keywords: always(''),
  smtp_discard_ehlo_keyword_address_maps: always(''),
  smtp_reply_filter: always(''),
  smtp_connect_timeout: always('30s'),
  smtp_helo_timeout: always('300s'),
  smtp_starttls_timeout: always('300s'),
  smtp_mail_timeout: always('300s'),
  smtp_rcpt_timeout: always('300s'),
  smtp_quit_timeout: always('300s'),
  smtp_always_send_ehlo: always('yes'),
  smtp_never_send_ehlo: always('no'),
  smtp_pix_workarounds: always('disable_esmtp,delay_dotcrlf'),
  smtp_skip_5xx_greeting: always('yes'),
  maximal_queue_lifetime: always('5d'),
  soft_bounce: always('no'),
  tls_wildcard_matches_multiple_labels: always('yes'),
  smtp_helo_name: always('$myhostname'),
};
