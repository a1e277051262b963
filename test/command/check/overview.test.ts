/** What check prints, at the widths that terminals have: what is not well stands first and once for its cause, and no table is too wide. */
import { describe, expect, test } from 'vitest';
import { overview, type Shown } from '../../../lambda/command/check/overview.ts';
import { ASCII, BLOCKS, type Drawing } from '../../../lambda/command/terminal/drawing.ts';
import type { EntryVerdict } from '../../../lambda/verdict/verdict.ts';
import { bundleOf } from '../../alert/days.ts';
import { address, DAY, ending, failing, host, passing, START, unseen } from '../../alert/verdicts.ts';

interface Screen extends Shown {
  readonly width?: number;
  readonly vantage?: 'clear' | 'blind';
}

function screen(verdicts: readonly EntryVerdict[], { width = 100, vantage = 'clear', ...shown }: Screen = {}): string[] {
  const run = { at: START, verdicts, vantage: { ipv4: vantage, ipv6: 'untried' }, complete: true } as const;
  return overview(run, bundleOf(verdicts), (_style, text) => text, width, shown).split('\n');
}

const noDns = (name: string, line: number) =>
  unseen(name, 'dns-timeout', {
    line,
    hosts: [],
    sentence: `${name} could not be looked up: DNS gave no answer (timeout) to ${name} MX`,
  });

const shop = (n: number) => `shop${String(n).padStart(2, '0')}.example`;
const shops = (count: number) =>
  Array.from({ length: count }, (_, i) =>
    failing(shop(i + 1), {
      line: i + 4,
      suggestion: {
        line: `${shop(i + 1)} secure match=.other.example`,
        restsOn: 'dns',
        because: `its names were found through DNS, which is not signed here: check that mail for ${shop(i + 1)} is meant to go to other.example`,
        verdict: 'pass',
      },
    }),
  );

describe('grouped by cause', () => {
  test('a dead resolver and 18 destinations: one story, and not 18', () => {
    const lines = screen(Array.from({ length: 18 }, (_, i) => noDns(`dest${i + 1}.test`, i + 1)));
    expect(lines.slice(0, 2)).toEqual([
      'undetermined  line 1   dest1.test   secure    dns timeout',
      'undetermined  line 2   dest2.test   secure    dns timeout',
    ]);
    expect(lines.slice(18, 27)).toEqual([
      '',
      '18 entries are not judged: DNS does not answer',
      '  for instance dest1.test (line 1): dest1.test could not be looked up: DNS gave no answer (timeout)',
      '  to dest1.test MX',
      '  the same: dest2.test (line 2), dest3.test (line 3), dest4.test (line 4), dest5.test (line 5),',
      '  dest6.test (line 6), dest7.test (line 7), dest8.test (line 8), dest9.test (line 9), dest10.test',
      '  (line 10), dest11.test (line 11) and 7 more (--all shows each)',
      '',
      '18 entries: 18 undetermined',
    ]);
  });

  test('behind one provider: one story, what the lines rest on once, and lines to copy', () => {
    expect(screen(shops(3), { problems: true }).slice(3, 14)).toEqual([
      '',
      '3 entries would defer: provider.example certificate lacks the name asked for',
      '  for instance shop01.example (line 4): Mail to shop01.example would wait: secure asks for a name',
      '  below provider.example; mx.provider.example presents mx.other.example.',
      '  the same: shop02.example (line 5) and shop03.example (line 6)',
      '  before you use one of these: its names were found through DNS, which is not signed here: check',
      '  that mail for shop01.example is meant to go to other.example',
      '  use instead:',
      '    shop01.example secure match=.other.example',
      '    shop02.example secure match=.other.example',
      '    shop03.example secure match=.other.example',
    ]);
  });

  test('of many, ten lines and a count; --all shows each with its sentence and its line', () => {
    const some = screen(shops(75)).join('\n');
    expect(some.match(/^ {4}shop/gm)).toHaveLength(10);
    expect(some).toContain('\n    and 65 more (--all shows each)\n');
    const all = screen(shops(75), { all: true }).join('\n');
    expect(all.match(/^ {2}use instead: shop/gm)).toHaveLength(75);
    expect(all.match(/^75 entries would defer: provider\.example certificate lacks the name asked for$/gm)).toHaveLength(1);
  });

  test('what 12 providers fail alike in is looked for on this side first', () => {
    const alike = Array.from({ length: 12 }, (_, i) =>
      failing(`d${i}.example`, { line: i + 1, mx: `mx.p${i}.example`, reason: 'starttls-not-offered' }),
    );
    const text = screen(alike).join('\n');
    expect(text).toContain(
      '\nProbably on our side: 12 entries would defer: STARTTLS is not offered\n  12 entries over 12 mail hosts',
    );
    expect(text.match(/would wait/g)).toHaveLength(1);
  });

  test('silence is told apart from a 421', () => {
    const busy = unseen('rate.test', 'nothing-seen', {
      line: 2,
      hosts: [host('mx.rate.test', address({ outcome: 'unseen', reason: 'reply-421', chain: [] }))],
    });
    const text = screen([
      unseen('a.test', 'nothing-seen', { line: 1 }),
      busy,
      unseen('c.test', 'nothing-seen', { line: 3 }),
    ]).join('\n');
    expect(text).toContain('\n2 entries are not judged: nothing was seen\n  for instance a.test (line 1): ');
    expect(text).toContain('\n  the same: c.test (line 3)\n');
    expect(text).toContain('\nrate.test (line 2): rate.test could not be judged');
    expect(text).not.toContain('--patience');
    const impatient = screen([busy, busy], { patience: 60 });
    expect(impatient).toContain('mx.rate.test said 421: --patience 300 waits and asks once more');
    expect(screen([busy], { patience: 300 }).join('\n')).not.toContain('--patience');
  });
});

describe('a certificate that ends in nine days', () => {
  const soon = ending('late.example', START + 9 * DAY, 90, { line: 9 });

  test('stands above the passes, with its day, and is told in full below', () => {
    const lines = screen([passing('a.example', { line: 1 }), soon, failing('b.example', { line: 5 })]);
    expect(lines.slice(0, 3)).toEqual([
      'fail       line 5  b.example     secure  1 host  name mismatch',
      'will fail  line 9  late.example  secure  1 host  delivered today, deferred from Thu 3 Dec (9 days)',
      'pass       line 1  a.example     secure  1 host  authenticated',
    ]);
    expect(lines.slice(7, 11)).toEqual([
      'late.example (line 9): delivered today, deferred from Thu 2026-12-03 06:00Z (last working day',
      '  before: Wed 2026-12-02): the certificate expires',
      '',
      '3 entries: 1 fail, 2 pass; 1 will fail soon',
    ]);
  });

  test.each([
    { days: 0.5, words: 'Tue 24 Nov (today)' },
    { days: 1, words: 'Wed 25 Nov (1 day)' },
    { days: 9, words: 'Thu 3 Dec (9 days)' },
  ])('$words', ({ days, words }) => {
    expect(screen([ending('late.example', START + days * DAY)])[0]).toContain(`deferred from ${words}`);
  });

  test('one that ends after the horizon passes', () => {
    expect(screen([ending('late.example', START + 60 * DAY)])[0]).toBe(
      'pass  line 3  late.example  secure  1 host  authenticated',
    );
  });

  test('of a degraded entry both are told', () => {
    const lines = screen([{ ...soon, verdict: 'degraded', reason: 'name-mismatch', sentence: 'one host would be refused' }]);
    expect(lines[0]).toMatch(/^will fail {2}line 9/);
    expect(lines.join('\n')).toContain('one host would be refused; deferred from Thu 2026-12-03 06:00Z');
  });
});

describe('days left, in a picture', () => {
  const bars = (verdicts: readonly EntryVerdict[], width = 80, drawing: Drawing = BLOCKS) =>
    screen(verdicts, { width, drawing }).filter((line) => /^ {2}[■#·.]/.test(line));
  const soon = (days: number, line = 9) => ending(`late${line}.example`, START + days * DAY, 90, { line });

  test.each([
    { days: 0.5, bar: '  ·····················  ends today' },
    { days: 1, bar: '  ■····················  1 day left, until Wed 25 Nov' },
    { days: 9, bar: '  ■■■■■■■■■············  9 days left, until Thu 3 Dec' },
    { days: 14, bar: '  ■■■■■■■■■■■■■■·······  14 days left, until Tue 8 Dec' },
  ])('$days days', ({ days, bar }) => {
    expect(bars([soon(days)])).toEqual([bar]);
    expect(bars([soon(days)], 60)).toEqual([bar]);
    expect(bars([soon(days)], 80, ASCII)).toEqual([bar.replaceAll('■', '#').replaceAll('·', '.')]);
  });

  test('of a group the earliest end, below its title', () => {
    const lines = screen([soon(9, 1), soon(5, 2), soon(12, 3)], { drawing: BLOCKS });
    const [bar, ...more] = lines.filter((line) => line.includes('■'));
    expect(bar).toBe('  ■■■■■················  5 days left, until Sun 29 Nov');
    expect(more).toEqual([]);
    expect(lines[lines.indexOf(bar ?? '') - 1]).toMatch(/^3 entries/);
  });

  test('none where nothing ends, where it has no room, and off a terminal', () => {
    expect(bars([failing('a.example'), passing('b.example')])).toEqual([]);
    expect(bars([soon(9)], 45)).toEqual([]);
    expect(screen([soon(9)]).filter((line) => line.includes('■'))).toEqual([]);
  });
});

describe('--problems', () => {
  test('shows what is not well alone, and counts the others', () => {
    const lines = screen(
      [passing('a.example', { line: 1 }), noDns('b.example', 2), passing('c.example', { verdict: 'unchecked' })],
      {
        problems: true,
      },
    );
    expect(lines[0]).toMatch(/^undetermined {2}line 2 {2}b\.example/);
    expect(lines.join('\n')).not.toMatch(/a\.example|c\.example/);
    expect(lines).toContain('3 entries: 1 undetermined, 1 pass, 1 unchecked');
  });

  test('where all is well, the summary alone', () => {
    expect(screen([passing('a.example')], { problems: true })[0]).toBe('1 entry: 1 pass');
  });
});

describe('no line is wider than the terminal', () => {
  const long = `${'very-'.repeat(9)}long.example`;
  const verdicts = [
    ...shops(12),
    noDns(long, 120),
    noDns('x.test', 20_000),
    ending('late.example', START + 9 * DAY, 90, { line: 9 }),
    passing('wellbeing-of-all.example', { line: 1 }),
    passing(long, { id: 'other', line: 2, level: 'dane-only' }),
  ];

  test.each([40, 60, 80, 100, 140])('%i columns', (width) => {
    const lines = screen(verdicts, { width });
    const table = lines.slice(0, lines.indexOf(''));
    expect(table).toHaveLength(verdicts.length);
    expect(table.filter((line) => line.length > width)).toEqual([]);
    // A name alone can be longer than a line; and what is to be copied is never broken.
    const copied = /^ {2,4}shop\d\d\.example secure match=\.other\.example$/;
    const name = new RegExp(`^ *(?:for instance )?\\(?${long}|^ */etc/ssl/certs/ca-certificates.crt`);
    expect(lines.filter((line) => line.length > width && !copied.test(line) && !name.test(line))).toEqual([]);
    expect(lines.filter((line) => copied.test(line)).length).toBe(10);
  });

  test('a name that is escaped counts as it is shown', () => {
    const [row = ''] = screen([failing('a\u001b]2;owned\u0007.example', { line: 20 })], { width: 60 });
    expect(row).toBe('fail  line 20  a\\u{1b}]2;owned\\u{7}.example  name mismatch');
  });

  test('columns that matter less go first: hosts, level, line; then names lose their middle', () => {
    const rows = (width: number) => screen([failing('mail.wellbeing.example', { line: 20 })], { width })[0];
    expect(rows(80)).toBe('fail  line 20  mail.wellbeing.example  secure  1 host  name mismatch');
    expect(rows(62)).toBe('fail  line 20  mail.wellbeing.example  secure  name mismatch');
    expect(rows(56)).toBe('fail  line 20  mail.wellbeing.example  name mismatch');
    expect(rows(45)).toBe('fail  mail.wellbeing.example  name mismatch');
    expect(rows(40)).toBe('fail  mail.wellbeing.example  name mism…');
    const soon = (width: number) => screen([ending('mail.wellbeing.example', START + 9 * DAY, 90, { line: 20 })], { width })[0];
    expect(soon(90)).toBe('will fail  line 20  mail.wellbeing.example  secure  deferred from Thu 3 Dec (9 days)');
    expect(soon(80)).toBe('will fail  line 20  mail.wellbeing.example  secure  from Thu 3 Dec (9 days)');
    expect(soon(40)).toBe('will fail  mail.w....example  from Thu …');
  });
});
