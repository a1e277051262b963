/**
 * Which file of flags counts, and its text: only one that nobody but its owner can change is
 * believed, for it names programs to run and channels to tell.
 */
import { readHere, userHere } from '../../policy/gather/this-machine.ts';
import { UsageError } from '../../usage-error.ts';
import { CONFIG_FILE, CONFIG_VARIABLE } from './usual-place.ts';

export type ConfigFile =
  | { readonly kind: 'none' }
  /** `isNamed`: a file that is not there is an error. */
  | { readonly kind: 'file'; readonly path: string; readonly isNamed: boolean };

/** @param config of `--config FILE`; false: `--no-config`. @throws UsageError */
export function configFile(
  config: string | false | undefined,
  env: Readonly<Record<string, string | undefined>>,
): ConfigFile {
  if (config === '') throw new UsageError('--config names no file; --no-config does without one');
  if (config === false) return { kind: 'none' };
  const named = config ?? env[CONFIG_VARIABLE];
  if (named === '') return { kind: 'none' };
  return { kind: 'file', path: named ?? CONFIG_FILE, isNamed: named !== undefined };
}

/** Undefined where the file that nobody named is not there. @throws UsageError */
export async function readConfigFile({
  path,
  isNamed,
}: Extract<ConfigFile, { readonly kind: 'file' }>): Promise<string | undefined> {
  const read = await readHere(path);
  if (read.kind === 'failed') {
    if (!isNamed && read.because === 'No such file or directory') return undefined;
    const next = isNamed
      ? '--config names the file of flags'
      : 'let this user read it, or do without it by --no-config';
    throw new UsageError(`${path}: cannot be read: ${read.because}; ${next}`);
  }
  const { mode, uid, bytes } = read;
  const user = userHere();
  if (uid !== 0 && uid !== user)
    throw new UsageError(
      `${path}: belongs to user ${uid}, who could have any program run in your name: let root ` +
        'or yourself own it (chown), or do without it by --no-config',
    );
  if ((mode & WRITABLE_BY_OTHERS) !== 0)
    throw new UsageError(
      `${path}: others than its owner may write it, and could have any program run in your name: ` +
        'chmod go-w it, or do without it by --no-config',
    );
  if (bytes.length > LARGEST_BYTES)
    throw new UsageError(`${path}: has more than 1 MiB, and is no file of flags`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(`${path}: is no UTF-8, as TOML has to be; save it as that`);
  }
}

const WRITABLE_BY_OTHERS = 0o022;
/** A thousand times what all flags come to. */
const LARGEST_BYTES = 1024 * 1024;
