import { expect, test } from 'vitest';
import type { Bundle } from '../../../lambda/policy/bundle.ts';
import { type CheckDoors, checkBundle } from '../../../lambda/run/check/check.ts';
import { SmallWorld } from '../small-world.ts';
import { bundleOf } from '../watching.ts';

const AT = Date.UTC(2026, 10, 24, 6);

async function verdictsOf(bundle: Bundle, doors: CheckDoors) {
  const run = await checkBundle(bundle, doors, {
    at: AT,
    now: () => AT,
    pace: { concurrency: 4, perAddress: 2, perNetwork: 4, restAfter421Ms: 1, stopAt: AT + 3_600_000 },
  });
  return Object.fromEntries(
    run.verdicts.map(({ id, verdict, reason, sentence }) => [id, { seen: `${verdict} ${reason}`, sentence }]),
  );
}

function world(): SmallWorld {
  const made = new SmallWorld();
  const host = made.host('mx1.a.test', []);
  made.domain('a.test', host);
  return made;
}

test('a key that is the MX host of another entry is never looked up, and told with the key to write', async () => {
  const verdicts = await verdictsOf(bundleOf('a.test may\nmx1.a.test secure\n', ''), world().doors());
  expect(verdicts['mx1.a.test']).toEqual({
    seen: 'unchecked never-looked-up',
    sentence:
      'this entry is never looked up for mail to a.test: mx1.a.test is its MX host, and keys are next hops; ' +
      'write a.test as the key (or name mx1.a.test with --destination, should its own users get mail)',
  });
});

test.each([
  {
    because: 'it was asked for by name',
    bundle: { ...bundleOf('a.test may\nmx1.a.test may\n', ''), destinations: ['mx1.a.test'] },
    setUp: world,
  },
  {
    because: 'it has MX records of its own',
    bundle: bundleOf('a.test may\nmx1.a.test may\n', ''),
    setUp: () => {
      const made = world();
      made.domain('mx1.a.test', made.host('mail.test', []));
      return made;
    },
  },
  { because: 'it is the MX host of no other entry', bundle: bundleOf('mx1.a.test may\n', ''), setUp: world },
])('is judged where $because', async ({ bundle, setUp }) => {
  expect((await verdictsOf(bundle, setUp().doors()))['mx1.a.test']?.seen).not.toContain('unchecked');
});
