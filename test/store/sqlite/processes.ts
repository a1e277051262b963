/** Processes of worker.ts: started with an order, heard, and ended by the one who started them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { Order, Said } from './worker.ts';

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));

/** Does one thing and says what came of it; undefined where it died first. */
export async function obey(order: Order): Promise<Said | undefined> {
  const { child, lines } = start(order);
  await once(child, 'close');
  const [said] = lines;
  return said === undefined ? undefined : (JSON.parse(said) as Said);
}

export interface Going {
  readonly pid: number | undefined;
  readonly lines: readonly string[];
  /** Waits until it has said so much. */
  said(lines: number): Promise<void>;
  /** `kill -9`, and waits for its end. */
  kill(): Promise<void>;
}

/** Goes on until it is killed, at the latest by the end of the test. */
export function going(order: Order): Going {
  const { child, lines } = start(order);
  const ended = once(child, 'close');
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  onTestFinished(kill);
  const said = async (count: number) => {
    while (lines.length < count) {
      if (child.exitCode !== null) throw new Error(`it ended after: ${lines.join(' ')}`);
      await Promise.race([once(child.stdout as NodeJS.ReadableStream, 'data'), ended]);
    }
  };
  return { pid: child.pid, lines, said, kill };
}

function start(order: Order): { readonly child: ChildProcess; readonly lines: string[] } {
  const child = spawn(process.execPath, [WORKER, JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = `${rest}${text}`.split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
  return { child, lines };
}
