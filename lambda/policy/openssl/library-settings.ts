/**
 * What tls_config_file and tls_config_name do to Postfix's TLS engine: whether it starts, and what
 * is left of the file once Postfix has set what it sets itself.
 *
 * Follows tls_library_init() in src/tls/tls_misc.c, CONF_modules_load() in OpenSSL 3's
 * crypto/conf/conf_mod.c, ssl_module_init() in conf_ssl.c and the commands of ssl/ssl_conf.c.
 * Postfix sets least and greatest protocol, ciphers up to TLS 1.2, groups, security level and
 * verification by itself; what stays is asserted against OpenSSL and a real Postfix. Pure.
 */
import { atLeast, type PostfixVersion } from '../../postfix/version.ts';
import { DEFAULT_SECTION, readConfiguration, type Sections } from './configuration-file.ts';

/** What the file changes of a handshake. Plain JSON, kept with the settings. */
export interface LibrarySettings {
  /** Protocols that it closes, such as `TLSv1.2`. */
  readonly closed: readonly string[];
  /** TLS 1.3 suites in order; absent: OpenSSL's own. Empty: no handshake that offers TLS 1.3. */
  readonly ciphersuites?: readonly string[];
  /** Of server signatures, as OpenSSL takes them; several where a later one may be unknown. */
  readonly signatureAlgorithms?: readonly string[];
  /** Servers without secure renegotiation are talked to. */
  readonly legacyServers?: true;
}

export type LibraryStart =
  | {
      readonly kind: 'starts';
      readonly settings: LibrarySettings;
      /** What is in the file and not followed here, as clauses. */
      readonly notFollowed: readonly string[];
    }
  /** Postfix switches TLS off; a clause for people. */
  | { readonly kind: 'fails'; readonly because: string };

/** The file that `tls_config_file` names. `name` is tls_config_name, or empty. */
export function libraryStart(text: string, name: string, version: PostfixVersion): LibraryStart {
  const read = readConfiguration(text);
  if (read.kind === 'broken') return { kind: 'fails', because: read.because };
  const { sections, outside } = read;
  const title = sections.get(DEFAULT_SECTION)?.get(name === '' ? 'openssl_conf' : name);
  if (title === undefined) return starts({ closed: [] }, outside);
  const modules = sections.get(title);
  if (modules === undefined) return lacks(title);
  const notFollowed = [...outside];
  let settings: LibrarySettings = { closed: [] };
  for (const [module, value] of modules) {
    const loaded = loadModule(module, value, sections, version);
    if (loaded.kind === 'fails') return loaded;
    notFollowed.push(...loaded.notFollowed);
    if (loaded.settings !== undefined) settings = loaded.settings;
  }
  return starts(settings, notFollowed);
}

const starts = (settings: LibrarySettings, notFollowed: readonly string[]): LibraryStart => ({
  kind: 'starts',
  settings,
  notFollowed,
});

type Fails = Extract<LibraryStart, { readonly kind: 'fails' }>;

const lacks = (section: string): Fails => ({
  kind: 'fails',
  because: `there is no section [${section}]`,
});

type Loaded =
  | Fails
  | {
      readonly kind: 'loaded';
      readonly notFollowed: readonly string[];
      /** Of the `ssl_conf` module; absent for the others. */
      readonly settings?: LibrarySettings;
    };

/** One module: a name of OpenSSL's, perhaps with `.1` behind it, and its section. */
function loadModule(
  written: string,
  value: string,
  sections: Sections,
  version: PostfixVersion,
): Loaded {
  const dot = written.lastIndexOf('.');
  const name = dot < 0 ? written : written.slice(0, dot);
  const section = sections.get(value);
  const nothing: Loaded = { kind: 'loaded', notFollowed: [] };
  switch (MODULES.find((module) => module.startsWith(name))) {
    case undefined:
      return { kind: 'fails', because: `OpenSSL has no module "${name}"` };
    case 'ssl_conf':
      return sslModule(value, sections, version);
    case 'oid_section': {
      const odd = [...(section ?? [])].find(([, oid]) => !/^[0-9]+(?:\.[0-9]+)+$/.test(last(oid)));
      if (section === undefined) return lacks(value);
      return odd === undefined
        ? nothing
        : { kind: 'fails', because: `"${odd[1]}" in [${value}] is no object identifier` };
    }
    case 'providers':
      return section === undefined ? lacks(value) : providers(section, sections);
    case 'alg_section':
      if (section === undefined) return lacks(value);
      return section.size === 0
        ? nothing
        : { kind: 'loaded', notFollowed: ['the properties of its algorithms'] };
    case 'stbl_section':
      if (section === undefined) return lacks(value);
      return section.size === 0
        ? nothing
        : { kind: 'loaded', notFollowed: ['its tables of strings'] };
    case 'engines':
    case 'random':
      return section === undefined ? lacks(value) : nothing;
  }
}

/** Once any is activated, OpenSSL no longer does so by itself with the one that has SHA-256. */
function providers(section: ReadonlyMap<string, string>, sections: Sections): Loaded {
  const activated = [...section]
    .filter(([, title]) => sections.get(title)?.has('activate'))
    .map(([provider]) => provider);
  const other = activated.some((provider) => provider !== 'default' && !WITHOUT_SHA.has(provider));
  if (other) return { kind: 'loaded', notFollowed: ['its providers'] };
  if (activated.length === 0 || activated.includes('default'))
    return { kind: 'loaded', notFollowed: [] };
  const because = `it activates ${activated.join(' and ')} without the default provider`;
  return { kind: 'fails', because };
}

const WITHOUT_SHA: ReadonlySet<string> = new Set(['legacy', 'base', 'null']);

/** `name, oid` names an identifier with its short name first. */
const last = (oid: string): string => oid.slice(oid.lastIndexOf(',') + 1).trim();

/** Each name of the section must lead to commands; those of `system_default` are carried out. */
function sslModule(value: string, sections: Sections, version: PostfixVersion): Loaded {
  const names = sections.get(value);
  if (names === undefined) return lacks(value);
  if (names.size === 0) return { kind: 'fails', because: `the section [${value}] is empty` };
  for (const title of names.values()) {
    const commands = sections.get(title);
    if (commands === undefined) return lacks(title);
    if (commands.size === 0) return { kind: 'fails', because: `the section [${title}] is empty` };
  }
  const commands = sections.get(names.get('system_default') ?? '') ?? new Map<string, string>();
  return { kind: 'loaded', ...followed(commands, version) };
}

/** Commands that fail are passed over, at what is behind their mistake. */
function followed(
  commands: ReadonlyMap<string, string>,
  version: PostfixVersion,
): { readonly settings: LibrarySettings; readonly notFollowed: readonly string[] } {
  const closed = new Set<string>();
  const signatures: string[] = [];
  const notFollowed: string[] = [];
  let settings: Omit<LibrarySettings, 'closed'> = {};
  for (const [written, value] of commands) {
    const name = written.slice(written.indexOf('.') + 1);
    switch (name.toLowerCase()) {
      case 'protocol':
        close(value, closed);
        break;
      case 'maxprotocol':
        // From 3.6 on Postfix sets both ends of the range itself, and before only the lower one.
        if (!atLeast(version, '3.6')) closeAbove(value, closed);
        break;
      case 'ciphersuites': {
        const known = value.split(/[: ,]+/).filter((suite) => SUITES.has(suite));
        if (known.length > 0 || value === '') settings = { ...settings, ciphersuites: known };
        break;
      }
      case 'signaturealgorithms':
        signatures.push(value);
        break;
      case 'options':
        if (LEGACY_SERVERS.test(value)) settings = { ...settings, legacyServers: true };
        break;
      default:
        if (/^(?:verify|chain)ca/i.test(name)) notFollowed.push(`its ${name}`);
    }
  }
  const algorithms = signatures.length === 0 ? {} : { signatureAlgorithms: signatures };
  return { settings: { closed: [...closed], ...settings, ...algorithms }, notFollowed };
}

/** `Protocol = -ALL, TLSv1.3`: what is listed opens, with a minus it closes; up to a mistake. */
function close(list: string, closed: Set<string>): void {
  for (const word of list.split(',').map((one) => one.trim())) {
    const name = word.replace(/^[+-]/, '').toLowerCase();
    const meant = PROTOCOLS.filter((one) => name === 'all' || one.toLowerCase() === name);
    if (meant.length === 0 && !OTHER_PROTOCOLS.has(name)) return;
    for (const one of meant) {
      if (word.startsWith('-')) closed.add(one);
      else closed.delete(one);
    }
  }
}

function closeAbove(greatest: string, closed: Set<string>): void {
  const index = PROTOCOLS.indexOf(greatest);
  if (index >= 0) for (const one of PROTOCOLS.slice(index + 1)) closed.add(one);
}

const PROTOCOLS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];
const OTHER_PROTOCOLS: ReadonlySet<string> = new Set(['sslv2', 'sslv3', 'dtlsv1', 'dtlsv1.2']);

const SUITES: ReadonlySet<string> = new Set([
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_128_CCM_SHA256',
  'TLS_AES_128_CCM_8_SHA256',
]);

const LEGACY_SERVERS = /(?:^|,)\s*\+?(?:UnsafeLegacyServerConnect|UnsafeLegacyRenegotiation)\b/i;

/** In the order in which OpenSSL looks: a beginning of a name is enough. */
const MODULES = [
  'oid_section',
  'stbl_section',
  'engines',
  'alg_section',
  'random',
  'providers',
  'ssl_conf',
] as const;
