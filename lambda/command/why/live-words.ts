/** The sentences of `why --live`, shared by text and document. Pure. */
import type { DaneProof, NameProof } from '../../run/why/name-proof.ts';
import type { Today } from '../../run/why/why.ts';
import { plainName } from '../../text/strangers.ts';

export function todaySentence({ is, sentence, sameReason }: Today): string {
  switch (is) {
    case 'over':
      return `over: today's look delivers: ${sentence}`;
    case 'still':
      return sameReason ? `still: ${sentence}` : `still, for another reason: ${sentence}`;
    case 'cannot-tell':
      return `cannot be told: ${sentence}`;
  }
}

/** What could take the place of a match list, by the DNS of today. */
export function proofSentence({ nextHop, dane, isAsked, mtaSts }: NameProof): string {
  const names = dane.kind === 'everywhere' ? '' : ' So the names have to be listed.';
  const also = mtaSts === undefined ? '' : ` ${MTA_STS[mtaSts.kind]}.`;
  const off =
    dane.kind === 'everywhere' && !isAsked
      ? ', and smtp_dns_support_level = dnssec is set, which it is not'
      : '';
  return `Today, ${daneClause(plainName(nextHop), dane)}${off}.${also}${names}`;
}

function daneClause(nextHop: string, dane: DaneProof): string {
  switch (dane.kind) {
    case 'everywhere':
      return (
        `DNSSEC signs the MX records of ${nextHop}, and every MX host has signed TLSA records: ` +
        'dane-only needs no match list there, if these match what the hosts present'
      );
    case 'partly':
      return (
        `${dane.hosts} of the ${dane.of} MX hosts of ${nextHop} have signed TLSA records, so that ` +
        'dane-only would hold up mail for the others'
      );
    case 'none':
      return `DNSSEC signs the MX records of ${nextHop}, but no MX host has signed TLSA records`;
    case 'mx-unsigned':
      return `DNSSEC does not sign the MX records of ${nextHop}: DANE cannot say which host is right`;
    case 'unknown':
      return `whether ${nextHop} has DANE cannot be told: ${dane.because}`;
  }
}

const MTA_STS = {
  announced:
    'It announces an MTA-STS policy, in a TXT record; which hosts that names is not looked at ' +
    'here, and Postfix reads none by itself',
  none: 'It announces no MTA-STS policy',
  failed: 'Whether it announces an MTA-STS policy cannot be told: DNS gives no answer',
} as const;

/** The same in a line of a table. */
export function proofWords({ nextHop, dane, mtaSts }: NameProof): readonly [string, string] {
  const sts = mtaSts === undefined ? '' : `; ${STS_WORDS[mtaSts.kind]}`;
  return [plainName(nextHop), `${daneWords(dane)}${sts}`];
}

function daneWords(dane: DaneProof): string {
  switch (dane.kind) {
    case 'everywhere':
      return 'DANE at every MX host';
    case 'partly':
      return `DANE at ${dane.hosts} of ${dane.of} MX hosts`;
    case 'none':
      return 'no DANE: no signed TLSA records';
    case 'mx-unsigned':
      return 'no DANE: the MX records are not signed';
    case 'unknown':
      return 'DANE not known';
  }
}

const STS_WORDS = {
  announced: 'announces an MTA-STS policy',
  none: 'no MTA-STS policy',
  failed: 'MTA-STS not known',
} as const;
