/** One change, one entry that no line helps: in words, whole. */
import { expect, test } from 'vitest';
import { changeLines, unhelpedLines } from '../../../lambda/command/suggest/words.ts';
import type { Change, Unhelped } from '../../../lambda/run/suggest/change.ts';

const AT = Date.UTC(2026, 10, 28, 12);
const DAY_MS = 86_400_000;
const saying = { paint: (_: unknown, text: string) => text, width: 80, at: AT };

const change = (more: Partial<Change>): Change => ({
  kind: 'cure',
  table: 'hash:/etc/postfix/tls_policy',
  line: 3,
  key: 'a.example',
  destination: 'a.example',
  before: 'a.example secure',
  after: 'a.example secure match=.mailhub.net',
  edit: { kind: 'replace', line: 3, value: 'secure match=.mailhub.net' },
  because: 'mail to a.example would be deferred',
  ...more,
});
const iso = (at: number) => new Date(at).toISOString();
const held = { days: 88, of: 90, from: iso(AT - 91 * DAY_MS), to: iso(AT), lastFailedAt: iso(AT - 10 * DAY_MS), untold: 0 };

test.each<{ because: string; more: Partial<Change>; lines: readonly string[] }>([
  {
    because: 'a line in a table',
    more: {
      held,
      heldBefore: { ...held, days: 3 },
      today: { verdict: 'pass', hosts: 2, met: 3, addresses: 4, failsFrom: '2026-12-20T00:00:00Z' },
      ground: { kind: 'policy', because: 'it names no domain that the line does not name already' },
    },
    lines: [
      'line 3 (a.example) does not deliver as it is',
      '  mail to a.example would be deferred',
      '  today: delivers (2 MX hosts, 3 of 4 addresses met); by the certificates of',
      '  today until Sun 2026-12-20 (22 days)',
      '  history: would have held on 88 of 90 days since Sat 2026-08-29, the last time',
      '  not on Wed 2026-11-18 (the line as it is: 3)',
      '  names: it names no domain that the line does not name already',
    ],
  },
  {
    because: 'a stronger level, with what is left to the renewal',
    more: {
      kind: 'stronger',
      because: 'encrypt authenticates nobody, and secure without a match list would deliver',
      today: { verdict: 'pass', hosts: 1, met: 1, addresses: 1, failsFrom: null },
      held: { ...held, days: 1, of: 1, lastFailedAt: null, untold: 2 },
      renewedBeforeMs: 29.5 * DAY_MS,
    },
    lines: [
      'line 3 (a.example) would deliver at a stronger level',
      '  encrypt authenticates nobody, and secure without a match list would deliver',
      '  today: delivers (its MX host, one address met)',
      '  history: would have held on 1 of 1 day since Sat 2026-08-29; 2 days cannot be',
      '  told',
      '  the last renewal came 29 days before the end',
    ],
  },
  {
    because: 'an answer of a table that is no text',
    more: { table: 'regexp:/etc/postfix/policy.re', line: null, edit: null },
    lines: [
      'a.example, which has no line of its own, does not deliver as it is',
      '  mail to a.example would be deferred',
      '  regexp:/etc/postfix/policy.re is not edited as a text; let it answer a.example',
      '  with:',
      '    a.example secure match=.mailhub.net',
    ],
  },
  {
    because: 'a table within main.cf',
    more: { table: 'inline:{a.example=secure}', line: null, edit: null },
    lines: [
      'a.example, which has no line of its own, does not deliver as it is',
      '  mail to a.example would be deferred',
      '  the table within main.cf is not edited as a text; let it answer a.example',
      '  with:',
      '    a.example secure match=.mailhub.net',
    ],
  },
  {
    because: 'a line of a file that cannot be written as a text',
    more: { edit: null },
    lines: [
      'line 3 (a.example) does not deliver as it is',
      '  mail to a.example would be deferred',
      '  hash:/etc/postfix/tls_policy cannot be written from here; line 3 becomes:',
      '    a.example secure match=.mailhub.net',
    ],
  },
  {
    because: 'no table at all',
    more: { table: null, line: null, edit: null, before: null },
    lines: [
      'a.example does not deliver as it is',
      '  mail to a.example would be deferred',
      '  main.cf names no table; in one that smtp_tls_policy_maps names:',
      '    a.example secure match=.mailhub.net',
    ],
  },
  {
    because: 'unsigned DNS is told before use, and nothing that is remembered tells',
    more: {
      ground: { kind: 'dns', because: 'check it' },
      held: { ...held, days: 0, of: 0, from: null, lastFailedAt: null, untold: 4 },
    },
    lines: [
      'line 3 (a.example) does not deliver as it is',
      '  mail to a.example would be deferred',
      '  history: none of the 4 days that are remembered tells',
      '  before you use it: check it',
    ],
  },
])('$because', ({ more, lines }) => {
  expect(changeLines(change(more), saying)).toEqual(lines);
});

const unhelped = (more: Partial<Unhelped>): Unhelped => ({
  table: 'socketmap:x',
  line: null,
  destination: 'a.example',
  sentence: 'mail to a.example would be deferred',
  ...more,
});

test.each<{ because: string; more: Partial<Unhelped>; lines: readonly string[] }>([
  {
    because: 'a daemon decides: a line in the table before it',
    more: {
      exemption: { line: 'a.example encrypt', table: 'hash:/etc/postfix/tls_policy', parameter: null, before: 'socketmap:x' },
    },
    lines: [
      'a.example fails, and no line helps',
      '  mail to a.example would be deferred',
      '  socketmap:x decides; this exempts the domain, in hash:/etc/postfix/tls_policy,',
      '  which is asked before socketmap:x:',
      '    a.example encrypt',
      '  its mail then goes to whoever takes it, authenticated by nothing',
    ],
  },
  {
    because: 'the global level decides and there is no table',
    more: {
      exemption: {
        line: 'a.example may',
        table: null,
        parameter: 'smtp_tls_policy_maps = hash:/etc/postfix/tls_policy',
        before: null,
      },
    },
    lines: [
      'a.example fails, and no line helps',
      '  mail to a.example would be deferred',
      '  the global level decides; this exempts the domain, in a table that main.cf',
      '  must name:',
      '    a.example may',
      '    smtp_tls_policy_maps = hash:/etc/postfix/tls_policy',
      '  its mail then goes to whoever takes it, authenticated by nothing',
    ],
  },
  {
    because: 'a line that waits to be confirmed',
    more: {
      line: 7,
      caution: {
        kind: 'moved',
        sentence: 'secure may just have done its work',
        hosts: ['mx.otherhub.org'],
        formerHosts: ['mx.mailhub.net'],
        bouncesFrom: '2026-12-03T12:00:00.000Z',
        confirm: 'ask by another way',
        command: 'postfix-tls-watch explain a.example --confirmed "who said so, and how"',
      },
    },
    lines: [
      'line 7 (a.example) has a line that waits to be confirmed',
      '  mail to a.example would be deferred',
      '  caution: secure may just have done its work',
      '  mail that waits for it bounces from Thu 2026-12-03 12:00Z on',
      '  ask by another way; then this gives the line, for these hosts alone:',
      '    postfix-tls-watch explain a.example --confirmed "who said so, and how"',
    ],
  },
])('no line helps: $because', ({ more, lines }) => {
  expect(unhelpedLines(unhelped(more), saying)).toEqual(lines);
});
