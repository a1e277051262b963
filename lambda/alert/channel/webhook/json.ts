/** `--webhook-format json`: our own document (document-schema.ts). Pure. */
import { idOf } from '../../message/alert-id.ts';
import { documentOf } from '../../message/document.ts';
import type { WebhookDocument } from './document-schema.ts';
import type { Medium } from './medium.ts';

export const json: Medium = {
  label: 'the webhook',
  mistake: () => undefined,
  outgoing: (url, mail, alert) => ({
    method: 'POST',
    url,
    body: documentOf(mail, alert) satisfies WebhookDocument,
    headers: { 'idempotency-key': idOf(alert) },
  }),
  taken: ({ status }) => status >= 200 && status <= 299,
  expects: 'a 2xx',
  // Who listens may heed the key; nobody knows.
  repeatable: false,
  secretAddress: false,
  needsToken: false,
};
