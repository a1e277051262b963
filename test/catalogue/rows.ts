/** Runs rows of the catalogue: each a test by its name, with outcome, phase and sentence asserted whole. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EntryVerdict } from '../../lambda/verdict/verdict.ts';
import { type Catalogue, openCatalogue, type Row } from './world.ts';

export function holdsAgainst(rows: readonly Row[]): void {
  let catalogue: Catalogue;
  beforeAll(async () => {
    catalogue = await openCatalogue();
  });
  afterAll(() => catalogue.close());

  test.each(rows)('$row: $outcome', async ({ row, outcome, phase, orPhase, sentence, ...peer }) => {
    const { told, verdict } = await catalogue.meet(peer);
    const seen = told.phase === orPhase ? { ...told, phase } : told;
    expect(seen, row).toEqual({ outcome, phase, sentence });
    expect(textsOf(verdict).filter((text) => OBEYED.test(text))).toEqual([]);
    expect(JSON.stringify(verdict).length, 'bounded').toBeLessThan(LONGEST_VERDICT);
  });

  test('every row has a name of its own', () => {
    expect(new Set(rows.map(({ row }) => row)).size).toBe(rows.length);
  });
}

/** What people read of a verdict; the rest of the document is data, and its printer escapes it. */
const textsOf = ({ sentence, postfixSays, hosts }: EntryVerdict): string[] => [
  sentence,
  postfixSays ?? '',
  ...hosts.flatMap(({ addresses }) =>
    addresses.flatMap(({ detail, reply, says }) => [detail ?? '', reply?.text ?? '', says?.text ?? '']),
  ),
];

/** Controls, hidden and direction-changing characters, separators of lines. */
const OBEYED = /\p{C}|\p{Zl}|\p{Zp}/u;
const LONGEST_VERDICT = 50_000;
