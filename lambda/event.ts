/** The events that the function takes. Any other is refused before anything is sent. */
import * as v from 'valibot';

export type WatchEvent =
  /**
   * The daily run; `runId` is the scheduled time, so that the same run twice is one run. A message
   * of the queue brings the same event once more, for the run to go on.
   */
  | { readonly kind: 'scheduled'; readonly runId: string }
  /** A run by hand over some destinations: it retires nothing and does not count as complete. */
  | { readonly kind: 'destinations'; readonly destinations: readonly string[] }
  /** A look at the records of runs that are made elsewhere. */
  | { readonly kind: 'sentinel' };

/** Throws on anything but these shapes; the sentence shows those that people send. */
export function parseEvent(event: unknown): WatchEvent {
  const scheduled = v.safeParse(SCHEDULED, event);
  if (scheduled.success) return { kind: 'scheduled', runId: scheduled.output.scheduledTime };
  const some = v.safeParse(SOME, event);
  if (some.success) return { kind: 'destinations', destinations: some.output.destinations };
  if (v.is(SENTINEL, event)) return { kind: 'sentinel' };
  const queued = v.safeParse(QUEUED, event);
  if (queued.success)
    return { kind: 'scheduled', runId: queued.output.Records[0].body.scheduledTime };
  throw new Error(`event ${shown(event)} is refused: send ${ACCEPTED}`);
}

const MOST_DESTINATIONS = 1_000;

/** As EventBridge Scheduler writes it: `2026-11-24T06:00:00Z`. */
const SCHEDULED = v.strictObject({
  scheduledTime: v.pipe(
    v.string(),
    v.regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?Z$/),
    v.check((text) => !Number.isNaN(Date.parse(text))),
  ),
});
const SOME = v.strictObject({
  destinations: v.pipe(
    v.array(v.pipe(v.string(), v.regex(/^[^\s\p{Cc}]{1,255}$/u))),
    v.minLength(1),
    v.maxLength(MOST_DESTINATIONS),
  ),
});
/** As the queue's event source hands over one message. */
const QUEUED = v.object({
  Records: v.strictTuple([
    v.object({
      eventSource: v.literal('aws:sqs'),
      body: v.pipe(v.string(), v.maxLength(1_000), v.parseJson(), SCHEDULED),
    }),
  ]),
});
const SENTINEL = v.strictObject({ sentinel: v.literal(true) });

const ACCEPTED =
  '{"scheduledTime":"2026-11-24T06:00:00Z"}, {"destinations":["example.com"]} (up to ' +
  `${MOST_DESTINATIONS} names) or {"sentinel":true}`;

function shown(event: unknown): string {
  const text = JSON.stringify(event) ?? String(event);
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}
