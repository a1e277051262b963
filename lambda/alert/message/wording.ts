/**
 * The words for causes and changes, written once for subject, mail and chat. Strangers' names in
 * them are neutralised. Pure.
 */

import { plain } from '../../text/strangers.ts';
import { REASONS, type ReasonRow } from '../../verdict/reason.ts';
import type { Cause, CauseReason } from '../incident/cause.ts';
import { OUR_SIDE } from '../incident/cause.ts';
import type { Change, OwnChange } from '../incident/entry-state.ts';
import type { Incident } from '../incident/incident.ts';

/**
 * `certificate lacks the name asked for`; with `where`, `outlook.com certificate lost a name`,
 * `STARTTLS not offered at outlook.com`.
 */
export function causeWords(
  incident: Pick<Incident, 'cause' | 'theirs'>,
  { where, soon }: { where: boolean; soon: boolean },
): string {
  const { cause } = incident;
  const words = lostName(incident)
    ? 'certificate lost a name'
    : ((soon ? rowOf(cause.reason).soon : undefined) ?? rowOf(cause.reason).words);
  if (!where || cause.provider === '' || cause.provider === OUR_SIDE) return words;
  const provider = plain(cause.provider, 60);
  return words.startsWith('certificate') ? `${provider} ${words}` : `${words} at ${provider}`;
}

export const OWN_CHANGES: Readonly<Record<OwnChange, string>> = {
  policy: 'the line, or the way its mail is routed',
  settings: 'settings in main.cf',
  anchors: 'the CA bundle',
  version: 'postfix-tls-watch or its Node.js, by an update',
};

/** `1 entry`, `75 entries`. */
export function entriesCount(count: number): string {
  return count === 1 ? '1 entry' : `${count} entries`;
}

/** First letter up, unless the text begins with a name, and a full stop at the end. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') return '';
  const begins = /^[a-z]+(?=[ ,]|$)/.test(trimmed)
    ? `${trimmed.slice(0, 1).toUpperCase()}${trimmed.slice(1)}`
    : trimmed;
  return /[.!?:]$/.test(begins) ? begins : `${begins}.`;
}

function lostName({
  cause,
  theirs,
}: {
  readonly cause: Cause;
  readonly theirs: readonly Change[];
}): boolean {
  return cause.reason === 'name-mismatch' && theirs.some(({ kind }) => kind === 'name-removed');
}

/** Words for the reasons of a verdict and for the reasons why there was none. */
const WORDS: Readonly<Record<CauseReason, Pick<ReasonRow, 'words' | 'soon'>>> = {
  ...REASONS,
  'not-judged': { words: 'nothing to see' },
  blind: { words: 'port 25 is closed from here' },
  partial: { words: 'runs are cut short' },
  channel: { words: 'a channel takes no message' },
};

/** A reason stored by a later release is unknown here and is shown as it was stored. */
const rowOf = (reason: CauseReason): Pick<ReasonRow, 'words' | 'soon'> =>
  Object.hasOwn(WORDS, reason) ? WORDS[reason] : { words: reason };

/** Why an entry could not be judged, in the same words. */
export function reasonWords(reason: CauseReason): string {
  return rowOf(reason).words;
}

/** Of a `.parent` entry, the domain that is judged under it; empty elsewhere. */
export const below = (
  verdict: { readonly key: string | null; readonly destination: string } | undefined,
): string => (verdict?.key?.startsWith('.') ? ` (${plain(verdict.destination)})` : '');
