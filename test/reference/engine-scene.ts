/**
 * What main.cf can do to smtp(8) and to its TLS engine before any server is asked: values that end the process, engines
 * that do not start, tables that are dead.
 *
 * A destination is named after level and configuration: `secure.digest-unknown.test`.
 */
import type { RecordSet } from '../internet/dns-server.ts';
import type { Identity } from '../internet/tls-server.ts';
import type { Configuration, Scene, SceneServer } from './scene.ts';

interface Engine {
  readonly name: string;
  readonly mainCf: readonly string[];
  /** Where main.cf's own smtp_tls_policy_maps is replaced; `@table@` is the table of the scene. */
  readonly maps?: string;
}

/** Lines for `system_default`, by the name of the file. */
const COMMANDS: Readonly<Record<string, string>> = {
  'no-tls12': 'Protocol = -TLSv1.2',
  'tls13-only': 'Protocol = -ALL, TLSv1.3',
  'no-tls13': 'Protocol = -TLSv1.3',
  'tls13-opened': 'Protocol = TLSv1.3',
  'protocol-mistake': 'Protocol = nonsense, -TLSv1.2',
  'protocol-then-mistake': 'Protocol = -TLSv1.2, nonsense',
  'least-tls13': 'MinProtocol = TLSv1.3',
  'greatest-tls11': 'MaxProtocol = TLSv1.1',
  'ciphers-rsa': 'CipherString = AES128-SHA',
  'level-5': 'CipherString = DEFAULT@SECLEVEL=5',
  'one-suite': 'Ciphersuites = TLS_CHACHA20_POLY1305_SHA256',
  'no-suite': 'Ciphersuites =',
  'odd-suite': 'Ciphersuites = nonsense',
  'rsa-signatures': 'SignatureAlgorithms = RSA+SHA256',
  'odd-signatures': 'SignatureAlgorithms = nonsense',
  'two-signatures': '1.SignatureAlgorithms = RSA+SHA256\n2.SignatureAlgorithms = nonsense',
  'same-command-twice': 'SignatureAlgorithms = RSA+SHA256\nSignatureAlgorithms = nonsense',
  'unknown-command': 'Nonsense = 1\nProtocol = -TLSv1.2',
  'bad-value': 'MinProtocol = TLSv9\nprotocol = -tlsv1.2',
  group: 'Groups = P-521',
};

const asDefaults = (commands: string) =>
  `openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = defaults\n[defaults]\n${commands}\n`;

/** Whole files, most of which OpenSSL refuses. */
const TEXTS: Readonly<Record<string, string>> = {
  empty: '',
  words: 'just some words\n',
  'section-missing': 'openssl_conf = what\n',
  'ssl-missing': 'openssl_conf = all\n[all]\nssl_conf = ssl\n',
  'ssl-empty': 'openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\n',
  'defaults-missing': 'openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = defaults\n',
  'module-unknown': 'openssl_conf = all\n[all]\nnonsense = all\n',
  'variable-missing': 'openssl_conf = $all\n[all]\n',
  'odd-but-good':
    'all = every\nopenssl_conf = \\\n"$(all)" # why not\n[ every ]\r\nssl_conf.1 = ssl\noid_section = oids\n[oids]\nx = 1.2.3\n[ssl]\nsystem_default = d\n[d]\n1.Protocol = -TLSv1.2',
};

/** Of smtp_reply_filter. */
const FILTERS: Readonly<Record<string, string>> = {
  'turns-away': 'regexp:@files@/turns-away.regexp',
  'mends-a-mask': 'regexp:@files@/mends.regexp',
  'without-end': 'regexp:@files@/endless.regexp',
  missing: 'hash:@files@/missing',
  untyped: '/etc/postfix/x',
  'of-no-type': 'nosuch:/x',
  failing: 'fail:x',
};

/** Of smtp_discard_ehlo_keyword_address_maps. */
const DISCARDS: Readonly<Record<string, string>> = {
  address: 'inline:{127.68.0.1=StartTLS}',
  network: 'cidr:@files@/networks.cidr',
  pattern: 'regexp:@files@/addresses.regexp',
  others: 'inline:{127.68.0.9=starttls}',
  second: 'inline:{127.68.0.9=starttls}, static:{dsn,starttls}',
  'before-words': 'inline:{127.68.0.1=dsn}',
  'not-before-words': 'inline:{127.68.0.9=dsn}',
  empty: 'static:{}',
  missing: 'hash:@files@/missing',
  'missing-second': 'inline:{127.68.0.1=dsn} hash:@files@/missing',
  untyped: '/etc/postfix/x',
};

const HIDE_ALL = ['smtp_discard_ehlo_keywords = starttls'];

const ENGINES: readonly Engine[] = [
  { name: 'plain', mainCf: [] },
  { name: 'digest-unknown', mainCf: ['smtp_tls_fingerprint_digest = nonsense'] },
  { name: 'digest-upper', mainCf: ['smtp_tls_fingerprint_digest = SHA512'] },
  { name: 'digest-sha3', mainCf: ['smtp_tls_fingerprint_digest = sha3-256'] },
  { name: 'digest-md4', mainCf: ['smtp_tls_fingerprint_digest = md4'] },
  { name: 'digest-dashed', mainCf: ['smtp_tls_fingerprint_digest = sha-256'] },
  { name: 'digest-ripemd', mainCf: ['smtp_tls_fingerprint_digest = ripemd160'] },
  { name: 'digest-shake', mainCf: ['smtp_tls_fingerprint_digest = shake128'] },
  { name: 'config-broken', mainCf: ['tls_config_file = @files@/broken.cnf'] },
  { name: 'config-missing', mainCf: ['tls_config_file = @files@/missing.cnf'] },
  { name: 'config-none', mainCf: ['tls_config_file = none'] },
  { name: 'config-good', mainCf: ['tls_config_file = @files@/good.cnf'] },
  { name: 'config-name', mainCf: ['tls_config_name = nonsense'] },
  { name: 'config-tls13', mainCf: ['tls_config_file = @files@/tls13.cnf', 'tls_config_name = postfix'] },
  { name: 'config-relative', mainCf: ['tls_config_file = openssl.cnf'] },
  { name: 'config-directory', mainCf: ['tls_config_file = @files@'] },
  ...Object.keys(COMMANDS).map((command) => ({
    name: `config-${command}`,
    mainCf: [`tls_config_file = @files@/${command}.cnf`],
  })),
  ...Object.keys(TEXTS).map((text) => ({ name: `config-${text}`, mainCf: [`tls_config_file = @files@/${text}.cnf`] })),
  { name: 'map-untyped', mainCf: [], maps: '/etc/postfix/x' },
  { name: 'map-unknown-first', mainCf: [], maps: 'nosuch:/x, @table@' },
  { name: 'map-unknown-last', mainCf: [], maps: '@table@, nosuch:/x' },
  { name: 'map-failing-first', mainCf: [], maps: 'fail:x, @table@' },
  { name: 'map-failing-last', mainCf: [], maps: '@table@ fail:x' },
  ...Object.entries(FILTERS).map(([name, filter]) => ({ name: `filter-${name}`, mainCf: [`smtp_reply_filter = ${filter}`] })),
  ...Object.entries(DISCARDS).map(([name, maps]) => ({
    name: `discard-${name}`,
    mainCf: [`smtp_discard_ehlo_keyword_address_maps = ${maps}`, ...(name.endsWith('before-words') ? HIDE_ALL : [])],
  })),
  { name: 'starttls-timeout-0', mainCf: ['smtp_starttls_timeout = 0'] },
  { name: 'address-limit-negative', mainCf: ['smtp_mx_address_limit = -1', 'smtp_mx_session_limit = -2'] },
  { name: 'level-word', mainCf: ['smtp_tls_security_level = nonsense'] },
];

const LEVELS = ['none', 'may', 'encrypt', 'secure', 'fingerprint', 'no-entry', 'masked'] as const;

/** `identity` is for `known.test`; `anchors` is the file that its chain leads to. */
export function engineScene(identity: Identity, anchors: string): Scene {
  const host = { ok: '127.68.0.1', masked: '127.68.0.2' };
  const dns: RecordSet[] = Object.entries(host).map(([name, address]) => ({
    name: `${name}.engine.test`,
    type: 'A',
    data: [address],
  }));
  const servers: SceneServer[] = [
    { address: host.ok, behaviour: 'ok', ...identity },
    { address: host.masked, behaviour: 'banner-bare', ...identity },
  ];
  const configurations = ENGINES.map(({ name, mainCf, maps }): Configuration => {
    const recipients = LEVELS.map((level) => `${level}.${name}.test`);
    for (const domain of recipients) {
      const mx = domain.startsWith('masked.') ? 'masked' : 'ok';
      dns.push({ name: domain, type: 'MX', data: [`10 ${mx}.engine.test`] });
    }
    const policy = LEVELS.flatMap((level) => {
      if (level === 'no-entry') return [];
      const value = { secure: 'secure match=known.test', fingerprint: 'fingerprint match=00:11', masked: 'encrypt' };
      return [`${level}.${name}.test ${level in value ? value[level as keyof typeof value] : level}\n`];
    });
    return {
      name: `engine: ${name}`,
      mainCf: [
        'smtp_tls_CAfile = @files@/engine.pem',
        ...mainCf,
        ...(maps === undefined ? [] : [`smtp_tls_policy_maps = ${maps.replace('@table@', 'hash:$config_directory/tls_policy')}`]),
      ],
      policy: policy.join(''),
      recipients,
    };
  });
  return { dns, servers, files: { 'engine.pem': anchors, ...FILES }, configurations };
}

const FILES = {
  ...Object.fromEntries(Object.entries(COMMANDS).map(([name, commands]) => [`${name}.cnf`, asDefaults(commands)])),
  ...Object.fromEntries(Object.entries(TEXTS).map(([name, text]) => [`${name}.cnf`, text])),
  'turns-away.regexp': '/^220 mail/ 554 5.3.2 not today\n',
  'mends.regexp': '/^220$/ 220 a good server\n',
  'endless.regexp': '/^250 / 250-and on\n',
  'networks.cidr': '127.68.0.0/31 starttls\n',
  'addresses.regexp': '/^127[.]68[.]0[.]1$/ silent-discard, starttls\n',
  'broken.cnf': '[default\nopenssl_conf = what\n',
  'good.cnf': 'openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = defaults\n[defaults]\nMinProtocol = TLSv1.2\n',
  'tls13.cnf': 'postfix = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = defaults\n[defaults]\nMinProtocol = TLSv1.3\n',
};
