/**
 * Where the environments stand: the file that `--context environments=FILE` names, else
 * environments.json, which is not tracked, else the tracked example, for synth and tests alone.
 */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './bundle.ts';
import { checkEnvironment, type Records } from './environments.ts';

export const EXAMPLE = join(ROOT, 'infra/environments.example.json');
const OWN = 'environments.json';

/** `named` is what the context says, seen from the working directory. */
export function environmentFile(named: string | undefined): string {
  return named ?? (existsSync(OWN) ? OWN : EXAMPLE);
}

/** @throws Error where the file cannot be read or holds no list */
export function readRecords(path: string): Records {
  let read: unknown;
  try {
    read = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error);
    throw new Error(`${path}: cannot be read as JSON (${because})`);
  }
  if (!Array.isArray(read)) throw new Error(`${path}: is no list of environments`);
  return { records: read, path };
}

/**
 * The environments a deploy is about.
 *
 * @throws Error where they are those of the example, or of somebody who copied it unread
 */
export function readDeployable(named: string | undefined): Records {
  const path = environmentFile(named);
  if (existsSync(path) && realpathSync(path) === realpathSync(EXAMPLE))
    throw new Error(
      `${named === undefined ? `${OWN} is not there` : `${named} is the example`}, and the ` +
        `example is not deployed: copy infra/environments.example.json to ${OWN}, put your own ` +
        'values in, or name another file with --context environments=FILE',
    );
  const found = readRecords(path);
  const unread = found.records.map(checkEnvironment).find(({ account }) => account === DOCUMENTED);
  if (unread !== undefined)
    throw new Error(
      `environment "${unread.name}": account ${DOCUMENTED} is the example's: put your own in ${path}`,
    );
  return found;
}

/** AWS's account for examples, which belongs to nobody. */
const DOCUMENTED = '123456789012';
