/**
 * A message as a document for programs (docs/channels.md): what a webhook gets, and what subscribers
 * of the mail topic get that are no mailbox. Pure.
 */
import type { ItemKind } from '../incident/due.ts';
import { idOf } from './alert-id.ts';
import type { Alert } from './describe.ts';
import type { Mail } from './mail.ts';

/**
 * @param bytes that text and items may have, each, before they are cut: the text at a line, the
 *   items at the first that does not fit
 */
export function documentOf(
  { text, items }: Pick<Mail, 'text' | 'items'>,
  alert: Alert,
  bytes = WHOLE_BYTES,
) {
  const shown = alert.items.slice(0, items).map((item) => ({
    kind: item.kind,
    title: item.title,
    incident: item.incident ?? null,
    blocks: item.blocks.map((block) =>
      block.kind === 'text' ? { ...block } : { ...block, lines: [...block.lines] },
    ),
  }));
  const fitting = withinBytes(shown, bytes, JSON.stringify);
  return {
    version: 1 as const,
    id: idOf(alert),
    at: new Date(alert.at).toISOString(),
    severity: severityOf(alert),
    subject: alert.subject,
    text: textWithin(text, bytes),
    items: fitting,
    leftOut: alert.items.length - fitting.length,
  };
}

/** The kind of the worst item, for items come worst first; `news` where there is none. */
export const severityOf = ({ items }: Pick<Alert, 'items'>): ItemKind | 'news' =>
  items[0]?.kind ?? 'news';

function textWithin(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  const kept = withinBytes(text.split('\n'), bytes, (line) => `${line}\n`);
  return [...kept, '(cut here: the mail has all of it)', ''].join('\n');
}

function withinBytes<T>(all: readonly T[], bytes: number, written: (one: T) => string): T[] {
  let used = 0;
  return all.filter((one) => {
    used += Buffer.byteLength(written(one));
    return used <= bytes;
  });
}

/** More than a message has. */
const WHOLE_BYTES = 500_000;
