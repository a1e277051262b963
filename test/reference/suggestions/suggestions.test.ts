/**
 * Destinations whose entry refuses some host, drawn from a seed: the line that we suggest delivers on a real Postfix, to
 * each of its addresses alone as well; nothing narrower of the same kind does; and none takes an interceptor.
 *
 * REFERENCE_SEED and REFERENCE_COUNT choose them.
 */
import { describe, expect, test } from 'vitest';
import { withCaution } from '../../../lambda/snapshot/caution.ts';
import { DAY_MS } from '../../../lambda/text/dates.ts';
import type { EntryVerdict } from '../../../lambda/verdict/verdict.ts';
import { missingReference, play } from '../reference.ts';
import { contactsOf, type Failing } from './failing.ts';
import { type Narrower, namesOf, narrowerThan } from './narrower.ts';
import { type Drawn, drawFailing, plainScene, type Trial } from './scene.ts';
import { type Ends, endOf, endsOf, SENT } from './trials.ts';

const seed = Number(process.env.REFERENCE_SEED ?? 1);
const count = Number(process.env.REFERENCE_COUNT ?? 50);
const missing = missingReference();
if (missing !== undefined) console.log(`the proof of suggested lines is skipped: ${missing}`);

interface Row {
  readonly title: string;
  readonly failing: Failing;
  readonly verdict: EntryVerdict;
  /** The line to use; absent: none is given. */
  readonly line?: string;
  readonly narrower: readonly Narrower[];
}

const BEFORE = 'before';
const AFTER = 'after';

const proof = missing === undefined ? await prove() : undefined;
const rows = proof?.rows ?? [];
const cured = rows.flatMap((row) => (row.line === undefined ? [] : [{ ...row, line: row.line }]));
const others = rows.filter(({ line }) => line === undefined);

describe.skipIf(missing !== undefined)(`a real Postfix and ${count} failing destinations of seed ${seed}`, () => {
  test.each(rows)('$title: some host is refused as the entry stands', ({ failing }) => {
    const ends = eachAlone(failing, BEFORE);
    expect(ends.filter((end) => end !== SENT)).not.toEqual([]);
  });

  test.each(rows)('$title: a line, or none for the reason expected', ({ failing, verdict, line }) => {
    const found = line === undefined ? verdict.reason : 'line';
    expect(found).toBe(failing.expects);
  });

  test.each(cured)('$line delivers ($title)', ({ failing }) => {
    expect(endOf(proof?.all, AFTER, failing)).toBe(SENT);
    expect(eachAlone(failing, AFTER)).toEqual(contactsOf(failing).map(() => SENT));
  });

  const tighter = cured.flatMap(({ failing, narrower }) =>
    narrower.map(({ line, because }, i) => ({ line, because, failing, trial: `narrower ${i}` })),
  );
  test.each(tighter)('$line does not: $because', ({ failing, trial }) => {
    expect(eachAlone(failing, trial).filter((end) => end !== SENT)).not.toEqual([]);
  });

  test.each(cured)('$line takes no interceptor', ({ failing, line }) => {
    for (const ends of proof?.intercepted ?? []) {
      const before = endOf(ends, BEFORE, failing);
      // At verify the MX record may choose the name: then the entry took anybody already.
      const after = before === SENT && / verify\b/.test(line) ? 'as before' : endOf(ends, AFTER, failing);
      expect(after).not.toBe(SENT);
    }
  });

  test('how many got one, and why the others rightly got none', () => {
    const tally = Object.entries(Object.groupBy(others, ({ verdict }) => String(verdict.reason)));
    const alone = cured.reduce((sum, { failing }) => sum + contactsOf(failing).length, 0);
    console.log(
      `counted: ${rows.length} failing destinations of ${new Set(rows.map(({ failing }) => failing.kind)).size} kinds: ` +
        `${cured.length} lines delivered by Postfix, to ${alone} addresses one by one; ${tighter.length} narrower ones refused`,
    );
    console.log(
      `counted: ${others.length} without a line: ${tally.map(([reason, all]) => `${all?.length} ${reason}`).join(', ')}`,
    );
    expect(rows).toHaveLength(count);
    expect(cured.length).toBeGreaterThan(count / 2);
  });
});

function eachAlone(failing: Failing, trial: string): string[] {
  return contactsOf(failing).map((_, i) => endOf(proof?.alone[i], trial, failing));
}

async function prove() {
  const drawn = await drawFailing(seed, count);
  const before: Trial = { name: BEFORE, lines: new Map(drawn.failing.map((one) => [one, one.policy])) };
  const made = await judged(drawn);
  const lines = (pick: (row: Row) => string | undefined) =>
    new Map(
      made.flatMap((row) => {
        const line = pick(row);
        return line === undefined ? [] : [[row.failing, inTable(line, row.failing)] as const];
      }),
    );
  const after: Trial = { name: AFTER, lines: lines(({ line }) => line) };
  const most = Math.max(...made.map(({ narrower }) => narrower.length));
  const narrower = Array.from(
    { length: most },
    (_, i): Trial => ({
      name: `narrower ${i}`,
      lines: lines((row) => row.narrower[i]?.line),
    }),
  );
  const addresses = Math.max(...drawn.failing.map((one) => contactsOf(one).length));
  const alone: Ends[] = [];
  for (let address = 0; address < addresses; address++)
    alone.push(await endsOf(drawn, [before, after, ...narrower], { kind: 'only', address }));
  const intercepted: Ends[] = [];
  for (const by of ['valid', 'self-signed', 'forged MX'] as const)
    intercepted.push(await endsOf(drawn, [before, after], { kind: 'intercepted', by }));
  return { rows: made, all: await endsOf(drawn, [after], { kind: 'all' }), alone, intercepted };
}

/** What our check says of each, and the line it gives. */
async function judged(drawn: Drawn): Promise<Row[]> {
  const stsPolicies = Object.fromEntries(
    drawn.failing.flatMap(({ recipient, sts }) => (sts === undefined ? [] : [[recipient, sts]])),
  );
  const played = await play(plainScene(drawn, { kind: 'all' }), { check: true, stsPolicies });
  const verdicts = played.flatMap((one) => one.verdicts);
  return drawn.failing.map((failing): Row => {
    const verdict = verdicts.find((one) => one.destination === failing.recipient && one.verdict !== 'unchecked');
    if (verdict === undefined) throw new Error(`no verdict of ${failing.recipient} (${failing.kind})`);
    const { suggestion } = remembered(verdict, failing);
    const proposal = played.map(({ proposals }) => proposals[failing.recipient]).find((one) => one !== undefined);
    const line = failing.sts === undefined ? suggestion?.line : proposal?.line;
    const narrower = line === undefined ? [] : narrowerThan(line, namesOf(verdict));
    return {
      title: `${failing.recipient}, ${failing.kind}`,
      failing,
      verdict,
      ...(line === undefined ? {} : { line }),
      narrower,
    };
  });
}

function remembered(verdict: EntryVerdict, { remembers }: Failing): EntryVerdict {
  return withCaution(verdict, {
    passed: remembers,
    confirmations: [],
    failingSince: Date.now(),
    queueLifetimeMs: 5 * DAY_MS,
    now: Date.now(),
  });
}

/** In place of the one with its key; beside a `.parent` entry that stays for others. */
function inTable(line: string, { policy }: Failing): string {
  const keyOf = (text: string) => text.split(/\s/, 1)[0]?.toLowerCase();
  return keyOf(policy) === keyOf(line) || policy === '' ? `${line}\n` : `${line}\n${policy}`;
}
