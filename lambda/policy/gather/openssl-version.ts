/**
 * Which OpenSSL the mail host's smtp(8) runs on: named by hand, found in the library that smtp(8) is
 * linked with, or what the `openssl` command says.
 *
 * Nothing is asked but local programs, each with the deadline of the machine's door.
 */
import { ASSUMED_OPENSSL, minorOf } from '../../certificate/openssl-version.ts';
import { UsageError } from '../../usage-error.ts';
import type { BundleOptions, Machine } from './machine.ts';
import { configOf } from './tables.ts';

export interface FoundOpenssl {
  /** `3.0`; absent: not known, and 3.0 is assumed. */
  readonly version?: string;
  /** Sentences without a full stop. */
  readonly assumed: readonly string[];
}

/**
 * @param from where settings come from; only this host's Postfix is asked
 * @throws UsageError for a version by hand that is none
 */
export async function findOpenssl(
  { opensslVersion, configDirectory }: Pick<BundleOptions, 'opensslVersion' | 'configDirectory'>,
  from: 'host' | 'file' | 'nothing',
  machine: Machine,
): Promise<FoundOpenssl> {
  if (opensslVersion !== undefined) return { version: named(opensslVersion), assumed: [] };
  if (from !== 'host') return ASSUMED;
  const linked = await linkedWith({ ...(configDirectory && { configDirectory }) }, machine);
  if (linked !== undefined) return { version: linked, assumed: [] };
  const command = await versionCommand(machine);
  if (command === undefined) return ASSUMED;
  const said =
    `smtp(8) runs on OpenSSL ${command}, as the openssl command does ` +
    '(--openssl-version names another)';
  return { version: command, assumed: [said] };
}

const ASSUMED: FoundOpenssl = {
  assumed: [
    `the mail host's OpenSSL is ${ASSUMED_OPENSSL}, as Debian 12 has it (--openssl-version names ` +
      'yours)',
  ],
};

function named(text: string): string {
  const version = /^\d+\.\d+(?:\.\d+[a-z]*)?$/.test(text) ? minorOf(text) : undefined;
  if (version !== undefined) return version;
  throw new UsageError(
    `--openssl-version ${text}: a version is wanted, such as 3.0 or 3.0.19, as openssl version ` +
      'prints it',
  );
}

/** The version in the text of libcrypto, which is what counts, whatever command is installed. */
async function linkedWith(
  gathered: { readonly configDirectory?: string },
  machine: Machine,
): Promise<string | undefined> {
  const output = async (command: string, ...args: string[]): Promise<string | undefined> => {
    const ran = await machine.run(command, args);
    return ran.kind === 'ended' && ran.status === 0 ? ran.output.trim() : undefined;
  };
  const directory = await output('postconf', ...configOf(gathered), '-h', 'daemon_directory');
  if (directory === undefined || !directory.startsWith('/')) return undefined;
  const libraries = await output('ldd', `${directory}/smtp`);
  const library = /^\s*libcrypto\.so\S* => (\/\S+)/m.exec(libraries ?? '')?.[1];
  if (library === undefined) return undefined;
  const text = await output('grep', '-a', '-o', '-m', '1', '-E', IN_LIBRARY, library);
  return versionIn(text);
}

async function versionCommand(machine: Machine): Promise<string | undefined> {
  const ran = await machine.run('openssl', ['version']);
  if (ran.kind !== 'ended' || ran.status !== 0) return undefined;
  // The command may be of another version than the library that it runs on.
  return versionIn(/\(Library: ([^)]*)/.exec(ran.output)?.[1] ?? ran.output);
}

/** LibreSSL and others are none of these. */
function versionIn(text: string | undefined): string | undefined {
  const found = /^OpenSSL (\d+\.\d+\.\d+)/.exec(text ?? '')?.[1];
  return found === undefined ? undefined : minorOf(found);
}

const IN_LIBRARY = 'OpenSSL [0-9]+\\.[0-9]+\\.[0-9]+[a-z]* +[0-9]+ [A-Z][a-z]+ 20[0-9]+';
