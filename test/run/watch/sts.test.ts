/** What `watch` says of MTA-STS policies that lines rest on, or could: days on a real store, with a clock that the test sets. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newMute } from '../../../lambda/alert/incident/mute.ts';
import type { Alert } from '../../../lambda/alert/message/describe.ts';
import type { FetchedPolicy, FetchPolicy } from '../../../lambda/route/mta-sts/find.ts';
import { historyOf } from '../../../lambda/store/history.ts';
import { keys, type Store, spaceOf } from '../../../lambda/store/keys.ts';
import { saveMute } from '../../../lambda/store/mutes.ts';
import { readStsMemories, readStsMemory } from '../../../lambda/store/sts-policies.ts';
import type { Table } from '../../../lambda/store/table.ts';
import { exportLines } from '../../../lambda/store/transfer/lines.ts';
import { type Authority, createAuthority } from '../../internet/authority.ts';
import { startDynalite } from '../../store/dynalite.ts';
import { storeOnDisk } from '../../store/on-disk.ts';
import { SmallWorld } from '../small-world.ts';
import { bundleOf, DAY_MS, type Run, runOnce } from '../watching.ts';

const START = Date.UTC(2026, 10, 24, 6);

let root: Authority;
let disk: Awaited<ReturnType<typeof storeOnDisk>>;
let chain: readonly string[];
let store: Store;
let world: SmallWorld;
let subjects: string[];
let texts: string[];
let alerts: Alert[];
let policies: Map<string, FetchedPolicy>;
let fetched: string[];
let questions: string[];

beforeAll(async () => {
  disk = await storeOnDisk(START);
  root = await createAuthority('Watch Root', { notBefore: START - 400 * DAY_MS });
  const dnsNames = ['mx.provider.net', 'mx2.provider.net', 'mx.other.net', 'mx.plain.example'];
  const days = { notBefore: START - DAY_MS, notAfter: START + 800 * DAY_MS };
  chain = (await root.issue({ dnsNames, ...days })).chain;
});

afterAll(() => disk.close());

beforeEach(() => {
  store = { table: disk.table, space: spaceOf(`p${randomUUID()}`, 'mx1') };
  world = new SmallWorld();
  world.domain('sts.example', world.host('mx.provider.net', chain));
  world.domain('plain.example', world.host('mx.plain.example', chain));
  subjects = [];
  texts = [];
  alerts = [];
  fetched = [];
  questions = [];
  policies = new Map();
  publish('sts.example', '1', POLICY);
});

const POLICY = 'version: STSv1\nmode: enforce\nmx: mx.provider.net\nmax_age: 604800\n';
const LINE = 'sts.example secure match=mx.provider.net\n';

function publish(domain: string, id: string, text: string) {
  world.txt(`_mta-sts.${domain}`, `v=STSv1; id=${id};`);
  policies.set(domain, { kind: 'text', text });
}

const fetchPolicy: FetchPolicy = async (domain) => {
  fetched.push(domain);
  return (
    policies.get(domain) ?? {
      kind: 'failed',
      result: 'sts-policy-fetch-error',
      because: `mta-sts.${domain} answers with status 404`,
    }
  );
};

const on = (day: number, table = LINE, more: Partial<Run> = {}) =>
  runOnce(
    {
      bundle: bundleOf(table, root.certificate.pem),
      store,
      world: () => {
        const doors = world.doors();
        const { dns } = doors;
        return {
          ...doors,
          dns: {
            query: (name, type) => {
              if (type === 'TXT') questions.push(name);
              return dns.query(name, type);
            },
          },
        };
      },
      at: START + day * DAY_MS,
      fetchPolicy,
      tell: async ({ subject, text }, alert) => {
        subjects.push(subject);
        texts.push(text);
        alerts.push(alert);
        return { kind: 'told' };
      },
      ...more,
    },
    subjects,
  );

const policyItems = () => alerts.flatMap(({ items }) => items.flatMap(({ kind, title }) => (kind === 'mta-sts' ? [title] : [])));

const BASELINE = 'Now watching 1 entry: all deliver';

/** So many domains whose mail goes to one provider, each with a policy that says so, and a table of them. */
function customers(count: number): { readonly names: readonly string[]; readonly table: string } {
  const names = Array.from({ length: count }, (_, i) => `d${i}.example`);
  const provider = world.host('mx.provider.net', chain);
  for (const name of names) {
    world.domain(name, provider);
    publish(name, '1', POLICY);
  }
  return { names, table: names.map((name) => `${name} secure match=mx.provider.net\n`).join('') };
}

describe('manners', () => {
  test('the record is asked for each day, the policy fetched once while its id stays', async () => {
    for (const day of [0, 1, 2]) await on(day);
    expect(questions).toEqual(Array(3).fill('_mta-sts.sts.example'));
    expect(fetched).toEqual(['sts.example']);
    expect(subjects).toEqual([BASELINE]);
  });

  test('before it runs out it is fetched anew', async () => {
    for (const day of [0, 1, 2, 3, 4, 5, 6]) await on(day);
    expect(fetched).toHaveLength(2);
    expect((await readStsMemory(store, 'sts.example', START + 6 * DAY_MS))?.policy?.until).toBe(START + 13 * DAY_MS);
  });

  test('nothing is written where nothing changed', async () => {
    await on(0);
    await on(1);
    const rev = async () => (await readStsMemories(store, START + DAY_MS)).memories.get('sts.example')?.rev;
    const before = await rev();
    await on(2);
    expect(await rev()).toBe(before);
  });

  test.each([
    { because: 'a line that asks for the domain itself', table: 'sts.example secure\n' },
    { because: 'a line that asks for no name', table: 'sts.example encrypt\n' },
    { because: 'a next hop without MX records', table: '[mx.provider.net] secure match=mx.provider.net\n' },
    { because: 'a line that asks for digests', table: `sts.example fingerprint match=${Array(32).fill('AA').join(':')}\n` },
  ])('nobody is asked for $because', async ({ table }) => {
    await on(0, table);
    expect([questions, fetched]).toEqual([[], []]);
  });

  test('nobody is asked where that is switched off, nor by a run of some destinations', async () => {
    await on(0, LINE, { fetchPolicy: undefined });
    await on(0, LINE, { only: new Set(['sts.example']), runId: 'some' });
    expect([questions, fetched]).toEqual([[], []]);
  });

  test('no entry loses time to it: once probing had to end, nobody is asked', async () => {
    const watched = await on(0, LINE, { pace: { stopAt: START } });
    expect(watched).toMatchObject({ kind: 'done', policies: { asked: 0, fetched: 0 } });
    expect([questions, fetched]).toEqual([[], []]);
  });

  test('two lines of one domain ask once', async () => {
    world.domain('sub.sts.example', world.host('mx2.provider.net', chain));
    await on(0, `${LINE}.sts.example secure match=mx.provider.net\n`);
    expect(questions).toEqual(['_mta-sts.sts.example']);
  });
});

describe('a policy that changes', () => {
  test('is told once, with what the line does not take, and stays open until the line is edited', async () => {
    await on(0);
    publish('sts.example', '2', POLICY.replace('mx.provider.net', 'mx.other.net'));
    await on(1);
    expect(subjects.slice(1)).toEqual(['sts.example: the MTA-STS policy its line rests on changed']);
    expect(texts[1]).toContain(
      [
        'MTA-STS: sts.example: the MTA-STS policy its line rests on changed',
        '',
        '   sts.example has a new MTA-STS policy (id 2, fetched Wed 2026-11-25',
        '   06:00Z, in force until Wed 2026-12-02 06:00Z): it names mx.other.net. New',
        '   in it, and not taken by the line: mx.other.net. In the line, and no',
        '   longer in it: mx.provider.net.',
        '',
        '   Mail would be deferred once it goes there: put line 1 right before that.',
        '',
        '   The line by the new policy, tried first:',
        '',
        '       postfix-tls-watch explain sts.example',
      ].join('\n'),
    );
    expect(alerts[1]?.items).toMatchObject([
      { kind: 'mta-sts', incident: expect.stringMatching(/^sts\.example-mta-sts-changed-[0-9a-f]{6}$/) },
    ]);
    await on(2);
    expect(subjects.slice(2)).toEqual(['sts.example: DNS leads to hosts that its MTA-STS policy does not name']);
    expect(texts[2]?.replaceAll(/\s+/g, ' ')).toContain(
      'Told before and still open: sts.example: the MTA-STS policy its line rests on changed',
    );
    const at = START + 2 * DAY_MS;
    expect((await readStsMemory(store, 'sts.example', at))?.findings).toMatchObject([
      { kind: 'unfit', toldAt: at },
      { kind: 'changed', toldAt: START + DAY_MS },
    ]);
    const { events } = await historyOf(store, 'entry', 'sts.example', at);
    expect(events.flatMap(({ changes }) => changes)).toMatchObject([
      { kind: 'sts-unfit', subject: 'sts.example', before: ['mx.provider.net'], after: ['mx.other.net'] },
      { kind: 'sts-changed', subject: 'sts.example', before: ['mx.provider.net'], after: ['mx.other.net'] },
    ]);
    world.domain('sts.example', world.host('mx.other.net', chain));
    await on(3, 'sts.example secure match=mx.other.net:mx.provider.net\n');
    expect(subjects).toHaveLength(3);
    await on(4, 'sts.example secure match=mx.other.net\n');
    expect((await readStsMemory(store, 'sts.example', at))?.findings).toMatchObject([
      { kind: 'changed', endedAt: START + 4 * DAY_MS },
      { kind: 'unfit', endedAt: START + 3 * DAY_MS },
    ]);
    expect(subjects).toHaveLength(3);
  });

  test.each([
    { because: 'another id over the same text', text: POLICY },
    { because: 'a longer max_age', text: POLICY.replace('604800', '1209600') },
  ])('$because is no news', async ({ text }) => {
    await on(0);
    publish('sts.example', '2', text);
    await on(1);
    await on(2);
    expect([fetched.length, subjects]).toEqual([2, [BASELINE]]);
  });

  test('a host more, which the line takes anyway, is no news', async () => {
    const table = 'sts.example secure match=.provider.net\n';
    await on(0, table);
    publish('sts.example', '2', POLICY.replace('max_age', 'mx: mx9.provider.net\nmax_age'));
    await on(1, table);
    await on(2, table);
    expect(subjects).toEqual([BASELINE]);
  });

  test('and a host that went, while the line takes more than it named, neither', async () => {
    const table = 'sts.example secure match=.provider.net\n';
    publish('sts.example', '1', POLICY.replace('max_age', 'mx: mx9.provider.net\nmax_age'));
    await on(0, table);
    publish('sts.example', '2', POLICY);
    await on(1, table);
    expect(subjects).toEqual([BASELINE]);
  });

  test('75 domains of one provider are one item', async () => {
    const { names, table } = customers(75);
    await on(0, table);
    for (const name of names) publish(name, '2', POLICY.replace('mx: mx.provider', 'mx: mx2.provider'));
    await on(1, table);
    expect(subjects.slice(1)).toEqual(['75 entries: the MTA-STS policies their lines rest on changed']);
    expect(alerts[1]?.items).toHaveLength(1);
  });
});

describe('a policy that is withdrawn', () => {
  test.each([
    { because: 'by mode none', text: POLICY.replace('enforce', 'none'), says: 'was withdrawn' },
    { because: 'by mode testing', text: POLICY.replace('enforce', 'testing'), says: 'is no longer enforced' },
  ])('$because: told once', async ({ text, says }) => {
    await on(0);
    publish('sts.example', '2', text);
    await on(1);
    await on(2);
    expect(subjects.slice(1)).toEqual([`sts.example: the MTA-STS policy its line rests on ${says}`]);
  });

  test.each([
    { because: 'a missing record', gone: () => world.txt('_mta-sts.sts.example'), why: 'it is announced no more' },
    {
      because: 'DNS that is silent',
      gone: () => world.unanswered('_mta-sts.sts.example'),
      why: 'DNS gives no answer about its record (timeout)',
    },
    {
      because: 'a failed fetch',
      gone: () => {
        world.txt('_mta-sts.sts.example', 'v=STSv1; id=2;');
        policies.delete('sts.example');
      },
      why: 'mta-sts.sts.example answers with status 404',
    },
    {
      because: 'a text that is no policy',
      gone: () => publish('sts.example', '2', '<html>'),
      why: 'line 1 of the policy, "<html>", is not name: value',
    },
    {
      because: 'two records',
      gone: () => world.txt('_mta-sts.sts.example', 'v=STSv1; id=1;', 'v=STSv1; id=2;'),
      why: '2 records begin with v=STSv1; where one must be the only one',
    },
  ])('$because withdraws nothing before max_age', async ({ gone, why }) => {
    await on(0);
    gone();
    for (const day of [1, 2, 3, 4, 5, 6]) await on(day);
    expect(subjects).toEqual([BASELINE]);
    await on(7);
    await on(8);
    expect(subjects.slice(1)).toEqual(['sts.example: the MTA-STS policy its line rests on ran out']);
    expect(texts[1]?.replaceAll(/\s+/g, ' ')).toContain(
      `The MTA-STS policy of sts.example ran out on Tue 2026-12-01 06:00Z and could not be fetched anew: ${why}.`,
    );
    expect(texts[1]?.replaceAll(/\s+/g, ' ')).toContain('Nothing changes in how line 1 delivers.');
  });

  test('what comes back before it ran out is as if it had never gone', async () => {
    await on(0);
    world.txt('_mta-sts.sts.example');
    for (const day of [1, 2, 3]) await on(day);
    publish('sts.example', '1', POLICY);
    for (const day of [4, 5, 6, 7, 8, 9]) await on(day);
    expect(subjects).toEqual([BASELINE]);
  });

  test('one short-lived policy that one fetch misses is not told; a second one is', async () => {
    publish('sts.example', '1', POLICY.replace('604800', '3600'));
    await on(0);
    policies.delete('sts.example');
    await on(1);
    expect(subjects).toEqual([BASELINE]);
    await on(2);
    expect(subjects.slice(1)).toEqual(['sts.example: the MTA-STS policy its line rests on ran out']);
  });

  test('where no web server at all is reached, the way out is as likely: nothing is said to have run out', async () => {
    const table = `${LINE}plain.example secure match=mx.plain.example\n`;
    publish('plain.example', '1', POLICY.replace('provider.net', 'plain.example'));
    await on(0, table);
    const unreached: FetchPolicy = async () => ({
      kind: 'failed',
      result: 'sts-policy-fetch-error',
      because: 'no connection',
      unreached: true,
    });
    for (const day of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) await on(day, table, { fetchPolicy: unreached });
    expect(policyItems()).toEqual([]);
    await on(11, table);
    expect(policyItems()).toEqual([]);
  });

  test('a policy that goes on and off is told once in 14 days', async () => {
    await on(0);
    for (const day of [1, 2, 3, 4]) {
      publish('sts.example', String(day + 1), day % 2 === 1 ? POLICY.replace('enforce', 'none') : POLICY);
      await on(day);
    }
    publish('sts.example', '9', POLICY.replace('enforce', 'none'));
    await on(5);
    expect(subjects).toHaveLength(2);
  });
});

describe('a policy that does not fit its own hosts', () => {
  test('is fetched anew, and told by the second look, once', async () => {
    await on(0);
    world.domain('sts.example', world.host('mx.provider.net', chain), world.host('mx.other.net', chain));
    await on(1, 'sts.example secure match=mx.provider.net:mx.other.net\n');
    expect([fetched.length, subjects.length]).toEqual([2, 1]);
    await on(2, 'sts.example secure match=mx.provider.net:mx.other.net\n');
    expect(subjects.slice(1)).toEqual(['sts.example: DNS leads to hosts that its MTA-STS policy does not name']);
    expect(texts[1]?.replaceAll(/\s+/g, ' ')).toContain(
      'Either they forgot to amend the policy when they moved, or an answer of DNS is forged: put none of these hosts into line 1 before',
    );
    await on(3, 'sts.example secure match=mx.provider.net:mx.other.net\n');
    expect([fetched.length, subjects.length]).toEqual([3, 2]);
  });

  test('one that is amended meanwhile is no news', async () => {
    const table = 'sts.example secure match=.provider.net:.other.net\n';
    await on(0, table);
    world.domain('sts.example', world.host('mx.provider.net', chain), world.host('mx.other.net', chain));
    await on(1, table);
    publish('sts.example', '2', POLICY.replace('max_age', 'mx: mx.other.net\nmax_age'));
    await on(2, table);
    expect(subjects).toEqual([BASELINE]);
  });

  test('DNS that gives no hosts says nothing about it', async () => {
    const table = 'sts.example secure match=.provider.net:.other.net\n';
    await on(0, table);
    world.unanswered('sts.example');
    await on(1, table);
    await on(2, table);
    expect(subjects.filter((subject) => subject.includes('MTA-STS'))).toEqual([]);
  });
});

describe('a policy that appears', () => {
  const FROM_DNS = 'plain.example verify\n';
  const OWN = POLICY.replace('mx.provider.net', 'mx.plain.example');

  test('where a line takes its names from DNS is told once', async () => {
    await on(0, FROM_DNS);
    publish('plain.example', '1', OWN);
    await on(1, FROM_DNS);
    await on(2, FROM_DNS);
    expect(subjects.slice(1)).toEqual(['plain.example: an MTA-STS policy now says which hosts are right']);
    expect(texts[1]).toContain(
      [
        '   plain.example has an MTA-STS policy, enforced, that was fetched Wed',
        '   2026-11-25 06:00Z: it names mx.plain.example.',
        '',
        '   Line 1 takes its names from DNS, which is not signed; by the policy the',
        '   domain itself would vouch for them.',
        '',
        '   The line by the policy, tried first:',
        '',
        '       postfix-tls-watch explain plain.example',
      ].join('\n'),
    );
  });

  test('one that was there at the first look is told beside other news, and makes none', async () => {
    const table = `${LINE}plain.example verify\n`;
    await on(0, LINE);
    publish('plain.example', '1', OWN);
    await on(1, table);
    await on(2, table);
    expect(subjects).toEqual([BASELINE]);
    publish('sts.example', '2', POLICY.replace('enforce', 'none'));
    await on(3, table);
    expect(subjects.slice(1)).toEqual(['sts.example: the MTA-STS policy its line rests on was withdrawn; 1 more']);
    await on(4, table);
    expect(subjects).toHaveLength(2);
  });

  test('in mode testing it is none', async () => {
    await on(0, FROM_DNS);
    publish('plain.example', '1', OWN.replace('enforce', 'testing'));
    await on(1, FROM_DNS);
    expect(subjects).toEqual([BASELINE]);
  });

  test('the first look that DNS did not answer is no look', async () => {
    world.unanswered('_mta-sts.plain.example');
    await on(0, FROM_DNS);
    expect(await readStsMemory(store, 'plain.example', START)).toBeUndefined();
  });

  test('where the line has its names already is no news: from then on it rests on the policy', async () => {
    const table = 'plain.example secure match=mx.plain.example\n';
    await on(0, table);
    publish('plain.example', '1', OWN);
    await on(1, table);
    publish('plain.example', '2', OWN.replace('enforce', 'none'));
    await on(2, table);
    expect(subjects.slice(1)).toEqual(['plain.example: the MTA-STS policy its line rests on was withdrawn']);
  });
});

describe('what is kept', () => {
  test('what a newer version keeps is left as it is, and nobody is asked about it', async () => {
    await on(0);
    const key = keys.stsPolicy(store.space, 'sts.example');
    const item = await store.table.get(key);
    if (item === undefined) throw new Error('nothing is kept');
    await store.table.put({ ...item, v: 2, rev: 7 }, { kind: 'present' });
    publish('sts.example', '2', POLICY.replace('enforce', 'none'));
    const watched = await on(1);
    expect(await store.table.get(key)).toMatchObject({ v: 2, rev: 7 });
    expect(questions).toHaveLength(1);
    expect(watched.kind === 'done' ? watched.problems : []).toEqual([
      expect.stringMatching(/sts#mx1 \/ sts\.example: written by a newer version \(layout 2\)/),
    ]);
  });

  test('what is corrupt is told, and replaced', async () => {
    await on(0);
    const key = keys.stsPolicy(store.space, 'sts.example');
    await store.table.put({ ...key, v: 1, rev: 1, value: { domain: 7 } }, { kind: 'present' });
    const watched = await on(1);
    expect(watched.kind === 'done' ? watched.problems : []).toEqual([expect.stringMatching(/cannot be read/)]);
    expect((await readStsMemory(store, 'sts.example', START + DAY_MS))?.policy?.id).toBe('1');
  });

  test('an export and an import bring it along', async () => {
    await on(0);
    const lines: string[] = [];
    for await (const line of exportLines(store.table, { release: '0.2.0', at: START })) lines.push(line);
    expect(lines.filter((line) => line.includes(`${store.space.policy}/sts#mx1`))).toHaveLength(1);
  });

  test('more policies than a run fetches wait for the next one', async () => {
    const { table } = customers(130);
    await on(0, table);
    expect(fetched).toHaveLength(100);
    await on(1, table);
    expect(new Set(fetched).size).toBe(130);
    expect(fetched).toHaveLength(130);
  });
});

describe('told like all else', () => {
  const withdraw = () => publish('sts.example', '2', POLICY.replace('enforce', 'none'));

  test('what no channel took is due again', async () => {
    await on(0);
    withdraw();
    await on(1, LINE, { tell: async () => ({ kind: 'untold', because: 'nobody there' }) });
    await on(2);
    expect(subjects.slice(1)).toEqual(['sts.example: the MTA-STS policy its line rests on was withdrawn']);
    await on(3);
    expect(subjects).toHaveLength(2);
  });

  test('begun once more under its id, such a run only tells, and that counts', async () => {
    await on(0);
    withdraw();
    await on(1, LINE, { tell: async () => ({ kind: 'untold', because: 'nobody there' }) });
    expect(await on(1)).toMatchObject({ kind: 'told-late' });
    await on(2);
    expect(subjects.slice(1)).toEqual(['sts.example: the MTA-STS policy its line rests on was withdrawn']);
  });

  test('a run that told it and died before it could store that tells it once', async () => {
    await on(0);
    withdraw();
    const { table } = store;
    const put: Table['put'] = (item, condition) => {
      const isMark = item.pk.includes('/sts#') && JSON.stringify(item.value).includes('toldAt');
      return isMark ? Promise.reject(new Error('killed')) : table.put(item, condition);
    };
    const dying = new Proxy(table, {
      get: (target, name) => {
        if (name === 'put') return put;
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    await expect(on(1, LINE, { store: { table: dying, space: store.space } })).rejects.toThrow('killed');
    expect(policyItems()).toHaveLength(1);
    await on(2);
    await on(3);
    expect(policyItems()).toHaveLength(1);
    expect((await readStsMemory(store, 'sts.example', START + 2 * DAY_MS))?.findings).toMatchObject([
      { toldAt: START + 2 * DAY_MS },
    ]);
  });

  test('muted by the entry, it is not told; another finding breaks through', async () => {
    await on(0);
    withdraw();
    await on(1, LINE, { tell: async () => ({ kind: 'untold', because: 'nobody there' }) });
    const now = START + DAY_MS;
    const { memories } = await readStsMemories(store, now);
    const findings = [...memories.values()].flatMap(({ value }) => value.findings);
    const terms = { until: now + 60 * DAY_MS, reason: 'they said so', by: 'alice' };
    const made = newMute('sts.example', terms, [], now, undefined, findings);
    if (made.kind === 'refused') throw new Error(made.because);
    await saveMute(store, made.mute);
    await on(2);
    await on(3);
    expect(policyItems()).toEqual([]);
    publish('sts.example', '3', POLICY.replace('mx.provider.net', 'mx.other.net'));
    await on(4);
    expect(policyItems()).toEqual(['sts.example: the MTA-STS policy its line rests on changed']);
  });

  test('what left the policy table is open no more, and its memory ends', async () => {
    await on(0);
    withdraw();
    await on(1);
    await on(2, 'plain.example secure\n');
    const [memory] = (await readStsMemories(store, START + 2 * DAY_MS)).memories.values();
    expect(memory?.value.findings).toMatchObject([{ endedAt: START + 2 * DAY_MS }]);
    expect((await readStsMemories(store, START + 80 * DAY_MS)).memories.size).toBe(0);
  });
});

test('on DynamoDB as on disk', async () => {
  const { table, close } = await startDynalite('sts');
  try {
    store = { table, space: spaceOf('default', 'mx1') };
    await on(0);
    publish('sts.example', '2', POLICY.replace('enforce', 'none'));
    await on(1);
    await on(2);
    expect(subjects).toEqual([BASELINE, 'sts.example: the MTA-STS policy its line rests on was withdrawn']);
    expect((await readStsMemory(store, 'sts.example', START + 2 * DAY_MS))?.findings).toMatchObject([
      { kind: 'withdrawn', toldAt: START + DAY_MS },
    ]);
  } finally {
    await close();
  }
});
