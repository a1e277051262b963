/**
 * The fair share of a run, over real sockets: whatever a stranger publishes and however he behaves,
 * his entry alone is in doubt, few conversations are had with him, and what was not asked is named.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Settings } from '../../../lambda/policy/settings.ts';
import { type CheckOptions, type CheckRun, checkBundle } from '../../../lambda/run/check/check.ts';
import type { AddressVerdict, EntryVerdict } from '../../../lambda/verdict/verdict.ts';
import type { Behaviour } from '../../internet/smtp-script.ts';
import { bundleOf } from '../watching.ts';
import { besideNeighbours, hostsOf, NEIGHBOURS, openStreet, type Stranger, type Street } from './street.ts';

const NOW = Date.UTC(2026, 10, 27, 6);
let street: Street;
beforeAll(async () => {
  street = await openStreet();
});
afterAll(() => street.close());

const NAME = 'stranger.test';

interface Look {
  readonly strangers?: readonly string[];
  readonly settings?: Partial<Settings>;
  readonly options?: Partial<CheckOptions>;
  readonly pace?: Partial<CheckOptions['pace']>;
  readonly begun?: (address: string) => void;
  readonly dnsConcurrency?: number;
}

/** One check of the strangers' entries and the neighbours'; strangers stand first in the table. */
function look({ strangers = [NAME], settings, options, pace, begun, dnsConcurrency }: Look = {}): Promise<CheckRun> {
  const table = [...strangers, ...NEIGHBOURS].map((name) => `${name} secure match=.test\n`).join('');
  const bundle = bundleOf(table, street.anchorsPem);
  const began = Date.now();
  return checkBundle(
    { ...bundle, settings: { ...bundle.settings, tcpPort: street.port, ...settings } },
    street.doors(({ address }) => begun?.(address), dnsConcurrency),
    {
      at: NOW,
      now: () => NOW + Date.now() - began,
      pace: { concurrency: 64, perAddress: 2, perNetwork: 4, restAfter421Ms: 50, stopAt: NOW + 45 * 60_000, ...pace },
      ...options,
    },
  );
}

const of = (run: CheckRun, name = NAME): EntryVerdict => {
  const found = run.verdicts.find(({ destination }) => destination === name);
  if (found === undefined) throw new Error(`no verdict for ${name}`);
  return found;
};
const addressesOf = (run: CheckRun, name = NAME): AddressVerdict[] => of(run, name).hosts.flatMap((host) => host.addresses);
const askedOf = (run: CheckRun, name = NAME) => addressesOf(run, name).filter(({ anotherRun }) => anotherRun !== true);
const calledAt = (prefix: string) => street.called().filter((address) => address.startsWith(prefix));
const neighboursAre = (run: CheckRun) => NEIGHBOURS.map((name) => of(run, name).verdict);
const ALL_PASS = NEIGHBOURS.map(() => 'pass');
const inTurn = (asked: number, all: number) =>
  `${asked} of the ${all} addresses that Postfix may come to had their turn in this run, and the others have theirs on other days`;

describe('100 MX hosts of 100 addresses each are met at 25, and spoil nobody else', () => {
  test.each<{
    behaves: Behaviour;
    outcome: string;
    phase: string | null;
    reason: string | null;
    detail: string | null;
    verdict?: string;
    calls?: number;
  }>([
    { behaves: 'silent', outcome: 'unseen', phase: 'greeting', reason: 'timed-out', detail: 'no answer in time' },
    { behaves: 'ehlo-silent', outcome: 'unseen', phase: 'ehlo', reason: 'timed-out', detail: 'no answer in time' },
    { behaves: 'starttls-silent', outcome: 'unseen', phase: 'starttls', reason: 'timed-out', detail: 'no answer in time' },
    {
      behaves: 'banner421',
      outcome: 'unseen',
      phase: 'greeting',
      reason: 'reply-421',
      detail: 'the server closes with a 421: "421 busy"',
      calls: 50,
    },
    {
      behaves: 'ehlo421',
      outcome: 'unseen',
      phase: 'ehlo',
      reason: 'reply-421',
      detail: 'the server closes with a 421: "421 too many connections from your host"',
      calls: 50,
    },
    {
      behaves: 'starttls421',
      outcome: 'unseen',
      phase: 'starttls',
      reason: 'reply-421',
      detail: 'the server closes with a 421: "421 closing"',
      calls: 50,
    },
    {
      behaves: 'banner450',
      outcome: 'unseen',
      phase: 'greeting',
      reason: 'greeting-4xx',
      detail: 'the server turns us away for now: "450 greylisted, come back later"',
    },
    {
      behaves: 'banner554',
      outcome: 'unseen',
      phase: 'greeting',
      reason: 'greeting-5xx',
      detail: 'the server turns us away: "554 no"',
    },
    {
      behaves: 'close',
      outcome: 'unseen',
      phase: 'greeting',
      reason: 'connection-lost',
      detail: 'the server closes the connection',
    },
    {
      behaves: 'nostarttls',
      outcome: 'fail',
      phase: 'ehlo',
      reason: 'starttls-not-offered',
      detail: 'the server does not offer STARTTLS',
      verdict: 'fail',
    },
  ])('$behaves', async ({ behaves, outcome, phase, reason, detail, verdict = 'undetermined', calls = 25 }) => {
    street.settle({ name: NAME, hosts: hostsOf(NAME, 100, 100), behaves });
    const run = await look();
    expect(askedOf(run).map((one) => [one.outcome, one.phase, one.reason, one.detail])).toEqual(
      Array.from({ length: 25 }, () => [outcome, phase, reason, detail]),
    );
    const others = addressesOf(run).filter(({ anotherRun }) => anotherRun === true);
    expect(others.length).toBe(9_975);
    expect(others[0]).toMatchObject({ outcome: 'unseen', phase: 'connect', reason: 'not-attempted', says: null });
    expect(others[0]?.detail).toBe(
      'not looked at in this run (of 10000 addresses 25 are, and the others in their turn, day by day)',
    );
    expect(of(run).verdict).toBe(verdict);
    if (verdict === 'undetermined') {
      const at = (i: number) => `at mx${i}.${NAME} (127.130.${i}.96) ${detail}`;
      expect(of(run)).toMatchObject({
        reason: 'nothing-seen',
        sentence: `nothing was seen of ${NAME}: ${at(0)}, ${at(1)}, ${at(2)} and 22 more; ${inTurn(25, 10_000)}`,
      });
    }
    expect(calledAt('127.130.').length).toBe(calls);
    expect(neighboursAre(run)).toEqual(ALL_PASS);
    expect(run).toMatchObject({ complete: true, vantage: { ipv4: 'clear', ipv6: 'untried' } });
  });
});

describe('whatever the limit is, a run has an end to its patience', () => {
  test.each<{ settings: Partial<Settings>; asked: number; behaves?: Behaviour; hosts?: number; each?: number; because: string }>([
    { settings: { mxAddressLimit: 0 }, asked: 25, because: 'no limit at all: 25' },
    { settings: { mxAddressLimit: 0, randomizeAddresses: false }, asked: 25, because: 'no limit, and no shuffling' },
    {
      settings: { mxAddressLimit: 0 },
      asked: 25,
      behaves: 'nostarttls',
      hosts: 100,
      each: 100,
      because: 'no limit, and 10,000 that fail',
    },
    { settings: { mxAddressLimit: 1 }, asked: 25, because: 'a limit of one' },
    { settings: { mxAddressLimit: 5 }, asked: 25, because: "Postfix's own" },
    { settings: { mxAddressLimit: 25 }, asked: 25, because: 'as many as ours' },
    { settings: { mxAddressLimit: 26 }, asked: 26, because: 'one more than ours' },
    { settings: { mxAddressLimit: 60 }, asked: 60, because: 'many more' },
    { settings: { mxAddressLimit: 1_000 }, asked: 80, because: 'more than there are' },
  ])('$because: $asked', async ({ settings, asked, behaves = 'ok', hosts = 2, each = 40 }) => {
    street.settle({ name: NAME, hosts: hostsOf(NAME, hosts, each), behaves });
    const run = await look({ settings });
    expect(askedOf(run).length).toBe(asked);
    expect(new Set(calledAt('127.130.')).size).toBe(asked);
    expect(neighboursAre(run)).toEqual(ALL_PASS);
  });
});

describe('how many addresses there are', () => {
  const big = (count: number) => [{ host: `mx.${NAME}`, addresses: hostsOf(NAME, 1, count)[0]?.addresses ?? [] }];
  test.each<{
    hosts: Stranger['hosts'];
    preferences?: Stranger['preferences'];
    asked: number;
    verdict: string;
    sentence?: string;
    because: string;
  }>([
    { hosts: big(24), asked: 24, verdict: 'pass', because: '24 at one host' },
    { hosts: big(25), asked: 25, verdict: 'pass', because: '25 at one host' },
    {
      hosts: big(29),
      asked: 25,
      verdict: 'pass',
      sentence: `mail to ${NAME} is delivered encrypted and authenticated (seen 25 of 29 addresses)`,
      because: '29 at one host: of any five that Postfix tries one was seen',
    },
    {
      hosts: big(30),
      asked: 25,
      verdict: 'undetermined',
      sentence: `too little was seen of ${NAME} to judge: ${inTurn(25, 30)} (seen 25 of 30 addresses)`,
      because: '30 at one host',
    },
    {
      hosts: hostsOf(NAME, 40, 1),
      preferences: 'distinct',
      asked: 25,
      verdict: 'pass',
      because: '40 hosts, of which Postfix tries five',
    },
    {
      hosts: [...big(5), ...hostsOf(NAME, 60, 1, 131)],
      preferences: 'distinct',
      asked: 25,
      verdict: 'pass',
      because: 'five at the best host, and 60 behind it that are never tried',
    },
  ])('$because: $verdict', async ({ hosts, preferences = 'equal', asked, verdict, sentence }) => {
    street.settle({ name: NAME, hosts, behaves: 'ok', preferences });
    const run = await look();
    expect(askedOf(run).length).toBe(asked);
    expect(of(run).verdict).toBe(verdict);
    if (sentence !== undefined) expect(of(run).sentence).toBe(sentence);
    expect(neighboursAre(run)).toEqual(ALL_PASS);
  });
});

describe('turns from day to day', () => {
  const day = (turn: number) => look({ options: { turn } });
  const asked = (run: CheckRun) => askedOf(run).map(({ address }) => address);

  test.each([
    { hosts: 2, each: 13, days: 2 },
    { hosts: 3, each: 20, days: 3 },
    { hosts: 30, each: 2, days: 3 },
    { hosts: 2, each: 100, days: 8 },
  ])('$hosts hosts of $each addresses: all are seen within $days days, wherever they begin', async ({ hosts, each, days }) => {
    street.settle({ name: NAME, hosts: hostsOf(NAME, hosts, each), behaves: 'ok' });
    for (const first of [0, 7]) {
      const seen = new Set<string>();
      for (let turn = first; turn < first + days; turn++) {
        const run = await day(turn);
        expect(asked(run).length).toBe(25);
        for (const address of asked(run)) seen.add(address);
      }
      expect(seen.size).toBe(hosts * each);
    }
  });

  test('the same day meets the same ones, however DNS shuffles', async () => {
    const hosts = hostsOf(NAME, 2, 20);
    street.settle({ name: NAME, hosts, behaves: 'ok' });
    const first = asked(await day(3));
    const shuffled = hosts.toReversed().map(({ host, addresses }) => ({ host, addresses: addresses.toReversed() }));
    street.settle({ name: NAME, hosts: shuffled, behaves: 'ok' });
    expect(asked(await day(3)).toSorted()).toEqual(first.toSorted());
  });

  test('each host is met once before any is met twice', async () => {
    street.settle({ name: NAME, hosts: hostsOf(NAME, 25, 4), behaves: 'ok' });
    const run = await day(0);
    expect(of(run).hosts.map(({ addresses }) => addresses.filter(({ anotherRun }) => anotherRun !== true).length)).toEqual(
      Array.from({ length: 25 }, () => 1),
    );
  });

  test('what Postfix may come to is met every day, and the room that is left goes to the others in turn', async () => {
    const hosts = [...hostsOf(NAME, 1, 5), ...hostsOf(`back.${NAME}`, 60, 1, 131)];
    street.settle({ name: NAME, hosts, behaves: 'ok', preferences: 'distinct' });
    const seen = new Set<string>();
    for (const turn of [0, 1, 2]) {
      const run = await day(turn);
      expect(asked(run).filter((address) => address.startsWith('127.130.')).length).toBe(5);
      for (const address of asked(run)) seen.add(address);
    }
    expect(seen.size).toBe(65);
  });
});

describe('in the /24 of two neighbours', () => {
  test.each<{ count: number; behaves: Behaviour; strangers: number }>([
    { count: 180, behaves: 'silent', strangers: 1 },
    { count: 180, behaves: 'banner421', strangers: 1 },
    { count: 180, behaves: 'ehlo421', strangers: 1 },
    { count: 180, behaves: 'banner450', strangers: 1 },
    { count: 180, behaves: 'ehlo-silent', strangers: 1 },
    { count: 60, behaves: 'silent', strangers: 3 },
    { count: 60, behaves: 'banner421', strangers: 3 },
  ])('$strangers strangers with $count addresses each, $behaves', async ({ count, behaves, strangers }) => {
    const names = Array.from({ length: strangers }, (_, i) => `s${i}.${NAME}`);
    street.settle(...names.map((name, i) => ({ name, hosts: besideNeighbours(name, count, 10 + i * count), behaves })));
    const begun: string[] = [];
    const run = await look({ strangers: names, begun: (address) => begun.push(address) });
    expect(neighboursAre(run)).toEqual(ALL_PASS);
    expect(names.map((name) => of(run, name).reason)).toEqual(names.map(() => 'nothing-seen'));
    // Nobody waits until a stranger is through.
    const last = Math.max(...['127.77.0.1', '127.77.0.2'].map((address) => begun.indexOf(address)));
    const before = new Set(begun.slice(0, last).filter((address) => address.startsWith('127.77.0.')));
    expect(before.size).toBeLessThanOrEqual(4 * strangers + 2);
  });

  test('who says 421 is asked once more, and the rest of his in that network not in this run', async () => {
    street.settle({ name: NAME, hosts: besideNeighbours(NAME, 20), behaves: 'banner421' });
    const run = await look({ pace: { concurrency: 1 } });
    const called = calledAt('127.77.0.1').filter((address) => address !== '127.77.0.1');
    expect(called).toEqual(['127.77.0.10', '127.77.0.10']);
    expect(askedOf(run).map(({ reason }) => reason)).toEqual(['reply-421']);
    const waiting = addressesOf(run).filter(({ anotherRun }) => anotherRun === true);
    expect(waiting.length).toBe(19);
    expect(waiting[0]?.detail).toBe('not looked at in this run (its network had closed with 421 twice)');
    expect(run.complete).toBe(true);
    expect(neighboursAre(run)).toEqual(ALL_PASS);
  });
});

describe('DNS that keeps silent', () => {
  const silent = (count: number): Stranger => ({
    name: NAME,
    hosts: hostsOf(NAME, count, 1),
    behaves: 'ok',
    silentDns: true,
  });
  test.each([
    { count: 100, dnsConcurrency: 100 },
    { count: 100, dnsConcurrency: 30 },
    { count: 60, dnsConcurrency: 100 },
    { count: 12, dnsConcurrency: 30 },
  ])('$count MX names, $dnsConcurrency questions at a time: nobody else waits for them', async ({ count, dnsConcurrency }) => {
    street.settle(silent(count));
    const begun: string[] = [];
    const silentBefore: number[] = [];
    const run = await look({
      dnsConcurrency,
      begun: (address) => {
        begun.push(address);
        silentBefore.push(
          new Set(street.dns.queries.filter(({ name }) => name.endsWith(`.${NAME}`)).map(({ name }) => name)).size,
        );
      },
    });
    expect(neighboursAre(run)).toEqual(ALL_PASS);
    // Every neighbour was called while no more than one share of the silent names had been asked.
    expect(begun.length).toBe(8);
    expect(Math.max(...silentBefore)).toBeLessThanOrEqual(25);
    expect(of(run)).toMatchObject({ verdict: 'undetermined', reason: 'dns-timeout' });
    expect(of(run).sentence).toBe(`${NAME} could not be looked up: DNS gave no answer (timeout) to mx${count - 1}.${NAME} AAAA`);
    expect(run.complete).toBe(true);
  });

  test('a neighbour whose MX host a stranger names, too, behind silent names', async () => {
    street.settle(silent(60));
    street.dns.set({
      name: NAME,
      type: 'MX',
      data: [...hostsOf(NAME, 60, 1).map(({ host }) => `10 ${host}`), '10 mail.e.good.test'],
    });
    const run = await look({ dnsConcurrency: 30 });
    expect(neighboursAre(run)).toEqual(ALL_PASS);
  });

  test('a silent domain itself', async () => {
    street.settle();
    street.dns.set({ name: NAME, type: 'MX', fail: 'TIMEOUT' });
    const run = await look();
    expect(of(run).sentence).toBe(`${NAME} could not be looked up: DNS gave no answer (timeout) to ${NAME} MX`);
    expect(neighboursAre(run)).toEqual(ALL_PASS);
  });

  test('what there was no time to ask is unfinished, and not silent', async () => {
    street.settle({ name: NAME, hosts: hostsOf(NAME, 1, 1), behaves: 'ok' });
    for (const name of [NAME, ...NEIGHBOURS]) street.dns.set({ name, type: 'MX', fail: 'TIMEOUT' });
    const stop = AbortSignal.timeout(50);
    const run = await look({ pace: { signal: stop } });
    expect(new Set(run.verdicts.map(({ verdict, reason }) => `${verdict} ${reason}`))).toEqual(
      new Set(['undetermined unfinished']),
    );
    expect(of(run).sentence).toBe(`there was no time for ${NAME} in this run`);
    expect(run).toMatchObject({ complete: false, vantage: { ipv4: 'untried', ipv6: 'untried' } });
  });
});

describe('when the time is up', () => {
  /** Ends the run as soon as so many conversations have begun. */
  const untilBegun = (count: number, more: Look = {}) => {
    const stop = new AbortController();
    let begun = 0;
    return look({
      ...more,
      pace: { signal: stop.signal, concurrency: 4 },
      begun: () => {
        if (++begun === count) stop.abort();
      },
    });
  };

  test('a stranger keeps waiting, and those asked before are judged', async () => {
    street.settle({ name: NAME, hosts: hostsOf(NAME, 100, 100), behaves: 'ok' });
    // All neighbours together have eight addresses.
    const run = await untilBegun(20);
    expect(neighboursAre(run)).toEqual(ALL_PASS);
    expect(of(run)).toMatchObject({ verdict: 'undetermined', reason: 'unfinished' });
    expect(run).toMatchObject({ complete: false, vantage: { ipv4: 'clear' } });
  });

  test('one of whom nothing was seen the last time comes last', async () => {
    street.settle({ name: NAME, hosts: hostsOf(NAME, 3, 3), behaves: 'silent' });
    const begun: string[] = [];
    const run = await look({ options: { unseen: new Set([NAME]) }, pace: { concurrency: 1 }, begun: (one) => begun.push(one) });
    expect(begun.findIndex((address) => address.startsWith('127.130.'))).toBe(8);
    expect(begun.length).toBe(8 + 9);
    expect(neighboursAre(run)).toEqual(ALL_PASS);
  });

  test.each([
    { silent: 1, ipv4: 'untried', because: 'the silence of one next hop proves nothing' },
    { silent: 4, ipv4: 'untried', because: 'nor that of four' },
    { silent: 6, ipv4: 'blind', because: 'that of six does' },
  ])('$because', async ({ silent, ipv4 }) => {
    const names = Array.from({ length: silent }, (_, i) => `s${i}.${NAME}`);
    street.settle(...names.map((name, i) => ({ name, hosts: hostsOf(name, 5, 1, 130 + i), behaves: 'silent' as const })));
    const stop = new AbortController();
    const asked = new Set<string>();
    let answered = 0;
    // Neighbours are last, and the time is up when each stranger was met.
    const run = await look({
      strangers: names,
      options: { unseen: new Set(NEIGHBOURS) },
      pace: { signal: stop.signal, concurrency: 2, onProgress: () => {} },
      begun: (address) => {
        asked.add(address.split('.')[1] ?? '');
        if (asked.size === silent) answered++;
        if (answered === 4) stop.abort();
      },
    });
    expect(run.vantage.ipv4).toBe(ipv4);
    expect(run.complete).toBe(false);
    expect(new Set(NEIGHBOURS.map((name) => of(run, name).reason))).toEqual(new Set(['unfinished']));
  });

  test('with nothing left to ask, silence all around is blindness as before', async () => {
    street.settle({ name: NAME, hosts: hostsOf(NAME, 2, 2), behaves: 'silent' });
    const run = await look({ options: { only: new Set([NAME]) } });
    expect(run).toMatchObject({ complete: true, vantage: { ipv4: 'blind' } });
    expect(addressesOf(run).map(({ reason }) => reason)).toEqual(Array.from({ length: 4 }, () => 'no-way-out'));
  });
});
