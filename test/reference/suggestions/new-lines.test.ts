/**
 * The same destinations with no line of their own: the line that `suggest --new` gives delivers on a real Postfix, to each of
 * the addresses that were seen alone as well; none that authenticates takes an interceptor; and `secure` as it stands
 * would not do where a longer or a weaker line is given.
 *
 * REFERENCE_SEED and REFERENCE_COUNT choose them.
 */
import { describe, expect, test } from 'vitest';
import { missingReference, play } from '../reference.ts';
import { contactsOf, type Failing } from './failing.ts';
import { type Drawn, drawFailing, plainScene, type Shown, type Trial } from './scene.ts';
import { type Ends, endOf, endsOf, SENT } from './trials.ts';

const seed = Number(process.env.REFERENCE_SEED ?? 1);
const count = Number(process.env.REFERENCE_COUNT ?? 50);
const missing = missingReference();
if (missing !== undefined) console.log(`the proof of new lines is skipped: ${missing}`);

interface Row {
  readonly title: string;
  readonly failing: Failing;
  readonly line: string;
}

const NEW = 'new';
const PLAIN = 'secure';

const proof = missing === undefined ? await prove() : undefined;
const rows = proof?.rows ?? [];
const authenticating = rows.filter(({ line }) => !levelOf(line).startsWith('encrypt'));
// Of a domain that nobody looked at before, and whose MX answer is forged on that very day, unsigned DNS is all there is: the
// line says so. The kinds that are remembered have the interceptor at their hosts already.
const untouched = authenticating.filter(({ failing }) => failing.remembers === undefined);

describe.skipIf(missing !== undefined)(`a real Postfix and new lines for ${count} destinations of seed ${seed}`, () => {
  test.each(rows)('$line delivers ($title)', ({ failing }) => {
    expect(endOf(proof?.all, NEW, failing)).toBe(SENT);
    expect(eachSeen(failing, NEW)).toEqual(seenOf(failing).map(() => SENT));
  });

  test.each(untouched)('$line takes no interceptor', ({ failing }) => {
    for (const ends of proof?.intercepted ?? []) expect(endOf(ends, NEW, failing)).not.toBe(SENT);
  });

  test.each(rows.filter(({ line }) => levelOf(line) !== PLAIN))('$line: secure as it stands does not do', ({ failing }) => {
    expect(eachSeen(failing, PLAIN).filter((end) => end !== SENT)).not.toEqual([]);
  });

  test('how many got one', () => {
    const kinds = Object.entries(Object.groupBy(rows, ({ line }) => levelOf(line).split(' ', 1)[0] ?? ''));
    console.log(
      `counted: ${proof?.asked} destinations without a line: ${kinds.map(([level, all]) => `${all?.length} ${level}`).join(', ')}`,
    );
    expect(authenticating.length).toBeGreaterThan(count / 4);
  });
});

/** All of a line behind its key. */
function levelOf(line: string): string {
  return line.slice(line.indexOf(' ') + 1);
}

/** Indices of contacts that answer today. */
function seenOf(failing: Failing): number[] {
  return contactsOf(failing).flatMap(({ server }, i) => (server.silent === true ? [] : [i]));
}

const eachSeen = (failing: Failing, trial: string) => seenOf(failing).map((i) => endOf(proof?.alone[i], trial, failing));

async function prove() {
  const drawn = await drawFailing(seed, count);
  // What authenticates all by default needs no line.
  const failing = drawn.failing
    .filter(({ setting }) => setting !== 'secure for all')
    .map((one): Failing => ({ ...one, policy: '' }));
  const uncovered: Drawn = { ...drawn, failing };
  const stsPolicies = Object.fromEntries(failing.flatMap(({ recipient, sts }) => (sts === undefined ? [] : [[recipient, sts]])));
  const played = await play(plainScene(uncovered, { kind: 'all' }), { check: true, stsPolicies, newLines: true });
  const given: Readonly<Record<string, string>> = Object.assign({}, ...played.map((one) => one.newLines));
  const made = failing.flatMap((one): Row[] => {
    const line = given[one.recipient];
    return line === undefined ? [] : [{ title: `${one.recipient}, ${one.kind}`, failing: one, line }];
  });
  const lines: Trial = { name: NEW, lines: new Map(made.map((row) => [row.failing, `${row.line}\n`])) };
  const plain: Trial = {
    name: PLAIN,
    lines: new Map(made.map((row) => [row.failing, `${row.line.split(' ', 1)[0]} secure\n`])),
  };
  const shownTo = (trials: readonly Trial[], shown: Shown): Promise<Ends> => endsOf(uncovered, trials, shown);
  const addresses = Math.max(...failing.map((one) => contactsOf(one).length));
  const alone: Ends[] = [];
  for (let address = 0; address < addresses; address++) alone.push(await shownTo([lines, plain], { kind: 'only', address }));
  const intercepted: Ends[] = [];
  for (const by of ['valid', 'self-signed', 'forged MX'] as const)
    intercepted.push(await shownTo([lines], { kind: 'intercepted', by }));
  return { rows: made, asked: failing.length, alone, intercepted, all: await shownTo([lines], { kind: 'all' }) };
}
