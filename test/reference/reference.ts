/**
 * A real Postfix as reference: plays a scene in network, mount and process namespaces of its own and reads its log.
 *
 * Everything the reference starts is a child of the namespace's first process, which the kernel ends with it; its files
 * are on a tmpfs that goes with the mount namespace. Nothing outside is touched but one directory of our own.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Proposal } from '../../lambda/run/explain/name-sources.ts';
import type { EntryVerdict } from '../../lambda/verdict/verdict.ts';
import { installedVersion } from './instance.ts';
import type { Delivery, Scene } from './scene.ts';

/** What one configuration came to: Postfix's deliveries, and our verdicts where they were asked for. */
export interface Played {
  readonly name: string;
  readonly deliveries: readonly Delivery[];
  readonly verdicts: readonly EntryVerdict[];
  /** By recipient: the line that explain makes of the domain's MTA-STS policy, where those were given. */
  readonly proposals: Readonly<Record<string, Proposal>>;
  /** By recipient: the line that suggest --new gives, where those were asked for. */
  readonly newLines: Readonly<Record<string, string>>;
  /** The whole log, for a person who looks into a disagreement. */
  readonly log: string;
  /** What waited then, as postqueue -j told it. */
  readonly queue: string;
  readonly milliseconds: { readonly postfix: number; readonly check: number };
}

export interface PlayOptions {
  /** Judge each configuration with our own check, inside the namespace, after Postfix has delivered. */
  readonly check: boolean;
  /** MTA-STS policies by domain: hosts are then met with SNI, too, and each policy is made into a line, as explain does. */
  readonly stsPolicies?: Readonly<Record<string, string>>;
  /** Of recipients that no line covers, ask for the line that suggest --new gives. */
  readonly newLines?: boolean;
}

/** Why there is no reference here; undefined where there is one. */
export function missingReference(): string | undefined {
  if (process.platform !== 'linux') return 'a real Postfix is compared on Linux only';
  if (process.getuid?.() !== 0) return 'not root: a Postfix of its own needs a network namespace';
  if (installedVersion() === undefined) return 'postfix is not installed (apt-get install postfix)';
  const tried = spawnSync('unshare', [...NAMESPACES, 'ip', 'link', 'set', 'lo', 'up'], { encoding: 'utf8' });
  if (tried.status !== 0) return `namespaces cannot be made here: ${tried.error?.message ?? tried.stderr.trim()}`;
  return undefined;
}

/** Plays every configuration of the scene. Rejects when the reference itself breaks. */
export async function play(scene: Scene, options: PlayOptions): Promise<Played[]> {
  const directory = mkdtempSync(join(tmpdir(), 'reference-'));
  try {
    const input = join(directory, 'scene.json');
    const output = join(directory, 'played.json');
    writeFileSync(input, JSON.stringify({ scene, options }));
    writeFileSync(output, '');
    const inside = join(import.meta.dirname, 'inside.ts');
    const child = spawn('unshare', [...NAMESPACES, process.execPath, inside, input, output], {
      stdio: ['ignore', 'inherit', 'pipe'],
    });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    const code = await new Promise<number | null>((done) => child.once('close', done));
    const text = readFileSync(output, 'utf8');
    if (code !== 0 || text === '') throw new Error(`the reference ended with code ${code}: ${errors.trim()}`);
    if (errors !== '') process.stderr.write(errors);
    return JSON.parse(text) as Played[];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** `--kill-child`: when the test ends, so does the namespace's first process and with it everything inside. */
export const NAMESPACES = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'] as const;
