/**
 * Judging one entry so that an exception of ours ends the verdict of that entry alone: the others
 * are judged all the same.
 */
import type { Bundle } from '../policy/bundle.ts';
import type { Destination } from '../policy/destinations.ts';
import { plain } from '../text/strangers.ts';
import { type Evidence, judge } from './judge.ts';
import type { EntryVerdict } from './verdict.ts';

/** As `judge`; an exception becomes an undetermined verdict that says it is our bug. */
export function judgeSafely(
  destination: Destination,
  evidence: Evidence,
  bundle: Bundle,
  at: number,
  judging: typeof judge = judge,
): EntryVerdict {
  try {
    return judging(destination, evidence, bundle, at);
  } catch (error) {
    return ownFault(destination, error instanceof Error ? error.message : String(error));
  }
}

function ownFault({ id, entry, name, hops, service }: Destination, message: string): EntryVerdict {
  const hop = hops[0];
  return {
    id,
    table: entry?.table ?? null,
    line: entry === undefined || entry.line === 0 ? null : entry.line,
    key: entry?.key ?? null,
    destination: name,
    nextHop: hop === undefined ? null : hop.nextHop,
    ...(service === undefined ? {} : { service }),
    level: hop?.demand.kind === 'demand' ? hop.demand.level : 'invalid',
    match: [],
    verdict: 'undetermined',
    reason: 'our-bug',
    sentence:
      `mail to ${name} could not be judged: postfix-tls-watch itself failed over what it saw ` +
      `(${plain(message, 120)}), please report this`,
    protection: 'none',
    postfixWould: null,
    postfixSays: null,
    postfixDsn: null,
    endings: [],
    failsFrom: null,
    degradedFrom: null,
    failsBecause: null,
    suggestion: null,
    hosts: [],
  };
}
