import { expect, test } from 'vitest';
import type { Conversation } from '../../lambda/probe/conversation.ts';
import { lineFilter, type OwnAnswer } from '../../lambda/probe/own-tables.ts';

const conversation = { replyFilter: 'regexp:/etc/postfix/replies' } as Conversation;

test.each<{ line: string; says: OwnAnswer; is: unknown; asked?: number; because: string }>([
  { line: '250-STARTTLS', says: { kind: 'found', value: '250-NOOP' }, is: { line: '250-NOOP' }, because: 'it is rewritten' },
  { line: '250-STARTTLS', says: { kind: 'not-found' }, is: { line: '250-STARTTLS' }, because: 'the table lacks it' },
  {
    line: '250-STARTTLS',
    says: { kind: 'error', says: 'query error' },
    is: { reason: 'local-data-error', detail: 'query error' },
    because: 'the table fails',
  },
  {
    line: '250-STARTTLS',
    says: { kind: 'unanswered', because: 'no answer in time' },
    is: { reason: 'not-attempted', detail: 'no answer in time' },
    because: 'the table is silent',
  },
  {
    line: '-',
    says: { kind: 'found', value: '250 ok' },
    is: { line: '-' },
    asked: 0,
    because: 'a known difference: to postmap it says that keys come on standard input',
  },
])('a line $line: $because', async ({ line, says, is, asked = 1 }) => {
  const keys: string[] = [];
  const filter = lineFilter(conversation, async (_table, key) => {
    keys.push(key);
    return says;
  });
  expect(await filter?.(line)).toEqual(is);
  expect(keys).toHaveLength(asked);
});

test('without a filter, or without a Postfix to ask, lines count as they are written', () => {
  expect(lineFilter({} as Conversation, async () => ({ kind: 'not-found' }))).toBeUndefined();
  expect(lineFilter(conversation, undefined)).toBeUndefined();
});
