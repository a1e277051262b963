/**
 * Where mail went, from run to run (log/mail-sent): one item for each vantage, gzipped. Domains with
 * the least mail are left out where there is no room.
 */
import * as v from 'valibot';
import { firstWithin } from '../first-within.ts';
import { LOG_BOUNDS } from '../limits.ts';
import { type MailSent, recipientsOf } from '../log/mail-sent.ts';
import { isHostname } from '../postfix/hostname.ts';
import { DAY_MS } from '../text/dates.ts';
import { chunkKey, readChunks, writeChunks } from './chunks.ts';
import { keys, type Store } from './keys.ts';
import { StoreError } from './table-error.ts';

/**
 * Undefined where none was kept, or what was kept is over.
 *
 * @throws StoreError `damaged` where it cannot be read
 */
export async function readMailSent({ table, space }: Store): Promise<MailSent | undefined> {
  const pk = keys.mail(space);
  if ((await table.get(chunkKey(pk, NAME, 0))) === undefined) return undefined;
  const bytes = await readChunks(table, pk, NAME, 1);
  const read = v.safeParse(KEPT, parsed(new TextDecoder().decode(bytes)));
  if (!read.success)
    throw new StoreError('damaged', `${table.title}: ${pk} / ${NAME} is no list of domains`);
  const { since, byDay, byDomain } = read.output;
  return {
    since,
    byDay: new Map(byDay),
    byDomain: new Map(
      byDomain.flatMap(([domain, days]) => (isHostname(domain) ? [[domain, new Map(days)]] : [])),
    ),
  };
}

/** Keeps it in place of an earlier one; it goes once all of it is too old. */
export async function saveMailSent(
  { table, space }: Store,
  sent: MailSent,
  now: number,
): Promise<void> {
  if (sent.since === undefined) return;
  const all = [...recipientsOf(sent).byDomain.keys()].map(
    (domain) => [domain, [...(sent.byDomain.get(domain) ?? [])]] as const,
  );
  const content = {
    since: sent.since,
    byDay: [...sent.byDay],
    byDomain: firstWithin(all, { chars: LOG_BOUNDS.mailChars }),
  };
  const bytes = new TextEncoder().encode(JSON.stringify(content));
  await writeChunks(table, keys.mail(space), NAME, bytes, now + KEPT_MS);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const days = v.array(v.tuple([v.number(), v.number()]));
const KEPT = v.object({
  since: v.number(),
  byDay: days,
  byDomain: v.array(v.tuple([v.string(), days])),
});
const NAME = 'sent';
const KEPT_MS = 40 * DAY_MS;
