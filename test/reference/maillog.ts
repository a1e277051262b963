/** Reads a mail log: how each recipient's message ended, and what its smtp(8) process said on the way. */
import type { Delivery } from './scene.ts';

/** Deliveries by recipient domain, or by address where it is not `user`; first attempt only. */
export function readMaillog(text: string): Map<string, Delivery> {
  const deliveries = new Map<string, Delivery>();
  const said = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const process = /postfix\S*\/(?:smtp|error|retry)\[(\d+)\]: (.*)$/.exec(line);
    if (process === null) continue;
    const [, pid = '', message = ''] = process;
    const ended = ENDED.exec(message);
    if (ended?.groups === undefined) {
      said.set(pid, [...(said.get(pid) ?? []), message]);
      continue;
    }
    const { user = '', domain = '', relay = '', dsn = '', status = '', text: words = '' } = ended.groups;
    const recipient = user === 'user' ? domain : `${user}@${domain}`;
    const log = said.get(pid) ?? [];
    said.delete(pid);
    // The log is read as Latin-1; a server's text is UTF-8.
    const utf8 = Buffer.from(words, 'latin1').toString();
    if (!deliveries.has(recipient))
      deliveries.set(recipient, { recipient, status: statusOf(status), dsn, text: utf8, relay, log });
  }
  return deliveries;
}

/** The last line that says why an smtp(8) process died; undefined when none did. */
export function lastFatal(text: string): string | undefined {
  return /^.*postfix\S*\/smtp\[\d+\]: ((?:fatal|panic): .*)$/ms
    .exec(text.split('\n').reverse().join('\n'))?.[1]
    ?.split('\n', 1)[0];
}

const ENDED =
  /^\w+: to=<(?<user>[^@>]*)@(?<domain>[^>]*)>, (?:orig_to=\S+ )?relay=(?<relay>[^,]*), .*?dsn=(?<dsn>[\d.]+),(?: \S+,)? status=(?<status>\w+) \((?<text>.*)\)$/;

/** With soft_bounce = yes the log has SOFTBOUNCE for what stays in the queue. */
function statusOf(word: string): Delivery['status'] {
  if (word === 'SOFTBOUNCE') return 'deferred';
  return word === 'sent' || word === 'deferred' || word === 'bounced' ? word : 'none';
}
