/** `--webhook-format json`: our own document (document-schema.ts). Pure. */
import { idOf } from '../../message/alert-id.ts';
import type { Alert } from '../../message/describe.ts';
import type { Mail } from '../../message/mail.ts';
import type { WebhookDocument } from './document-schema.ts';
import type { Medium } from './medium.ts';

export const json: Medium = {
  label: 'the webhook',
  mistake: () => undefined,
  outgoing: (url, mail, alert) => ({
    method: 'POST',
    url,
    body: documentOf(mail, alert),
    headers: { 'idempotency-key': idOf(alert) },
  }),
  taken: ({ status }) => status >= 200 && status <= 299,
  expects: 'a 2xx',
  // Who listens may heed the key; nobody knows.
  repeatable: false,
  secretAddress: false,
  needsToken: false,
};

export function documentOf({ text, items }: Mail, alert: Alert): WebhookDocument {
  const shown = alert.items.slice(0, items).map((item) => ({
    kind: item.kind,
    title: item.title,
    incident: item.incident ?? null,
    blocks: item.blocks.map((block) =>
      block.kind === 'text' ? { ...block } : { ...block, lines: [...block.lines] },
    ),
  }));
  let used = 0;
  const fitting = shown.filter((item) => {
    used += Buffer.byteLength(JSON.stringify(item));
    return used <= ITEMS_BYTES;
  });
  return {
    version: 1,
    id: idOf(alert),
    at: new Date(alert.at).toISOString(),
    severity: alert.items[0]?.kind ?? 'news',
    subject: alert.subject,
    text,
    items: fitting,
    leftOut: alert.items.length - fitting.length,
  };
}

/** Beside a text of at most 250,000. */
const ITEMS_BYTES = 500_000;
