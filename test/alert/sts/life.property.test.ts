/** Whatever a domain publishes from day to day: nothing is withdrawn before its time, told twice, or kept that no reader takes. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stsFindings } from '../../../lambda/alert/sts/findings.ts';
import { afterLook, type StsMemory } from '../../../lambda/alert/sts/memory.ts';
import type { NamedEntry } from '../../../lambda/alert/sts/names.ts';
import { stsToday, toldFindings } from '../../../lambda/alert/sts/standing.ts';
import type { StsLook } from '../../../lambda/route/mta-sts/look-again.ts';
import { fromItem, toItem } from '../../../lambda/store/item.ts';
import { stsPolicy } from '../../../lambda/store/item-kinds.ts';

const DAY = 86_400_000;
const START = Date.UTC(2026, 10, 24, 6);
const HOSTS = ['mx1.p.net', 'mx2.p.net', '*.q.net', 'mx.a.test'];

const published = fc.record({
  kind: fc.constant('policy' as const),
  mode: fc.constantFrom('enforce' as const, 'enforce' as const, 'testing' as const, 'none' as const),
  mx: fc.subarray(HOSTS, { minLength: 1 }),
  days: fc.constantFrom(0, 1, 3, 10),
});
const others = fc.constantFrom<StsLook>(
  { kind: 'none' },
  { kind: 'unanswered', failure: 'timeout' },
  { kind: 'invalid-record', because: 'x' },
  { kind: 'invalid-policy', id: '9', because: 'x' },
  { kind: 'unfetched', id: '9', result: 'sts-policy-fetch-error', because: 'x' },
  { kind: 'unchanged' },
  { kind: 'put-off' },
);
const days = fc.array(
  fc.record({ look: fc.oneof(published, others), hosts: fc.option(fc.subarray(['mx1.p.net', 'mx9.q.net']), { nil: undefined }) }),
  { minLength: 1, maxLength: 40 },
);
const lines = fc.array(fc.subarray(['mx1.p.net', '.p.net', '.q.net', 'hostname', 'mx.a.test'], { minLength: 1 }), {
  minLength: 1,
  maxLength: 3,
});

test('over weeks of days', () => {
  fc.assert(
    fc.property(days, lines, (all, matches) => {
      const entries = matches.map(
        (match, i): NamedEntry => ({ id: `${i}`, label: `${i}.test`, destination: `${i}.test`, line: i + 1, match }),
      );
      let memory: StsMemory | undefined;
      const told = new Map<string, number>();
      for (const [i, { look, hosts }] of all.entries()) {
        const at = START + i * DAY;
        const seen: StsLook =
          'mode' in look
            ? {
                kind: 'policy',
                id: `${i}`,
                policy: { mode: look.mode, maxAge: look.days * 86_400, mx: look.mx, addresses: [] },
                until: at + look.days * DAY,
              }
            : look;
        memory = afterLook('a.test', memory, seen, at);
        if (memory === undefined) continue;
        const found = stsFindings({ vantage: 'mx1', domain: 'a.test', memory, entries, hosts, at });
        for (const { kind, how, policy } of found) {
          if (how === 'expired') expect(policy.until).toBeLessThanOrEqual(at);
          else if (kind === 'withdrawn') expect(policy.mode).not.toBe('enforce');
          else expect([policy.mode, policy.until > at]).toEqual(['enforce', true]);
        }
        const today = stsToday({ memory, found, titleOf: ({ kind }) => kind, mutes: [], hostsSeen: hosts !== undefined, at });
        const due = today.open.filter(({ isDue }) => isDue).map(({ kept }) => kept.id);
        for (const id of due) {
          const before = told.get(id);
          if (before !== undefined) expect(at - before).toBeGreaterThan(13 * DAY);
          told.set(id, at);
        }
        memory = toldFindings(today.memory, new Set(due), at);
        const item = toItem(stsPolicy, stsPolicy.example.key, JSON.parse(JSON.stringify(memory)));
        expect(fromItem(stsPolicy, item, at)).toMatchObject({ kind: 'held', value: memory });
        expect(memory.findings.length).toBeLessThan(60);
      }
    }),
    { numRuns: 300 },
  );
});
