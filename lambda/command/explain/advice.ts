/**
 * Answers to the two questions every administrator asks about `secure`: whether `verify` or
 * `match=hostname` would not do as well, and whether it goes without a match list. Pure.
 */
import { reasonWords } from '../../alert/message/wording.ts';
import { plainName } from '../../text/strangers.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';

/**
 * Whether `verify` and `match=hostname` would deliver, and why they are no cure all the same; null
 * where neither is in question.
 *
 * @param judged the entry with `match=hostname`; undefined where that cannot be judged
 */
export function judgedHostnameAdvice(
  entry: Pick<EntryVerdict, 'level' | 'reason' | 'match'>,
  judged: Pick<EntryVerdict, 'verdict' | 'reason' | 'hosts'> | undefined,
): string | null {
  if (hostnameAdvice(entry) === null) return null;
  return `${wouldDeliver(judged)}: ${PROTECTS_LESS}`;
}

function wouldDeliver(
  judged: Pick<EntryVerdict, 'verdict' | 'reason' | 'hosts'> | undefined,
): string {
  switch (judged?.verdict) {
    case 'pass':
      return 'They would deliver, but protect less';
    case 'degraded':
      return 'They would deliver, though not at every host, and protect less';
    case 'fail': {
      const host = judged.hosts.find(({ addresses }) =>
        addresses.some(({ reason }) => reason === 'name-mismatch'),
      );
      const why =
        judged.reason === 'name-mismatch' && host !== undefined
          ? `the certificate of ${plainName(host.host)} does not have that name`
          : judged.reason === null
            ? 'that fails, too'
            : reasonWords(judged.reason);
      return `They would not deliver either: ${why}. They protect less`;
    }
    case 'undetermined':
    case 'unchecked':
    case undefined:
      return 'Whether they would deliver could not be seen. They protect less';
  }
}

/** The same where it is known that they would deliver. */
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
  return `They would deliver, but protect less: ${PROTECTS_LESS}`;
}

const PROTECTS_LESS =
  'the name to verify then comes from the MX record, and without DNSSEC anybody who forges that ' +
  'answer chooses the name, and has a valid certificate for it. Name the provider in the match ' +
  'list instead.';

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

/**
 * That a name that is sent (SNI) would help, to a Postfix that cannot send one; null where it can,
 * or that would not help.
 */
export function servernameAdvice(
  version: string,
  sent: Pick<EntryVerdict, 'verdict'> | undefined,
): string | null {
  if (sent?.verdict !== 'pass') return null;
  return `Yes: ${NAME_HELPS} ${withoutServername(version)}`;
}

export const NAME_HELPS =
  'to whoever sends the name they present a certificate that the entry accepts as it is.';

export const withoutServername = (version: string): string =>
  `Postfix ${version} has no servername=, which 3.4 brought, so that it meets the other one: ` +
  'upgrade, or ask them to present the right certificate without SNI, too.';
