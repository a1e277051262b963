/** Keys: where things stand, what a name may be, and that no two things share a place. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type HostSnapshot, type SeenResult, updateHost } from '../../lambda/snapshot/host-snapshot.ts';
import { fromItem, toItem } from '../../lambda/store/item.ts';
import { entryNow, historyEvent, hostNow, KINDS } from '../../lambda/store/item-kinds.ts';
import { keyName, keys, spaceOf } from '../../lambda/store/keys.ts';

const space = spaceOf('default', 'mx1');

test.each([
  { key: keys.policyHead(space), is: 'default/policy head' },
  { key: { pk: keys.policyVersion(space, '9f'), sk: 'manifest' }, is: 'default/policy#9f manifest' },
  { key: keys.entry(space, 'fastmail.fm'), is: 'default/now#mx1#9 entry#fastmail.fm' },
  { key: keys.host(space, 'mx.example:25#00112233'), is: 'default/now#mx1#6 host#mx.example:25#00112233' },
  { key: { pk: keys.historyOf(space, 'entry', 'a.example'), sk: '' }, is: 'default/history#mx1#entry#a.example ' },
  {
    key: { pk: keys.historyMonth(space, Date.UTC(2026, 11, 31, 23), 'a.example'), sk: '' },
    is: 'default/history#mx1#2026-12#b ',
  },
  { key: keys.certificate('aa'), is: 'cert#aa cert' },
  { key: { pk: keys.incidents(space), sk: 'id' }, is: 'default/incident#mx1 id' },
  { key: { pk: keys.mutes(space), sk: 'id' }, is: 'default/mute id' },
  { key: { pk: keys.runs(space), sk: '2026' }, is: 'default/run#mx1 2026' },
  { key: keys.lease(space), is: 'default/lease#mx1 lease' },
])('$is', ({ key, is }) => {
  expect(`${key.pk} ${key.sk}`).toBe(is);
});

test('a name in a key stays within what DynamoDB takes, and is itself where it fits', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 3_000 }), (name) => {
      const part = keyName(name);
      expect(Buffer.byteLength(part)).toBeLessThanOrEqual(900);
      if (Buffer.byteLength(name) <= 900) expect(part).toBe(name);
    }),
  );
});

test.each([
  { policy: 'default', vantage: 'mx1.example.org', because: 'host names' },
  { policy: 'Prod_2', vantage: 'function-name', because: 'function names' },
])('$policy seen from $vantage: $because', ({ policy, vantage }) => {
  expect(spaceOf(policy, vantage)).toEqual({ policy, vantage });
});

test.each([
  { policy: '', vantage: 'a', says: '--policy "": must be up to 100 letters, digits, dots, hyphens and underscores' },
  { policy: 'a/b', vantage: 'a', says: '--policy "a/b": must be up to 100 letters, digits, dots, hyphens and underscores' },
  { policy: 'a', vantage: 'b#c', says: '--vantage "b#c": must be up to 100 letters, digits, dots, hyphens and underscores' },
  { policy: 'a', vantage: '.b', says: '--vantage ".b": must be up to 100 letters, digits, dots, hyphens and underscores' },
  { policy: 'a', vantage: 'b\n', says: '--vantage "b\n": must be up to 100 letters, digits, dots, hyphens and underscores' },
])('refused: $says', ({ policy, vantage, says }) => {
  expect(() => spaceOf(policy, vantage)).toThrow(says);
});

test('an entry of 100 hosts with long names fits into an item', () => {
  const { snapshot } = entryNow.example.value;
  const hosts = Array.from({ length: 100 }, (_, i) => ({
    host: `${'h'.repeat(240)}${i}.example`,
    preference: i,
    lookup: 'found' as const,
    unseen: Array.from({ length: 10 }, () => ({
      address: '2001:db8:1111:2222:3333:4444:5555:6666',
      phase: 'connect' as const,
      reason: 'no-way-out' as const,
    })),
  }));
  const value = { snapshot: { ...snapshot, routes: [{ kind: 'hosts' as const, nextHop: 'a', mx: true, hosts }] } };
  expect(JSON.stringify(toItem(entryNow, entryNow.example.key, value)).length).toBeLessThan(400 * 1024);
});

test('whatever a host sends, its history fits into an item', () => {
  let snapshot: HostSnapshot | undefined;
  for (let run = 0; run < 60; run++) {
    const seen = Array.from({ length: 100 }, (_, i) => ({
      address: `2001:db8:1111:2222:3333:4444:${run}:${i}`,
      result: {
        ...(hostNow.example.value.sightings[0]?.result as Extract<SeenResult, { kind: 'presented' }>),
        chain: Array.from({ length: 100 }, (_, n) => createHash('sha256').update(`${run} ${i} ${n}`).digest('hex')),
      },
    }));
    const look = { host: 'h'.repeat(255), port: 25, offer: '00112233', seen, certificates: {} };
    snapshot = updateHost(snapshot, look, { at: run, previousAt: run - 1 });
  }
  if (snapshot === undefined) throw new Error('nothing seen');
  const change = { kind: 'varies', subject: snapshot.host, after: Array.from({ length: 50 }, () => 'n'.repeat(256)), at: 0 };
  const event = {
    grain: 'host' as const,
    name: 'h',
    at: 0,
    runId: 'r',
    changes: [change, change, change],
    before: snapshot,
    after: snapshot,
  };
  expect(JSON.stringify(toItem(historyEvent, historyEvent.example.key, event)).length).toBeLessThan(400 * 1024);
});

test('whatever is stored, reading it gives an answer', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...KINDS),
      fc.object(),
      fc.anything(),
      fc.anything(),
      fc.anything(),
      (kind, more, v, rev, value) => {
        const read = fromItem(kind, { ...more, pk: 'p', sk: 's', v, rev, value }, 0);
        expect(['held', 'corrupt', 'newer', 'absent']).toContain(read.kind);
      },
    ),
  );
});
