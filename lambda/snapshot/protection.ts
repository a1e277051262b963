/**
 * What a verdict lacks without memory: that mail at level dane was authenticated before and no
 * longer is, that there was a resolver to ask about DNSSEC and no longer is, that the entry could be
 * judged at all, and that the records announce a key that the host has yet to present.
 *
 * In the first case Postfix still delivers and reports nothing, but level dane was chosen for
 * authentication. Pure.
 */

import { plainName } from '../text/strangers.ts';
import { REASONS } from '../verdict/reason.ts';
import { type EntryVerdict, publishedName } from '../verdict/verdict.ts';
import type { EntrySnapshot } from './entry-snapshot.ts';

/** The verdict, corrected by what was remembered of the entry; the same where nothing was. */
export function inHindsight(
  verdict: EntryVerdict,
  before: EntrySnapshot | undefined,
): EntryVerdict {
  if (before === undefined) return verdict;
  if (isOutOfReach(verdict) && wasWatched(before))
    return {
      ...verdict,
      verdict: 'undetermined',
      sentence:
        `${verdict.sentence}. Before, it was watched (${before.verdict}): if this is not meant, ` +
        'look at its DNS and at your tables; if it is, mute it or take it out',
    };
  if (before.level !== verdict.level) return verdict;
  const announced = announcedOnly(verdict, before);
  if (announced !== undefined) return { ...verdict, sentence: `${verdict.sentence}. ${announced}` };
  // Not judged for want of a resolver; where there was one before, the reason is that it is gone.
  if (
    verdict.verdict === 'undetermined' &&
    verdict.reason !== null &&
    REASONS[verdict.reason].byDesign &&
    before.verdict !== 'undetermined'
  ) {
    return { ...verdict, reason: 'dnssec-lost' };
  }
  if (
    verdict.verdict !== 'pass' ||
    verdict.protection === 'authenticated' ||
    before.authenticated !== true
  )
    return verdict;
  return {
    ...verdict,
    verdict: 'degraded',
    reason: 'protection-lost',
    sentence:
      `${verdict.sentence}. Before, what was presented there matched signed TLSA records: ` +
      'whoever sits in between could now read along unnoticed. Ask them whether that is meant; ' +
      'dane-only would hold the mail rather than send it so',
  };
}

/**
 * What DNS says took it out of what is judged: its hosts are at addresses that are not connected
 * to, or its key became the name of somebody's MX host. An edit of the policy that asks nothing
 * more is the operator's own.
 */
const isOutOfReach = ({ verdict, reason }: EntryVerdict): boolean =>
  verdict === 'unchecked' && (reason === 'private-addresses' || reason === 'never-looked-up');

function wasWatched({ verdict, reason, undetermined }: EntrySnapshot): boolean {
  const why = verdict === 'undetermined' ? (undetermined?.cause ?? reason) : null;
  return why === null || REASONS[why].byDesign !== true;
}

/**
 * A roll-over that DNS has finished and the host has not, announced beside the old record or not:
 * the record last matched is gone, and what is published is for another key. Undefined where that
 * is not what happened.
 */
function announcedOnly({ hosts }: EntryVerdict, before: EntrySnapshot): string | undefined {
  for (const host of hosts) {
    const known = before.routes
      .flatMap((route) => (route.kind === 'hosts' ? route.hosts : []))
      .find((one) => one.host === publishedName(host) && one.tlsa !== undefined)?.tlsa;
    const failing = host.addresses.find(
      ({ reason, tlsa }) => reason === 'tlsa-mismatch' && tlsa !== null,
    );
    if (known?.matched === undefined || failing === undefined) continue;
    const counting = (failing.tlsa?.records ?? [])
      .filter(({ use }) => use === 'counts')
      .map(({ record }) => record);
    const gone =
      known.matched.length > 0 && !known.matched.some((record) => counting.includes(record));
    const [record] = counting;
    if (!gone || record === undefined) continue;
    return (
      'The record that was matched before is gone from DNS; the records announce another ' +
      `${announcedWhat(record)}, which ${plainName(host.host)} does not present yet`
    );
  }
  return undefined;
}

/** `key: sha256 ab12…`; a certificate or key in full is not repeated. */
function announcedWhat(record: string): string {
  const [, selector, matchingType, data = ''] = record.split(' ');
  const what = selector === '0' ? 'certificate' : 'key';
  const digest = matchingType === '1' ? 'sha256' : matchingType === '2' ? 'sha512' : undefined;
  return digest === undefined ? what : `${what}: ${digest} ${data}`;
}
