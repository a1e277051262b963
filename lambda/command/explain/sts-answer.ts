/**
 * An entry that a daemon made of the receiver's MTA-STS policy: whose policy it is, whether the
 * answer is what they publish today, and how to exempt the one domain. Pure.
 */
import type { Bundle } from '../../policy/bundle.ts';
import type { Destination } from '../../policy/destinations.ts';
import { exemptionPlace } from '../../policy/exemption.ts';
import { isStsAnswer } from '../../policy/sts-answer.ts';
import { plain, plainName } from '../../text/strangers.ts';
import { wrap } from '../../text/wrap.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import type { Paint } from '../terminal/colour.ts';
import type { NameSourcesDocument } from './source-schema.ts';
import type { StsAnswerDocument } from './sts-answer-schema.ts';

/** Null where no such daemon gave the entry. */
export function describeStsAnswer(
  { hops: [hop] }: Destination,
  { match }: Pick<EntryVerdict, 'match'>,
  sources: NameSourcesDocument | null,
  bundle: Bundle,
): StsAnswerDocument | null {
  const entry = hop?.demand.entry;
  if (hop === undefined || entry === undefined || !isStsAnswer(entry)) return null;
  const domain = plainName(sources?.domain ?? hop.nextHop.host);
  const table = plain(entry.table);
  const place = exemptionPlace(entry.table, bundle);
  const where =
    place.table === null
      ? `in a table that smtp_tls_policy_maps names before ${table}, such as ` +
        plain(place.parameter ?? '')
      : `in ${plain(place.table)}, which is asked before ${table}`;
  return {
    table: entry.table,
    answer: plain(entry.value, 1_000),
    sentence:
      `the entry is an answer of ${table}, as a daemon for MTA-STS makes it of the policy that ` +
      `${domain} publishes: nobody edits it here${today(match, sources)}`,
    exemption: {
      line: `${hop.nextHop.text} encrypt`,
      sentence:
        `${where}: mail to ${domain} then goes to whoever takes it with TLS, authenticated by ` +
        'nothing, until the line is taken out again',
    },
  };
}

export function stsAnswerLines(
  answer: StsAnswerDocument | null,
  paint: Paint,
  width: number,
): string[] {
  if (answer === null) return [];
  const { sentence, exemption } = answer;
  return [
    '',
    'Whose entry it is:',
    ...wrap(`  ${sentence}`, width, '  '),
    '',
    'To exempt the domain:',
    `  ${paint('bold', exemption.line)}`,
    ...wrap(`  ${exemption.sentence}`, width, '  '),
  ];
}

/** Whether the answer is what they publish today. */
function today(match: readonly string[], sources: NameSourcesDocument | null): string {
  if (sources === null) return '';
  const { state, mx, outside } = sources.mtaSts;
  const older = 'the daemon goes by what it fetched before, until that has run out or is forgotten';
  switch (state) {
    case 'enforce': {
      const published = mx.map((host) => host.replace(/^\*/, ''));
      const same = sameNames(published, match);
      const host =
        outside.length === 0
          ? ''
          : `. The policy does not name ${outside.map(plainName).join(', ')}, where their DNS leads`;
      return same || match.includes('hostname')
        ? `. It is what they publish today${host}`
        : `. Their policy of today comes to match=${plain(published.join(':'))}: ${older}${host}`;
    }
    case 'testing':
    case 'mode-none':
    case 'not-announced':
      return `. Today they enforce no policy: ${older}`;
    case 'unanswered':
    case 'invalid-record':
    case 'unfetched':
    case 'invalid-policy':
      return `. Their policy of today could not be read: ${older}`;
  }
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  const known = new Set(b.map((name) => name.toLowerCase()));
  return new Set(a).size === known.size && a.every((name) => known.has(name));
}
