/** `openssl verify`, the reference for trust: what it says of leaves, with a CA file as written and certificates sent along. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { trustStoreFromPem } from '../../lambda/certificate/anchors.ts';
import { examinePath } from '../../lambda/certificate/trust/path.ts';
import { OPENSSL_CODES } from '../../lambda/certificate/trust/problem.ts';
import { pemOf } from '../internet/authority.ts';

const version = spawnSync('openssl', ['version']).stdout?.toString() ?? '';

/** The tables of lambda/certificate/trust are those of 3.0, and so is the judge. */
export const isReference = version.startsWith('OpenSSL 3.0.');
export const NO_REFERENCE = 'there is no openssl command of version 3.0 here';
/** Some hundred processes on a busy machine. */
export const PATIENCE_MS = 300_000;

export interface Question {
  /** PEM, perhaps with trust settings and other things. */
  readonly caFile: string;
  /** Base64 of DER, without the leaf. */
  readonly sent?: readonly string[];
  readonly leaves: readonly string[];
  /** Epoch ms. */
  readonly at: number;
  /** OpenSSL's -verify_depth. */
  readonly depth?: number;
}

export interface Answer {
  readonly ok: boolean;
  /** `CERT_HAS_EXPIRED at 1` */
  readonly problems: readonly string[];
}

/** An answer for each leaf; undefined where the CA file cannot be loaded. */
export async function askOpenssl(question: Question): Promise<Answer[] | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'chains-'));
  try {
    const { sent = [], depth = 20, at } = question;
    const leaves = question.leaves.map((_, i) => join(folder, `${i}.pem`));
    const [anchors, along] = [join(folder, 'anchors'), join(folder, 'sent')];
    await Promise.all([
      writeFile(anchors, question.caFile, 'latin1'),
      writeFile(along, sent.map((der) => pemOf(der)).join('')),
      ...question.leaves.map((der, i) => writeFile(leaves[i] ?? '', pemOf(der))),
    ]);
    const output = await run('openssl', [
      ...'verify -purpose sslserver -auth_level 1 -no-CApath -no-CAstore -attime'.split(' '),
      String(Math.floor(at / 1000)),
      ...['-verify_depth', String(depth), '-CAfile', anchors],
      ...(sent.length > 0 ? ['-untrusted', along] : []),
      ...leaves,
    ]);
    if (output.stderr.includes(`Error loading file ${anchors}`)) return undefined;
    return parseAnswers(output, leaves);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What we say to the same question. */
export function askUs({ caFile, sent = [], leaves, at, depth = 20 }: Question): Answer[] | undefined {
  const store = trustStoreFromPem(caFile, 'anchors');
  if (store.kind === 'engine-off') return undefined;
  return leaves.map((leaf) => {
    const examined = examinePath({
      chain: [leaf, ...sent],
      anchors: { ...store, publicKeys: [] },
      anchorKind: 'store',
      at,
      version: '3.11',
      verifyDepth: depth - 1,
      securityLevel: 1,
    });
    const problems = (examined?.problems ?? [{ code: 'unreadable', depth: 0 }]).map(({ code, depth: at }) => `${code} at ${at}`);
    return { ok: problems.length === 0, problems };
  });
}

/** Whether two answers agree; the command stops at some problems that Postfix goes on after. */
export function agree(theirs: Answer | undefined, ours: Answer | undefined): boolean {
  if (theirs === undefined || ours === undefined) return theirs === ours;
  if (theirs.ok !== ours.ok) return false;
  return theirs.problems.every((each, at) => each === ours.problems[at]);
}

/** Asks both, and tells where they differ; `because` has what each leaf is about. */
export async function differences(
  questions: readonly (Question & { readonly because: readonly string[] })[],
): Promise<{ readonly differing: readonly string[]; readonly trusted: number; readonly asked: number }> {
  const differing: string[] = [];
  let [trusted, asked] = [0, 0];
  for (const question of questions) {
    const [theirs, ours] = [await askOpenssl(question), askUs(question)];
    for (let i = 0; i < question.leaves.length; i++) {
      asked++;
      if (theirs?.[i]?.ok) trusted++;
      if (!agree(theirs?.[i], ours?.[i]))
        differing.push(`${question.because[i] ?? ''}: OpenSSL ${told(theirs?.[i])}, we ${told(ours?.[i])}`);
    }
  }
  return { differing, trusted, asked };
}

const told = (answer: Answer | undefined) =>
  answer === undefined ? 'does not load the file' : answer.ok ? 'trusts' : answer.problems.join(', ');

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
    const failed = /^error (\S+): (?:verification failed|X\.509 store context)/.exec(line)?.[1];
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

const CODES: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(OPENSSL_CODES).map(([code, number]) => [number, code]),
);
