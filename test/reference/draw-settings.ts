/** The main.cf variations of generated scenes: one Postfix each. */
import type { Random } from './random.ts';

export interface DrawnSettings {
  readonly name: string;
  readonly mainCf: readonly string[];
  /** smtp_tls_fingerprint_digest, where it is not sha256. */
  readonly digest?: string;
  /** Most hosts speak TLS from byte 0. */
  readonly wrapper?: true;
}

/** What the variations name, beside the authorities' own files. */
export const SETTINGS_FILES: Readonly<Record<string, string>> = {
  'drawn-closed.cnf': 'openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nProtocol = -TLSv1.2\n',
  'drawn-less.cnf':
    'mail = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nProtocol = -TLSv1\nCiphersuites = TLS_AES_128_GCM_SHA256\nSignatureAlgorithms = ECDSA+SHA256:RSA-PSS+SHA256\n',
  'drawn-replies.regexp': '/^5([0-9][0-9].*)$/ 4$1\n/^421 .*/ 521 5.3.2 gone\n/^250-STARTTLS$/ 250-starttls=maybe\n',
  'drawn-networks.cidr': '127.72.0.0/27 starttls\nfd00:72::/124 dsn, STARTTLS\n127.72.0.64/26 dsn\n',
};

const CA_FILE = 'smtp_tls_CAfile = @files@/ca.pem';

/** What an ordinary main.cf has. */
export const PLAIN: DrawnSettings = { name: 'plain', mainCf: [CA_FILE] };

/** Some of the variations, in random order. */
export function drawSettings(random: Random, count: number): DrawnSettings[] {
  return random.some(VARIATIONS, count).map((variation) => ({ ...variation, mainCf: [CA_FILE, ...variation.mainCf] }));
}

const VARIATIONS: readonly DrawnSettings[] = [
  { name: 'secure for all', mainCf: ['smtp_tls_security_level = secure'] },
  { name: 'may for all', mainCf: ['smtp_tls_security_level = may'] },
  { name: 'two addresses', mainCf: ['smtp_mx_address_limit = 2', 'smtp_tls_secure_cert_match = nexthop, hostname'] },
  { name: 'any number of addresses', mainCf: ['smtp_mx_address_limit = 0', 'smtp_mx_session_limit = 1'] },
  { name: 'in order', mainCf: ['smtp_randomize_addresses = no', 'smtp_mx_address_limit = 3'] },
  { name: 'IPv4 first', mainCf: ['smtp_address_preference = ipv4', 'smtp_balance_inet_protocols = no'] },
  { name: 'IPv4 only', mainCf: ['inet_protocols = ipv4', 'smtp_tls_verify_cert_match = nexthop, dot-nexthop'] },
  { name: 'depth 0', mainCf: ['smtp_tls_scert_verifydepth = 0'] },
  { name: 'depth 2', mainCf: ['smtp_tls_scert_verifydepth = 2'] },
  { name: 'other anchors', mainCf: ['smtp_tls_trust_anchor_file = @files@/root-b.pem, @files@/issuing-a.pem'] },
  { name: 'anchors missing', mainCf: ['smtp_tls_trust_anchor_file = @files@/missing.pem'] },
  { name: 'no CA at all', mainCf: ['smtp_tls_CAfile ='] },
  { name: 'CAfile missing', mainCf: ['smtp_tls_CAfile = @files@/missing.pem'] },
  { name: 'CAfile without PEM', mainCf: ['smtp_tls_CAfile = @files@/empty.pem'] },
  { name: 'CAfile for root only', mainCf: ['smtp_tls_CAfile = @files@/secret-0600.pem'] },
  {
    name: 'sha1 digests',
    digest: 'sha1',
    mainCf: ['smtp_tls_fingerprint_digest = sha1', 'smtp_tls_fingerprint_cert_match = 00:11'],
  },
  {
    name: 'modern protocols',
    mainCf: [
      'smtp_tls_mandatory_protocols = >=TLSv1.3',
      'smtp_tls_protocols = !TLSv1, !TLSv1.1',
      'smtp_tls_mandatory_ciphers = high',
    ],
  },
  {
    name: 'excluded ciphers',
    mainCf: ['smtp_tls_mandatory_exclude_ciphers = AES128', 'smtp_tls_exclude_ciphers = aNULL', 'smtp_tls_ciphers = high'],
  },
  { name: 'no STARTTLS heard', mainCf: ['smtp_discard_ehlo_keywords = starttls'] },
  { name: 'soft bounces', mainCf: ['soft_bounce = yes', 'smtp_skip_5xx_greeting = no'] },
  { name: 'hard greetings', mainCf: ['smtp_skip_5xx_greeting = no'] },
  { name: 'SNI of the host', mainCf: ['smtp_tls_servername = hostname', 'smtp_cname_overrides_servername = yes'] },
  { name: 'wrapper mode', wrapper: true, mainCf: ['smtp_tls_wrappermode = yes'] },
  { name: 'fallback relay', mainCf: ['smtp_fallback_relay = [fallback.test]'] },
  { name: 'no TLS 1.2 by OpenSSL', mainCf: ['tls_config_file = @files@/drawn-closed.cnf'] },
  { name: 'less by OpenSSL', mainCf: ['tls_config_file = @files@/drawn-less.cnf', 'tls_config_name = mail'] },
  { name: 'OpenSSL file missing', mainCf: ['tls_config_file = @files@/missing.cnf'] },
  { name: 'replies rewritten', mainCf: ['smtp_reply_filter = regexp:@files@/drawn-replies.regexp'] },
  {
    name: 'STARTTLS hidden by network',
    mainCf: ['smtp_discard_ehlo_keyword_address_maps = cidr:@files@/drawn-networks.cidr, hash:@files@/missing'],
  },
  { name: 'STARTTLS hidden by some', mainCf: ['smtp_discard_ehlo_keyword_address_maps = cidr:@files@/drawn-networks.cidr'] },
  { name: 'MX errors ignored', mainCf: ['ignore_mx_lookup_error = yes', 'smtp_defer_if_no_mx_address_found = yes'] },
];
