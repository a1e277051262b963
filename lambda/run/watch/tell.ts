/**
 * The telling of a run: one message, if one is due, through every channel, and a run record that
 * says how far it came.
 *
 * What is about to be told is written down first, and after each channel that took it who is still
 * owed it. A run that dies in between has left that there, and the next run goes on with it.
 */
import type { Channel, Delivery } from '../../alert/channel/channel.ts';
import type { WatchState } from '../../alert/incident/incident.ts';
import { recordTellings, type Telling } from '../../alert/incident/telling.ts';
import { type Alert, describeAlert } from '../../alert/message/describe.ts';
import { type Mail, mailOf } from '../../alert/message/mail.ts';
import { sentence } from '../../alert/message/wording.ts';
import { firstWithin } from '../../first-within.ts';
import { keepMessage } from '../../store/owed.ts';
import { prepareTellings } from '../../store/runs.ts';
import type { OwedChannel } from '../../store/stored-values.ts';
import type { Json } from '../../store/value-schemas.ts';
import type { Assessment } from './assess.ts';
import { type Counts, countsOf } from './figures.ts';
import { toldLate } from './lateness.ts';
import type { OpenedRun } from './open-run.ts';
import { owedMessage, owedSentence } from './owing.ts';
import { doubtsAbout } from './own-way.ts';
import { moreOf } from './progress.ts';
import type { StsWatched } from './sts.ts';
import { type StsTelling, stsTellings, tellingsDone } from './sts-telling.ts';
import { noteIn, tellChannels } from './tell-channels.ts';
import type { Underway } from './underway.ts';

export interface Told {
  /** Of the whole run, as its record has them. */
  readonly counts: Counts;
  /** Absent: nothing was due. */
  readonly mail?: Mail;
  /** `untold`: no channel took it. */
  readonly delivery?: Delivery;
  /** What is owed to single channels, of this message and of earlier ones. */
  readonly owed: readonly OwedChannel[];
  /** Sentences. */
  readonly problems: readonly string[];
  /** What to remember, with what was told marked as told. */
  readonly state: WatchState;
}

/**
 * Tells what is due and marks it as told in `state` where any channel took it: the others are owed
 * it. Where none did, `delivery` is `untold`, nothing is marked, and all is due again.
 */
export async function tell(
  underway: Underway,
  assessment: Assessment,
  policies: StsWatched | undefined,
  opened: OpenedRun,
): Promise<Told> {
  const { bundle, doors, options, recalled } = underway;
  const { decision, verdicts, vantage, facts, mutes } = assessment;
  const { confirmations, problems } = recalled;
  const now = doors.now();
  const { own } = options;
  const said = { mutes, confirmations, ...(own === undefined ? {} : { own }) };
  const sts = policies === undefined ? {} : { sts: policies.news };
  const news = describeAlert({
    decision,
    verdicts,
    bundle,
    ...said,
    ...sts,
    vantage,
    run: facts,
    now,
  });
  const { doubts, problems: unsure } =
    news === undefined ? { doubts: NO_DOUBTS, problems: [] } : await doubtsAbout(underway);
  const alert = news === undefined ? undefined : withDoubts(news, doubts);
  const mail = alert === undefined ? undefined : mailOf(alert);
  const tellings: readonly Telling[] =
    mail === undefined ? [] : [...decision.tellings.slice(0, mail.items), ...decision.mentions];
  const published =
    policies === undefined || mail === undefined
      ? []
      : stsTellings(policies.news, mail.items - decision.items.length);
  const findings = findingsOf(underway, assessment, published, now);
  const prepared = await prepare(doors, opened, tellings, alert, mail);
  const counts = { ...findings.counts };
  await opened.advance('judged', { ...findings, ...prepared, counts }, doors.now());
  const due =
    alert === undefined || mail === undefined
      ? undefined
      : {
          alert,
          mail,
          owed: owedMessage({ runId: opened.run.value.runId, message: prepared.message }, alert),
        };
  const told = await tellChannels(doubting(doors, doubts), due, noteIn(opened, doors.now));
  const { delivery, owed } = told;
  const wrong = [...told.problems, ...owed.map(owedSentence)];
  if (delivery?.kind === 'untold')
    await opened.advance(
      'untold',
      { exceptions: [...problems, ...wrong, delivery.because] },
      doors.now(),
    );
  const isTold = delivery?.kind === 'told';
  if (isTold) await tellingsDone(doors.store, published, doors.now());
  return {
    counts,
    ...(mail === undefined || delivery === undefined ? {} : { mail, delivery }),
    owed,
    problems: [...unsure, ...told.problems],
    state: isTold ? recordTellings(decision.after, tellings) : decision.after,
  };
}

/** The message says which of its mails may not arrive. */
function withDoubts(alert: Alert, doubts: ReadonlyMap<string, string>): Alert {
  const intro = [...doubts.values()].map((doubt) => ({
    kind: 'text' as const,
    text: `${sentence(doubt)} Name a channel that does not depend on it.`,
  }));
  return { ...alert, intro: [...intro, ...alert.intro] };
}

function doubting(
  doors: Underway['doors'],
  doubts: ReadonlyMap<string, string>,
): Underway['doors'] {
  const channels = doors.channels.map((channel): Channel => {
    const doubt = doubts.get(channel.name);
    if (doubt === undefined) return channel;
    return {
      ...channel,
      tell: async (...told) => {
        const delivery = await channel.tell(...told);
        return delivery.kind === 'told' ? { ...delivery, doubt } : delivery;
      },
    };
  });
  return { ...doors, channels };
}

/** Writes down what is about to be told; answers what the run record says of it. */
async function prepare(
  { store, now }: Underway['doors'],
  { run }: OpenedRun,
  tellings: readonly Telling[],
  alert: Alert | undefined,
  mail: Mail | undefined,
): Promise<{ readonly tellings: number; readonly message: number }> {
  if (alert === undefined || mail === undefined) return { tellings: 0, message: 0 };
  const { runId } = run.value;
  // Only what the mail has room for counts as told.
  const items = firstWithin(alert.items.slice(0, mail.items), { chars: KEPT_CHARS });
  const kept = { ...alert, items } as unknown as Json;
  return {
    tellings: await prepareTellings(store, runId, tellings as unknown as Json, now()),
    message: await keepMessage(store, runId, kept, now()),
  };
}

/** What the run record keeps of what was found. */
function findingsOf(
  { options, recalled, progress, at }: Underway,
  { verdicts, conversations, vantage, decision, firstLook, facts }: Assessment,
  published: readonly StsTelling[],
  now: number,
) {
  const all = [...verdicts.values()];
  const late = toldLate(decision, { recalled, progress }, firstLook, now);
  const counts = { ...countsOf(all, conversations, at), toldLate: late };
  return {
    counts,
    vantage: { ipv4: vantage.ipv4, ipv6: vantage.ipv6 },
    unseen: all.filter(({ verdict }) => verdict === 'undetermined').map(({ id }) => id),
    more: moreOf(all, progress.own, facts, published),
    digests: { ...options.digests },
    exceptions: recalled.problems,
  };
}

const NO_DOUBTS: ReadonlyMap<string, string> = new Map();
/** As much as a mail of the largest size holds, several times over. */
const KEPT_CHARS = 1_000_000;
