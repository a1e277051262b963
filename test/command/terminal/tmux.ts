/** Commands on a terminal of a certain size, as a person sees them: tmux, with a server of its own. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { CLI } from '../run-command.ts';

/** Why there are no screens here; undefined where there are. */
export const NO_TMUX = spawnSync('tmux', ['-V']).error === undefined ? undefined : 'needs tmux';

export interface Screen {
  /** What was ever on it, oldest first: a line that the terminal had to break counts as one. */
  text(): string;
  /** Resolves once it has that text. @throws Error with what it shows instead, after minutes */
  shows(wanted: string | RegExp): Promise<string>;
  /** As tmux names keys, such as `C-c`. */
  press(key: string): void;
  close(): void;
}

/** Runs the command there, without colour and in UTF-8 unless told otherwise, and writes `END STATUS same` behind it, where it leaves the terminal as it was. */
export function openScreen(
  args: readonly string[],
  columns: number,
  rows: number,
  env: Readonly<Record<string, string>> = {},
): Screen {
  const dir = mkdtempSync(join(tmpdir(), 'tmux-'));
  const tmux = (...more: string[]) =>
    execFileSync('tmux', ['-u', '-S', join(dir, 'socket'), '-f', '/dev/null', ...more], { encoding: 'utf8' });
  const variables = Object.entries({ NO_COLOR: '1', LC_ALL: 'C.UTF-8', ...env }).map(([name, value]) => `${name}=${value}`);
  const quoted = ['env', ...variables, process.execPath, CLI, ...args]
    .map((word) => `'${word.replaceAll("'", "'\\''")}'`)
    .join(' ');
  const script = `trap : INT; before=$(stty -g); ${quoted}; status=$?; [ "$before" = "$(stty -g)" ] && same=same; echo "END $status $same"; cat`;
  tmux('new-session', '-d', '-x', String(columns), '-y', String(rows), '-s', 'screen', 'sh', '-c', script);
  const text = () => tmux('capture-pane', '-p', '-J', '-S', '-2000', '-t', 'screen').replaceAll(/ +$/gm, '');
  return {
    text,
    shows: async (wanted) => {
      for (const until = performance.now() + PATIENCE_MS; performance.now() < until; await wait(100)) {
        const shown = text();
        if (typeof wanted === 'string' ? shown.includes(wanted) : wanted.test(shown)) return shown;
      }
      throw new Error(`the screen never shows ${wanted}:\n${text()}`);
    },
    press: (key) => void tmux('send-keys', '-t', 'screen', key),
    close: () => {
      tmux('kill-server');
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** How long a command may take on a busy machine. */
const PATIENCE_MS = 240_000;
