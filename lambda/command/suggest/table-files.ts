/** The files that tables are read from, where they hold the very text that was judged. */
import { resolve } from 'node:path';
import { named } from '../../named-record.ts';
import type { Bundle } from '../../policy/bundle.ts';
import { DATABASES } from '../../policy/gather/tables.ts';
import { readHere } from '../../policy/gather/this-machine.ts';
import { encodeText } from '../../postfix/decode.ts';
import { tableType } from '../../postfix/lookup-table.ts';

export interface TableFile {
  /** As it was named, for people and for patch(1). */
  readonly path: string;
  /** What has to be run once it is changed; null where nothing has. */
  readonly afterwards: string | null;
}

/**
 * By the name of the table. One that is no file, or whose file holds something else than what was
 * judged (it is gone and its database was listed, say), is not there.
 *
 * @param byHand the table was named on the command line: its path is that of this directory
 */
export async function tableFiles(
  { policyTables, settings }: Pick<Bundle, 'policyTables' | 'settings'>,
  byHand: boolean,
): Promise<ReadonlyMap<string, TableFile>> {
  const found = new Map<string, TableFile>();
  for (const { name, text } of policyTables) {
    const { type, path } = opened(name);
    const isFile = type === 'texthash' || named(DATABASES, type) !== undefined;
    if (!isFile) continue;
    const whole = byHand ? path : resolve(settings.queueDirectory, path);
    const read = await readHere(whole);
    if (read.kind !== 'read' || !Buffer.from(read.bytes).equals(encodeText(text))) continue;
    found.set(name, {
      path: whole,
      afterwards: type === 'texthash' ? 'postfix reload' : `postmap ${type}:${whole}`,
    });
  }
  return found;
}

function opened(name: string): { readonly type: string; readonly path: string } {
  const { type, path } = tableType(name);
  return type === 'proxy' ? tableType(path) : { type, path };
}
