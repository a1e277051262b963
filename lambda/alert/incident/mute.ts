/**
 * Mutes: trouble that somebody accepted, for at most 90 days. A mute covers the causes that are
 * open when it is set, as bad as they are then; another cause, or the same one made worse, is told
 * all the same. Pure, plain JSON, times in epoch ms.
 */

import { DAY_MS, day } from '../../text/dates.ts';
import { bareCommand, type OwnCommand } from '../../text/own-command.ts';
import { type EntryState, memberships } from './entry-state.ts';
import { rank, type Standing } from './standing.ts';

const MUTE_MAX_DAYS = 90;

export interface Mute {
  /** An entry's key or destination, or an incident's id. */
  readonly key: string;
  readonly until: number;
  readonly reason: string;
  readonly by: string;
  readonly at: number;
  readonly accepts: readonly Accepted[];
}

export interface Accepted {
  readonly incident: string;
  readonly standing: Standing;
}

/** What was found about a policy: news without a standing, so that nothing is worse. */
interface MutableFinding {
  readonly id: string;
  readonly labels: readonly string[];
  readonly endedAt?: number;
}

/** A mute, or the sentence that says why there can be none. */
export type NewMute =
  | { readonly kind: 'mute'; readonly mute: Mute }
  | { readonly kind: 'refused'; readonly because: string };

/**
 * @param key an entry's key or destination, or an incident's id, as typed
 * @param findings about MTA-STS policies (alert/sts)
 */
export function newMute(
  key: string,
  terms: { readonly until: number; readonly reason: string; readonly by: string },
  entries: Iterable<EntryState>,
  now: number,
  own: OwnCommand = bareCommand,
  findings: readonly MutableFinding[] = [],
): NewMute {
  const refused = (because: string): NewMute => ({
    kind: 'refused',
    because: `mute ${key}: ${because}`,
  });
  if (!Number.isFinite(terms.until) || terms.until <= now)
    return refused('the date is not in the future, give --until a later day');
  if (terms.until > now + MUTE_MAX_DAYS * DAY_MS) {
    return refused(
      `at most ${MUTE_MAX_DAYS} days, so until ${day(now + MUTE_MAX_DAYS * DAY_MS).slice(4)} at ` +
        'the latest',
    );
  }
  if (terms.reason.trim() === '') return refused('give a --reason: it is shown in every message');
  const accepts = [...accepted(key, entries), ...acceptedFindings(key, findings)];
  if (accepts.length === 0)
    return refused(`nothing is open under this key, see: ${own('status') ?? 'status'}`);
  return {
    kind: 'mute',
    mute: { key, until: terms.until, reason: terms.reason.trim(), by: terms.by, at: now, accepts },
  };
}

/** The mute that covers an entry's part in an incident, if one is in force. */
export function muteOf(
  mutes: readonly Mute[],
  entry: { readonly label: string; readonly destination?: string },
  part: { readonly incident: string; readonly standing: Standing },
  now: number,
): Mute | undefined {
  return mutes.find(
    (mute) =>
      inForce(mute, now) &&
      (mute.key === part.incident ||
        sameKey(mute.key, entry.label) ||
        sameKey(mute.key, entry.destination)) &&
      mute.accepts.some(
        (one) => one.incident === part.incident && rank(part.standing) <= rank(one.standing),
      ),
  );
}

export function inForce(mute: Mute, now: number): boolean {
  return now < mute.until;
}

function accepted(key: string, entries: Iterable<EntryState>): readonly Accepted[] {
  const found = new Map<string, Standing>();
  for (const entry of entries) {
    for (const part of memberships(entry)) {
      if (part.incident === undefined || (part.incident !== key && !sameKey(key, entry.label)))
        continue;
      const known = found.get(part.incident);
      if (known === undefined || rank(part.standing) > rank(known))
        found.set(part.incident, part.standing);
    }
  }
  return [...found].map(([incident, standing]) => ({ incident, standing }));
}

const acceptedFindings = (key: string, findings: readonly MutableFinding[]): Accepted[] =>
  findings
    .filter(({ endedAt }) => endedAt === undefined)
    .filter(({ id, labels }) => id === key || labels.some((label) => sameKey(key, label)))
    .map(({ id }) => ({ incident: id, standing: 'failing' }));

const sameKey = (key: string, name: string | undefined) =>
  name !== undefined && key.toLowerCase() === name.toLowerCase();
