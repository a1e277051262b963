/** Chat cards: the schema to the letter, and nothing of strangers that a chat would obey. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ChatCard, cardOf } from '../../../lambda/alert/message/chat-card.ts';
import { testMessage } from '../../../lambda/alert/message/test-message.ts';
import { Watch } from '../days.ts';
import { failing, passing, START } from '../verdicts.ts';

function cardFor(...verdicts: Parameters<typeof failing>[]): ChatCard {
  const watch = new Watch();
  watch.run({ verdicts: verdicts.map(([key]) => passing(key)) });
  const bad = verdicts.map(([key, overrides]) => failing(key, overrides));
  watch.run({ verdicts: bad, second: bad });
  if (watch.alert === undefined) throw new Error('no alert was due');
  return cardOf(watch.alert);
}

test('the news, the story, the line to use', () => {
  const suggestion = {
    line: 'a.example secure match=.other.example',
    restsOn: 'dns',
    because: 'the names come from the MX records of today',
    verdict: 'pass',
  } as const;
  expect(cardFor(['a.example', { suggestion, sentence: 'mail to a.example would be deferred' }])).toEqual({
    version: '1.0',
    source: 'custom',
    content: {
      textType: 'client-markdown',
      title: 'a.example would defer: certificate lacks the name asked for',
      description:
        '*failing* `a.example` would defer: certificate lacks the name asked for\n' +
        'Line 3 of `hash:/etc/postfix/tls_policy` asks for secure (match `.provider.example`). Mail to `a.example` would be deferred.' +
        '\n\nAll of it: `postfix-tls-watch status`',
      nextSteps: [
        'first: A line would deliver, but the names come from the MX records of today.',
        'use instead: `a.example secure match=.other.example`',
      ],
      keywords: ['failing'],
    },
    metadata: {
      threadId: 'postfix-tls-watch-2026-11-25',
      summary: 'a.example would defer: certificate lacks the name asked for',
      eventType: 'postfix-tls-watch',
      relatedResources: ['provider.example-name-mismatch-d983d5'],
      additionalContext: { items: '1' },
    },
  });
});

test('what has no room is counted', () => {
  const watch = new Watch();
  watch.run({ verdicts: Array.from({ length: 14 }, (_, i) => failing(`c${i}.example`, { mx: `mx.p${i}.example` })) });
  if (watch.alert === undefined) throw new Error('no alert was due');
  const { description } = cardOf(watch.alert).content;
  const shown = description.match(/^\*failing\*/gm)?.length ?? 0;
  expect(shown).toBeGreaterThan(3);
  expect(description).toContain(`${14 - shown} more are left out here. All of it: \`postfix-tls-watch status\``);
  expect(description.length).toBeLessThanOrEqual(2_600);
});

test('a test message says that it is none', () => {
  const card = cardOf(testMessage('mx1', [], START));
  expect(card.content.title).toBe('Test message from postfix-tls-watch on mx1: no news');
  expect(card.content.description).toBe(
    'This is a test message, sent by hand from mx1 at Tue 2026-11-24 06:00Z. If you can read it, alerts reach you this way.\n\n' +
      'All of it: `postfix-tls-watch status`',
  );
});

test('whatever strangers write, no mention, link or markup of theirs is left outside a code span', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      const hostile = `${text}<!channel> *x* \`y\` https://evil.example @here`;
      const { content } = cardFor([hostile || 'x', { sentence: hostile, destination: hostile }]);
      const outside = content.description.replace(/`[^`]*`/g, '').replace(/^\*failing\* /gm, '');
      // Letters, digits and punctuation, none of which begins or ends markup, a mention, an emoji or a link.
      expect(outside).toMatch(/^[A-Za-z0-9 \n"'(),.;:!?…-]*$/);
      expect(outside).not.toMatch(/\w\.\w|\w:[a-zA-Z]|(?:^|\s):\w/);
      expect(content.description).not.toMatch(/[<>]|:\/\//);
      expect(content.title).not.toMatch(/[*_~`<>&@#|[\]]|[^\x20-\x7e]/);
    }),
    { numRuns: 50 },
  );
});

test('reminders are a line each, below the news, with their count', () => {
  const watch = new Watch();
  const old = failing('old.example', { mx: 'mx.old.example', line: 1 });
  watch.run({ verdicts: [old, passing('new.example')] });
  const fresh = {
    ...failing('new.example', { mx: 'mx.new.example', reason: 'expired', sentence: 'mail to new.example would be deferred' }),
    verdict: 'degraded' as const,
  };
  watch.run({ verdicts: [old, fresh], second: [fresh] });
  if (watch.alert === undefined) throw new Error('no alert was due');
  const { description } = cardOf(watch.alert).content;
  expect(description.split('\n\n')).toEqual([
    '1 new, 1 reminder:',
    '*degraded* `new.example` is degraded: certificate has expired\n' +
      'Line 3 of `hash:/etc/postfix/tls_policy` asks for secure (match `.provider.example`). Mail to `new.example` would be deferred.',
    '*failing* `old.example` still would defer: certificate lacks the name asked for',
    'All of it: `postfix-tls-watch status`',
  ]);
});

test('a caution stands before what it is about, and what has no room is counted', () => {
  const many = Array.from({ length: 9 }, (_, i) =>
    failing(`c${i}.example`, {
      mx: `mx.p${i}.example`,
      suggestion: {
        line: `c${i}.example secure match=.p${i}.example`,
        restsOn: 'dns',
        because: 'the names come from DNS',
        verdict: 'pass',
      },
    }),
  );
  const watch = new Watch();
  watch.run({ verdicts: many });
  if (watch.alert === undefined) throw new Error('no alert was due');
  expect(cardOf(watch.alert).content.nextSteps).toEqual([
    'first: A line would deliver, but the names come from DNS.',
    'use instead: `c0.example secure match=.p0.example`',
    'first: A line would deliver, but the names come from DNS.',
    'use instead: `c1.example secure match=.p1.example`',
    expect.stringMatching(/^\d+ more lines and cautions: `postfix-tls-watch status`$/),
  ]);
});
