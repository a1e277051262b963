/**
 * A message as a letter (RFC 5322). Pure.
 *
 * The text is sent as it is: `text/plain`, UTF-8, 7bit where every server keeps it so, else quoted-
 * printable. Lines are wrapped already, and those that are not hold commands and lines of a table to
 * copy: `format=flowed` would let a reader's program join or break them, quoted-printable brings
 * them back byte for byte, whatever their length.
 */
import { createHash } from 'node:crypto';
import MailComposer from 'nodemailer/lib/mail-composer';
import { idOf } from '../../message/alert-id.ts';
import type { Alert } from '../../message/describe.ts';
import type { Mail } from '../../message/mail.ts';
import { domainOf } from './address.ts';

export interface Letter {
  readonly from: string;
  readonly to: string;
  /** Header and body, lines ended by CR LF. */
  readonly content: Buffer;
}

/** From one address to another, both parsed (address.ts). `now` is when it is sent. */
export async function letterOf(
  mail: Mail,
  alert: Alert,
  { from, to, now }: { readonly from: string; readonly to: string; readonly now: number },
): Promise<Letter> {
  const domain = domainOf(from);
  const threads = threadsOf(alert, from).map((id) => `<${id}@${domain}>`);
  const composer = new MailComposer({
    from: { name: 'postfix-tls-watch', address: from },
    to: { name: '', address: to },
    subject: mail.subject,
    text: mail.text,
    date: new Date(now),
    // Short, since not every program unfolds it.
    messageId: `<${idOf(alert).slice(0, NAME_CHARS)}.tls-watch@${domain}>`,
    ...(threads[0] === undefined ? {} : { inReplyTo: threads[0], references: threads }),
    headers: {
      'Auto-Submitted': 'auto-generated',
      'List-Id': `postfix-tls-watch <postfix-tls-watch.${domain}>`,
    },
    textEncoding: 'quoted-printable',
    newline: '\r\n',
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return { from, to, content: await composer.compile().build() };
}

/**
 * One name an incident, which no mail has and every mail about it refers to, so that a reader's
 * program shows them as one thread. Nothing has to be remembered for it.
 */
function threadsOf({ items }: Alert, from: string): readonly string[] {
  const incidents = new Set(items.flatMap(({ incident }) => incident ?? []));
  return [...incidents]
    .slice(0, THREADS)
    .map((incident) => `incident-${hash(`${from} ${incident}`)}.tls-watch`);
}

const hash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, NAME_CHARS);

/** 80 bits. */
const NAME_CHARS = 20;
/** Of a message about more, the worst. */
const THREADS = 20;
