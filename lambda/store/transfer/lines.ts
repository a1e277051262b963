/**
 * A whole store as lines of JSON, to be carried to another host or another engine.
 *
 *     {"postfix-tls-watch":"store","format":1,"release":"0.2.0","at":"2026-11-24T06:00:00.000Z"}
 *     {"expiresAt":…,"pk":"default/now#mx1#3","rev":4,"sk":"entry#fastmail.fm","v":1,"value":{…}}
 *     …
 *     {"items":12345,"sha256":"…"}                        of all lines before, with their ends
 *
 * Items are as they are stored, versions and revisions kept, names in order, bytes as item-json.ts
 * has them. Pure.
 */
import { createHash } from 'node:crypto';
import { inParallel } from '../in-parallel.ts';
import { type Attributes, fromJson, toCanonicalJson } from '../item-json.ts';
import type { Item, Table } from '../table.ts';

/** Lines without their ends. */
export async function* exportLines(
  table: Table,
  { release, at }: { readonly release: string; readonly at: number },
): AsyncIterable<string> {
  const hash = createHash('sha256');
  const hashed = (line: string) => {
    hash.update(`${line}\n`);
    return line;
  };
  yield hashed(
    JSON.stringify({ [NAME]: 'store', format: FORMAT, release, at: new Date(at).toISOString() }),
  );
  let items = 0;
  for await (const page of table.scan())
    for (const item of page) {
      items++;
      yield hashed(toCanonicalJson(item));
    }
  yield JSON.stringify({ items, sha256: hash.digest('hex') });
}

/** Why lines are no export, and where. */
export class NoExport extends Error {
  override readonly name = 'NoExport';
}

/** The items of an export. @throws NoExport, at the latest at its end */
export async function* itemsOf(lines: AsyncIterable<string>): AsyncIterable<Item> {
  const hash = createHash('sha256');
  let number = 0;
  let items = 0;
  let ended = false;
  for await (const line of lines) {
    number++;
    if (ended) throw new NoExport(`line ${number}: something stands behind the last line`);
    const read = attributesIn(line, number);
    if (number === 1) {
      if (read[NAME] !== 'store') throw new NoExport('it is no export of a store');
      if (read.format !== FORMAT)
        throw new NoExport(`${formatOf(read)} is of a newer version; update this one`);
    } else if (typeof read.pk === 'string' && typeof read.sk === 'string') {
      items++;
      yield read as Item;
    } else {
      ended = true;
      if (read.items !== items || read.sha256 !== hash.digest('hex'))
        throw new NoExport('it is not what was exported: counts or digests differ; export it anew');
      continue;
    }
    hash.update(`${line}\n`);
  }
  if (!ended)
    throw new NoExport(
      number === 0
        ? 'it is empty'
        : `it ends after ${number} lines, without the last one; export it anew`,
    );
}

function attributesIn(line: string, number: number): Attributes {
  try {
    const read = fromJson(line);
    const { expiresAt = 0 } = read;
    if (Number.isSafeInteger(expiresAt) && !isDeeper(read, LEVELS)) return read;
  } catch {
    // Said below, with its line.
  }
  throw new NoExport(
    number === 1 ? 'it is no export of a store' : `line ${number}: it is no item; export it anew`,
  );
}

const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  !(value instanceof Uint8Array) &&
  (levels === 0 || Object.values(value).some((each) => isDeeper(each, levels - 1)));

const formatOf = ({ format }: Attributes): string =>
  typeof format === 'number' ? `format ${format}` : 'format of another kind';

export interface Imported {
  /** Written now. */
  readonly written: number;
  /** There already, and the same. */
  readonly same: number;
  /** There already, with other content, which was kept. */
  readonly kept: number;
}

/** Writes what is not there yet. */
export async function importItems(table: Table, items: readonly Item[]): Promise<Imported> {
  let [written, same, kept] = [0, 0, 0];
  await inParallel(items, async (item) => {
    if ((await table.put(item, { kind: 'absent' })) === 'written') written++;
    else if (isSame(item, await table.get(item))) same++;
    else kept++;
  });
  return { written, same, kept };
}

const isSame = (a: Item, b: Item | undefined): boolean =>
  b !== undefined && toCanonicalJson(a) === toCanonicalJson(b);

/** How many items, and one digest of them all, whatever their order. */
export function tally() {
  const sum = Buffer.alloc(32);
  let items = 0;
  return {
    add(item: Item): void {
      items++;
      const digest = createHash('sha256').update(toCanonicalJson(item)).digest();
      for (const [i, byte] of digest.entries()) sum[i] = (sum[i] ?? 0) ^ byte;
    },
    result: (): string => `${items} items, ${sum.toString('hex')}`,
  };
}

const NAME = 'postfix-tls-watch';
const FORMAT = 1;
/** As deep as DynamoDB lets an attribute be nested, the item itself counted. */
const LEVELS = 33;
