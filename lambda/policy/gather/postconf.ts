/** postconf of a configuration directory; the files themselves where a value in them ends it. */
import { decodeText } from '../../postfix/decode.ts';
import { readMainCf } from '../../postfix/main-cf.ts';
import { printMasterCf } from '../../postfix/postconf.ts';
import { withoutQuotedLine } from '../../postfix/read-parameters.ts';
import type { PostfixVersion } from '../../postfix/version.ts';
import { UsageError } from '../../usage-error.ts';
import { fatalIn } from './fatal-line.ts';
import type { Machine } from './machine.ts';

/** What postconf says of a configuration directory, as it prints it. */
export interface Postconf {
  /** All parameters, raw. */
  readonly main: string;
  readonly masterServices: string;
  readonly overrides: string;
  /** Expanded. */
  readonly proxyReadMaps: string;
  /** Table types that this Postfix has; absent where postconf does not run. */
  readonly types?: string;
  /**
   * What ends each program that reads main.cf, behind `fatal: `; of postconf's own questions the one
   * for table types alone begins as those do (mail_params_init()).
   */
  readonly ends?: string;
}

/** What it prints. @throws UsageError where it fails */
export async function postconf(
  directory: string,
  args: readonly string[],
  machine: Machine,
): Promise<string> {
  const ran = await machine.run('postconf', ['-c', directory, ...args]);
  if (ran.kind === 'not-installed') {
    throw new UsageError(
      `--config-directory ${directory}: postconf is not installed here; copy main.cf and the ` +
        'tables and name them with --main-cf',
    );
  }
  if (ran.status !== 0) {
    const said = withoutQuotedLine(ran.errors.trim().split('\n').at(-1) ?? '');
    throw new UsageError(
      `--config-directory ${directory}: postconf ${args.join(' ')} failed: ${said}`,
    );
  }
  return ran.output;
}

/**
 * Asks postconf; where a value that cannot be expanded ends it, though not the programs that do not
 * read that value, the files are read in its place, over its defaults.
 *
 * @throws UsageError
 */
export async function readPostconf(
  directory: string,
  version: PostfixVersion,
  machine: Machine,
): Promise<Postconf> {
  const ask = (...args: string[]) => postconf(directory, args, machine);
  try {
    return {
      main: await ask(),
      masterServices: await ask('-M'),
      overrides: await ask('-P'),
      proxyReadMaps: await ask('-x', '-h', 'proxy_read_maps'),
      ...(await tableTypes(directory, machine)),
    };
  } catch (error) {
    if (!(error instanceof UsageError) || !ENDED_BY_A_VALUE.test(error.message)) throw error;
    const [main, master] = await Promise.all(
      ['main.cf', 'master.cf'].map((name) => machine.read(`${directory}/${name}`)),
    );
    if (main?.kind !== 'read' || master?.kind !== 'read') throw error;
    // What is computed is not what -d prints, once main.cf gives a name or another directory has it.
    const defaults = (await ask('-d')).replaceAll(/^(?:myhostname|mydomain) =.*\n/gm, '');
    const parameters = `${defaults}\n${decodeText(main.bytes)}\nconfig_directory = ${directory}\n`;
    const { services, overrides } = printMasterCf(decodeText(master.bytes));
    return {
      main: parameters,
      masterServices: services,
      overrides,
      proxyReadMaps:
        readMainCf(parameters, version, machine.hostname?.()).parameters.proxy_read_maps ?? '',
    };
  }
}

async function tableTypes(
  directory: string,
  machine: Machine,
): Promise<Pick<Postconf, 'types' | 'ends'>> {
  const ran = await machine.run('postconf', ['-c', directory, '-m']);
  const ends = ran.kind === 'ended' && ran.status !== 0 ? fatalIn(ran.errors) : undefined;
  return ends === undefined ? { types: await postconf(directory, ['-m'], machine) } : { ends };
}

const ENDED_BY_A_VALUE =
  /fatal: (?:macro processing error$|malformed compatibility level syntax: )/;
