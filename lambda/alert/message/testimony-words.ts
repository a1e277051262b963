/** What our look and the log of the mail host say of one entry, both of them. Pure. */
import { named } from '../../named-record.ts';
import { moment } from '../../text/dates.ts';
import { plain, plainName } from '../../text/strangers.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import { agreementOf, type Testimony } from '../incident/testimony.ts';

/** Whole sentences; empty where the log has nothing to say of what failed. */
export function testimonyWords(
  testimony: Testimony | undefined,
  verdict: Pick<EntryVerdict, 'verdict' | 'reason'>,
): string {
  const agreement = agreementOf(testimony, verdict);
  switch (agreement?.kind) {
    case undefined:
    case 'refused':
      return '';
    case 'same': {
      const { at, says } = agreement.refused;
      return `The log of this host says the same: mail was held up for it, last ${moment(at)} ("${plain(says, 200)}").`;
    }
    case 'other-reason': {
      const { at, says } = agreement.refused;
      return `Our look and your log disagree on the reason: by the log mail was held up for another one, last ${moment(at)} ("${plain(says, 200)}").`;
    }
    case 'delivered': {
      const { at, host } = agreement.delivered;
      return `Our look and your log disagree: by the log mail was delivered to ${plainName(host)}, last ${moment(at)}.`;
    }
  }
}

/** For the end of a message: `fastmail.fm: held up Fri … ("Server certificate not verified")`. */
export function contradictions(
  log: Readonly<Record<string, Testimony>>,
  verdicts: readonly EntryVerdict[],
): readonly string[] {
  return verdicts.flatMap((verdict) => {
    const agreement = agreementOf(named(log, verdict.id), verdict);
    if (agreement?.kind !== 'refused') return [];
    const { at, says } = agreement.refused;
    return [`${plainName(verdict.destination)}: held up ${moment(at)} ("${plain(says, 120)}")`];
  });
}
