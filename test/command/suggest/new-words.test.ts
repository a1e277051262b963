/** Lines of one provider, in words, whole: what is alike is said once, and what differs as a range. */
import { expect, test } from 'vitest';
import { groupLines, headingOf, newHeadline } from '../../../lambda/command/suggest/new-words.ts';
import type { NewDestination, ProviderGroup } from '../../../lambda/run/suggest/by-provider.ts';
import type { Change } from '../../../lambda/run/suggest/change.ts';

const AT = Date.UTC(2026, 10, 28, 12);
const DAY_MS = 86_400_000;
const saying = { paint: (_: unknown, text: string) => text, width: 96, at: AT };
const iso = (at: number) => new Date(at).toISOString();
const held = (of: number, untold = 0) => ({
  days: of,
  of,
  from: of === 0 ? null : iso(AT - of * DAY_MS),
  to: of === 0 ? null : iso(AT),
  lastFailedAt: null,
  untold,
});

function one(id: string, more: Partial<Change> | string, rest: Partial<NewDestination> = {}): NewDestination {
  const candidate = { id, domains: [id], level: 'may' as const, destination: { id, name: id, hops: [] } };
  if (typeof more === 'string') return { candidate, left: more, ...rest };
  const change: Change = {
    kind: 'new',
    table: 'hash:/etc/postfix/tls_policy',
    line: null,
    key: id,
    destination: id,
    before: null,
    after: `${id} secure match=.hub.net`,
    edit: { kind: 'add', text: `${id} secure match=.hub.net` },
    because: 'may authenticates nobody, and secure with the names of their hosts would deliver',
    ...more,
  };
  return { candidate, change, ...rest };
}

const groupOf = (destinations: readonly NewDestination[], recipients?: number): ProviderGroup => ({
  whose: { kind: 'domains', domains: ['hub.net'] },
  destinations,
  ...(recipients === undefined ? {} : { recipients }),
});
const today = (failsFrom: string | null, met = 2) => ({ verdict: 'pass' as const, hosts: 1, met, addresses: 2, failsFrom });
const BY_DNS = (domain: string) => ({
  kind: 'dns' as const,
  because: `check that mail for ${domain} is meant to go to hub.net, or with ${domain}`,
});

test.each([
  {
    because: 'days as a range, the earliest end, the smallest margin, and those of which nothing is known',
    destinations: [
      one(
        'a.example',
        { today: today('2026-12-20T00:00:00Z'), held: held(28), ground: BY_DNS('a.example'), renewedBeforeMs: 29.5 * DAY_MS },
        { recipients: 1_200 },
      ),
      one(
        'b.example',
        { today: today('2026-12-24T00:00:00Z', 1), held: held(3), ground: BY_DNS('b.example'), renewedBeforeMs: 9 * DAY_MS },
        { recipients: 34 },
      ),
      one('c.example', { today: today(null), held: held(0), ground: BY_DNS('c.example') }, { recipients: 0 }),
      one('d.example', { today: today(null), held: held(0, 2), ground: BY_DNS('d.example') }, { recipients: 0 }),
    ],
    recipients: 1_234,
    lines: [
      'hub.net: 4 destinations, 1,234 recipients in 30 days',
      '  secure match=.hub.net',
      '    for a.example (1,200), b.example (34), c.example (0) and d.example (0)',
      '    may authenticates nobody, and secure with the names of their hosts would deliver',
      '    today: delivers (not all addresses met); by the certificates of today until Sun 2026-12-20',
      '    at the earliest (22 days)',
      '    history: would have held on each of 3 to 28 days that can be told, since Sat 2026-10-31; for',
      '    1 the days that are remembered do not tell; of 1 nothing is remembered',
      '    the last renewal came 9 days before the end',
      '    before you use it: check that mail for each domain is meant to go to hub.net, or with each',
      '    domain',
    ],
  },
  {
    because: 'several policies of MTA-STS have several ends',
    destinations: [
      one('a.example', { ground: { kind: 'mta-sts', because: 'x', until: AT + 9 * DAY_MS }, held: held(0, 4) }),
      one('b.example', { ground: { kind: 'mta-sts', because: 'y', until: AT + 2 * DAY_MS }, held: held(0, 1) }),
    ],
    lines: [
      'hub.net: 2 destinations',
      '  secure match=.hub.net',
      '    for a.example and b.example',
      '    may authenticates nobody, and secure with the names of their hosts would deliver',
      '    today: delivers (all addresses met)',
      '    history: the days that are remembered do not tell; today alone speaks for it',
      '    names: authenticated by the MTA-STS policies of the domains, the first of them until Mon',
      '    2026-11-30 12:00Z',
    ],
  },
  {
    because: 'no table to edit: the lines stand there to be copied, and who is left stands together',
    destinations: [
      one('[relay.example]:587', { edit: null, table: null, after: '[relay.example]:587 secure' }),
      one('b.example', 'no stronger line delivers today; today: STARTTLS is not offered', { recipients: 3 }),
      one('c.example', 'no stronger line delivers today; today: STARTTLS is not offered'),
    ].map((made) =>
      made.change === undefined ? made : { ...made, candidate: { ...made.candidate, domains: ['x.example', 'y.example'] } },
    ),
    lines: [
      'hub.net: 3 destinations',
      '  secure',
      '    for [relay.example]:587 (mail to x.example and y.example)',
      '    may authenticates nobody, and secure with the names of their hosts would deliver',
      '    today: delivers (all addresses met)',
      '    history: none; today alone speaks for it',
      '    no table here is a text to be edited; in one that smtp_tls_policy_maps names:',
      '      [relay.example]:587 secure',
      '  left: b.example (3) and c.example: no stronger line delivers today; today: STARTTLS is not',
      '    offered',
    ],
  },
])('$because', ({ destinations, recipients, lines }) => {
  expect(groupLines(groupOf(destinations, recipients), saying)).toEqual(lines);
});

test('a comment stays one line of a table, whatever strangers call their hosts', () => {
  const destinations = [one('a.example', {}), one('b.example', 'why')];
  expect(headingOf(groupOf(destinations, 1), AT)).toBe(
    '# hub.net: 1 destination, 1 recipient in 30 days (suggest --new, 2026-11-28)',
  );
  const hostile = headingOf(
    { ...groupOf(destinations), whose: { kind: 'domains', domains: ['evil.net\n* secure', 'b\r\u2028c.net'] } },
    AT,
  );
  expect(hostile).not.toMatch(/[\r\n\u2028]/);
  expect(hostile.startsWith('# ')).toBe(true);
});

test.each([
  {
    groups: [groupOf([one('a.example', {}), one('b.example', 'why')])],
    isDiff: true,
    says: '2 destinations without a line, of one provider: 1 could have one (diff below), 1 is left',
  },
  {
    groups: [groupOf([one('a.example', 'why')])],
    isDiff: false,
    says: '1 destination without a line, of one provider: no line would hold',
  },
  { groups: [], isDiff: false, says: 'no destination without a line was asked about' },
  {
    groups: [],
    isDiff: false,
    candidates: [one('a.example', 'why').candidate],
    says: '1 destination without a line: none of them leads to hosts of that provider',
  },
])('$says', ({ groups, isDiff, says, candidates = [] }) => {
  const asked = { source: 'names' as const, candidates, covered: [], others: [], beyond: 0 };
  expect(newHeadline({ groups, asked }, isDiff)).toBe(says);
});
