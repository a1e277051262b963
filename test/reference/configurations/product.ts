/** Our own check of a configuration directory, as a process: the arguments, the document and the exit code of an operator. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { EntryVerdict } from '../../../lambda/verdict/verdict.ts';
import { CONTROL_HOST } from '../scene.ts';
import { configDirectoryOf, type Directory, type Message } from './directory.ts';

export interface ProductRun {
  readonly code: number | null;
  /** Empty where no document came. */
  readonly entries: readonly EntryVerdict[];
  /** What it says it took for granted. */
  readonly assumed: readonly string[];
  /** Anything said beside the document. */
  readonly errors: string;
  /** Whether standard output held a document. */
  readonly document: boolean;
}

/**
 * `productDirectory` is the checkout, at a path that every user may enter; `named` are next hops to be judged besides what
 * the messages stand for.
 */
export async function runProduct(
  directory: Directory,
  productDirectory: string,
  named: readonly string[] = [],
): Promise<ProductRun> {
  const destinations = new Set([...directory.messages.map((message) => askedFor(message, directory)), ...named]);
  const program = [
    join(productDirectory, 'lambda', 'cli.ts'),
    'check',
    '--no-config',
    '--config-directory',
    configDirectoryOf(directory),
    '--json',
    '--allow-private-addresses',
    '--control-host',
    CONTROL_HOST,
    '--per-network',
    '64',
    '--timeout',
    '8',
    '--deadline',
    '150',
    ...[...destinations].flatMap((name) => ['--destination', name]),
  ];
  const user = directory.watcher === 'nobody' ? { uid: NOBODY, gid: NOBODY } : {};
  const child = spawn(process.execPath, program, {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 200_000,
    cwd: '/',
    ...user,
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk;
  });
  child.once('error', (error) => {
    errors += error.message;
  });
  const code = await new Promise<number | null>((done) => child.once('close', done));
  const document = documentOf(output);
  const { entries = [], run: { assumed } = { assumed: [] } } = document ?? {};
  return { code, entries, assumed, document: document !== undefined, errors: errors.trim() };
}

/** The `--destination` that stands for a message. */
export function askedFor({ recipient }: Message, { asked }: Pick<Directory, 'asked'>): string {
  const folded = recipient.toLowerCase();
  return asked === 'addresses' ? folded : folded.slice(folded.lastIndexOf('@') + 1);
}

interface Document extends Pick<ProductRun, 'entries'> {
  readonly run: Pick<ProductRun, 'assumed'>;
}

function documentOf(output: string): Document | undefined {
  try {
    return JSON.parse(output) as Document;
  } catch {
    return undefined;
  }
}

const NOBODY = 65_534;
