/** Whether a run of this user could keep its store in a directory, without touching anything there. */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { StoreError } from '../table-error.ts';
import { FILE_NAME, placeToWrite, titleOf } from './place.ts';

/** Why it could not, with the next step; undefined where it could. Makes and changes nothing. */
export function hindrance(directory: string): string | undefined {
  // Root may change the owner of a file there, and may write everywhere but where nobody may.
  const refused = process.geteuid?.() === 0 ? undefined : refusal(directory);
  if (refused !== undefined) return refused;
  const path = resolve(directory);
  const file = join(path, FILE_NAME);
  if (!existsSync(path)) {
    const above = standingAbove(path);
    return (
      cannot(above) && `${titleOf(directory)} cannot be made: ${above}: ${cannot(above)}; ${NEXT}`
    );
  }
  const wrong = [path, ...(existsSync(file) ? [file] : [])].find(cannot);
  return wrong && `${titleOf(directory)} cannot be written: ${wrong}: ${cannot(wrong)}; ${NEXT}`;
}

function refusal(directory: string): string | undefined {
  try {
    placeToWrite(directory, 'change');
    return undefined;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return error.kind === 'missing' ? undefined : error.message;
  }
}

function cannot(path: string): string | undefined {
  try {
    const folder = statSync(path).isDirectory() ? constants.X_OK : 0;
    accessSync(path, constants.W_OK | folder);
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return WORDS[code ?? ''] ?? message;
  }
}

/** The nearest directory above that is there. */
function standingAbove(path: string): string {
  const above = dirname(path);
  return existsSync(above) || above === path ? above : standingAbove(above);
}

const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'the file system is read-only',
};
const NEXT = 'let the user write there, or name another directory with --store';
