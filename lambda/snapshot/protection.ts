/**
 * What only a watcher can tell of a verdict: that mail at level dane was authenticated before, and is no longer; and that
 * there was somebody to ask about DNSSEC, and is no longer.
 *
 * Mail flows on in the first case, so that Postfix has nothing to say; but level dane was chosen for more. Pure.
 */
import type { EntryVerdict } from '../verdict/verdict.ts';
import type { EntrySnapshot } from './snapshot.ts';

/** The verdict in the light of what was remembered of the entry. */
export function inHindsight(verdict: EntryVerdict, before: EntrySnapshot | undefined): EntryVerdict {
  if (before === undefined || before.level !== verdict.level) return verdict;
  if (verdict.verdict === 'undetermined' && BY_DESIGN.has(verdict.reason ?? '') && before.verdict !== 'undetermined') {
    return { ...verdict, reason: 'dnssec-lost' };
  }
  if (verdict.verdict !== 'pass' || verdict.protection === 'authenticated' || before.authenticated !== true) return verdict;
  return {
    ...verdict,
    verdict: 'degraded',
    reason: 'protection-lost',
    sentence:
      `${verdict.sentence}. Before, what was presented there matched signed TLSA records: whoever sits in between could now ` +
      'read along unnoticed. Ask them whether that is meant; dane-only would hold the mail rather than send it so',
  };
}

/** Whether mail at level dane was authenticated by TLSA records, now or before: an edit of the level forgets it. */
export function everAuthenticated(verdict: EntryVerdict, before: EntrySnapshot | undefined): boolean {
  if (verdict.level !== 'dane') return false;
  const now = (verdict.verdict === 'pass' || verdict.verdict === 'degraded') && verdict.protection === 'authenticated';
  return now || (before?.level === 'dane' && before.authenticated === true);
}

/** Not judged for want of a resolver: where one was there before, that is news. */
const BY_DESIGN: ReadonlySet<string> = new Set(['no-dnssec', 'dane-not-checked']);
