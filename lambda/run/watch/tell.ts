/**
 * The telling of a run: one message, if one is due, and a run record that says how far it came.
 *
 * What is about to be told is written down first. A run that dies between publishing and storing
 * has left it there, and the next run counts it as told.
 */
import type { Delivery } from '../../alert/channel/channel.ts';
import type { WatchState } from '../../alert/incident/incident.ts';
import { recordTellings, type Telling } from '../../alert/incident/telling.ts';
import { describeAlert } from '../../alert/message/describe.ts';
import { type Mail, mailOf } from '../../alert/message/mail.ts';
import { prepareTellings } from '../../store/runs.ts';
import type { Json } from '../../store/value-schemas.ts';
import type { Assessment, Underway } from './assess.ts';
import { countsOf } from './figures.ts';
import { notWatchedIn } from './not-watched.ts';
import type { OpenedRun } from './open-run.ts';

export interface Told {
  /** Absent: nothing was due. */
  readonly mail?: Mail;
  readonly delivery?: Delivery;
  /** What to remember, with what was told marked as told. */
  readonly state: WatchState;
}

/**
 * Tells what is due and marks it as told in `state`. Where a channel did not take the message,
 * `delivery` is `untold` and nothing is marked.
 */
export async function tell(
  { bundle, doors, recalled, at }: Underway,
  assessment: Assessment,
  opened: OpenedRun,
): Promise<Told> {
  const { decision, verdicts, vantage, facts } = assessment;
  const { mutes, confirmations, problems } = recalled;
  const now = doors.now();
  const said = { mutes, confirmations };
  const alert = describeAlert({ decision, verdicts, bundle, ...said, vantage, run: facts, now });
  const mail = alert === undefined ? undefined : mailOf(alert);
  const tellings: readonly Telling[] =
    mail === undefined ? [] : [...decision.tellings.slice(0, mail.items), ...decision.mentions];
  const chunks =
    mail === undefined
      ? 0
      : await prepareTellings(
          doors.store,
          opened.run.value.runId,
          tellings as unknown as Json,
          doors.now(),
        );
  const judged = { ...findingsOf(assessment, at), exceptions: problems };
  await opened.advance('judged', { ...judged, tellings: chunks }, doors.now());
  if (alert === undefined || mail === undefined) return { state: decision.after };

  const delivery = await doors.tell(mail, alert);
  if (delivery.kind === 'untold') {
    const exceptions = [...problems, delivery.because];
    await opened.advance('untold', { exceptions }, doors.now());
    return { mail, delivery, state: decision.after };
  }
  const { messageId } = delivery;
  await opened.advance(
    'told',
    { exceptions: problems, ...(messageId === undefined ? {} : { messageId }) },
    doors.now(),
  );
  return { mail, delivery, state: recordTellings(decision.after, tellings) };
}

/** What the run record keeps of what was found. */
function findingsOf({ first, verdicts }: Assessment, at: number) {
  const all = [...verdicts.values()];
  return {
    counts: { ...countsOf(all, first.conversations.length, at) },
    vantage: { ...first.vantage },
    unseen: all.filter(({ verdict }) => verdict === 'undetermined').map(({ id }) => id),
    more: { notWatched: notWatchedIn(all) } as unknown as Json,
  };
}
