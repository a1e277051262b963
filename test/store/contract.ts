/**
 * What the store promises, whatever stands behind it: the same tests run on the file on disk and on dynalite (test/store), and
 * on genuine DynamoDB Local (test/dynamodb-local). Each test has a space of its own in one table.
 */
import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  certificatesDue,
  certificatesKeptUntil,
  keepCertificates,
  prolongCertificates,
  readCertificates,
} from '../../lambda/store/certificates.ts';
import { appendHistory, HISTORY_MS, historyBetween, historyOf } from '../../lambda/store/history.ts';
import { readIncidents, saveIncident } from '../../lambda/store/incidents.ts';
import { fromItem, toItem } from '../../lambda/store/item.ts';
import {
  certificate,
  entryNow,
  historyEvent,
  hostNow,
  incident,
  KINDS,
  mute,
  policyHead,
} from '../../lambda/store/item-kinds.ts';
import { keys, type Store, spaceOf } from '../../lambda/store/keys.ts';
import { readLatest, retire, revisionOf, saveAll, saveEntry, saveHost } from '../../lambda/store/latest.ts';
import { LEASE_MS, type Leasing, releaseLease, renewLease, takeLease } from '../../lambda/store/lease.ts';
import { readMutes, removeMute, saveMute } from '../../lambda/store/mutes.ts';
import { policyState, policyVersion, pushPolicy, readPolicy } from '../../lambda/store/policies.ts';
import {
  advanceRun,
  beginRun,
  lastComplete,
  markRecovered,
  prepareTellings,
  readTellings,
  recentRuns,
  toldButNotStored,
} from '../../lambda/store/runs.ts';
import type { EntryNow, HistoryEvent } from '../../lambda/store/stored-values.ts';
import type { Item, Table } from '../../lambda/store/table.ts';

export interface Opened {
  readonly table: Table;
  close(): Promise<void> | void;
}

const now = Date.UTC(2026, 10, 24, 6);
const DAY = 86_400_000;

export function describeStore(name: string, open: () => Promise<Opened>): void {
  describe(name, () => {
    let opened: Opened | undefined;
    let spaces = 0;

    beforeAll(async () => {
      opened = await open();
    });
    afterAll(async () => {
      await opened?.close();
    });

    /** A fresh policy's worth of nothing. */
    function store(): Store {
      if (opened === undefined) throw new Error('the store did not open');
      spaces++;
      return { table: opened.table, space: spaceOf(`p${spaces}`, 'mx1.example.org') };
    }

    describe('table', () => {
      test.each([
        { condition: undefined, on: 'nothing', is: 'written', because: 'no condition asks for nothing' },
        { condition: undefined, on: 'rev 1', is: 'written', because: 'no condition overwrites' },
        { condition: { kind: 'absent' }, on: 'nothing', is: 'written', because: 'absent it is' },
        { condition: { kind: 'absent' }, on: 'rev 1', is: 'lost', because: 'somebody wrote it' },
        { condition: { kind: 'absent' }, on: 'expired', is: 'lost', because: 'an expired item is still there' },
        { condition: { kind: 'absent', now }, on: 'expired', is: 'written', because: 'an expired item is not in the way' },
        { condition: { kind: 'absent', now }, on: 'rev 1', is: 'lost', because: 'an item without an end is' },
        { condition: { kind: 'absent', now }, on: 'ends later', is: 'lost', because: 'nor is it expired before its time' },
        { condition: { kind: 'present' }, on: 'nothing', is: 'lost', because: 'present it is not' },
        { condition: { kind: 'present' }, on: 'rev 1', is: 'written', because: 'present it is' },
        { condition: { kind: 'rev', rev: 1 }, on: 'rev 1', is: 'written', because: 'it is the one that was read' },
        { condition: { kind: 'rev', rev: 2 }, on: 'rev 1', is: 'lost', because: 'a later revision is not there' },
        { condition: { kind: 'rev', rev: 0 }, on: 'rev 1', is: 'lost', because: 'an earlier revision is gone' },
        { condition: { kind: 'rev', rev: 1 }, on: 'nothing', is: 'lost', because: 'it was deleted' },
        { condition: { kind: 'not-newer', v: 1 }, on: 'nothing', is: 'written', because: 'there is none' },
        { condition: { kind: 'not-newer', v: 1 }, on: 'rev 1', is: 'written', because: 'it is of the same layout' },
        { condition: { kind: 'not-newer', v: 1 }, on: 'newer', is: 'lost', because: 'a newer layout is never overwritten' },
        { condition: { kind: 'not-newer', v: 1 }, on: 'no version', is: 'written', because: 'what has no version is damaged' },
      ] as const)('put on $on if $condition.kind is $is: $because', async ({ condition, on, is }) => {
        const { table, space } = store();
        const key = { pk: `${space.policy}/t`, sk: 'a' };
        const there: Readonly<Record<typeof on, Item | undefined>> = {
          nothing: undefined,
          'rev 1': { ...key, v: 1, rev: 1, value: 'old' },
          expired: { ...key, v: 1, rev: 1, value: 'old', expiresAt: now / 1000 - 1 },
          'ends later': { ...key, v: 1, rev: 1, value: 'old', expiresAt: now / 1000 + 60 },
          newer: { ...key, v: 2, rev: 7, value: 'old' },
          'no version': { ...key, value: 'old' },
        };
        const item = there[on];
        if (item !== undefined) await table.put(item);
        expect(await table.put({ ...key, v: 1, rev: 2, value: 'new' }, condition)).toBe(is);
        expect((await table.get(key))?.value).toBe(is === 'written' ? 'new' : item?.value);
      });

      test('values come back as they were', async () => {
        const { table, space } = store();
        const value = {
          text: 'bücher\u0000\n',
          empty: '',
          none: null,
          no: false,
          numbers: [0, -1.5, now],
          list: [],
          map: {},
          bytes: randomBytes(9),
        };
        await table.put({ pk: space.policy, sk: 'a', value });
        const item = await table.get({ pk: space.policy, sk: 'a' });
        expect(item).toEqual({ pk: space.policy, sk: 'a', value: { ...value, bytes: new Uint8Array(value.bytes) } });
      });

      test('many are put at once, whatever their number and size, over what stands there', async () => {
        const { table, space } = store();
        const filling = 'x'.repeat(9_000);
        const items = Array.from({ length: 131 }, (_, i) => ({
          pk: `${space.policy}/many#${i % 7}`,
          sk: `n${i}`,
          value: filling,
        }));
        await table.put({ pk: `${space.policy}/many#0`, sk: 'n0', value: 'old' });
        function* drawn(): Iterable<Item> {
          yield* items;
        }
        expect(await table.putMany(drawn())).toEqual([]);
        expect(await table.putMany(items.slice(0, 30)), 'a repeat').toEqual([]);
        const bySk = (some: readonly Item[]) => some.toSorted((a, b) => Number(a.sk.slice(1)) - Number(b.sk.slice(1)));
        expect(bySk(await table.getMany(items))).toEqual(items);
        expect(await table.putMany([])).toEqual([]);
      });

      test('of many, one that is larger than any engine takes is named, and the others are put', async () => {
        const { table, space } = store();
        const [small, large, other] = [1, 420_000, 2].map((length, i) => ({
          pk: space.policy,
          sk: `n${i}`,
          value: 'x'.repeat(length),
        }));
        if (small === undefined || large === undefined || other === undefined) throw new Error('three were made');
        expect(await table.putMany([small, large, other])).toEqual([
          {
            item: large,
            kind: 'too-large',
            because: expect.stringContaining(`${table.title}: item ${space.policy} / n1 has 42`),
          },
        ]);
        expect((await table.getMany([small, large, other])).length).toBe(2);
      });

      test('a query folds page after page, in order and complete', async () => {
        const { table, space } = store();
        const filling = 'x'.repeat(100_000);
        const wanted = Array.from({ length: 25 }, (_, i) => `n${String(i).padStart(2, '0')}`);
        for (const sk of wanted) await table.put({ pk: space.policy, sk, filling });
        const pages: string[][] = [];
        for await (const page of table.query(space.policy)) pages.push(page.map(({ sk }) => sk));
        // A page ends after 1 MB.
        expect(pages.length).toBeGreaterThanOrEqual(3);
        expect(pages.flat()).toEqual(wanted);
        const newest: string[] = [];
        for await (const page of table.query(space.policy, { newestFirst: true, limit: 14 }))
          newest.push(...page.map(({ sk }) => sk));
        expect(newest).toEqual(wanted.toReversed().slice(0, 14));
      });

      test.each([
        { range: {}, finds: ['a#1', 'a#2', 'b#1', 'b#2'], because: 'everything, in order' },
        { range: { prefix: 'a#' }, finds: ['a#1', 'a#2'], because: 'a prefix' },
        { range: { prefix: 'c' }, finds: [], because: 'a prefix of nothing' },
        { range: { from: 'a#2' }, finds: ['a#2', 'b#1', 'b#2'], because: 'from is inclusive' },
        { range: { to: 'a#2' }, finds: ['a#1', 'a#2'], because: 'so is to' },
        { range: { from: 'a#2', to: 'b#1' }, finds: ['a#2', 'b#1'], because: 'between' },
        { range: { newestFirst: true, limit: 1 }, finds: ['b#2'], because: 'the last one' },
      ])('a query finds $finds: $because', async ({ range, finds }) => {
        const { table, space } = store();
        for (const sk of ['b#2', 'a#1', 'b#1', 'a#2']) await table.put({ pk: space.policy, sk });
        await table.put({ pk: `${space.policy}x`, sk: 'a#1' });
        const found: string[] = [];
        for await (const page of table.query(space.policy, range)) found.push(...page.map(({ sk }) => sk));
        expect(found).toEqual(finds);
      });

      test('many keys are read a hundred at a time, large answers in parts', async () => {
        const { table, space } = store();
        const all = Array.from({ length: 120 }, (_, i) => ({ pk: space.policy, sk: `k${i}` }));
        for (const [i, key] of all.entries()) if (i % 3 !== 0) await table.put({ ...key, filling: 'x'.repeat(30_000) });
        const found = await table.getMany([...all, { pk: 'nowhere', sk: 'at all' }]);
        expect(found.map(({ sk }) => sk).toSorted()).toEqual(all.flatMap(({ sk }, i) => (i % 3 === 0 ? [] : [sk])).toSorted());
        expect(await table.getMany([])).toEqual([]);
      });

      test('an update sets what it names, reserved words too, and nothing else', async () => {
        const { table, space } = store();
        const key = { pk: space.policy, sk: 'a' };
        expect(await table.update(key, { expiresAt: 5 }, { kind: 'present' })).toBe('lost');
        await table.put({ ...key, rev: 1, value: 'kept' });
        expect(await table.update(key, { status: 'x', expiresAt: 5, rev: 2 }, { kind: 'rev', rev: 1 })).toBe('written');
        expect(await table.update(key, { expiresAt: 6 }, { kind: 'rev', rev: 1 })).toBe('lost');
        expect(await table.get(key)).toEqual({ ...key, rev: 2, value: 'kept', status: 'x', expiresAt: 5 });
      });

      test('a delete keeps its condition, and needs nothing to be there', async () => {
        const { table, space } = store();
        const key = { pk: space.policy, sk: 'a' };
        expect(await table.delete(key)).toBe('written');
        await table.put({ ...key, rev: 2 });
        expect(await table.delete(key, { kind: 'rev', rev: 1 })).toBe('lost');
        expect(await table.delete(key, { kind: 'rev', rev: 2 })).toBe('written');
        expect(await table.get(key)).toBeUndefined();
      });

      test('a scan finds everything, once', async () => {
        const { table, space } = store();
        const wanted = Array.from({ length: 250 }, (_, i) => ({ pk: `${space.policy}#${i % 7}`, sk: `s${i}`, value: i }));
        for (const item of wanted) await table.put(item);
        const found: Item[] = [];
        for await (const page of table.scan()) found.push(...page.filter(({ pk }) => pk.startsWith(`${space.policy}#`)));
        const inOrder = (items: readonly Item[]) => items.toSorted((a, b) => Number(a.value) - Number(b.value));
        expect(inOrder(found)).toEqual(wanted);
      });

      test('what asks for the same item at the same time is one after the other', async () => {
        const { table, space } = store();
        const key = { pk: space.policy, sk: 'a' };
        const first = await Promise.all([1, 2, 3].map((value) => table.put({ ...key, rev: 1, value }, { kind: 'absent' })));
        expect(first.toSorted()).toEqual(['lost', 'lost', 'written']);
        const next = [2, 3, 4].map((value) => table.update(key, { rev: 2, value }, { kind: 'rev', rev: 1 }));
        expect((await Promise.all(next)).toSorted()).toEqual(['lost', 'lost', 'written']);
        const gone = [1, 2].map(() => table.delete(key, { kind: 'rev', rev: 2 }));
        expect((await Promise.all(gone)).toSorted()).toEqual(['lost', 'written']);
      });

      test('an item above 400 KB is refused by name, one just below is taken', async () => {
        const { table, space } = store();
        const key = { pk: space.policy, sk: 'large' };
        const bytes = (length: number) => ({ ...key, v: 1, value: { gz: new Uint8Array(length) } });
        await expect(table.put(bytes(409_600))).rejects.toMatchObject({
          kind: 'too-large',
          message:
            `${table.title}: item ${space.policy} / large has ${409_600 + 23 + space.policy.length} bytes, and one item may have 409600; ` +
            'it was not stored, please report it',
        });
        expect(await table.put(bytes(409_600 - 23 - space.policy.length))).toBe('written');
        expect((await table.get(key))?.v).toBe(1);
      });

      test('requests are counted', async () => {
        const { table, space } = store();
        const before = table.requests();
        await table.get({ pk: space.policy, sk: 'a' });
        await table.put({ pk: space.policy, sk: 'a' }, { kind: 'present' });
        expect(table.requests() - before).toBe(2);
      });
    });

    test.each(KINDS)('the example of a $name comes back as it was written', async (kind) => {
      const { table } = store();
      await table.put(toItem(kind, kind.example.key, kind.example.value));
      expect(fromItem(kind, await table.get(kind.example.key), now)).toEqual({ kind: 'held', value: kind.example.value, rev: 1 });
      await table.delete(kind.example.key);
    });

    describe('latest', () => {
      test('everything is read in 16 queries, by id and host key', async () => {
        const at = store();
        const names = Array.from({ length: 60 }, (_, i) => `d${i}.example`);
        const lost = await saveAll([
          ...names.map((id) => [id, () => saveEntry(at, entry(id), undefined, now)] as const),
          ['host', () => saveHost(at, hostNow.example.value, undefined, now)] as const,
        ]);
        expect(lost).toEqual({ lost: [], tooLarge: [] });
        const before = at.table.requests();
        const latest = await readLatest(at, now);
        expect(at.table.requests() - before).toBe(16);
        expect([...latest.entries.keys()].toSorted()).toEqual(names.toSorted());
        expect(latest.hosts.get('in1-smtp.messagingengine.com:25#3f9a01c2')).toEqual({ value: hostNow.example.value, rev: 1 });
        expect(latest.problems).toEqual([]);
      });

      test('another vantage and another policy see none of it', async () => {
        const at = store();
        await saveEntry(at, entry('a.example'), undefined, now);
        for (const space of [spaceOf(at.space.policy, 'mx2.example.org'), spaceOf(`${at.space.policy}x`, at.space.vantage)]) {
          expect((await readLatest({ ...at, space }, now)).entries.size).toBe(0);
        }
      });

      test('a write on an old revision is lost, and theirs is kept', async () => {
        const at = store();
        await saveEntry(at, entry('a.example'), undefined, now);
        expect(await saveEntry(at, entry('a.example', 'theirs'), 1, now)).toBe('written');
        expect(await saveEntry(at, entry('a.example', 'ours'), 1, now)).toBe('lost');
        expect(await saveEntry(at, entry('a.example', 'ours'), undefined, now)).toBe('lost');
        const held = (await readLatest(at, now)).entries.get('a.example');
        expect(held).toEqual({ value: entry('a.example', 'theirs'), rev: 2 });
      });

      test('a corrupt item is told and skipped, and can be written anew', async () => {
        const at = store();
        await saveEntry(at, entry('a.example'), undefined, now);
        await saveEntry(at, entry('b.example'), undefined, now);
        const key = keys.entry(at.space, 'a.example');
        await at.table.put({ ...key, v: 1, rev: 4, value: { snapshot: { id: 7 } } });
        const latest = await readLatest(at, now);
        expect([...latest.entries.keys()]).toEqual(['b.example']);
        expect(latest.problems).toEqual([
          { kind: 'corrupt', key, because: 'no proper entry: snapshot.id: Invalid type: Expected string but received 7' },
        ]);
        const revision = revisionOf(latest, 'entry', 'a.example');
        expect(revision).toBe('anything');
        expect(await saveEntry(at, entry('a.example'), revision, now)).toBe('written');
        expect((await readLatest(at, now)).entries.get('a.example')?.value).toEqual(entry('a.example'));
      });

      test('a newer item is told and skipped, and never overwritten', async () => {
        const at = store();
        const key = keys.entry(at.space, 'a.example');
        const newer = { ...key, v: entryNow.v + 1, rev: 1, value: { unheard: 'of' } };
        await at.table.put(newer);
        const latest = await readLatest(at, now);
        expect(latest.problems).toEqual([{ kind: 'newer', key, v: 2 }]);
        for (const revision of [undefined, 'anything'] as const)
          expect(await saveEntry(at, entry('a.example'), revision, now)).toBe('lost');
        expect(await at.table.get(key)).toEqual(newer);
      });

      test('a retired entry is gone after a while, and comes back as new', async () => {
        const at = store();
        await saveEntry(at, entry('a.example'), undefined, now);
        expect(await retire(at, 'entry', 'a.example', 1, now)).toBe('written');
        expect((await readLatest(at, now + 13 * DAY)).entries.get('a.example')?.rev).toBe(2);
        expect((await readLatest(at, now + 15 * DAY)).entries.size).toBe(0);
        expect(await saveEntry(at, entry('a.example'), undefined, now + 15 * DAY)).toBe('written');
        expect((await readLatest(at, now + 400 * DAY)).entries.size).toBe(1);
      });

      test('a name beyond what a key takes is hashed there and whole in the value', async () => {
        const at = store();
        const id = `${'a'.repeat(2_000)}.example`;
        await saveEntry(at, entry(id), undefined, now);
        expect([...(await readLatest(at, now)).entries.keys()]).toEqual([id]);
      });
    });

    describe('lease', () => {
      const wanted = { holder: 'mx1 4711', runId: 'r1' };
      test.each([
        { by: 'mx2 1', after: 0, is: 'busy', because: 'somebody works' },
        { by: 'mx2 1', after: LEASE_MS + 59_000, is: 'busy', because: 'expired, but not for a minute yet' },
        { by: 'mx2 1', after: LEASE_MS + 61_000, is: 'held', because: 'expired for a minute' },
        { by: 'mx1 4711', after: 1_000, is: 'held', because: 'the same holder takes it again' },
        { by: 'mx2 1', after: -30 * 60_000, is: 'busy', because: 'a clock half an hour behind is no reason' },
        { by: 'mx2 1', after: -DAY, is: 'held', because: 'a lease from under a clock that was a day ahead is none' },
      ])('$by after $after ms: $because', async ({ by, after, is }) => {
        const at = store();
        expect((await takeLease(at, wanted, now)).kind).toBe('held');
        const second = await takeLease(at, { holder: by, runId: 'r2' }, now + after);
        expect(second.kind).toBe(is);
        if (second.kind === 'busy') expect(second.by).toEqual({ ...wanted, until: now + LEASE_MS });
      });

      test('of two that ask at once, one gets it', async () => {
        const at = store();
        const both = await Promise.all(['a', 'b'].map((holder) => takeLease(at, { holder, runId: 'r1' }, now)));
        expect(both.map(({ kind }) => kind).toSorted()).toEqual(['busy', 'held']);
      });

      test('who was taken over notices at the next renewal, and gives nothing back', async () => {
        const at = store();
        const mine = leaseOf(await takeLease(at, wanted, now));
        const renewed = await renewLease(at, mine, now + 60_000);
        expect(renewed?.until).toBe(now + 60_000 + LEASE_MS);
        const theirs = leaseOf(await takeLease(at, { holder: 'mx2 1', runId: 'r2' }, now + DAY));
        expect(await renewLease(at, renewed ?? mine, now + DAY)).toBeUndefined();
        await releaseLease(at, renewed ?? mine);
        expect(await renewLease(at, theirs, now + DAY)).toBeDefined();
      });

      test('given back, it is free at once', async () => {
        const at = store();
        await releaseLease(at, leaseOf(await takeLease(at, wanted, now)));
        expect((await takeLease(at, { holder: 'mx2 1', runId: 'r2' }, now)).kind).toBe('held');
      });

      test('a corrupt lease is replaced and can be renewed, a newer one is left', async () => {
        const at = store();
        await at.table.put({ ...keys.lease(at.space), v: 1, rev: 'x' });
        const lease = leaseOf(await takeLease(at, wanted, now));
        expect(await renewLease(at, lease, now)).toBeDefined();
        await at.table.put({ ...keys.lease(at.space), v: 9, rev: 1 });
        expect(await takeLease(at, wanted, now)).toEqual({ kind: 'newer' });
      });
    });

    describe('run record', () => {
      const start = { runId: '2026-11-24T06:00:00Z', scope: 'all', holder: 'mx1 4711', digests: { table: 'aa' } } as const;

      test('the same run twice: resumed while unfinished, nothing to do once complete', async () => {
        const at = store();
        const first = await beginRun(at, start, now);
        if (first.kind !== 'new') throw new Error(first.kind);
        const judged = await advanceRun(at, first.run, 'judged', { counts: { pass: 2 } }, now + 1);
        expect(await beginRun(at, start, now + 2)).toMatchObject({ kind: 'resumed', run: { ...judged } });
        if (judged === undefined) throw new Error('lost');
        const complete = await advanceRun(at, judged, 'complete', { messageId: 'm1' }, now + 3);
        expect((await beginRun(at, start, now + 4)).kind).toBe('done');
        expect(complete?.value).toEqual({
          ...start,
          startedAt: now,
          stage: 'complete',
          stageAt: now + 3,
          counts: { pass: 2 },
          vantage: {},
          unseen: [],
          exceptions: [],
          tellings: 0,
          messageId: 'm1',
        });
      });

      test('of two processes with one run, one goes on', async () => {
        const at = store();
        const first = await beginRun(at, start, now);
        if (first.kind !== 'new') throw new Error(first.kind);
        expect(await advanceRun(at, first.run, 'judged', {}, now)).toBeDefined();
        expect(await advanceRun(at, first.run, 'judged', {}, now + 1)).toBeUndefined();
      });

      test('a record that cannot be read is told, not overwritten', async () => {
        const at = store();
        await at.table.put({ pk: keys.runs(at.space), sk: start.runId, v: 9, rev: 1 });
        expect(await beginRun(at, start, now)).toEqual({
          kind: 'unusable',
          problem: { kind: 'newer', key: { pk: keys.runs(at.space), sk: start.runId }, v: 9 },
        });
      });

      test('tellings of any size are there before they are told, and are taken over once', async () => {
        const at = store();
        const first = await beginRun(at, start, now);
        if (first.kind !== 'new') throw new Error(first.kind);
        const tellings = Array.from({ length: 20_000 }, () => ({ id: randomBytes(24).toString('hex'), at: now }));
        const chunks = await prepareTellings(at, start.runId, tellings, now);
        expect(chunks).toBeGreaterThan(1);
        const told = await advanceRun(at, first.run, 'told', { tellings: chunks, messageId: 'm1' }, now);
        const runs = await recentRuns(at, now + DAY);
        const [unstored] = toldButNotStored(runs.runs);
        if (unstored === undefined) throw new Error('nothing to recover');
        expect(unstored).toMatchObject({ ...told });
        expect(await readTellings(at, unstored.value)).toEqual(tellings);
        await markRecovered(at, unstored, 'r2');
        expect(toldButNotStored((await recentRuns(at, now + DAY)).runs)).toEqual([]);
      });

      test('the last complete run is the one that began last, and no run of some destinations', async () => {
        const at = store();
        const rows = [
          { runId: '2026-11-22T06:00:00Z', scope: 'all', startedAt: now - 2 * DAY, stage: 'complete' },
          { runId: '2026-11-29T06:00:00Z', scope: 'all', startedAt: now - 3 * DAY, stage: 'complete' },
          { runId: '2026-11-23T06:00:00Z#manual', scope: 'some', startedAt: now - DAY, stage: 'complete' },
          { runId: '2026-11-23T07:00:00Z', scope: 'all', startedAt: now - DAY, stage: 'untold' },
        ] as const;
        for (const { runId, scope, startedAt, stage } of rows) {
          const begun = await beginRun(at, { ...start, runId, scope }, startedAt);
          if (begun.kind !== 'new') throw new Error(begun.kind);
          await advanceRun(at, begun.run, stage, {}, startedAt);
        }
        const { runs } = await recentRuns(at, now);
        expect(runs.length).toBe(4);
        expect(lastComplete(runs)?.runId).toBe('2026-11-22T06:00:00Z');
      });
    });

    describe('policy', () => {
      /** As large as promised, and as hard to compress as certificates are. */
      const table = Buffer.from(
        Array.from(
          { length: 20_000 },
          (_, i) => `d${i}.example\tsecure match=${randomBytes(8).toString('hex')}.example ciphers=high\r\n`,
        ).join(''),
      );
      const bundle = randomBytes(250_000);

      test('20,000 lines and a 250 KB bundle come back byte for byte', async () => {
        const at = store();
        const parts = {
          'hash:/etc/postfix/tls_policy': table,
          'ca-bundle': bundle,
          empty: new Uint8Array(),
          'not utf-8': Buffer.from([0xff, 0, 0x0a]),
        };
        const pushed = await pushPolicy(at, { parts, by: 'alice', at: now, rev: 0 });
        expect(pushed).toEqual({ kind: 'pushed', version: policyVersion(parts) });
        const read = await readPolicy(at);
        expect(read?.pushedBy).toBe('alice');
        expect(Object.keys(read?.parts ?? {}).toSorted()).toEqual(Object.keys(parts).toSorted());
        for (const [part, content] of Object.entries(parts)) expect(digest(read?.parts[part])).toBe(digest(content));
      });

      test('nothing is read where nothing was pushed', async () => {
        const at = store();
        expect(await readPolicy(at)).toBeUndefined();
        expect(await policyState(at)).toEqual({ head: undefined, rev: 0 });
        expect(await readPolicy(at, 'ab'.repeat(32))).toBeUndefined();
      });

      test('a push is refused when somebody else pushed since it was shown', async () => {
        const at = store();
        const push = (text: string, by: string, rev: number) =>
          pushPolicy(at, { parts: { table: Buffer.from(text) }, by, at: now, rev });
        await push('one', 'alice', 0);
        await push('two', 'bob', 1);
        const refused = await push('three', 'alice', 1);
        expect(refused).toEqual({
          kind: 'refused',
          head: { current: policyVersion({ table: Buffer.from('two') }), pushedAt: now, pushedBy: 'bob' },
        });
        expect(Buffer.from((await readPolicy(at))?.parts.table ?? '').toString()).toBe('two');
        expect((await push('two', 'alice', 2)).kind).toBe('unchanged');
      });

      test('of two first pushes at once, one is refused', async () => {
        const at = store();
        const both = await Promise.all(
          ['one', 'two'].map((text) => pushPolicy(at, { parts: { text: Buffer.from(text) }, by: text, at: now, rev: 0 })),
        );
        expect(both.map(({ kind }) => kind).toSorted()).toEqual(['pushed', 'refused']);
      });

      test('a superseded version ends with the history, one that is pushed again does not', async () => {
        const at = store();
        const one = { table: Buffer.from('one') };
        const pk = keys.policyVersion(at.space, policyVersion(one));
        const ends = async () => {
          const found: unknown[] = [];
          for await (const page of at.table.query(pk)) found.push(...page.map(({ expiresAt }) => expiresAt));
          return found;
        };
        await pushPolicy(at, { parts: one, by: 'a', at: now, rev: 0 });
        expect(await ends()).toEqual([undefined, undefined]);
        await pushPolicy(at, { parts: { table: Buffer.from('two') }, by: 'a', at: now, rev: 1 });
        expect(await ends()).toEqual([(now + HISTORY_MS) / 1000, (now + HISTORY_MS) / 1000]);
        await pushPolicy(at, { parts: one, by: 'a', at: now, rev: 2 });
        expect(await ends()).toEqual([undefined, undefined]);
        expect(Buffer.from((await readPolicy(at))?.parts.table ?? '').toString()).toBe('one');
      });

      test.each([
        { part: 'table#001', to: 'missing', says: 'is missing', because: 'a chunk that is gone' },
        { part: 'table#001', to: 'corrupt', says: 'is corrupt', because: 'a chunk that is no chunk' },
        { part: 'table#001', to: 'other', says: 'cannot be unpacked', because: 'a chunk with other bytes' },
        { part: 'manifest', to: 'corrupt', says: 'has no readable manifest; push the policy again', because: 'no manifest' },
      ] as const)('damage is an error that names the place: $because', async ({ part, to, says }) => {
        const at = store();
        const parts = { table: randomBytes(800_000) };
        await pushPolicy(at, { parts, by: 'a', at: now, rev: 0 });
        const key = { pk: keys.policyVersion(at.space, policyVersion(parts)), sk: part };
        if (to === 'missing') await at.table.delete(key);
        else await at.table.put({ ...key, v: 1, rev: 1, value: to === 'other' ? { gz: randomBytes(10) } : 'x' });
        await expect(readPolicy(at)).rejects.toMatchObject({ kind: 'damaged', message: expect.stringContaining(says) });
      });

      test('a push that died before its last step leaves the policy in use', async () => {
        const at = store();
        await pushPolicy(at, { parts: { table: Buffer.from('one') }, by: 'a', at: now, rev: 0 });
        const halfway: Table = {
          ...at.table,
          put: (item, condition) =>
            item.pk.endsWith('/policy') ? Promise.reject(new Error('killed')) : at.table.put(item, condition),
        };
        await expect(
          pushPolicy({ ...at, table: halfway }, { parts: { table: Buffer.from('two') }, by: 'a', at: now, rev: 1 }),
        ).rejects.toThrow('killed');
        expect(Buffer.from((await readPolicy(at))?.parts.table ?? '').toString()).toBe('one');
      });

      test('a head that a newer version wrote is an error', async () => {
        const at = store();
        await at.table.put({ ...keys.policyHead(at.space), v: policyHead.v + 1, rev: 1 });
        await expect(policyState(at)).rejects.toThrow(
          `${at.table.title}: the policy was pushed by a newer version; update this installation`,
        );
      });
    });

    describe('history', () => {
      test('by entry, by host and by date, newest first', async () => {
        const at = store();
        const events = [
          event('host', 'mx.example:25#00000000', now - 40 * DAY),
          event('entry', 'a.example', now - 20 * DAY),
          event('entry', 'b.example', now - 10 * DAY),
          event('entry', 'a.example', now),
        ];
        expect(await appendHistory(at, events)).toEqual({ refused: [], problems: [] });
        const whens = async (found: ReturnType<typeof historyOf>) =>
          (await found).events.map((one) => [one.name, (one.at - now) / DAY]);
        expect(await whens(historyOf(at, 'entry', 'a.example', now))).toEqual([
          ['a.example', 0],
          ['a.example', -20],
        ]);
        expect(await whens(historyOf(at, 'host', 'a.example', now))).toEqual([]);
        expect(await whens(historyOf(at, 'entry', 'a.example', now, { limit: 1 }))).toEqual([['a.example', 0]]);
        expect(await whens(historyOf(at, 'entry', 'a.example', now, { to: now - DAY }))).toEqual([['a.example', -20]]);
        expect(await whens(historyBetween(at, now))).toEqual([
          ['a.example', 0],
          ['b.example', -10],
          ['a.example', -20],
        ]);
        expect(await whens(historyBetween(at, now, { from: now - 40 * DAY, to: now - 10 * DAY }))).toEqual([
          ['b.example', -10],
          ['a.example', -20],
          ['mx.example:25#00000000', -40],
        ]);
        expect(await whens(historyBetween(at, now, { from: now - 400 * DAY, limit: 2 }))).toEqual([
          ['a.example', 0],
          ['b.example', -10],
        ]);
      });

      test('the same event twice is one, and each ends after 400 days', async () => {
        const at = store();
        const one = event('entry', 'a.example', now);
        await appendHistory(at, [one]);
        await appendHistory(at, [one]);
        expect((await historyOf(at, 'entry', 'a.example', now + 399 * DAY)).events).toEqual([one]);
        expect((await historyOf(at, 'entry', 'a.example', now + 401 * DAY)).events).toEqual([]);
      });

      test('what an earlier release wrote to one partition a month is read with the rest, each event once', async () => {
        const at = store();
        const names = Array.from({ length: 40 }, (_, i) => `n${i}.example`);
        const events = names.map((name, i) => event('entry', name, now - i * 60_000));
        const old = events.filter((_, i) => i % 3 === 0);
        const month = keys.historyMonths(at.space, now)[0] ?? '';
        for (const one of old) {
          const key = { pk: month, sk: `${new Date(one.at).toISOString()}#entry#${one.name}` };
          await at.table.put(toItem(historyEvent, key, one, { expiresAt: one.at + HISTORY_MS }));
        }
        await appendHistory(
          at,
          events.filter((_, i) => i % 3 !== 0 || i === 0),
        );
        expect((await historyBetween(at, now)).events).toEqual(events);
        expect((await historyBetween(at, now, { limit: 7 })).events).toEqual(events.slice(0, 7));
        const partitions = new Set<string>();
        for await (const page of at.table.scan()) for (const { pk } of page) if (pk.startsWith(`${month}#`)) partitions.add(pk);
        expect(partitions.size).toBeGreaterThan(8);
      });

      test('a corrupt event is told and skipped', async () => {
        const at = store();
        await appendHistory(at, [event('entry', 'a.example', now)]);
        const key = { pk: keys.historyOf(at.space, 'entry', 'a.example'), sk: '2026-11-20T00:00:00.000Z#r' };
        await at.table.put({ ...key, v: 1, rev: 1, value: { grain: 'entry' } });
        const history = await historyOf(at, 'entry', 'a.example', now);
        expect(history.events.length).toBe(1);
        expect(history.problems.map(({ kind, key: where }) => [kind, where])).toEqual([['corrupt', key]]);
      });
    });

    describe('certificates', () => {
      const der = () => randomBytes(900);
      const named = (...all: Buffer[]) => new Map(all.map((bytes) => [digest(bytes), bytes.toString('base64')]));

      test('stored once, kept as long as the longest asked', async () => {
        const at = store();
        const [one, two] = [der(), der()];
        const until = certificatesKeptUntil(now);
        await keepCertificates(at, named(one, two), until);
        await keepCertificates(at, named(one), until + DAY);
        await keepCertificates(at, named(one), until - DAY);
        const item = await at.table.get(keys.certificate(digest(one)));
        expect([item?.rev, item?.expiresAt]).toEqual([1, (until + DAY) / 1000]);
        const read = await readCertificates(at, [digest(one), digest(two), digest(one), 'ab'.repeat(32)]);
        expect(read).toEqual({ der: Object.fromEntries(named(one, two)), missing: ['ab'.repeat(32)], problems: [] });
      });

      test('what is gone is named when it is to be prolonged', async () => {
        const at = store();
        const one = der();
        await keepCertificates(at, named(one), certificatesKeptUntil(now));
        expect(await prolongCertificates(at, [digest(one), 'cd'.repeat(32)], now + 900 * DAY)).toEqual(['cd'.repeat(32)]);
        expect((await at.table.get(keys.certificate(digest(one))))?.expiresAt).toBe((now + 900 * DAY) / 1000);
      });

      test('renewed in time: an event of any day ends before the certificates it names', () => {
        for (let day = 0, until = certificatesKeptUntil(now); day < 2_000; day++) {
          const at = now + day * DAY;
          if (certificatesDue(until, at)) until = certificatesKeptUntil(at);
          expect(until).toBeGreaterThan(at + HISTORY_MS);
        }
      });

      test('a corrupt certificate is told and missing', async () => {
        const at = store();
        const key = keys.certificate('ef'.repeat(32));
        await at.table.put({ ...key, v: certificate.v, rev: 1, value: { der: 'text' } });
        const read = await readCertificates(at, ['ef'.repeat(32)]);
        expect([read.missing, read.problems.map(({ kind }) => kind)]).toEqual([['ef'.repeat(32)], ['corrupt']]);
      });
    });

    test('mutes end, are replaced and removed, and a corrupt one is told', async () => {
      const at = store();
      const one = { ...mute.example.value, key: 'Fastmail.FM', until: now + DAY };
      await saveMute(at, one);
      await saveMute(at, { ...one, reason: 'better known' });
      expect((await readMutes(at, now)).mutes).toEqual([{ ...one, reason: 'better known' }]);
      expect((await readMutes(at, now + 2 * DAY)).mutes).toEqual([]);
      await at.table.put({ pk: keys.mutes(at.space), sk: 'broken', v: 1, rev: 1, value: 3 });
      expect((await readMutes(at, now)).problems.length).toBe(1);
      expect(await removeMute(at, 'fastmail.fm')).toBe(true);
      expect(await removeMute(at, 'fastmail.fm')).toBe(false);
    });

    test('incidents are written on condition, and end', async () => {
      const at = store();
      const one = incident.example.value;
      expect(await saveIncident(at, one, { rev: undefined })).toBe('written');
      expect(await saveIncident(at, one, { rev: undefined }), 'a repeat whose first answer was lost').toBe('written');
      expect(await saveIncident(at, { ...one, reopened: 7 }, { rev: undefined })).toBe('lost');
      expect((await readIncidents(at, now)).incidents.get(one.id)).toEqual({ value: one, rev: 1 });
      expect(await saveIncident(at, { ...one, state: 'resolved' }, { rev: 1, expiresAt: now + 14 * DAY })).toBe('written');
      expect((await readIncidents(at, now)).incidents.get(one.id)?.value.state).toBe('resolved');
      expect((await readIncidents(at, now + 15 * DAY)).incidents.size).toBe(0);
      expect(await saveIncident(at, one, { rev: undefined, now: now + 15 * DAY })).toBe('written');
    });
  });
}

function entry(id: string, sentence = 'it delivers'): EntryNow {
  return { snapshot: { ...entryNow.example.value.snapshot, id, destination: id, sentence } };
}

function event(grain: 'entry' | 'host', name: string, at: number): HistoryEvent {
  const happening = { name, at, runId: `run ${at}`, changes: [{ kind: 'renewed' }] };
  return grain === 'entry'
    ? { grain, ...happening, before: null, after: entry(name).snapshot }
    : { grain, ...happening, before: null, after: hostNow.example.value };
}

function leaseOf(leasing: Leasing) {
  if (leasing.kind !== 'held') throw new Error(`the lease is ${leasing.kind}`);
  return leasing.lease;
}

const digest = (bytes: Uint8Array | undefined): string =>
  createHash('sha256')
    .update(bytes ?? '')
    .digest('hex');
