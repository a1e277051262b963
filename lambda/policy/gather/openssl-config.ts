/** tls_config_file from disk, as smtp(8) loads it at start: as root, and before any chroot. */
import type { TrustStore } from '../../certificate/anchors.ts';
import { decodeText } from '../../postfix/decode.ts';
import { listed } from '../../text/listed.ts';
import { libraryStart } from '../openssl/library-settings.ts';
import type { Settings } from '../settings.ts';
import type { Machine } from './machine.ts';
import type { Gathered } from './settings.ts';
import { isOurs, ours } from './tables.ts';

export interface ReadOpensslConfig {
  /** The settings with what the file changes. */
  readonly settings: Settings;
  /** Postfix switches TLS off. */
  readonly off?: Extract<TrustStore, { readonly kind: 'engine-off' }>;
  /** What is not known of the file, or not followed: sentences without a full stop. */
  readonly assumed: readonly string[];
}

export async function readOpensslConfig(
  settings: Settings,
  gathered: Pick<Gathered, 'from'>,
  machine: Machine,
): Promise<ReadOpensslConfig> {
  const { opensslConfig, version } = settings;
  if (opensslConfig === undefined) return { settings, assumed: [] };
  const { file, name } = opensslConfig;
  const off = (says: string, because: string): ReadOpensslConfig => ({
    settings,
    off: { kind: 'engine-off', because, parameter: 'tls_config_file', says },
    assumed: [],
  });
  if (!file.startsWith('/')) {
    const says = `non-default tls_config_file = ${file} is not an absolute pathname`;
    return off(`${says}, disabling TLS support`, says);
  }
  const loading =
    `error loading the '${name === '' ? 'global' : name}' settings from the ${file} OpenSSL ` +
    'configuration file, disabling TLS support';
  const read = await machine.read(file);
  // OpenSSL finds nothing in a directory, and starts.
  if (read.kind === 'failed' && read.because === 'Is a directory') return { settings, assumed: [] };
  if (read.kind === 'failed') {
    const unseen = gathered.from !== 'host' || isOurs(read.because, machine);
    if (!unseen) return off(loading, `${file}: ${read.because}`);
    const because = isOurs(read.because, machine)
      ? ours(file, read.because, machine)
      : `this machine lacks ${file}`;
    return {
      settings,
      assumed: [`TLS is judged as if tls_config_file changed nothing (${because})`],
    };
  }
  const start = libraryStart(decodeText(read.bytes), name, version);
  if (start.kind === 'fails') return off(loading, `${file}: ${start.because}`);
  const { closed, ...others } = start.settings;
  const changes = closed.length > 0 || Object.keys(others).length > 0;
  const unread = `of ${file} (tls_config_file) ${listed(start.notFollowed)} is not followed`;
  return {
    settings: changes ? { ...settings, library: start.settings } : settings,
    assumed: start.notFollowed.length === 0 ? [] : [unread],
  };
}
