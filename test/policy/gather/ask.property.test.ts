/** Whatever postmap prints and however it ends, each key has one answer, and what is said of a table is one line. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Answer } from '../../../lambda/policy/answer.ts';
import { askKeys } from '../../../lambda/policy/gather/ask.ts';
import type { Machine, Ran } from '../../../lambda/policy/gather/machine.ts';
import { parsePolicy } from '../../../lambda/policy/parse.ts';
import { NEWEST_PROVED } from '../../../lambda/postfix/version.ts';

const TABLE = 'socketmap:unix:/run/policy:tls';

const strange = fc.oneof(
  fc.constantFrom(
    '',
    '\n',
    'secure match=nexthop\n',
    'secure\nmay\n',
    'postmap: fatal: table socketmap:x: query error: Success\n',
    'postmap: warning: x\npostmap: fatal: open /x: Permission denied\n',
    'postmap: fatal: \n',
    '\u001b[2J\u202e',
    'secure '.repeat(2_000),
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: fc.constantFrom('secure', ' ', '=', 'match', '{', '}', ':', '\n', '\0', 'protocols', '"', '\r') }),
);
const ran: fc.Arbitrary<Ran> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Ran>({ kind: 'not-installed' }) },
  {
    weight: 20,
    arbitrary: fc.record({
      kind: fc.constant('ended' as const),
      status: fc.constantFrom(0, 1, 2, 75, 127, 137, 255, -1),
      output: strange,
      errors: strange,
    }),
  },
);
const key = fc.oneof(fc.constantFrom('__proto__', 'constructor', 'a.test', '.test', ''), fc.string({ maxLength: 8 }));

const nobody = (): never => {
  throw new Error('nobody expected this question');
};

test('answers of a table that is asked', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(key, { maxLength: 60 }), fc.array(ran, { minLength: 1, maxLength: 6 }), async (keys, answers) => {
      const asked: string[] = [];
      const machine: Machine = {
        read: nobody,
        modified: nobody,
        list: nobody,
        async run(_command, args) {
          const [flag, one = '', table] = args.slice(-3);
          expect([flag, table]).toEqual(['-q', TABLE]);
          asked.push(one);
          return answers[asked.length % answers.length] as Ran;
        },
      };
      const got: Record<string, Answer> = Object.create(null);
      await askKeys(TABLE, keys, got, { configDirectory: '/etc/postfix' }, machine);

      expect(new Set(asked).size).toBe(asked.length);
      if (answers.every(({ kind }) => kind === 'ended')) expect(Object.keys(got).sort()).toEqual([...new Set(keys)].sort());
      for (const answer of Object.values(got))
        switch (answer.kind) {
          case 'found': {
            const policy = parsePolicy(answer.value, NEWEST_PROVED);
            if (policy.kind === 'broken') expect(policy.warning).toMatch(/^[^\0-\x1f\x7f]+$/);
            break;
          }
          case 'error':
            expect(answer.says).not.toContain('\n');
            break;
          case 'unreadable':
            expect(answer.because).not.toContain('\n');
            break;
          case 'not-found':
            break;
        }
    }),
    { seed: 13, numRuns: 500 },
  );
});
