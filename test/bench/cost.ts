/** What a command costs: time by the shell's own accounting, and the most memory it held, by the kernel's. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Cost {
  readonly wall: number;
  readonly cpu: number;
  /** MB of 10⁶ bytes, of the first process, as it was seen now and then; 0 for one that ended too soon. */
  readonly peak: number;
  /** The same of the one that it started and that held most; 0 where it started none. */
  readonly beside: number;
  readonly out: string;
}

/** A whole command of the shell, and what it starts; whatever its exit status; seconds. */
export function costOf(command: string): Promise<Cost> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-c', `TIMEFORMAT='%3R %3U %3S'; time { ${command} ; } 2>/dev/null`], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const out: string[] = [];
    let err = '';
    let [peak, beside] = [0, 0];
    const timer = setInterval(() => {
      const [first] = childrenOf(child.pid);
      peak = Math.max(peak, peakOf(first));
      beside = Math.max(beside, ...childrenOf(first).map(peakOf));
    }, 20);
    child.stdout.setEncoding('utf8').on('data', (text: string) => out.push(text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.on('close', () => {
      clearInterval(timer);
      const times = /([\d.]+) ([\d.]+) ([\d.]+)\s*$/.exec(err)?.slice(1).map(Number);
      const [wall, user, system] = times ?? [];
      if (wall === undefined || user === undefined || system === undefined)
        reject(new Error(`no times from: ${command}\n${err}`));
      else resolve({ wall, cpu: user + system, peak, beside, out: out.join('') });
    });
  });
}

/** One program with its arguments. */
export const cost = (args: readonly string[]): Promise<Cost> => costOf(args.map(quoted).join(' '));

/** None of one that has ended. */
function childrenOf(pid: number | undefined): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** What a process has held at most so far, in MB; 0 of one that has ended. */
function peakOf(pid: number | undefined): number {
  try {
    const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return (Number(kilobytes ?? 0) * 1_024) / 1e6;
  } catch {
    return 0;
  }
}

export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

/** One figure of each. */
export const each = (costs: readonly Cost[], what: 'wall' | 'cpu' | 'peak' | 'beside'): readonly number[] =>
  costs.map((one) => one[what]);

export function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
