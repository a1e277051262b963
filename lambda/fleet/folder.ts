/**
 * Objects in a folder of this host that nobody else may read. It is made for one fleet and gone with
 * it, also where the process ends by a signal that it hears.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MOST_OBJECT_BYTES, OBJECT_NAME, ObjectError, type Objects } from '../run/fleet/objects.ts';
import { UsageError } from '../usage-error.ts';

/** Makes a folder below the directory for temporary files ($TMPDIR). @throws UsageError */
export function makeFolder(): { readonly path: string; removeAll(): void } {
  const path = madeBelow(tmpdir());
  const removeAll = () => {
    process.off('exit', removeAll);
    rmSync(path, { recursive: true, force: true });
  };
  process.on('exit', removeAll);
  return { path, removeAll };
}

/** @param most bytes of one object */
export function objectsIn(path: string, most = MOST_OBJECT_BYTES): Objects {
  const fileOf = (name: string): string => {
    if (!OBJECT_NAME.test(name)) throw new ObjectError(`object "${name}": not a name for one`);
    return join(path, `${name}.json`);
  };
  const sized = (name: string, bytes: number): void => {
    if (bytes > most)
      throw new ObjectError(
        `object "${name}": ${bytes} bytes are more than the ${most} it may have`,
      );
  };
  return {
    async put(name, content) {
      const file = fileOf(name);
      const bytes = Buffer.from(JSON.stringify(content));
      sized(name, bytes.length);
      // Whoever reads it meanwhile has the old one or the new one, whole.
      await writeFile(`${file}.part`, bytes, { mode: 0o600 });
      await rename(`${file}.part`, file);
    },
    async read(name) {
      const file = fileOf(name);
      const found = await stat(file).catch(() => undefined);
      if (found === undefined) throw new ObjectError(`object "${name}": it is not there`);
      sized(name, found.size);
      return JSON.parse(await readFile(file, 'utf8'));
    },
    async remove(name) {
      await rm(fileOf(name), { force: true });
    },
  };
}

function madeBelow(directory: string): string {
  try {
    return mkdtempSync(join(directory, 'postfix-tls-watch-fleet-'));
  } catch (error) {
    throw new UsageError(
      `--workers: no folder can be made in ${directory} (${(error as NodeJS.ErrnoException).code}); ` +
        'name another directory in TMPDIR',
    );
  }
}
