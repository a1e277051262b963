/** What happened to an entry or a host, as marks on its line, with words. Pure; times are epoch ms. */
import type { EntrySnapshot } from '../../snapshot/entry-snapshot.ts';
import { plain } from '../../text/strangers.ts';
import type { Verdict } from '../../verdict/verdict.ts';
import { changeText, kindOf } from '../history/text.ts';
import type { Happened } from '../history/timeline.ts';

/** `worse` and `better`: a verdict turned. */
type MarkKind = 'first' | 'worse' | 'better' | 'change' | 'renewal' | 'left';

export interface Mark {
  readonly at: number;
  readonly kind: MarkKind;
  /** Neutral for any medium. */
  readonly words: readonly string[];
}

/** None for what says nothing to a person. */
export function entryMark(one: Happened): Mark[] {
  const { event, changes } = one;
  if (event.grain !== 'entry') return [];
  const { at, before, after } = event;
  const words = changes.map(changeText);
  switch (kindOf(one)) {
    case 'first-seen':
      return after === null ? [] : [{ at, kind: 'first', words: [`first seen: ${judged(after)}`] }];
    case 'turned': {
      if (before === null || after === null) return [];
      const turned = `${judged(before)} → ${judged(after)}`;
      const kind = BADNESS[after.verdict] > BADNESS[before.verdict] ? 'worse' : 'better';
      const why = after.verdict === 'pass' ? [] : [after.sentence];
      return [{ at, kind, words: [turned, ...words, ...why] }];
    }
    case 'left':
      return [{ at, kind: 'left', words: ['no longer in the policy'] }];
    case 'changed': {
      const since = before?.undetermined === undefined && after?.undetermined !== undefined;
      const all = since ? ['could not be judged', ...words] : words;
      return all.length === 0 ? [] : [{ at, kind: 'change', words: all }];
    }
  }
}

export function hostMark({ event, changes }: Happened): Mark[] {
  const { at, before, after } = event;
  if (before === null) return [{ at, kind: 'first', words: ['first seen'] }];
  if (after === null) return [{ at, kind: 'left', words: ['no entry leads here any more'] }];
  if (changes.length === 0) return [];
  const isRenewal = changes.some(({ kind }) => kind === 'renewed');
  const routine = changes.every(({ kind }) => kind === 'renewed' || kind === 'key-changed');
  return [
    { at, kind: isRenewal && routine ? 'renewal' : 'change', words: changes.map(changeText) },
  ];
}

const judged = ({ verdict, reason }: EntrySnapshot): string =>
  reason === null ? verdict : `${verdict} (${plain(reason.replaceAll('-', ' '))})`;

const BADNESS: Readonly<Record<Verdict, number>> = {
  pass: 0,
  unchecked: 1,
  undetermined: 2,
  degraded: 3,
  fail: 4,
};
