/** What the widget of the dashboard says, in which markup, and that strangers' names stay text there. */
import { describe, expect, test } from 'vitest';
import { firstScreen } from '../../lambda/command/report/first-screen.ts';
import type { Status } from '../../lambda/command/status/read.ts';
import { DESCRIPTION } from '../../lambda/dashboard/description.ts';
import { type Around, dashboardFailure, dashboardPage } from '../../lambda/dashboard/page.ts';
import { DAY, incident, NOW, sight, statusOf } from '../command/report/status-made.ts';

const AROUND: Around = { runbook: undefined, command: undefined, trouble: undefined };
const RUNBOOK = 'https://wiki.example.com/runbook';

const pageOf = (of: Partial<Status>, around: Partial<Around> = {}, entries: Parameters<typeof firstScreen>[1] = []) =>
  dashboardPage(firstScreen(statusOf(of), entries), { ...AROUND, ...around });
const words = (page: string) =>
  page
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();

test('on a good day: that mail flows, when the last run was, and what leads on', () => {
  expect(words(pageOf({}, { command: 'postfix-tls-watch status --store dynamodb:T' }))).toBe(
    '✔ Mail flows: all 3 watched entries deliver as asked. ' +
      'As of Sat 2026-11-28 09:00Z; last complete run Sat 2026-11-28 06:00Z, 3 hours ago. ' +
      'Open Nothing is open. Ends next No end is known. Not watched Every entry is watched. ' +
      'All of it: postfix-tls-watch status --store dynamodb:T . Each alarm has its entry in the runbook (docs/runbook.md).',
  );
});

test('on a bad day: each incident with since when, the caution before any line, and the line to use', () => {
  const page = pageOf(
    {
      incidents: [
        incident('failing', ['a.test'], { suggestion: 'a.test secure match=.b.test', caution: 'ask them by telephone first' }),
        incident('failing', ['c.test'], { muted: true }),
      ],
      pending: [{ name: 'p.test', at: NOW, sentence: 'mx.p.test presents another name' }],
      undetermined: [{ name: 'u.test', since: NOW - DAY, because: 'DNS does not answer' }],
      notWatched: [{ name: 'n.test', line: 7, because: 'level none' }],
      notWatchedCount: 1,
      problems: ['item x / y: cannot be read (no value); it is skipped, and replaced when next seen'],
    },
    {},
    [
      {
        ...{ key: 'e.test', destination: 'e.test', failsFrom: new Date(NOW + 9 * DAY).toISOString() },
        failsBecause: 'the certificate of mx.e.test expires',
      },
    ],
  );
  expect(words(page)).toBe(
    '✖ Mail flows to 1 of 3 watched entries; mail to a.test would not be delivered; c.test, which would not be delivered, is muted. ' +
      'As of Sat 2026-11-28 09:00Z; last complete run Sat 2026-11-28 06:00Z, 3 hours ago. ' +
      'Open Failing: a headline Since Fri 2026-11-27 09:00Z, not told yet; incident a.test A sentence. ' +
      'Before you change the line: ask them by telephone first. ' +
      'a.test, since Fri 2026-11-27 09:00Z Use instead: a.test secure match=.b.test ' +
      'Muted, failing: a headline Since Fri 2026-11-27 09:00Z; incident c.test A sentence. ' +
      'c.test, since Fri 2026-11-27 09:00Z, muted until Sun 2026-11-29 09:00Z ' +
      'Not confirmed: p.test. mx.p.test presents another name. Seen once, Sat 2026-11-28 09:00Z; the next look confirms it. ' +
      'Ends next Mon 2026-12-07 09:00Z: e.test: the certificate of mx.e.test expires ' +
      'Not judged DNS does not answer: u.test Not watched level none: n.test (line 7) ' +
      'Could not be read item x / y: cannot be read (no value); it is skipped, and replaced when next seen ' +
      'Each alarm has its entry in the runbook (docs/runbook.md).',
  );
  expect(page).toContain('<strong>Failing: a headline</strong>');
  expect(page).toContain('<code>a.test secure match=.b.test</code>');
});

describe('the runbook', () => {
  test.each([
    { because: 'runs are missing', of: sight({ silent: true }), trouble: 'Run missed' as const, anchor: '#run-missed' },
    { because: 'port 25 is closed', of: sight({ blind: true }), trouble: 'Blind' as const, anchor: '#blind' },
    { because: 'a message did not arrive', of: sight({ failed: true }), trouble: 'Run failed' as const, anchor: '#run-failed' },
  ])('$because: its entry is named beside what the records say', ({ of, trouble, anchor }) => {
    const linked = pageOf({ sight: of }, { trouble, runbook: RUNBOOK });
    expect(linked).toContain(
      `What to do: <a href="${RUNBOOK}${anchor}" target="_blank" rel="noopener noreferrer">runbook, entry &quot;${trouble}&quot;</a>.`,
    );
    expect(pageOf({ sight: of }, { trouble })).toContain(`What to do: docs/runbook.md, entry &quot;${trouble}&quot;.`);
  });

  test('as a whole, on a good day', () => {
    expect(pageOf({}, { runbook: RUNBOOK })).toContain(
      `its entry in the <a href="${RUNBOOK}" target="_blank" rel="noopener noreferrer">runbook</a>.`,
    );
  });
});

test('a page that could not be made says so, without a claim about mail', () => {
  expect(words(dashboardFailure('table T: no such table; check the name', undefined))).toBe(
    '? It is not known whether mail flows. This page could not be made: table T: no such table; check the name. ' +
      'See docs/runbook.md, entry &quot;The dashboard cannot say&quot;.',
  );
  expect(dashboardFailure('x', RUNBOOK)).toContain(`href="${RUNBOOK}#the-dashboard-cannot-say"`);
});

test('what strangers wrote is text, wherever it stands', () => {
  const hostile = '<cwdb-action action="call">{}</cwdb-action><img src=x onerror=alert(1)>&\u202e\u0000\n"';
  const page = pageOf(
    {
      incidents: [
        {
          ...incident('failing', [hostile], { sentence: hostile, suggestion: hostile, caution: hostile }),
          ...{ headline: hostile, id: hostile },
        },
      ],
      pending: [{ name: hostile, at: NOW, sentence: hostile }],
      undetermined: [{ name: hostile, since: NOW, because: hostile }],
      notWatched: [{ name: hostile, line: null, because: hostile }],
      notWatchedCount: 1,
      mutes: [{ key: hostile, until: NOW + DAY, reason: hostile, by: hostile, at: NOW, covers: [] } as never],
      sight: sight({ silent: true, sentence: hostile }),
      problems: [hostile],
    },
    { command: hostile },
  );
  expect(page).not.toMatch(/<(?!\/?(?:div|h2|h3|p|br|ul|li|strong|code|a)\b)/);
  expect(page).not.toMatch(/<[^>]+\s(?:on\w+|src|style)=/);
  expect(page).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202a-\u202e\u2066-\u2069]/);
  expect(page.split('&lt;cwdb-action').length).toBeGreaterThan(12);
  expect(dashboardFailure(hostile, undefined)).not.toMatch(/<(?!\/?(?:div|h2|p)\b)/);
});

test('what is long is bounded and counted, far below what a function may answer', () => {
  const long = 'x'.repeat(5_000);
  const names = Array.from({ length: 200 }, (_, i) => `d${i}.test ${long}`);
  const page = pageOf({
    incidents: names.slice(0, 60).map((name) => incident('failing', [name, ...names], { suggestion: long, sentence: long })),
    pending: names.map((name) => ({ name, at: NOW, sentence: long })),
    undetermined: names.map((name) => ({ name, since: NOW, because: 'DNS does not answer' })),
    notWatched: names.map((name) => ({ name, line: null, because: 'level none' })),
    notWatchedCount: names.length,
    problems: names,
  });
  expect(Buffer.byteLength(page)).toBeLessThan(1_000_000);
  const said = words(page).match(/and \d+ more( to be confirmed)?/g);
  expect([...new Set(said)]).toEqual([
    'and 197 more',
    'and 181 more',
    'and 50 more',
    'and 180 more to be confirmed',
    'and 180 more',
    'and 190 more',
  ]);
});

test('CloudWatch shows what the widget is, and who may see it', () => {
  expect(DESCRIPTION).toContain('## TLS watch: does mail flow?');
  expect(DESCRIPTION).toContain('`lambda:InvokeFunction`');
});
