/**
 * Whether a mail about the queue would wait in that queue: its address is judged as a destination of
 * its own, by the same engine as all others, and what is asked of the world is asked anew.
 */
import type { Bundle } from '../../policy/bundle.ts';
import { destinationsOf } from '../../policy/destinations.ts';
import { turnAt } from '../../probe/turn.ts';
import { plain } from '../../text/strangers.ts';
import type { Reason } from '../../verdict/reason.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import { checkBundle } from '../check/check.ts';
import type { Underway } from './underway.ts';

export interface Doubts {
  /** By channel's name: a sentence. */
  readonly doubts: ReadonlyMap<string, string>;
  /** Sentences. */
  readonly problems: readonly string[];
}

/** Of channels whose mail the watched Postfix delivers. Never throws: telling comes first. */
export async function doubtsAbout(underway: Underway): Promise<Doubts> {
  const mails = underway.doors.channels.flatMap(({ name, recipient }) =>
    recipient === undefined ? [] : [{ name, recipient }],
  );
  if (mails.length === 0) return NONE;
  try {
    const verdicts = await judged(underway, [...new Set(mails.map(({ recipient }) => recipient))]);
    const doubts = mails.flatMap(({ name, recipient }) => {
      const verdict = verdicts.get(recipient.toLowerCase());
      const would = verdict === undefined ? undefined : wouldNotArrive(verdict);
      return would === undefined ? [] : [[name, `mail to ${recipient} ${would}`] as const];
    });
    return { doubts: new Map(doubts), problems: [] };
  } catch (error) {
    const said = plain(error instanceof Error ? error.message : String(error), 300);
    return {
      doubts: new Map(),
      problems: [`whether mail about this would arrive could not be judged: ${said}`],
    };
  }
}

/** By address, lower case. */
async function judged(
  { bundle, doors, options, stopped }: Underway,
  destinations: readonly string[],
): Promise<ReadonlyMap<string, EntryVerdict>> {
  const own: Bundle = { ...bundle, destinations };
  const names = new Map(
    destinationsOf(own).flatMap(({ id, name }) =>
      name.includes('@') ? [[id, name] as const] : [],
    ),
  );
  const at = doors.now();
  const run = await checkBundle(own, doors.openWorld(), {
    at,
    now: doors.now,
    pace: { ...options.pace, signal: stopped },
    controlHosts: options.controlHosts,
    turn: turnAt(at),
    only: new Set(names.keys()),
  });
  return new Map(run.verdicts.map((verdict) => [names.get(verdict.id) ?? verdict.id, verdict]));
}

/** What would become of mail to such an address, as a clause; undefined where nothing hinders it. */
export function wouldNotArrive({
  verdict,
  reason,
  nextHop,
  postfixWould,
  sentence,
}: EntryVerdict): string | undefined {
  if (verdict !== 'fail') return undefined;
  if (nextHop?.via === 'recipient' && OF_THE_ADDRESS.has(reason)) return undefined;
  switch (postfixWould) {
    case 'deliver':
      return undefined;
    case 'bounce':
      return `leaves by the Postfix that is watched, and would bounce: ${clause(sentence)}`;
    case 'defer':
    case 'depends':
    case null:
      return `leaves by the Postfix that is watched, and would wait there: ${clause(sentence)}`;
  }
}

/**
 * What is wrong with the address itself, and with nothing that is watched. A host that is told its
 * policy by hand may well deliver it: its mydestination is not known here.
 */
const OF_THE_ADDRESS: ReadonlySet<Reason | null> = new Set<Reason>([
  'nxdomain',
  'null-mx',
  'no-address',
  'loops',
  'not-a-name',
]);

const clause = (sentence: string) => plain(sentence).replace(/\.$/, '');

const NONE: Doubts = { doubts: new Map(), problems: [] };
