/**
 * Plays configuration directories in network, mount and process namespaces of their own: a real Postfix delivers, and our
 * check judges the same directory over the same sockets.
 *
 * Everything is a child of the namespace's first process, which the kernel ends with it; all files are on a tmpfs that
 * goes with the mount namespace.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordSet } from '../../internet/dns-server.ts';
import { NAMESPACES } from '../reference.ts';
import type { SceneServer } from '../scene.ts';
import type { Directory } from './directory.ts';
import type { PostfixRun } from './instance.ts';
import type { ProductRun } from './product.ts';

export interface PlayOptions {
  /** Run our own check of each directory after Postfix has delivered. */
  readonly check: boolean;
  /** Directories at work at the same time. */
  readonly lanes: number;
  /** The checkout whose check is tried. */
  readonly checkout: string;
}

const CHECKOUT = join(import.meta.dirname, '..', '..', '..');

export interface PlayInput {
  readonly directories: readonly Directory[];
  /** Every directory's, together. */
  readonly scene: { readonly dns: readonly RecordSet[]; readonly servers: readonly SceneServer[] };
  readonly options: PlayOptions;
}

/** One lookup that a table daemon got from Postfix. */
export interface Asked {
  readonly daemon: string;
  readonly map: string;
  readonly key: string;
}

export interface Played {
  readonly directory: Directory;
  readonly postfix: PostfixRun;
  /** Undefined where it was not asked for. */
  readonly product: ProductRun | undefined;
  /** Our check once more, where next hops of some senders alone had no entry: with those named. */
  readonly named?: ProductRun;
  /** By Postfix alone. */
  readonly asked: readonly Asked[];
  readonly milliseconds: { readonly postfix: number; readonly product: number };
}

/** What every directory may reach: `dns` and `servers` on top of their own. Rejects when the reference itself breaks. */
export async function play(
  directories: readonly Directory[],
  standing: PlayInput['scene'],
  options: Partial<PlayOptions> = {},
): Promise<Played[]> {
  const input: PlayInput = {
    directories,
    scene: {
      dns: [...standing.dns, ...directories.flatMap(({ dns }) => dns)],
      servers: [...standing.servers, ...directories.flatMap(({ servers }) => servers)],
    },
    options: { check: true, lanes: 3, checkout: CHECKOUT, ...options },
  };
  const folder = mkdtempSync(join(tmpdir(), 'configurations-'));
  try {
    const inputPath = join(folder, 'input.json');
    const outputPath = join(folder, 'played.json');
    writeFileSync(inputPath, JSON.stringify(input));
    writeFileSync(outputPath, '');
    const inside = join(import.meta.dirname, 'inside.ts');
    const child = spawn('unshare', [...NAMESPACES, process.execPath, inside, inputPath, outputPath], {
      stdio: ['ignore', 'inherit', 'pipe'],
    });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    const code = await new Promise<number | null>((done) => child.once('close', done));
    const text = readFileSync(outputPath, 'utf8');
    if (code !== 0 || text === '') throw new Error(`the reference ended with code ${code}: ${errors.trim()}`);
    return JSON.parse(text) as Played[];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
