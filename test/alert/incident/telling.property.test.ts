/**
 * Whatever the days bring: every confirmed failure is told exactly once before its reminders, every end once, and a routine
 * day has no message. The model below knows the truth of each day and nothing of how the watch remembers it.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type EntryState, memberships } from '../../../lambda/alert/incident/entry-state.ts';
import { recordTellings } from '../../../lambda/alert/incident/telling.ts';
import type { EntryVerdict } from '../../../lambda/verdict/verdict.ts';
import { Watch } from '../days.ts';
import { failing, passing, unseen } from '../verdicts.ts';

const KEYS = ['a.example', 'b.example', 'c.example'];
type Sight = 'pass' | 'fail' | 'degraded' | 'unseen';

const verdictOf = (key: string, sight: Sight): EntryVerdict => {
  switch (sight) {
    case 'pass':
      return passing(key);
    case 'fail':
      return failing(key);
    case 'degraded':
      return failing(key, { verdict: 'degraded', postfixWould: 'deliver' });
    case 'unseen':
      return unseen(key);
  }
};

/** Spells of some days, so that failures and ends get settled and not only noise is tried. */
const spells = fc
  .array(
    fc.record({
      sight: fc.constantFrom<Sight>('pass', 'pass', 'pass', 'fail', 'fail', 'degraded', 'unseen'),
      days: fc.integer({ min: 1, max: 6 }),
    }),
    {
      minLength: 5,
      maxLength: 25,
    },
  )
  .map((all) => all.flatMap(({ sight, days }) => Array.from({ length: days }, () => sight)).slice(0, 80));

/** What a reader of the messages believes of each entry, by what the messages said and nothing else. */
class Reader {
  readonly believed = new Map<string, 'well' | 'degraded' | 'failing' | 'unjudged'>();
  readonly firstTold: string[] = [];

  read(watch: Watch): void {
    for (const item of watch.decision?.items ?? []) {
      for (const { label } of item.ended) this.believed.set(label, 'well');
      for (const { label, standing, fresh } of item.members) {
        if (standing === 'failing-soon' || standing === 'well') continue;
        if (fresh) this.firstTold.push(`${label} ${standing}`);
        this.believed.set(label, standing);
      }
    }
  }
}

const settledOf = (state: EntryState | undefined) => state?.now?.settled?.standing ?? 'well';

test('over random days, what is told is what is so, once', () => {
  fc.assert(
    fc.property(fc.tuple(spells, spells, spells), (sequences) => {
      const watch = new Watch();
      const reader = new Reader();
      const days = Math.max(...sequences.map((sequence) => sequence.length));
      let lastSettled = '';
      for (let day = 0; day < days; day++) {
        const sights = sequences.map((sequence) => sequence[Math.min(day, sequence.length - 1)] ?? 'pass');
        const told = watch.run({ verdicts: KEYS.map((key, i) => verdictOf(key, sights[i] ?? 'pass')), day });
        reader.read(watch);

        // At most one item per incident, worst first.
        const ids = watch.decision?.items.map(({ incident }) => incident.id) ?? [];
        expect(new Set(ids).size).toBe(ids.length);

        // A day on which nothing settled differently has no news, only reminders.
        const settled = JSON.stringify(
          KEYS.map((key) =>
            memberships(watch.state.entries[key] ?? { id: key, label: key, told: [] }).map(({ standing }) => standing),
          ),
        );
        if (day > 0 && settled === lastSettled) {
          expect(told.filter((line) => !/^(reminder|reopened) /.test(line))).toEqual([]);
        }
        lastSettled = settled;

        // Whoever is failing and was told, is believed to be failing, unless it came back within 14 days and waits for a reminder.
        KEYS.forEach((key) => {
          const state = watch.state.entries[key];
          const believed = reader.believed.get(key) ?? 'well';
          const reopened = state?.told.some((one) => one.worst === 'failing') ?? false;
          if (settledOf(state) === 'failing' && !reopened) expect(believed).toBe('failing');
          // Nobody is told of trouble that two looks did not see.
          if (believed === 'failing' && day > 0) expect(seenFailing(sequences[KEYS.indexOf(key)] ?? [], day)).toBe(true);
        });
      }
    }),
    { numRuns: 100 },
  );
});

test('after quiet days the reader believes what is so', () => {
  fc.assert(
    fc.property(fc.tuple(spells, spells, spells), fc.constantFrom<Sight>('pass', 'fail'), (sequences, end) => {
      const watch = new Watch();
      const reader = new Reader();
      const days = Math.max(...sequences.map((sequence) => sequence.length));
      // Long enough for confirmation, the second pass and a weekly reminder.
      for (let day = 0; day < days + 10; day++) {
        const sights = sequences.map((sequence) => (day < days ? (sequence[Math.min(day, sequence.length - 1)] ?? 'pass') : end));
        watch.run({ verdicts: KEYS.map((key, i) => verdictOf(key, sights[i] ?? 'pass')), day });
        reader.read(watch);
      }
      for (const key of KEYS) expect(reader.believed.get(key) ?? 'well').toBe(end === 'fail' ? 'failing' : 'well');
    }),
    { numRuns: 100 },
  );
});

test('a failure that lasts is told once, whatever was before and however often publishing fails', () => {
  fc.assert(
    fc.property(spells, fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }), (before, published) => {
      const watch = new Watch();
      const reader = new Reader();
      // The past is forgotten after 14 days of health.
      const sights: Sight[] = [
        ...before,
        ...Array.from({ length: 18 }, () => 'pass' as const),
        ...Array.from({ length: 12 }, () => 'fail' as const),
      ];
      sights.forEach((sight, day) => {
        const lasting = day - before.length - 18;
        const ok = lasting < 0 || (published[lasting] ?? true) || lasting === 11;
        watch.run({ verdicts: [verdictOf('a.example', sight)], day, published: ok });
        if (lasting >= 0 && ok) reader.read(watch);
      });
      expect(reader.firstTold).toEqual(['a.example failing']);
    }),
    { numRuns: 100 },
  );
});

test('what was told counts as told for a run that lost all else of the run before', () => {
  fc.assert(
    fc.property(spells, fc.nat(79), (sequence, at) => {
      const watch = new Watch();
      const crash = at % sequence.length;
      let told: readonly string[] = [];
      sequence.forEach((sight, day) => {
        const before = watch.state;
        const toldAtCrash = told;
        const items = watch.run({ verdicts: [verdictOf('a.example', sight)], day });
        // Published and recorded in the run record, then killed before entries and incidents were stored.
        if (day === crash && items.length > 0) watch.state = recordTellings(before, watch.decision?.tellings ?? []);
        if (day === crash) told = items;
        if (day === crash + 1 && toldAtCrash.length > 0) {
          const news = items.filter((line) => /^(opened|joined|worse|resolved) /.test(line));
          expect(news.filter((line) => toldAtCrash.includes(line))).toEqual([]);
          if (toldAtCrash.some((line) => line.startsWith('opened failing'))) expect(news).toEqual([]);
        }
      });
    }),
    { numRuns: 100 },
  );
});

/** Failing in two looks with no pass between them, at the baseline, or three times within a week. */
function seenFailing(sequence: readonly Sight[], day: number): boolean {
  const seen = sequence.slice(0, day + 1);
  const last = sequence.at(-1);
  while (seen.length <= day) seen.push(last ?? 'pass');
  return seen[0] === 'fail' || seen.filter((sight) => sight === 'fail').length >= 2;
}
