/** `report --output FILE`: one page of all that is kept; probes nothing and writes to no store. */
import { openStore, tableNamed } from '../../local-doors.ts';
import { openMessagesTally } from '../../log/messages-sent.ts';
import { plain } from '../../text/strangers.ts';
import { UsageError } from '../../usage-error.ts';
import type { BundleFlags } from '../flags.ts';
import { readMailSent } from '../mail-log.ts';
import { type PlaceFlags, placeOf } from '../place.ts';
import { namedBundle, pushedBundle } from '../status/policy.ts';
import type { Console } from '../terminal/console.ts';
import { page } from './page/page.ts';
import { showPage, writePage } from './page-file.ts';
import { type Besides, readReport } from './read.ts';

export interface ReportFlags extends BundleFlags, PlaceFlags {
  /** A path, or `-`. */
  readonly output?: string;
  /** Logs, `journal` or `-`. */
  readonly log?: readonly string[];
  readonly open?: boolean;
}

/**
 * Returns the exit status, 0.
 *
 * @throws UsageError where flags are missing or exclude one another, and where the page cannot be
 *   written
 */
export async function reportCommand(
  table: string | undefined,
  flags: ReportFlags,
  console: Console,
): Promise<number> {
  const { output, log = [] } = flags;
  if (output === undefined || output === '')
    throw new UsageError('report: --output FILE is wanted, the page that is to be written');
  if (output === '-' && flags.open)
    throw new UsageError('report: --open shows a file, and --output - writes none');
  const place = await placeOf(flags);
  const now = console.now();
  const here = await namedBundle(table, flags);
  const open = await openStore(place, 'read', console.env);
  try {
    const besides: Besides = {
      bundle: here ?? (await pushedBundle(open.store)),
      onDisk: tableNamed(place.store) === undefined,
      of: { place: open.place, ...open.store.space },
      log: await readLog(log, now),
      own: console.own,
    };
    const report = await readReport(open.store, besides, now);
    const text = page(report);
    if (output === '-') console.bytes(Buffer.from(text));
    else await writePage(output, text);
    const size = `${Math.ceil(Buffer.byteLength(text) / 1000)} KB`;
    const where = output === '-' ? 'standard output' : plain(output);
    console.err(`${report.first.sentence}\nwrote ${where}, ${size}\n`);
  } finally {
    open.close();
  }
  if (flags.open) {
    const because = await showPage(output);
    if (because !== undefined)
      console.err(`no browser was opened: ${because}; open ${plain(output)} in one\n`);
  }
  return 0;
}

async function readLog(named: readonly string[], now: number): Promise<Besides['log']> {
  const messages = openMessagesTally(now);
  const sent = await readMailSent({ destinationsFromLog: named }, now, messages.take);
  return sent === undefined ? undefined : { sent, messages: messages.sent() };
}
