/**
 * A run that looked at everything and could not tell it, begun once more under its id: only telling
 * is left. The same of a run that is complete, and of which a channel is owed a message.
 */
import type { Delivery } from '../../alert/channel/channel.ts';
import { type Mail, mailOf } from '../../alert/message/mail.ts';
import { readOwed } from '../../store/owed.ts';
import { markRecovered } from '../../store/runs.ts';
import type { OwedChannel } from '../../store/stored-values.ts';
import { keep } from './keep.ts';
import type { OpenedRun, RunOpening } from './open-run.ts';
import type { WatchDoors, WatchOptions } from './options.ts';
import { keptAlert, owedMessage } from './owing.ts';
import { recall } from './recall.ts';
import { tellingsDone, tellingsIn } from './sts-telling.ts';
import { noteIn, type Telling, type ToldChannels, tellChannels } from './tell-channels.ts';

export interface LeftTold {
  readonly kind: 'told-late';
  readonly runId: string;
  /** Absent: the run's own message was told before. */
  readonly mail?: Mail;
  /** `untold`: no channel took it this time either. */
  readonly told: Delivery | undefined;
  /** What is still owed to single channels. */
  readonly owed: readonly OwedChannel[];
  readonly problems: readonly string[];
}

type Opened = Exclude<RunOpening, { readonly kind: 'busy' | 'already-done' }>;

/** Whether a channel that there is, is owed anything. */
export async function owes({ store, channels, now }: WatchDoors): Promise<boolean> {
  const { channels: owed } = await readOwed(store, now());
  const names = new Set(channels.map(({ name }) => name));
  return owed.some(({ value }) => names.has(value.channel) && value.messages.length > 0);
}

/** Undefined where more than telling is left to do. */
export async function tellLeft(
  doors: WatchDoors,
  options: WatchOptions,
  opened: Opened,
): Promise<LeftTold | undefined> {
  if (opened.kind === 'owing') {
    const told = await tellChannels(doors, undefined, async () => undefined);
    return leftTold(options.runId, undefined, told);
  }
  const { stage, kept } = opened.run.value;
  if (stage !== 'untold' || kept !== 'whole') return undefined;
  const telling = await keptTelling(doors, opened);
  if (telling === undefined) return undefined;
  const told = await tellChannels(doors, telling, noteIn(opened, doors.now));
  const notKept = told.delivery?.kind === 'told' ? await markTold(doors, options, opened) : [];
  const problems = [...told.problems, ...notKept];
  return leftTold(opened.run.value.runId, telling.mail, { ...told, problems });
}

async function keptTelling(
  { store }: WatchDoors,
  { run: { value } }: OpenedRun,
): Promise<Telling | undefined> {
  const alert = await keptAlert(store, { runId: value.runId, chunks: value.message ?? 0 });
  return alert === undefined
    ? undefined
    : { alert, mail: mailOf(alert), owed: owedMessage(value, alert) };
}

/** What was told counts as told, and the run is complete. */
async function markTold(
  { store, now }: WatchDoors,
  { historyMs }: WatchOptions,
  opened: OpenedRun,
): Promise<readonly string[]> {
  const { runId } = opened.run.value;
  const at = now();
  // Its own record says `told` now, so that it is among those recovered.
  const recalled = await recall(store, [runId], at);
  await tellingsDone(store, tellingsIn(recalled.recovered), at);
  const kept = await keep(store, {
    ...{ runId, at, historyMs, recalled, state: recalled.state, whole: false },
    comparison: { hosts: [], entries: new Map() },
    updates: [],
    decision: { keepSnapshots: [], retired: [] },
    spareHosts: new Set(),
  });
  for (const earlier of recalled.recovered) await markRecovered(store, earlier, runId);
  if (kept.whole) await opened.complete(now());
  return [...recalled.problems, ...kept.problems];
}

const leftTold = (runId: string, mail: Mail | undefined, told: ToldChannels): LeftTold => ({
  kind: 'told-late',
  runId,
  ...(mail === undefined ? {} : { mail }),
  told: told.delivery,
  owed: told.owed,
  problems: told.problems,
});
