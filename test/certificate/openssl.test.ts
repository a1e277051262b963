/**
 * Asks the reference itself: `openssl verify` of the same chains, at the same date, with the same anchors.
 *
 * Not only trusted or not is compared, but every problem in OpenSSL's order, as far as the command goes on after one.
 * OPENSSL_COUNT and OPENSSL_SEED choose how many leaves are asked about, and which.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { examinePath } from '../../lambda/certificate/trust/path.ts';
import { OPENSSL_CODES } from '../../lambda/certificate/trust/problem.ts';
import { pemOf } from '../internet/authority.ts';
import { randomWorlds, type World } from './random-chains.ts';

const count = Number(process.env.OPENSSL_COUNT ?? 300);
const seed = Number(process.env.OPENSSL_SEED ?? 20_261_124);
const version = spawnSync('openssl', ['version']).stdout?.toString() ?? '';

test(`openssl verify agrees on ${count} random chains of seed ${seed}`, async ({ skip }) => {
  skip(!version.startsWith('OpenSSL 3.'), 'there is no openssl command of version 3 here');
  const folder = await mkdtemp(join(tmpdir(), 'chains-'));
  const differences: object[] = [];
  let trusted = 0;
  let asked = 0;
  try {
    const running: Promise<void>[] = [];
    for await (const world of randomWorlds(seed)) {
      const number = asked;
      asked += world.leaves.length;
      running.push(
        askOpenssl(world, join(folder, String(number))).then((answers) => {
          answers.forEach((theirs, i) => {
            const ours = examine(world, world.leaves[i]?.der ?? '');
            if (theirs.ok) trusted++;
            const same = theirs.ok
              ? ours.length === 0
              : ours.length > 0 && theirs.problems.every((each, at) => each === ours[at]);
            if (!same) differences.push({ world: number, leaf: i, theirs: theirs.problems, ours });
          });
        }),
      );
      if (running.length >= AT_ONCE) await running.shift();
      if (asked >= count) break;
    }
    await Promise.all(running);
  } finally {
    await rm(folder, { recursive: true });
  }
  console.log(
    `counted: openssl verify on ${asked} chains of seed ${seed}, ${trusted} trusted, ${differences.length} differences in trust or problems`,
  );
  expect(differences).toEqual([]);
  // Neither answer is so rare that agreement would say nothing.
  expect(trusted / asked).toBeGreaterThan(0.15);
  expect(trusted / asked).toBeLessThan(0.85);
}, 600_000);

interface Answer {
  readonly ok: boolean;
  /** `CERT_HAS_EXPIRED at 1` */
  readonly problems: readonly string[];
}

function examine(world: World, leaf: string): string[] {
  const examined = examinePath({
    chain: [leaf, ...world.sent],
    anchors: { certificates: world.anchors, publicKeys: [] },
    anchorKind: 'store',
    at: world.at,
    version: '3.11',
    verifyDepth: world.depth - 1,
    securityLevel: 1,
  });
  return (examined?.problems ?? []).map(({ code, depth }) => `${code} at ${depth}`);
}

async function askOpenssl(world: World, base: string): Promise<Answer[]> {
  const leaves = world.leaves.map((_, i) => `${base}.${i}.pem`);
  await Promise.all([
    writeFile(`${base}.anchors.pem`, world.anchors.map((der) => pemOf(der)).join('')),
    writeFile(`${base}.sent.pem`, world.sent.map((der) => pemOf(der)).join('')),
    ...world.leaves.map(({ pem }, i) => writeFile(`${base}.${i}.pem`, pem)),
  ]);
  const output = await run('openssl', [
    ...'verify -purpose sslserver -auth_level 1 -no-CApath -no-CAstore -attime'.split(' '),
    String(Math.floor(world.at / 1000)),
    '-verify_depth',
    String(world.depth),
    '-CAfile',
    `${base}.anchors.pem`,
    ...(world.sent.length > 0 ? ['-untrusted', `${base}.sent.pem`] : []),
    ...leaves,
  ]);
  return parseAnswers(output, leaves);
}

/** Standard output says `FILE: OK`; standard error has the problems of a leaf, and then `error FILE: verification failed`. */
function parseAnswers(
  { stdout, stderr }: { readonly stdout: string; readonly stderr: string },
  leaves: readonly string[],
): Answer[] {
  const problems = new Map<string, string[]>();
  let open: string[] = [];
  for (const line of stderr.split('\n')) {
    const problem = /^error (\d+) at (\d+) depth lookup:/.exec(line);
    if (problem) open.push(`${CODES[Number(problem[1])] ?? problem[1]} at ${problem[2]}`);
    const failed = /^error (\S+): verification failed$/.exec(line)?.[1];
    if (failed === undefined) continue;
    problems.set(failed, open);
    open = [];
  }
  return leaves.map((leaf) => {
    const ok = stdout.includes(`${leaf}: OK\n`);
    const found = problems.get(leaf);
    if (ok === (found !== undefined)) throw new Error(`openssl verify gave no answer on ${leaf}: ${stderr}`);
    return { ok, problems: found ?? [] };
  });
}

function run(command: string, args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data) => {
      stdout += data;
    });
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    child.on('error', reject);
    child.on('close', () => resolve({ stdout, stderr }));
  });
}

const AT_ONCE = 4;
const CODES: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(OPENSSL_CODES).map(([code, number]) => [number, code]),
);
