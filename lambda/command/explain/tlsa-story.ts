/**
 * What `explain` tells of DNSSEC at one host: names asked, what was answered, which records count
 * and which match. Pure.
 */
import { moment } from '../../text/dates.ts';
import type { AddressVerdict, ShownTlsa } from '../../verdict/verdict.ts';

/** Label and text of each line; none where DNSSEC was not asked. */
export function tlsaLines({
  tlsa,
  chain,
}: AddressVerdict): readonly (readonly [label: string, text: string])[] {
  if (tlsa === null) return [];
  const matched = new Set(
    tlsa.records.flatMap(({ record, matches }) => (matches ? [kindOf(record)] : [])),
  );
  const records = tlsa.records.map(({ record, use, because, matches }) => {
    const what =
      use === 'unusable'
        ? `unusable: ${because ?? ''}`
        : use === 'outweighed'
          ? OUTWEIGHED
          : matches
            ? 'matches'
            : matched.has(kindOf(record))
              ? ROLL_OVER
              : unmatched(chain.length);
    return ['', `${record}  (${what})`] as const;
  });
  const signed =
    tlsa.signedUntil === undefined
      ? []
      : ([['signed', `until ${moment(Date.parse(tlsa.signedUntil))}`]] as const);
  return [['TLSA', answerSentence(tlsa)], ...records, ...signed, ['acts as', ACTS[tlsa.acts]]];
}

function answerSentence({ mxSigned, asked, answer, base }: ShownTlsa): string {
  const mx = mxSigned === null ? '' : mxSigned ? 'MX records signed; ' : 'MX records not signed; ';
  switch (answer) {
    case 'records':
      return `${mx}asked ${asked.join(', then ')}: records at ${base ?? ''}`;
    case 'none':
      return `${mx}asked ${asked.join(', then ')}: no signed records`;
    case 'unsigned':
      return `${mx}not asked, since the address of the host is not signed`;
    case 'failed':
      return `${mx}the look-up failed`;
  }
}

/** Without anything presented nothing is said about matching. */
const unmatched = (presented: number) => (presented === 0 ? 'counts' : 'counts, does not match');

/** Usage and selector. */
const kindOf = (record: string): string => record.split(' ', 2).join(' ');

/**
 * Of a record that nothing matches beside one of the same kind that matches: mail is delivered
 * until the matching one is removed.
 */
const ROLL_OVER =
  'counts, for another key than is presented: announced before a roll-over, or left from one';

const OUTWEIGHED = 'does not count beside a stronger digest';

const ACTS: Record<ShownTlsa['acts'], string> = {
  dane: 'dane: one of the records that count must match, and there is no fall-back',
  'half-dane':
    'half-dane: one of the records must match, but the MX records that name the host are not ' +
    'signed',
  encrypt: 'encrypt: TLS is a must, and nothing is verified',
  may: 'may: TLS where it is offered, and nothing is verified',
  defers: 'not connected to: mail waits',
};
