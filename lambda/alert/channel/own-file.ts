/**
 * Small files of the operator's that a channel needs: a login, a token, a CA. Regular ones, of a
 * bounded size; an error names the file and never what is in it.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** A channel that cannot be set up as asked, in words for an operator. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
}

/** @throws SetupError */
export async function readOwnFile(path: string, flag: string): Promise<string> {
  const fail = (fact: string) => new SetupError(`${flag} ${path}: ${fact}`);
  // A FIFO would be waited for.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(
    (error: NodeJS.ErrnoException) => {
      throw fail(ERRORS[error.code ?? ''] ?? error.message);
    },
  );
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw fail('no regular file');
    if (stat.size > MOST_BYTES) throw fail('too large to be what is wanted');
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

/**
 * A secret of one line: of the file, where one is named, else of that variable. Undefined where
 * neither is there.
 *
 * @throws SetupError
 */
export async function readSecret(
  file: { readonly path: string | undefined; readonly flag: string },
  variable: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  const where = file.path === undefined ? variable : `${file.flag} ${file.path}`;
  const text = file.path === undefined ? env[variable] : await readOwnFile(file.path, file.flag);
  if (text === undefined) return undefined;
  const secret = text.trim();
  if (secret === '' || /[\0-\x1f\x7f]/.test(secret))
    throw new SetupError(`${where}: one line is wanted`);
  return secret;
}

const ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'this user may not read it',
  EISDIR: 'no regular file',
  ENXIO: 'no regular file',
};

/** A bundle of all known CAs has a quarter of it. */
const MOST_BYTES = 1_000_000;
