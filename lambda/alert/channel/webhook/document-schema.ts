/** The shape of what `--webhook-format json` sends. Published as webhook.schema.json. */
import * as v from 'valibot';
import { ITEM_ORDER } from '../../incident/due.ts';

const blockSchema = v.variant('kind', [
  v.strictObject({
    kind: v.literal('text'),
    text: v.string(),
    /** To be read before a line to use. */
    caution: v.optional(v.literal(true)),
  }),
  v.strictObject({ kind: v.literal('code'), lines: v.array(v.string()) }),
  v.strictObject({ kind: v.literal('list'), heading: v.string(), lines: v.array(v.string()) }),
]);

export const webhookSchema = v.strictObject({
  version: v.literal(1),
  /** The same where the same news is told again. */
  id: v.string(),
  at: v.pipe(v.string(), v.isoTimestamp()),
  /** The kind of the worst item; `news` where there is none. */
  severity: v.picklist([...ITEM_ORDER, 'news']),
  /** Printable ASCII, below 100 characters. */
  subject: v.string(),
  /** The whole message as plain text, as a mail has it. */
  text: v.string(),
  /** Worst first. */
  items: v.array(
    v.strictObject({
      kind: v.picklist(ITEM_ORDER),
      title: v.string(),
      incident: v.nullable(v.string()),
      blocks: v.array(blockSchema),
    }),
  ),
  /** Items that are not in the document, for its size. */
  leftOut: v.number(),
});

export type WebhookDocument = v.InferOutput<typeof webhookSchema>;
