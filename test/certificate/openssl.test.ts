/**
 * Asks the reference itself: `openssl verify` of the same chains, at the same date, with the same anchors.
 *
 * Not only trusted or not is compared, but every problem in OpenSSL's order, as far as the command goes on after one.
 * OPENSSL_COUNT and OPENSSL_SEED choose how many leaves are asked about, and which.
 */
import { expect, test } from 'vitest';
import { pemOf } from '../internet/authority.ts';
import { agree, askOpenssl, askUs, isReference, NO_REFERENCE } from './openssl-verify.ts';
import { randomWorlds, type World } from './random-chains.ts';

const count = Number(process.env.OPENSSL_COUNT ?? 300);
const seed = Number(process.env.OPENSSL_SEED ?? 20_261_124);

test(`openssl verify agrees on ${count} random chains of seed ${seed}`, async ({ skip }) => {
  skip(!isReference, NO_REFERENCE);
  const differences: object[] = [];
  let trusted = 0;
  let asked = 0;
  const running: Promise<void>[] = [];
  for await (const world of randomWorlds(seed)) {
    const number = asked;
    asked += world.leaves.length;
    const question = questionOf(world);
    running.push(
      askOpenssl(question).then((answers) => {
        const ours = askUs(question);
        for (const [i, theirs] of (answers ?? []).entries()) {
          if (theirs.ok) trusted++;
          if (!agree(theirs, ours?.[i])) differences.push({ world: number, leaf: i, theirs, ours: ours?.[i] });
        }
      }),
    );
    if (running.length >= AT_ONCE) await running.shift();
    if (asked >= count) break;
  }
  await Promise.all(running);
  console.log(
    `counted: openssl verify on ${asked} chains of seed ${seed}, ${trusted} trusted, ${differences.length} differences in trust or problems`,
  );
  expect(differences).toEqual([]);
  // Neither answer is so rare that agreement would say nothing.
  expect(trusted / asked).toBeGreaterThan(0.15);
  expect(trusted / asked).toBeLessThan(0.85);
}, 600_000);

const questionOf = ({ anchors, sent, leaves, at, depth }: World) => ({
  caFile: anchors.map((der) => pemOf(der)).join(''),
  sent,
  leaves: leaves.map(({ der }) => der),
  at,
  depth,
});

const AT_ONCE = 4;
