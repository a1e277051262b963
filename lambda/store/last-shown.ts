/**
 * Which version of a policy was last shown on this machine, so that a push can tell that somebody
 * else pushed since.
 *
 * One small JSON file in the state directory of this user or service: it is only compared with the
 * head in the store. What cannot be read counts as never shown.
 */
import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory, replaceFile } from './sqlite/files.ts';
import { actingIn } from './sqlite/owner.ts';

/** `place` is where the policy is stored, `policy` the name it has there. */
export interface PolicyPlace {
  readonly place: string;
  readonly policy: string;
}

/** The version last shown; undefined where none was. */
export async function lastShown(directory: string, of: PolicyPlace): Promise<string | undefined> {
  return (await read(directory))[keyOf(of)];
}

/**
 * Notes that a version was shown, or pushed, here. @throws Error where the file cannot be written
 */
export async function noteShown(
  directory: string,
  of: PolicyPlace,
  version: string,
): Promise<void> {
  const known = await read(directory);
  if (known[keyOf(of)] === version) return;
  makeDirectory(directory);
  const text = `${JSON.stringify({ v: 1, shown: { ...known, [keyOf(of)]: version } }, null, 2)}\n`;
  // The directory's owner must be able to read and replace it, also where root noted it.
  const owner = statSync(directory);
  actingIn(directory, owner)(() => replaceFile(shownPath(directory), owner, text));
}

export const shownPath = (directory: string): string => join(directory, 'shown.json');

async function read(directory: string): Promise<Record<string, string>> {
  const text = await readFile(shownPath(directory), 'utf8').catch(() => '');
  try {
    const { shown } = JSON.parse(text) as { readonly shown?: unknown };
    if (typeof shown !== 'object' || shown === null) return {};
    return Object.fromEntries(
      Object.entries(shown).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
    );
  } catch {
    return {};
  }
}

const keyOf = ({ place, policy }: PolicyPlace): string => `${place} ${policy}`;
