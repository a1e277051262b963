import { parse } from 'valibot';
import { expect, test } from 'vitest';
import { entrySchema } from '../../lambda/command/check/verdict-schema.ts';
import type { Destination } from '../../lambda/policy/destinations.ts';
import { judgeSafely } from '../../lambda/verdict/judge-safely.ts';
import { bundleOf } from '../run/watching.ts';

test('an exception over one entry is a verdict about us, and no end of the run', () => {
  const bundle = bundleOf('a.example secure\n', '');
  const destination: Destination = { id: 'a.example', name: 'a.example', hops: [] };
  const verdict = judgeSafely(destination, { routes: {}, results: {} }, bundle, 0, () => {
    throw new RangeError('bad \u001b[31mlength');
  });
  expect(parse(entrySchema, verdict)).toMatchObject({
    verdict: 'undetermined',
    reason: 'our-bug',
    sentence:
      'mail to a.example could not be judged: postfix-tls-watch itself failed over what it saw (bad \\u{1b}[31mlength), please report this',
  });
});
