/** The walk over every order: rows for each rule, and every permutation tried where there are few addresses. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MxHost } from '../../lambda/route/route.ts';
import { type Stop, type WalkSettings, walk } from '../../lambda/verdict/walk.ts';
import type { Step } from '../../lambda/verdict/walk-orders.ts';

const POSTFIX: WalkSettings = {
  mxSessionLimit: 2,
  mxAddressLimit: 5,
  randomizeAddresses: true,
  addressPreference: 'any',
  balanceInetProtocols: true,
};

const STEPS: Readonly<Record<string, Step>> = { P: 'takes', B: 'bounces', f: 'fails', d: 'spends', s: 'skipped' };

/** `10 f f | 20 P`: preferences, then a letter for each address; `6` before a letter for one of IPv6. Names are `f1`, `f2`, `P3` … */
function stops(text: string): Stop<string>[] {
  let count = 0;
  return text.split(' | ').flatMap((group) => {
    const [preference, ...letters] = group.split(' ');
    return letters.map((letter) => {
      const of = `${letter}${++count}`;
      const address = letter.startsWith('6') ? `2001:db8::${count}` : `192.0.2.${count}`;
      return { host: hostAt(Number(preference)), address, step: STEPS[letter.replace('6', '')] ?? 'fails', of };
    });
  });
}

const hostAt = (preference: number): MxHost => ({ host: 'mx.example', preference, addresses: [], lookup: 'found' });

function ends(text: string, settings: Partial<WalkSettings> = {}): string {
  const { reached, takenBy, bouncedBy, leftBy, leftUntried } = walk(stops(text), { ...POSTFIX, ...settings });
  const parts = [
    takenBy.length > 0 ? `taken by ${takenBy.join(' ')}` : '',
    bouncedBy.length > 0 ? `bounced by ${bouncedBy.join(' ')}` : '',
    leftBy.length > 0 ? `left by ${leftBy.join(' ')}` : '',
    leftUntried ? 'left untried' : '',
  ];
  return `${parts.filter((part) => part !== '').join(', ')}; reached ${reached.join(' ')}`;
}

describe('in order of preference', () => {
  test.each([
    { walk: '10 P', ends: 'taken by P1; reached P1', because: 'the best takes it' },
    { walk: '20 P | 10 f', ends: 'taken by P1; reached f2 P1', because: 'order is by preference, not by answer' },
    { walk: '10 f | 20 P', ends: 'taken by P2; reached f1 P2', because: 'the next one after a failure' },
    { walk: '10 P | 20 f', ends: 'taken by P1; reached P1 f2', because: 'a backup that fails is within reach all the same' },
    { walk: '10 f | 20 f', ends: 'left by f2; reached f1 f2', because: 'the last one has the last word' },
    { walk: '10 f | 20 s', ends: 'left by f1; reached f1 s2', because: 'one that is skipped says nothing' },
    { walk: '10 s | 20 s', ends: 'left untried; reached s1 s2', because: 'nobody said anything' },
    { walk: '10 s | 20 P', ends: 'taken by P2; reached s1 P2', because: 'past one that is skipped' },
    { walk: '10 B | 20 P', ends: 'bounced by B1; reached B1 P2', because: 'a hard failure ends it' },
    { walk: '10 P | 20 B', ends: 'taken by P1; reached P1 B2', because: 'unless the mail was taken before' },
    { walk: '10 f | 20 B | 30 P', ends: 'bounced by B2; reached f1 B2 P3', because: 'also further down' },
    {
      walk: '10 f | 20 f | 30 f | 40 f | 50 P',
      ends: 'taken by P5; reached f1 f2 f3 f4 P5',
      because: 'four bad ones do not hide a fifth',
    },
    { walk: '10 f | 20 f | 30 f | 40 f | 50 f | 60 P', ends: 'left by f5; reached f1 f2 f3 f4 f5', because: 'five hide a sixth' },
    {
      walk: '10 s | 20 s | 30 s | 40 s | 50 s | 60 P',
      ends: 'left untried; reached s1 s2 s3 s4 s5',
      because: 'skipped ones use up their place',
    },
  ])('$walk: $because', (row) => expect(ends(row.walk)).toBe(row.ends));
});

describe('among equals every order counts', () => {
  test.each([
    { walk: '10 f P', ends: 'taken by P2; reached f1 P2', because: 'it is found in either order' },
    { walk: '10 f f', ends: 'left by f1 f2; reached f1 f2', because: 'either may be the last' },
    { walk: '10 P B', ends: 'taken by P1, bounced by B2; reached P1 B2', because: 'luck decides' },
    { walk: '10 f s', ends: 'left by f1; reached f1 s2', because: 'only one of them speaks' },
    {
      walk: '10 f f f f f P',
      ends: 'taken by P6, left by f1 f2 f3 f4 f5; reached f1 f2 f3 f4 f5 P6',
      because: 'six share five places',
    },
    {
      walk: '10 f f f f P P',
      ends: 'taken by P5 P6; reached f1 f2 f3 f4 P5 P6',
      because: 'two good ones cannot both be left out',
    },
    {
      walk: '10 f f f | 20 f f f',
      ends: 'left by f4 f5 f6; reached f1 f2 f3 f4 f5 f6',
      because: 'the second group shares what is left',
    },
    {
      walk: '10 f f f | 20 f P P',
      ends: 'taken by P5 P6; reached f1 f2 f3 f4 P5 P6',
      because: 'one bad one cannot fill two places',
    },
    { walk: '10 f f f f | 20 f P', ends: 'taken by P6, left by f5; reached f1 f2 f3 f4 f5 P6', because: 'but may fill one' },
    {
      walk: '10 f f f f f f | 20 P',
      ends: 'left by f1 f2 f3 f4 f5 f6; reached f1 f2 f3 f4 f5 f6',
      because: 'six bad ones hide the backup',
    },
    { walk: '10 f s | 20 s', ends: 'left by f1; reached f1 s2 s3', because: 'words stay when the next keep silent' },
    {
      walk: '10 f f f f f s',
      ends: 'left by f1 f2 f3 f4 f5; reached f1 f2 f3 f4 f5 s6',
      because: 'one silent one is never all five',
    },
  ])('$walk: $because', (row) => expect(ends(row.walk)).toBe(row.ends));
});

describe('sessions that fail are counted', () => {
  test.each([
    { walk: '10 d | 20 d | 30 P', ends: 'left by d2; reached d1 d2 P3', because: 'two hide a third' },
    { walk: '10 d | 20 f | 30 P', ends: 'taken by P3; reached d1 f2 P3', because: 'one does not' },
    { walk: '10 d d P', ends: 'taken by P3, left by d1 d2; reached d1 d2 P3', because: 'unless chance tries it before' },
    { walk: '10 d | 20 d', settings: { mxSessionLimit: 1 }, ends: 'left by d1; reached d1 d2', because: 'a limit of one' },
    {
      walk: '10 d | 20 d | 30 d | 40 P',
      settings: { mxSessionLimit: 0 },
      ends: 'taken by P4; reached d1 d2 d3 P4',
      because: 'no limit',
    },
  ])('$walk: $because', (row) => expect(ends(row.walk, row.settings)).toBe(row.ends));
});

describe('settings', () => {
  test.each([
    {
      walk: '10 f P',
      settings: { mxAddressLimit: 1 },
      ends: 'taken by P2, left by f1; reached f1 P2',
      because: 'a limit of one',
    },
    {
      walk: '10 f f f f f f P',
      settings: { mxAddressLimit: 0 },
      ends: 'taken by P7; reached f1 f2 f3 f4 f5 f6 P7',
      because: 'no limit',
    },
    { walk: '10 B P', settings: { randomizeAddresses: false }, ends: 'bounced by B1; reached B1 P2', because: 'as answered' },
    {
      walk: '10 f f',
      settings: { randomizeAddresses: false },
      ends: 'left by f2; reached f1 f2',
      because: 'the last as answered',
    },
    {
      walk: '10 B 6P',
      settings: { addressPreference: 'ipv6' },
      ends: 'taken by 6P2; reached 6P2 B1',
      because: 'the preferred family first',
    },
    {
      walk: '10 6P B',
      settings: { addressPreference: 'ipv4' },
      ends: 'bounced by B2; reached B2 6P1',
      because: 'whichever it is',
    },
    {
      walk: '10 B | 20 6P',
      settings: { addressPreference: 'ipv6' },
      ends: 'bounced by B1; reached B1 6P2',
      because: 'never across preferences',
    },
    {
      walk: '10 6f 6f 6f 6f 6f 6f | 20 P',
      settings: {},
      ends: 'taken by P7; reached 6f1 6f2 6f3 6f4 6f5 6f6 P7',
      because: 'balance keeps a place for the other family',
    },
    {
      walk: '10 6f 6f 6f 6f 6f 6f | 20 P',
      settings: { balanceInetProtocols: false },
      ends: 'left by 6f1 6f2 6f3 6f4 6f5 6f6; reached 6f1 6f2 6f3 6f4 6f5 6f6',
      because: 'and not without',
    },
    {
      walk: '10 f 6P',
      settings: { mxAddressLimit: 1 },
      ends: 'taken by 6P2, left by f1; reached f1 6P2',
      because: 'one place goes to the family that comes first',
    },
    {
      walk: '10 6f f f f | 20 6P 6P',
      settings: { mxAddressLimit: 3, addressPreference: 'ipv6' },
      ends: 'taken by 6P5 6P6; reached 6f1 f2 f3 f4 6P5 6P6',
      because: 'the odd place goes to the first family',
    },
    {
      walk: '10 f f f | 20 6P 6P',
      settings: { mxAddressLimit: 2 },
      ends: 'taken by 6P4 6P5; reached f1 f2 f3 6P4 6P5',
      because: 'half each',
    },
  ] as const)('$walk $settings: $because', (row) => expect(ends(row.walk, row.settings)).toBe(row.ends));
});

test('agrees with every permutation tried one by one', () => {
  const stop = fc.record({
    six: fc.boolean(),
    preference: fc.constantFrom(10, 10, 20, 30),
    step: fc.constantFrom<Step>('takes', 'bounces', 'fails', 'fails', 'spends', 'spends', 'skipped', 'skipped'),
  });
  const settings = fc.record({
    mxAddressLimit: fc.integer({ min: 0, max: 6 }),
    mxSessionLimit: fc.integer({ min: 0, max: 3 }),
    randomizeAddresses: fc.boolean(),
    addressPreference: fc.constantFrom('any', 'ipv4', 'ipv6'),
    balanceInetProtocols: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(stop, { maxLength: 6 }), settings, (drawn, chosen) => {
      const all = drawn.map(({ six, preference, step }, i) => ({
        address: six ? `2001:db8::${i}` : `192.0.2.${i}`,
        host: hostAt(preference),
        step,
        of: i,
      }));
      const told = walk(all, chosen);
      const sorted = (numbers: readonly number[]) => [...new Set(numbers)].toSorted((a, b) => a - b);
      expect({
        reached: sorted(told.reached),
        takenBy: sorted(told.takenBy),
        bouncedBy: sorted(told.bouncedBy),
        leftBy: sorted(told.leftBy),
        leftUntried: told.leftUntried,
      }).toEqual(byBruteForce(all, chosen));
    }),
    { numRuns: 500 },
  );
});

/** smtp_domain_addr() and the loop of smtp_connect_inet(), for one shuffle after the other. */
function byBruteForce(all: readonly Stop<number>[], settings: WalkSettings) {
  const found = {
    reached: new Set<number>(),
    takenBy: new Set<number>(),
    bouncedBy: new Set<number>(),
    leftBy: new Set<number>(),
  };
  let leftUntried = false;
  const isSix = (stop: Stop<number>) => stop.address.includes(':');
  const rank = (stop: Stop<number>) =>
    settings.addressPreference === 'any' || (settings.addressPreference === 'ipv6') === isSix(stop) ? 0 : 1;
  for (const shuffled of settings.randomizeAddresses ? permutations(all) : [all]) {
    const list = shuffled.toSorted((a, b) => a.host.preference - b.host.preference || rank(a) - rank(b));
    const limit = settings.mxAddressLimit || list.length;
    const kept = settings.mxAddressLimit > 0 && settings.balanceInetProtocols ? balance(list, limit) : list;
    let last: Stop<number> | undefined;
    let over = false;
    let sessions = 0;
    for (const stop of kept.slice(0, limit)) {
      found.reached.add(stop.of);
      if (over) continue;
      if (stop.step === 'takes') found.takenBy.add(stop.of);
      if (stop.step === 'bounces') found.bouncedBy.add(stop.of);
      over = stop.step === 'takes' || stop.step === 'bounces';
      if (stop.step === 'fails' || stop.step === 'spends') last = stop;
      if (stop.step === 'spends' && ++sessions === settings.mxSessionLimit) {
        found.leftBy.add(stop.of);
        over = true;
      }
    }
    if (!over && last !== undefined) found.leftBy.add(last.of);
    if (!over && last === undefined) leftUntried = true;
  }
  const list = (numbers: ReadonlySet<number>) => [...numbers].toSorted((a, b) => a - b);
  return {
    reached: list(found.reached),
    takenBy: list(found.takenBy),
    bouncedBy: list(found.bouncedBy),
    leftBy: list(found.leftBy),
    leftUntried,
  };

  function balance(list: readonly Stop<number>[], limit: number): readonly Stop<number>[] {
    const six = list.filter(isSix).length;
    const four = list.length - six;
    if (four === 0 || six === 0 || list.length <= limit) return list;
    const half = Math.floor(limit / 2);
    const odd = limit % 2;
    const left = { four: half, six: half };
    if (six <= half) {
      left.six = six;
      left.four = limit - six;
    } else if (four <= half) {
      left.four = four;
      left.six = limit - four;
    } else if (list[0] !== undefined && isSix(list[0])) left.six += odd;
    else left.four += odd;
    return list.filter((stop) => (isSix(stop) ? left.six-- > 0 : left.four-- > 0));
  }
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
}
