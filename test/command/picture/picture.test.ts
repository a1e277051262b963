/** Strips and bars as they stand on a terminal, at the widths that terminals have. */
import { describe, expect, test } from 'vitest';
import { type Pictured, picture } from '../../../lambda/command/picture/picture.ts';
import type { SeenCertificate, SeenEntry } from '../../../lambda/command/picture/seen.ts';
import { paintFor } from '../../../lambda/command/terminal/colour.ts';
import { ASCII, BLOCKS, type Drawing } from '../../../lambda/command/terminal/drawing.ts';
import type { Verdict } from '../../../lambda/verdict/verdict.ts';

const DAY = 86_400_000;
/** Tue 2026-11-24 06:00Z. */
const NOW = Date.UTC(2026, 10, 24, 6);

/** One look a day up to today: a letter each, a blank where none was. */
function strip(name: string, days: string): SeenEntry {
  const first = NOW - (days.length - 1) * DAY;
  return {
    name,
    verdicts: [...days].flatMap((letter, i) => {
      const verdict = LETTERS[letter];
      return verdict === undefined ? [] : [{ at: first + i * DAY, verdict }];
    }),
  };
}
const LETTERS: Readonly<Record<string, Verdict>> = {
  p: 'pass',
  d: 'degraded',
  f: 'fail',
  '?': 'undetermined',
  u: 'unchecked',
};

/** In days from now. */
const bar = (
  host: string,
  [notBefore, notAfter]: readonly [number, number],
  [from, to]: readonly [number, number],
  isCurrent = to === 0,
): SeenCertificate => ({
  ...{ host, digest: `${host} ${notBefore}`, isCurrent },
  notBefore: NOW + notBefore * DAY,
  notAfter: NOW + notAfter * DAY,
  from: NOW + from * DAY,
  to: NOW + to * DAY,
});

const daily = (days: number, but: readonly number[] = []) =>
  Array.from({ length: days }, (_, i) => i)
    .filter((i) => !but.includes(i))
    .map((i) => NOW - i * DAY);

function drawn(of: Partial<Pictured>, width: number, drawing: Drawing = BLOCKS): string[] {
  const pictured = { entries: [], certificates: [], looks: daily(400), from: NOW - 19 * DAY, now: NOW, ...of };
  return picture(pictured, { drawing, paint: (_style, text) => text, width });
}

const RENEWED: Partial<Pictured> = {
  entries: [strip('example.com', 'pppppp  ddff??pppppp')],
  certificates: [
    bar('mx1.mail.example', [-85, 5], [-19, -8]),
    bar('mx1.mail.example', [-9, 81], [-8, 0]),
    bar('mx2.mail.example', [-60, 12], [-19, 0]),
  ],
  looks: daily(20, [12, 13]),
};

describe('a renewal, a failure and two days without a run', () => {
  test('80 columns', () => {
    expect(drawn(RENEWED, 80)).toEqual([
      '                  2026-11-05          now               2026-12-21',
      'example.com       ▁▁▁▁▁▁  ▄▄██??▁▁▁▁▁▁│                             pass',
      'mx1.mail.example  ━━━━━━──━━━━────────│─────',
      '                            ─━━━━━━━━━│──────────────────────────→  81 days left',
      'mx2.mail.example  ━━━━━━──━━━━━━━━━━━━│────────────                 12 days left',
      '  ▁ pass; ? undetermined; ▄ degraded; █ fail; ━ presented; ─ valid; blank: not',
      '  seen; a cell is a day',
    ]);
  });

  test('60 columns', () => {
    expect(drawn(RENEWED, 60)).toEqual([
      '                  5 Nov     now   2026-12-24',
      'example.com       ▁▁▁ ▄█?▁▁▁│                 pass',
      'mx1.mail.example  ━━━─━━────│───',
      '                       ━━━━━│──────────────→  81 days left',
      'mx2.mail.example  ━━━─━━━━━━│──────           12 days left',
      '  ▁ pass; ? undetermined; ▄ degraded; █ fail; ━ presented; ─',
      '  valid; blank: not seen; a cell is 2 days',
    ]);
  });

  test('120 columns', () => {
    expect(drawn(RENEWED, 120)).toEqual([
      '                  2026-11-05          now                  2026-12-24',
      'example.com       ▁▁▁▁▁▁  ▄▄██??▁▁▁▁▁▁│                                pass',
      'mx1.mail.example  ━━━━━━──━━━━────────│─────',
      '                            ─━━━━━━━━━│─────────────────────────────→  81 days left',
      'mx2.mail.example  ━━━━━━──━━━━━━━━━━━━│────────────                    12 days left',
      '  ▁ pass; ? undetermined; ▄ degraded; █ fail; ━ presented; ─ valid; blank: not seen; a cell is a day',
    ]);
  });

  test('in letters', () => {
    expect(drawn(RENEWED, 80, ASCII)).toEqual([
      '                  2026-11-05          now               2026-12-21',
      'example.com       ______  ++##??______|                             pass',
      'mx1.mail.example  ======--====--------|-----',
      '                            -=========|-------------------------->  81 days left',
      'mx2.mail.example  ======--============|------------                 12 days left',
      '  _ pass; ? undetermined; + degraded; # fail; = presented; - valid; blank: not',
      '  seen; a cell is a day',
    ]);
  });
});

test('a year: a cell is of several days, and has the worst of them', () => {
  const days = `${'p'.repeat(200)}f${'p'.repeat(199)}`;
  expect(drawn({ entries: [strip('example.com', days)], from: NOW - 399 * DAY }, 60)).toEqual([
    '             2025-10-21                    2026-11-24',
    'example.com  ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁█▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁  pass',
    '  ▁ pass; █ fail; a cell is 10 days',
  ]);
});

test('beside one another: which certificate went, and which came', () => {
  expect(
    drawn(
      {
        ...RENEWED,
        beside: { at: NOW - 15 * DAY, sign: ({ isCurrent, from }) => (!isCurrent ? '-' : from > NOW - 15 * DAY ? '+' : ' ') },
      },
      80,
    ),
  ).toEqual([
    '                        -               +               2026-12-19',
    '  example.com       ▁▁▁▁▁▁  ▄▄██??▁▁▁▁▁▁│                           pass',
    '- mx1.mail.example  ━━━━━━──━━━━────────│─────',
    '+                             ─━━━━━━━━━│────────────────────────→  81 days left',
    '  mx2.mail.example  ━━━━━━──━━━━━━━━━━━━│────────────               12 days left',
    '  ▁ pass; ? undetermined; ▄ degraded; █ fail; ━ presented; ─ valid; blank: not',
    '  seen; a cell is a day',
  ]);
});

test.each<{
  readonly because: string;
  readonly of: Partial<Pictured>;
  readonly width: number;
  readonly shows: readonly string[];
}>([
  { because: 'nothing was seen', of: {}, width: 80, shows: [] },
  {
    because: 'the first day of all',
    of: { entries: [strip('a.test', 'p')], certificates: [bar('mx.a.test', [-1, 89], [0, 0])], from: NOW },
    width: 60,
    shows: [
      '            now                  2026-12-24',
      'a.test     ▁│                                pass',
      'mx.a.test  ━│─────────────────────────────→  89 days left',
      '  ▁ pass; ━ presented; ─ valid; a cell is a day',
    ],
  },
  {
    because: 'one that is presented although it has ended',
    of: { certificates: [bar('mx.a.test', [-90, -3], [-19, 0])] },
    width: 80,
    shows: [
      '           2026-11-05    24 Nov',
      'mx.a.test  ━━━━━━━━━━━━━━━━xxxx  expired',
      '  ━ presented; x presented outside its dates; a cell is a day',
    ],
  },
  {
    because: 'one that ends today, and one that outlives us',
    of: { certificates: [bar('a.test', [-90, 0.1], [-19, 0]), bar('b.test', [-90, 19_383], [-19, 0])] },
    width: 60,
    shows: [
      '        2026-11-05          now    2026-12-10',
      'a.test  ━━━━━━━━━━━━━━━━━━━━│                  ends today',
      'b.test  ━━━━━━━━━━━━━━━━━━━━│───────────────→  53 years left',
      '  ━ presented; ─ valid; a cell is a day',
    ],
  },
  {
    because: 'certificates of six days: the latest four',
    of: {
      certificates: Array.from({ length: 9 }, (_, i) =>
        bar('mx.a.test', [-i * 2 - 1, 5 - i * 2], [-i * 2, i === 0 ? 0 : -i * 2 + 2]),
      ),
    },
    width: 60,
    shows: [
      '           2026-11-05          now',
      'mx.a.test              ─━━━─── │',
      '                         ─━━━──│─',
      '                           ─━━━│───    3 days left',
      '                             ─━│─────  5 days left',
      '  5 earlier certificates not drawn',
      '  ━ presented; ─ valid; a cell is a day',
    ],
  },
  {
    because: 'fifteen entries and eleven hosts',
    of: {
      entries: Array.from({ length: 15 }, (_, i) => strip(`d${i}.test`, 'pf')),
      certificates: Array.from({ length: 11 }, (_, i) => bar(`mx${i}.test`, [-5, 85], [-1, 0])),
      from: NOW - DAY,
    },
    width: 80,
    shows: [
      '             now                  2026-12-24',
      'd0.test    ▁█│                                fail',
      'd1.test    ▁█│                                fail',
      'd2.test    ▁█│                                fail',
      'd3.test    ▁█│                                fail',
      'd4.test    ▁█│                                fail',
      'd5.test    ▁█│                                fail',
      'd6.test    ▁█│                                fail',
      'd7.test    ▁█│                                fail',
      'd8.test    ▁█│                                fail',
      'd9.test    ▁█│                                fail',
      'd10.test   ▁█│                                fail',
      'd11.test   ▁█│                                fail',
      'mx0.test   ━━│─────────────────────────────→  85 days left',
      'mx1.test   ━━│─────────────────────────────→  85 days left',
      'mx10.test  ━━│─────────────────────────────→  85 days left',
      'mx2.test   ━━│─────────────────────────────→  85 days left',
      'mx3.test   ━━│─────────────────────────────→  85 days left',
      'mx4.test   ━━│─────────────────────────────→  85 days left',
      'mx5.test   ━━│─────────────────────────────→  85 days left',
      'mx6.test   ━━│─────────────────────────────→  85 days left',
      'mx7.test   ━━│─────────────────────────────→  85 days left',
      'mx8.test   ━━│─────────────────────────────→  85 days left',
      '  3 more entries not drawn',
      '  1 more host not drawn',
      '  ▁ pass; █ fail; ━ presented; ─ valid; a cell is a day',
    ],
  },
  {
    because: 'names of strangers, however long, and whatever stands in them',
    of: {
      entries: [strip(`${'long-'.repeat(40)}name.test`, 'pf')],
      certificates: [bar('mx.\u202e\u001b[31mred\u0007\n.test', [-5, 85], [-1, 0])],
      from: NOW - DAY,
    },
    width: 60,
    shows: [
      '                       now          2026-12-16',
      'long-lo...name.test  ▁█│                        fail',
      'mx.\\u{2...{7} .test  ━━│─────────────────────→  85 days left',
      '  ▁ pass; █ fail; ━ presented; ─ valid; a cell is a day',
    ],
  },
])('$because', ({ of, width, shows }) => {
  expect(drawn(of, width)).toEqual(shows);
});

test('no line is wider than the terminal, at any width and with any past', () => {
  const long = [strip(`${'x'.repeat(70)}.test`, 'pfd?u'.repeat(80))];
  for (const width of [40, 41, 59, 60, 80, 97, 120, 140])
    for (const days of [0, 1, 9, 29, 30, 100, 399]) {
      const lines = drawn({ ...RENEWED, entries: long, from: NOW - days * DAY }, width);
      expect(lines.length).toBeGreaterThan(5);
      expect(lines.filter((line) => line.length > width)).toEqual([]);
    }
});

test('with colour it is the same picture', () => {
  const given: Pictured = { entries: [], certificates: [], looks: daily(20), from: NOW - 19 * DAY, now: NOW, ...RENEWED };
  const [colour, plain] = [{}, { NO_COLOR: '1' }].map((env) =>
    picture(given, { drawing: BLOCKS, paint: paintFor({ isTTY: true }, env), width: 80 }).join('\n'),
  );
  expect(plain).not.toContain('\u001b');
  expect(colour).toContain('\u001b[31m');
  expect(colour?.replaceAll(/\u001b\[\d+m/g, '')).toBe(plain);
});
