/** The name of a message: the same for the same news, whichever run tells it, and another for every other. */
import { expect, test } from 'vitest';
import { idOf } from '../../../lambda/alert/message/alert-id.ts';
import type { EntryVerdict } from '../../../lambda/verdict/verdict.ts';
import { Watch } from '../days.ts';
import { failing, passing } from '../verdicts.ts';

const NAME = /^[0-9a-f]{32}$/;

/** The name of what each day tells, after a first one on which all was well. */
function days(...steps: readonly { readonly verdicts: readonly EntryVerdict[]; readonly published?: boolean }[]) {
  const watch = new Watch();
  watch.run({ verdicts: [passing('a.example'), passing('b.example')], day: -1 });
  return steps.map((step, day) => {
    watch.run({ ...step, day });
    return watch.alert?.id;
  });
}
const one = { verdicts: [failing('a.example'), passing('b.example')] };
const both = { verdicts: [failing('a.example'), failing('b.example')] };

test('what no channel took has the same name in the next run, as long as nothing else came about', () => {
  const untold = { published: false };
  // Each is confirmed by the next run.
  const [, first, again, , more] = days(one, { ...one, ...untold }, { ...one, ...untold }, { ...both, ...untold }, both);
  expect(first).toMatch(NAME);
  expect(again).toBe(first);
  expect(more).not.toBe(first);
});

test('a reminder has another name than the message before it, and each reminder than the others', () => {
  const [, ...told] = days(...Array.from({ length: 12 }, () => one));
  const names = told.filter((name) => name !== undefined);
  expect(names.length).toBeGreaterThan(3);
  expect(new Set(names).size).toBe(names.length);
});

test('a message without news has the name of its day', () => {
  const baseline = (day: number) => {
    const watch = new Watch();
    watch.run({ verdicts: [passing('a.example')], day });
    return watch.alert?.id;
  };
  expect(baseline(0)).toMatch(NAME);
  expect(baseline(0.2)).toBe(baseline(0));
  expect(baseline(1)).not.toBe(baseline(0));
});

test('what an earlier release kept has a name of its time and subject', () => {
  expect(idOf({ at: 1, subject: 'a' })).toMatch(NAME);
  expect(idOf({ at: 1, subject: 'a' })).not.toBe(idOf({ at: 2, subject: 'a' }));
  expect(idOf({ id: 'given', at: 1, subject: 'a' })).toBe('given');
});
