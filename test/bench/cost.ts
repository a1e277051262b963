/** What a command costs: time by the shell's own accounting, and the most memory it held, by the kernel's. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Cost {
  readonly wall: number;
  readonly cpu: number;
  readonly out: string;
}

/** A whole command, by the shell's own accounting. */
export function cost(command: string): Promise<Cost> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-c', `TIMEFORMAT='%R %U %S'; time { ${command} ; } 2>/dev/null`], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.on('close', () => {
      const times = /([\d.]+) ([\d.]+) ([\d.]+)\s*$/.exec(err)?.slice(1).map(Number);
      const [wall, user, system] = times ?? [];
      if (wall === undefined || user === undefined || system === undefined)
        reject(new Error(`no times from: ${command}\n${err}`));
      else resolve({ wall, cpu: user + system, out });
    });
  });
}

/** The most that a program held, in MB, as it was seen now and then; 0 for what ended too soon. */
export function peakMemory(args: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { stdio: 'ignore' });
    let peak = 0;
    const timer = setInterval(() => {
      try {
        const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
        peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
      } catch {
        // It has ended.
      }
    }, 20);
    child.on('close', () => {
      clearInterval(timer);
      resolve(peak);
    });
  });
}

export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

export function report(name: string, costs: readonly Cost[]): void {
  console.log(
    `  ${name}: wall ${median(costs.map(({ wall }) => wall)).toFixed(2)} s, CPU ${median(costs.map(({ cpu }) => cpu)).toFixed(2)} s`,
  );
}

export function ratio(ours: readonly Cost[], theirs: readonly Cost[], what: 'wall' | 'cpu'): string {
  return median(ours.map((one, i) => one[what] / (theirs[i]?.[what] ?? Number.NaN))).toFixed(2);
}

export function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
