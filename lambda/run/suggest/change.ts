/** A line that is to change, and what it was judged on. Plain JSON but for `edit`'s line numbers. */

import type { Edit } from '../../policy/rewrite/edit.ts';
import type { PostfixVersion } from '../../postfix/version.ts';
import type { LineHeld } from '../../verdict/held.ts';
import type { Caution } from '../../verdict/verdict.ts';

/** Why a line is to change; the order in which they are counted. */
export const CHANGE_KINDS = ['cure', 'stronger', 'new', 'steadier', 'shorter', 'dead'] as const;
/**
 * `cure`: mail would not be delivered by the line as it is, or not by every host. `stronger`: it
 * would be delivered at a stronger level too. `new`: the same of a destination that no line covers.
 * `steadier`: the line holds as it is, and another one
 * held on more days or has fewer names. `shorter`: it says the same with less. `dead`: nobody looks
 * it up.
 */
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/**
 * Who says that the hosts are meant. `policy`: the entry alone, whatever DNS says; `dnssec`: a
 * signed zone; `mta-sts`: the domain's own policy, for whoever fetches it now until a date; `dns`:
 * today's unsigned answer.
 */
export interface Ground {
  readonly kind: 'policy' | 'dnssec' | 'mta-sts' | 'dns';
  /** A clause for people, without a full stop. */
  readonly because: string;
  /** Of `mta-sts`: epoch ms. */
  readonly until?: number;
}

/** What the line comes to today. */
export interface Today {
  readonly verdict: 'pass' | 'degraded';
  readonly hosts: number;
  /** Addresses that were met, of so many that mail could reach. */
  readonly met: number;
  readonly addresses: number;
  /** ISO 8601: from when on it would no longer hold, by the certificates of today. */
  readonly failsFrom: string | null;
}

/** As much as is known of a line before it is put to the proof in its table. */
export interface Change {
  readonly kind: ChangeKind;
  /** `hash:/etc/postfix/tls_policy`; null where none is named. */
  readonly table: string | null;
  /** Null for a line that is new, or an answer that stands in no line. */
  readonly line: number | null;
  readonly key: string;
  /** What is judged by it; absent for a line that nobody looks up. */
  readonly destination?: string;
  /** As it is read today; null for a line that is new. */
  readonly before: string | null;
  /** Null where the line goes, or is commented out. */
  readonly after: string | null;
  /** Null where the table cannot be edited as a text: it is told alone. */
  readonly edit: Edit | null;
  /** Of a line that is new: a comment to stand before it. */
  readonly heading?: string;
  /** A clause for people, without a full stop. */
  readonly because: string;
  readonly ground?: Ground;
  readonly today?: Today;
  /** Over the days that are remembered; absent where nothing is. */
  readonly held?: LineHeld;
  /** The same of the line as it is. */
  readonly heldBefore?: LineHeld;
  /** Of `stronger`: by how much before its end the certificate was renewed the last time, in ms. */
  readonly renewedBeforeMs?: number;
}

/** What is to be done to the table. */
export const editsOf = ({ edit, heading }: Pick<Change, 'edit' | 'heading'>): readonly Edit[] =>
  edit === null ? [] : heading === undefined ? [edit] : [{ kind: 'add', text: heading }, edit];

/**
 * An entry that fails, and no line would help; or one for which a line may not be given yet, though
 * one would.
 */
export interface Unhelped {
  readonly table: string | null;
  readonly line: number | null;
  readonly destination: string;
  /** What becomes of its mail, and why. */
  readonly sentence: string;
  readonly caution?: Caution;
  /** The version, where a name that is sent (SNI) would help, and it has no servername=. */
  readonly cannotSendName?: PostfixVersion;
  readonly exemption?: Exemption;
}

/** A line that takes the domain out of what decides. */
export interface Exemption {
  readonly line: string;
  readonly table: string | null;
  readonly parameter: string | null;
  readonly before: string | null;
}
