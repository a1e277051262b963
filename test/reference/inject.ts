/** Hands messages to a local smtpd, one per recipient, without ever blocking: DNS and mail servers may share the event loop. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Sends one short message from the null sender to each: `user@` a domain, or an address. Rejects when the smtpd refuses one. */
export async function inject(port: number, recipients: readonly string[], headers = ''): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  const replies = repliesOf(socket);
  const say = async (line: string | undefined, expected: string) => {
    if (line !== undefined) socket.write(`${line}\r\n`);
    const { value = 'connection closed' } = await replies.next();
    if (!value.startsWith(expected))
      throw new Error(`smtpd on port ${port} answered "${value}" to "${line ?? 'the connection'}"`);
  };
  await say(undefined, '220');
  await say('EHLO injector.test', '250');
  for (const recipient of recipients) {
    await say('MAIL FROM:<>', '250');
    await say(`RCPT TO:<${recipient.includes('@') ? recipient : `user@${recipient}`}>`, '250');
    await say('DATA', '354');
    await say(`${headers}From: sender@sender.test\r\nSubject: reference\r\n\r\nhello\r\n.`, '250');
  }
  await say('QUIT', '221');
  socket.destroy();
}

/** The last line of each reply. */
async function* repliesOf(socket: Socket): AsyncGenerator<string, string> {
  let held = '';
  const closed = once(socket, 'close').then(() => undefined);
  for (;;) {
    const chunk = await Promise.race([once(socket, 'data') as Promise<[Buffer]>, closed]);
    if (chunk === undefined) return 'connection closed';
    held += chunk[0].toString('latin1');
    for (let end = held.indexOf('\r\n'); end >= 0; end = held.indexOf('\r\n')) {
      const line = held.slice(0, end);
      held = held.slice(end + 2);
      if (line[3] === ' ') yield line;
    }
  }
}
