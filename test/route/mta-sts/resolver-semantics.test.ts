/**
 * What postfix-mta-sts-resolver answers for a policy (process_request() of its responder.py, with require_sni as it comes, and
 * the table of its own tests, refdata.tsv), row by row against what is made of the same policy here. Its socketmap says NOTFOUND
 * where there is no line.
 */
import { describe, expect, test } from 'vitest';
import { afterLook, isInForce, type StsMemory } from '../../../lambda/alert/sts/memory.ts';
import { printMatch } from '../../../lambda/policy/match-pattern.ts';
import { parsePolicy } from '../../../lambda/policy/parse.ts';
import type { StsFinding } from '../../../lambda/route/mta-sts/find.ts';
import { matchListOf } from '../../../lambda/route/mta-sts/match-list.ts';
import { parseStsPolicy } from '../../../lambda/route/mta-sts/policy.ts';
import { readStsRecord } from '../../../lambda/route/mta-sts/record.ts';

const NOW = Date.UTC(2026, 10, 27);
const HOUR_MS = 3_600_000;

const published = (text: string, id = '1'): StsFinding => {
  const read = parseStsPolicy(text);
  if (read.kind === 'invalid') return { kind: 'invalid-policy', id, because: read.because };
  return { kind: 'policy', id, policy: read.policy, until: NOW + read.policy.maxAge * 1_000 };
};

/** The line of a policy that was fetched at NOW, asked for at that time. */
function answerOf(memory: StsMemory | undefined, at = NOW): string {
  if (memory === undefined || !isInForce(memory.policy, at)) return 'NOTFOUND';
  const match = matchListOf(memory.policy).map(printMatch).join(':');
  return match === '' ? 'NOTFOUND' : `secure match=${match} servername=hostname`;
}

const policy = (mode: string, ...mx: readonly string[]) =>
  ['version: STSv1', `mode: ${mode}`, ...mx.map((host) => `mx: ${host}`), 'max_age: 86400', ''].join('\r\n');

describe('a policy', () => {
  test.each([
    { because: 'one host', text: policy('enforce', 'mail.loc'), answer: 'secure match=mail.loc servername=hostname' },
    {
      because: 'a star, which is left out, and its dot stays',
      text: policy('enforce', '*.mail.loc'),
      answer: 'secure match=.mail.loc servername=hostname',
    },
    {
      because: 'several hosts, put together by colons',
      text: policy('enforce', 'mx1.loc', '*.mx.loc', 'mx2.loc'),
      answer: 'secure match=mx1.loc:.mx.loc:mx2.loc servername=hostname',
    },
    {
      because: 'a host that is there twice, once',
      text: policy('enforce', 'mx1.loc', 'mx1.loc', 'mx2.loc'),
      answer: 'secure match=mx1.loc:mx2.loc servername=hostname',
    },
    { because: 'mode testing', text: policy('testing', 'mail.loc'), answer: 'NOTFOUND' },
    { because: 'mode none', text: policy('none'), answer: 'NOTFOUND' },
    { because: 'mode none that names a host', text: policy('none', 'mail.loc'), answer: 'NOTFOUND' },
    { because: 'a mode that there is not', text: policy('strict', 'mail.loc'), answer: 'NOTFOUND' },
    { because: 'no host', text: policy('enforce'), answer: 'NOTFOUND' },
    { because: 'another version', text: policy('enforce', 'mail.loc').replace('STSv1', 'STSv2'), answer: 'NOTFOUND' },
    { because: 'no version', text: policy('enforce', 'mail.loc').replace('version: STSv1\r\n', ''), answer: 'NOTFOUND' },
    { because: 'no mode', text: policy('enforce', 'mail.loc').replace('mode: enforce\r\n', ''), answer: 'NOTFOUND' },
    { because: 'no max_age', text: policy('enforce', 'mail.loc').replace('max_age: 86400\r\n', ''), answer: 'NOTFOUND' },
    { because: 'a max_age that is no number', text: policy('enforce', 'mail.loc').replace('86400', 'day'), answer: 'NOTFOUND' },
    { because: 'a negative max_age', text: policy('enforce', 'mail.loc').replace('86400', '-1'), answer: 'NOTFOUND' },
    {
      because: 'a max_age of more than a year',
      text: policy('enforce', 'mail.loc').replace('86400', '31557601'),
      answer: 'NOTFOUND',
    },
    {
      because: 'a max_age of a year',
      text: policy('enforce', 'mail.loc').replace('86400', '31557600'),
      answer: 'secure match=mail.loc servername=hostname',
    },
  ])('$because: $answer', ({ text, answer }) => {
    const line = answerOf(afterLook('good.loc', undefined, published(text), NOW));
    expect(line).toBe(answer);
    if (answer !== 'NOTFOUND') expect(parsePolicy(line, '3.11').kind).toBe('policy');
  });
});

describe('what it keeps', () => {
  const kept = afterLook('good.loc', undefined, published(policy('enforce', 'mail.loc')), NOW);
  const LINE = 'secure match=mail.loc servername=hostname';

  test.each<{ because: string; look: Parameters<typeof afterLook>[2]; hours: number; answer: string }>([
    { because: 'the id that is known', look: { kind: 'unchanged' }, hours: 12, answer: LINE },
    { because: 'no record, before it ran out', look: { kind: 'none' }, hours: 12, answer: LINE },
    { because: 'no record, after that', look: { kind: 'none' }, hours: 25, answer: 'NOTFOUND' },
    {
      because: 'a policy that cannot be fetched, before it ran out',
      look: { kind: 'unfetched', id: '2', result: 'sts-policy-fetch-error', because: 'x' },
      hours: 12,
      answer: LINE,
    },
    {
      because: 'a policy that cannot be fetched, after that',
      look: { kind: 'unfetched', id: '2', result: 'sts-policy-fetch-error', because: 'x' },
      hours: 25,
      answer: 'NOTFOUND',
    },
    { because: 'a text that is no policy', look: published('<html>', '2'), hours: 12, answer: LINE },
    {
      because: 'another policy',
      look: published(policy('enforce', 'mx2.loc'), '2'),
      hours: 12,
      answer: 'secure match=mx2.loc servername=hostname',
    },
    { because: 'a policy that takes it back', look: published(policy('none'), '2'), hours: 12, answer: 'NOTFOUND' },
    { because: 'a policy that only tests', look: published(policy('testing', 'mail.loc'), '2'), hours: 12, answer: 'NOTFOUND' },
  ])('$because: $answer', ({ look, hours, answer }) => {
    const at = NOW + hours * HOUR_MS;
    expect(answerOf(afterLook('good.loc', kept, look, at), at)).toBe(answer);
  });
});

test.each([
  { because: 'one record', texts: ['v=STSv1; id=20160831085700Z;'], is: 'announced' },
  { because: 'none', texts: [], is: 'none' },
  { because: 'several', texts: ['v=STSv1; id=1;', 'v=STSv1; id=2;'], is: 'invalid' },
  { because: 'one without an id', texts: ['v=STSv1; xx=1;'], is: 'invalid' },
  { because: 'one of another kind beside it', texts: ['v=spf1 -all', 'v=STSv1; id=1;'], is: 'announced' },
])('records: $because', ({ texts, is }) => {
  expect(readStsRecord(texts).kind).toBe(is);
});

/** Known differences, each on purpose (docs/mta-sts.md). */
describe('where it answers otherwise', () => {
  test('an address is a name of its list, and none here: no certificate has it as a name', () => {
    const memory = afterLook('good.loc', undefined, published(policy('enforce', '192.0.2.1', 'mail.loc')), NOW);
    expect(answerOf(memory)).toBe('secure match=mail.loc servername=hostname');
  });

  test('names are compared without case, and printed in lower case', () => {
    const memory = afterLook('good.loc', undefined, published(policy('enforce', 'MAIL.loc')), NOW);
    expect(answerOf(memory)).toBe('secure match=mail.loc servername=hostname');
  });

  test('a pattern that is no host name makes the policy none: it would end the match list, or add to the line', () => {
    const hostile = policy('enforce', 'mail.loc servername=evil.test');
    expect(answerOf(afterLook('good.loc', undefined, published(hostile), NOW))).toBe('NOTFOUND');
  });

  test('the same id, seen again, adds no time: max_age counts from the fetch', () => {
    const kept = afterLook('good.loc', undefined, published(policy('enforce', 'mail.loc')), NOW);
    const later = afterLook('good.loc', kept, { kind: 'unchanged' }, NOW + 23 * HOUR_MS);
    expect(answerOf(later, NOW + 25 * HOUR_MS)).toBe('NOTFOUND');
  });
});
