/**
 * Answers to the two questions every administrator asks about `secure`: whether `verify` or
 * `match=hostname` would not do as well, and whether it goes without a match list. Pure.
 */
import type { EntryVerdict } from '../../verdict/verdict.ts';

/** Why `verify` and `match=hostname` are no cure; null where neither is in question. */
export function hostnameAdvice(
  entry: Pick<EntryVerdict, 'level' | 'reason' | 'match'>,
): string | null {
  if (entry.level !== 'secure' && entry.level !== 'verify') return null;
  if (
    entry.reason !== 'name-mismatch' &&
    entry.level !== 'verify' &&
    !entry.match.includes('hostname')
  )
    return null;
  return (
    'They would deliver, but protect less: the name to verify then comes from the MX record, and ' +
    'without DNSSEC anybody who forges that answer chooses the name, and has a valid certificate ' +
    'for it. Name the provider in the match list instead.'
  );
}

/** The answer to "can I have `secure` without a match list?"; null where it does not arise. */
export function withoutMatchListAdvice(
  entry: Pick<EntryVerdict, 'nextHop' | 'destination'> & {
    readonly hosts: readonly Pick<EntryVerdict['hosts'][number], 'host'>[];
  },
  without: Pick<EntryVerdict, 'verdict' | 'reason' | 'sentence'> | undefined,
): string | null {
  if (without === undefined) return null;
  const domain = entry.nextHop?.host ?? entry.destination;
  switch (without.verdict) {
    case 'pass':
      return (
        `Yes: every certificate seen covers ${domain} or a name below it, which is what secure ` +
        'asks for by default.'
      );
    case 'degraded':
      return `Yes, though not at every host: ${without.sentence}`;
    case 'fail':
      if (without.reason !== 'name-mismatch') return null;
      return (
        `Not today: by default secure asks for ${domain} or a name below it, and the ` +
        'certificates seen have none. That is up to whoever runs ' +
        `${entry.hosts[0]?.host ?? 'the MX hosts'}: they would have to present certificates ` +
        `that cover ${domain}.`
      );
    case 'undetermined':
    case 'unchecked':
      return null;
  }
}
