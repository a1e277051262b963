/** What was seen, from the history and the records of the runs: nothing is filled in that nobody looked at. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Now, Timeline } from '../../../lambda/command/history/timeline.ts';
import { asOf, begins, type Look, looksOf, seenIn } from '../../../lambda/command/picture/seen.ts';
import type { EntrySnapshot } from '../../../lambda/snapshot/entry-snapshot.ts';
import type { HostSnapshot } from '../../../lambda/snapshot/host-snapshot.ts';
import type { HistoryEvent } from '../../../lambda/store/stored-values.ts';
import type { Verdict } from '../../../lambda/verdict/verdict.ts';
import { createAuthority } from '../../internet/authority.ts';

const DAY = 86_400_000;
/** Noon of the first day. */
const START = Date.UTC(2026, 10, 1, 12);
const at = (day: number) => START + day * DAY;
const dayOf = (time: number) => (time - START) / DAY;

const entry = (verdict: Verdict, hosts: readonly string[] = ['mx.test']) =>
  ({
    ...{ id: 'a.test', destination: 'a.test', key: 'a.test', verdict, firstAt: at(0) },
    routes: [{ kind: 'hosts', hosts: hosts.map((host) => ({ host })) }],
  }) as unknown as EntrySnapshot;
const host = (digest: string, name = 'mx.test', offer = 'one') =>
  ({
    ...{ host: name, port: 25, offer, firstAt: at(0) },
    sightings: [{ result: { kind: 'presented', chain: [digest] }, addresses: [], missed: 0 }],
  }) as unknown as HostSnapshot;
const turned = (day: number, before: EntrySnapshot | null, after: EntrySnapshot | null): HistoryEvent => ({
  ...{ grain: 'entry', name: 'a.test', runId: `${day}`, changes: [] },
  at: at(day),
  before,
  after,
});
const met = (day: number, before: HostSnapshot | null, after: HostSnapshot, name = 'mx.test:25#one'): HistoryEvent => ({
  ...{ grain: 'host', name, runId: `${day}`, changes: [] },
  at: at(day),
  before,
  after,
});
const daily = (days: number, unseenOn: readonly number[] = []): Look[] =>
  Array.from({ length: days }, (_, day) => ({ at: at(day), unseen: new Set(unseenOn.includes(day) ? ['a.test'] : []) }));

let der: Readonly<Record<string, string>> = {};
beforeAll(async () => {
  const authority = await createAuthority();
  const leaf = async (from: number, to: number) =>
    (await authority.issue({ commonName: 'mx.test', notBefore: at(from), notAfter: at(to) })).der;
  der = { old: await leaf(-60, 30), fresh: await leaf(4, 94) };
});

interface Known {
  readonly events?: readonly HistoryEvent[];
  readonly entry?: Now<EntrySnapshot>;
  readonly host?: Now<HostSnapshot>;
}
function timeline({ events = [], entry, host }: Known): Timeline {
  return {
    ...{ from: at(-400), whole: true, problems: [] },
    happened: events.toSorted((a, b) => a.at - b.at).map((event) => ({ event, changes: [], presents: [] })),
    now: {
      entries: new Map(entry === undefined ? [] : [['a.test', entry]]),
      hosts: new Map(host === undefined ? [] : [['mx.test:25#one', host]]),
    },
    find: (digest) => der[digest],
  };
}

describe('the verdict at each look', () => {
  const said = (known: Known, looks: readonly Look[], isAll = false) =>
    seenIn(timeline(known), looks, isAll).entries.map(({ name, verdicts }) => [
      name,
      verdicts.map(({ at, verdict }) => `${dayOf(at)} ${verdict}`).join(', '),
    ]);

  test.each<{ readonly because: string; readonly known: Known; readonly looks: readonly Look[]; readonly says: string }>([
    {
      because: 'it turned, and turned back',
      known: {
        events: [
          turned(0, null, entry('pass')),
          turned(2, entry('pass'), entry('fail')),
          turned(3, entry('fail'), entry('pass')),
        ],
      },
      looks: daily(5),
      says: '0 pass, 0 pass, 1 pass, 2 fail, 2 fail, 3 pass, 3 pass, 4 pass',
    },
    {
      because: 'it never changed',
      known: { entry: { snapshot: entry('pass') } },
      looks: daily(3),
      says: '0 pass, 1 pass, 2 pass',
    },
    {
      because: 'it could not be judged on one day',
      known: { entry: { snapshot: entry('pass') } },
      looks: daily(3, [1]),
      says: '0 pass, 1 undetermined, 2 pass',
    },
    {
      because: 'there was no run on the second and third day',
      known: { entry: { snapshot: entry('fail') } },
      looks: [...daily(1), ...daily(5).slice(3)],
      says: '0 fail, 3 fail, 4 fail',
    },
    {
      because: 'what came before the first event that is kept, it says itself',
      known: { events: [turned(3, entry('degraded'), entry('fail'))] },
      looks: daily(5).slice(1),
      says: '1 degraded, 2 degraded, 3 fail, 3 fail, 4 fail',
    },
    {
      because: 'nothing is known of it before it was first seen, nor after it left the policy',
      known: { events: [turned(1, null, entry('pass'))], entry: { snapshot: entry('pass'), until: at(2.5) } },
      looks: daily(5),
      says: '1 pass, 1 pass, 2 pass',
    },
  ])('$because', ({ known, looks, says }) => {
    expect(said(known, looks)).toEqual([['a.test', says]]);
  });

  test('of everything only what ever was not well', () => {
    expect(said({ events: [turned(0, null, entry('pass'))] }, daily(2), true)).toEqual([]);
    expect(said({ events: [turned(0, null, entry('degraded'))] }, daily(2), true)).toHaveLength(1);
  });
});

describe('when each certificate was presented', () => {
  const said = (known: Known, looks: readonly Look[] = daily(8), moment = Number.POSITIVE_INFINITY) =>
    asOf(seenIn(timeline(known), looks, false), moment).certificates.map(
      ({ host, digest, from, to, isCurrent }) => `${host} ${digest} ${dayOf(from)} to ${dayOf(to)}${isCurrent ? ', still' : ''}`,
    );
  const renewal = [met(0, null, host('old')), met(5, host('old'), host('fresh'))];

  test.each<{ readonly because: string; readonly known: Known; readonly says: readonly string[] }>([
    { because: 'a renewal', known: { events: renewal }, says: ['mx.test old 0 to 5', 'mx.test fresh 5 to 7, still'] },
    { because: 'a host that never changed', known: { host: { snapshot: host('old') } }, says: ['mx.test old 0 to 7, still'] },
    {
      because: 'a host that mail no longer goes to is no longer looked at',
      known: {
        events: [...renewal, turned(0, null, entry('pass')), turned(6, entry('pass'), entry('pass', ['other.test']))],
        host: { snapshot: host('fresh') },
      },
      says: ['mx.test old 0 to 5', 'mx.test fresh 5 to 6'],
    },
    {
      because: 'a host that was retired',
      known: { host: { snapshot: host('old'), until: at(4) } },
      says: ['mx.test old 0 to 4'],
    },
    {
      because: 'under two offers it is one certificate',
      known: { events: [...renewal, met(1, null, host('old', 'mx.test', 'two'), 'mx.test:25#two')] },
      says: ['mx.test old 0 to 7, still', 'mx.test fresh 5 to 7, still'],
    },
    { because: 'one that is no longer kept cannot be drawn', known: { host: { snapshot: host('gone') } }, says: [] },
  ])('$because', ({ known, says }) => {
    expect(said(known)).toEqual(says);
  });

  test('as of an earlier day', () => {
    expect(said({ events: renewal }, daily(8), at(3))).toEqual(['mx.test old 0 to 3, still']);
  });

  test('a run that judged none of the entries saw none of their hosts', () => {
    const { looks } = seenIn(timeline({ entry: { snapshot: entry('pass') } }), daily(4, [1, 2]), false);
    expect(looks.map(dayOf)).toEqual([0, 3]);
  });
});

test('a picture begins where something was first seen, and not before what was asked for', () => {
  const of = timeline({ events: [turned(3, null, entry('pass'))], host: { snapshot: host('old') } });
  expect(dayOf(begins(of))).toBe(0);
  expect(dayOf(begins({ ...of, from: at(2) }))).toBe(2);
});

test('only runs that judged everything are looks', () => {
  const run = { scope: 'all', stage: 'complete', stageAt: at(1), unseen: ['a.test'] } as const;
  expect(looksOf([run, { ...run, scope: 'some' }, { ...run, stage: 'started' }])).toEqual([
    { at: at(1), unseen: new Set(['a.test']) },
  ]);
});
