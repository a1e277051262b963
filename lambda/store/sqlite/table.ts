/** `Table` over rows: what each operation reads and writes, whoever opened the database. */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { type Condition, holds, type Range } from '../expression.ts';
import { refuseTooLarge } from '../item-size.ts';
import { fitting, inBatches } from '../put-many.ts';
import type { Item, Key, NotPut, Table, Written } from '../table.ts';
import { isSound, itemOf, type Row, rowOf } from './row.ts';

/**
 * How a database is reached; each piece of work is one transaction, and is done again if need be.
 */
export interface Connection {
  readonly title: string;
  /** @throws StoreError */
  read<T>(work: (db: DatabaseSync) => T): Promise<T>;
  /** @throws StoreError; nothing of it was written then */
  write<T>(work: (db: DatabaseSync) => T): Promise<T>;
  close(): void;
}

export function sqliteTable(connection: Connection): Table {
  let requests = 0;
  const count = () => {
    requests++;
  };
  return {
    title: connection.title,
    ...reads(connection, count),
    ...writes(connection, count),
    requests: () => requests,
    close: () => connection.close(),
  };
}

function reads(
  connection: Connection,
  count: () => void,
): Pick<Table, 'get' | 'getMany' | 'query' | 'scan'> {
  return {
    get(key) {
      count();
      return connection.read((db) => find(db, key));
    },

    async getMany(keys) {
      const items: Item[] = [];
      for (let i = 0; i < keys.length; i += KEYS_AT_ONCE) {
        count();
        const some = keys.slice(i, i + KEYS_AT_ONCE);
        items.push(...(await connection.read((db) => some.flatMap((key) => find(db, key) ?? []))));
      }
      return items;
    },

    async *query(pk, range = {}) {
      let left = range.limit ?? Number.POSITIVE_INFINITY;
      let after: string | undefined;
      do {
        count();
        const page = await connection.read((db) => pageOf(db, pk, range, left, after));
        if (page.items.length > 0) yield page.items;
        left -= page.items.length;
        after = page.more;
      } while (after !== undefined && left > 0);
    },

    async *scan() {
      let after = 0;
      for (;;) {
        count();
        const rows = await connection.read(
          (db) =>
            prepared(db, SCAN).all(after, ROWS_AT_ONCE) as unknown as (Row & { id: number })[],
        );
        if (rows.length === 0) return;
        after = rows.at(-1)?.id ?? after;
        yield rows.map(itemOf);
      }
    },
  };
}

function writes(
  connection: Connection,
  count: () => void,
): Pick<Table, 'put' | 'putMany' | 'update' | 'delete'> {
  const { title } = connection;
  const write = gathering(connection);
  return {
    async putMany(items) {
      const notPut: NotPut[] = [];
      for (const batch of inBatches(fitting(items, title, notPut), WRITES_AT_ONCE)) {
        count();
        const rows = batch.map(rowOf);
        await write((db) => {
          for (const row of rows) save(db, row);
          return 'written';
        });
      }
      return notPut;
    },

    async put(item, condition) {
      count();
      refuseTooLarge(item, title);
      const row = rowOf(item);
      return write((db) => {
        if (!allows(db, item, condition)) return 'lost';
        save(db, row);
        return 'written';
      });
    },

    async update(key, set, condition) {
      count();
      return write((db) => {
        const found = find(db, key);
        if (!holds(condition, found)) return 'lost';
        const item: Item = { ...found, ...set, pk: key.pk, sk: key.sk };
        refuseTooLarge(item, title);
        save(db, rowOf(item));
        return 'written';
      });
    },

    async delete(key, condition) {
      count();
      return write((db) => {
        if (!allows(db, key, condition)) return 'lost';
        prepared(db, DELETE).run(key.pk, key.sk);
        return 'written';
      });
    },
  };
}

type Op = (db: DatabaseSync) => Written;
type Outcome =
  | { readonly kind: 'done'; readonly written: Written }
  | { readonly kind: 'failed'; readonly error: unknown };

/** Writes that are asked for at the same time share a transaction: each costs the disk a wait. */
function gathering(connection: Connection): (op: Op) => Promise<Written> {
  let waiting: { readonly op: Op; readonly settle: (outcome: Outcome) => void }[] = [];
  let flushing = false;

  async function flush(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, WRITES_AT_ONCE);
      waiting = waiting.slice(WRITES_AT_ONCE);
      try {
        const outcomes = await connection.write((db) => batch.map(({ op }) => attempt(op, db)));
        for (const [i, { settle }] of batch.entries())
          settle(outcomes[i] ?? { kind: 'failed', error: new Error('no outcome') });
      } catch (error) {
        for (const { settle } of batch) settle({ kind: 'failed', error });
      }
      // Between batches readers get the file, and callers that were answered ask for more.
      await new Promise((resolve) => setImmediate(resolve));
    }
    flushing = false;
  }

  return (op) =>
    new Promise((resolve, reject) => {
      const settle = (outcome: Outcome) =>
        outcome.kind === 'done' ? resolve(outcome.written) : reject(outcome.error);
      waiting.push({ op, settle });
      if (flushing) return;
      flushing = true;
      setImmediate(() => void flush());
    });
}

/** An error of one write fails that write alone; an error of the file fails the whole batch. */
function attempt(op: Op, db: DatabaseSync): Outcome {
  try {
    return { kind: 'done', written: op(db) };
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_SQLITE_ERROR') throw error;
    return { kind: 'failed', error };
  }
}

function find(db: DatabaseSync, { pk, sk }: Key): Item | undefined {
  const row = prepared(db, GET).get(pk, sk) as Row | undefined;
  // The index found it: its key is the one that was asked for.
  return row === undefined ? undefined : itemOf({ ...row, pk, sk });
}

const allows = (db: DatabaseSync, key: Key, condition: Condition | undefined): boolean =>
  condition === undefined || holds(condition, find(db, key));

/** All rows of one database into another, which is empty. */
export function copyRows(from: DatabaseSync, to: DatabaseSync): void {
  to.exec('BEGIN');
  for (const row of prepared(from, `SELECT ${COLUMNS} FROM items`).iterate())
    save(to, row as unknown as Row);
  to.exec('COMMIT');
}

/** Removes rows that are not what was written, and answers their keys. */
export function removeDamaged(db: DatabaseSync): Key[] {
  const damaged: (Key & { readonly id: SQLInputValue })[] = [];
  for (const row of db.prepare(`SELECT id, ${COLUMNS} FROM items`).iterate()) {
    const { id = null, pk, sk } = row;
    if (!isSound(row as unknown as Row)) damaged.push({ id, pk: String(pk), sk: String(sk) });
  }
  for (const { id } of damaged) db.prepare('DELETE FROM items WHERE id = ?').run(id);
  return damaged;
}

function save(db: DatabaseSync, { pk, sk, expires_at, crc, item }: Row): void {
  prepared(db, PUT).run(pk, sk, expires_at, crc, item);
}

interface Page {
  readonly items: readonly Item[];
  /** The sort key after which the next page begins; undefined where this was the last. */
  readonly more: string | undefined;
}

/** Rows up to a page's bytes, as DynamoDB cuts its answers. */
function pageOf(
  db: DatabaseSync,
  pk: string,
  range: Range,
  limit: number,
  after: string | undefined,
): Page {
  const { sql, values } = selection(pk, range, after);
  const items: Item[] = [];
  let bytes = 0;
  for (const each of prepared(db, sql).iterate(...values)) {
    // The index orders by it, so it is there, and a damaged one may be of another type.
    const row = { ...(each as unknown as Row), pk, sk: String(each.sk) };
    if (range.prefix !== undefined && !row.sk.startsWith(range.prefix)) break;
    items.push(itemOf(row));
    bytes += String(row.item).length;
    if (items.length >= limit) break;
    if (bytes >= PAGE_BYTES) return { items, more: row.sk };
  }
  return { items, more: undefined };
}

/** Sort keys compare byte by byte in UTF-8, as in DynamoDB. */
function selection(
  pk: string,
  { prefix, from, to, newestFirst }: Range,
  after: string | undefined,
) {
  const bounds: [string, SQLInputValue][] = [['pk = ?', pk]];
  if (prefix !== undefined) bounds.push(['sk >= ?', prefix], ['sk < ?', `${prefix}\u{10ffff}`]);
  else {
    if (from !== undefined) bounds.push(['sk >= ?', from]);
    if (to !== undefined) bounds.push(['sk <= ?', to]);
  }
  if (after !== undefined) bounds.push([newestFirst === true ? 'sk < ?' : 'sk > ?', after]);
  const where = bounds.map(([bound]) => bound).join(' AND ');
  return {
    sql:
      `SELECT ${COLUMNS} FROM items WHERE ${where} ` +
      `ORDER BY sk ${newestFirst === true ? 'DESC' : 'ASC'}`,
    values: bounds.map(([, value]) => value),
  };
}

/** Compiled once for each database. */
function prepared(db: DatabaseSync, sql: string): StatementSync {
  const known = STATEMENTS.get(db) ?? new Map<string, StatementSync>();
  STATEMENTS.set(db, known);
  const statement = known.get(sql) ?? db.prepare(sql);
  known.set(sql, statement);
  return statement;
}

const STATEMENTS = new WeakMap<DatabaseSync, Map<string, StatementSync>>();

const COLUMNS = 'pk, sk, expires_at, crc, item';
const GET = `SELECT ${COLUMNS} FROM items WHERE pk = ? AND sk = ?`;
const PUT = `INSERT INTO items (${COLUMNS}) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (pk, sk) DO UPDATE
  SET expires_at = excluded.expires_at, crc = excluded.crc, item = excluded.item`;
const DELETE = 'DELETE FROM items WHERE pk = ? AND sk = ?';
const SCAN = `SELECT id, ${COLUMNS} FROM items WHERE id > ? ORDER BY id LIMIT ?`;

const KEYS_AT_ONCE = 100;
const ROWS_AT_ONCE = 200;
const WRITES_AT_ONCE = 100;
const PAGE_BYTES = 1_048_576;
