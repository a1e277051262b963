/** Reads a mail log: how each message ended, whoever delivered it, and what that process said on the way. */
export interface Ending {
  /** The whole address the message was sent to. */
  readonly recipient: string;
  /** `none`: no line within the time. */
  readonly status: 'sent' | 'deferred' | 'bounced' | 'none';
  readonly dsn: string;
  /** What stands in the parentheses; at `none` the last fatal line. */
  readonly text: string;
  /** As logged: `mx.example.net[127.1.2.3]:25`, `none`, `local`. */
  readonly relay: string;
  /** The program that delivered: `smtp`, `local`, `error`, … */
  readonly agent: string;
  /** What the same process said since its last delivery. */
  readonly said: readonly string[];
}

/** By recipient, first attempt only. */
export function readMaillog(text: string): Map<string, Ending> {
  const endings = new Map<string, Ending>();
  const said = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const process = / postfix[^[ ]*\/([\w-]+)\[(\d+)\]: (.*)$/.exec(line);
    if (process === null) continue;
    const [, agent = '', pid = '', message = ''] = process;
    const ended = ENDED.exec(message)?.groups;
    if (ended === undefined) {
      said.set(pid, [...(said.get(pid) ?? []), message]);
      continue;
    }
    const recipient = (ended.original ?? ended.recipient ?? '').toLowerCase();
    const { relay = '', dsn = '', status = '', text: words = '' } = ended;
    const own = said.get(pid) ?? [];
    said.delete(pid);
    if (endings.has(recipient)) continue;
    endings.set(recipient, { recipient, status: statusOf(status), dsn, text: words, relay, agent, said: own });
  }
  return endings;
}

/** Lines that say why a program died, in order: its own last words, or those of master(8) where a signal ended it. */
export function fatalLines(text: string): string[] {
  return [...text.matchAll(DIED)].map(([, program = '', words = '', signal = '']) =>
    signal === '' ? `${program}: ${words}` : signal,
  );
}

const DIED = / (postfix[^[ ]*)\[\d+\]: (?:((?:fatal|panic): .*)|warning: process .*\/smtp pid \d+ (killed by signal \d+))$/gm;

const ENDED =
  /^\w+: to=<(?<recipient>[^>]*)>, (?:orig_to=<(?<original>[^>]*)>, )?relay=(?<relay>[^,]*), .*?dsn=(?<dsn>[\d.]+),(?: \S+,)? status=(?<status>\w+) \((?<text>.*)\)$/;

function statusOf(word: string): Ending['status'] {
  if (word === 'SOFTBOUNCE') return 'deferred';
  return word === 'sent' || word === 'deferred' || word === 'bounced' ? word : 'none';
}
