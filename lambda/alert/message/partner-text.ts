/**
 * A ready text for the people who run the other side: what their servers present, what mail with
 * required TLS needs, what would help. No names of ours: no table, no line, no vantage point.
 */

import { isStsVerdict } from '../../policy/sts-answer.ts';
import { deadline, moment } from '../../text/dates.ts';
import { plain } from '../../text/strangers.ts';
import { mailParagraph } from '../../text/wrap.ts';
import type { Reason } from '../../verdict/reason.ts';
import type {
  AddressVerdict,
  EntryVerdict,
  HostVerdict,
  ShownCertificate,
} from '../../verdict/verdict.ts';
import { pleaOf } from './partner-plea.ts';
import {
  type AtAddress,
  type BetterBySni,
  betterBySni,
  SNI_FOUND,
  SNI_WISH,
  sniPlace,
  type UnderName,
} from './partner-sni.ts';

/**
 * Undefined where there is nothing that they could do: it delivers, was not seen, or the fault is
 * on our side.
 *
 * @param under the entry as a name that is sent (SNI) would have it; absent where nobody tried
 */
export function partnerText(
  verdict: EntryVerdict,
  now: number,
  under?: UnderName,
): string | undefined {
  const soon = verdict.verdict === 'pass' && verdict.failsFrom !== null;
  if (!soon && verdict.verdict !== 'fail' && verdict.verdict !== 'degraded') return undefined;
  const shown = soon
    ? endingAt(verdict)
    : verdict.hosts.flatMap((host) =>
        host.addresses
          .filter(({ outcome }) => outcome === 'fail')
          .map((address) => ({ host, address })),
      );
  const reason: Reason | null = soon ? 'expired' : verdict.reason;
  const [first] = shown;
  if (reason === null) return undefined;
  const domain = plain(verdict.destination);
  const what = pleaOf(reason, first !== undefined);
  if (what === undefined) return undefined;
  const better = betterBySni(shown, under);
  const required =
    verdict.level === 'encrypt' ? 'TLS' : 'TLS with a server that can be authenticated';
  return [
    'Hello,\n',
    mailParagraph(
      `we send mail to ${domain} over SMTP and require ${required}. ` +
        `${consequence(verdict, soon, now)}`,
      0,
    ),
    mailParagraph(what.found(domain, soon), 0),
    ...shown.slice(0, HOSTS_SHOWN).map(({ host, address }) => seen(host, address, verdict)),
    ...(shown.length > HOSTS_SHOWN
      ? [`and ${shown.length - HOSTS_SHOWN} more addresses with the same finding.\n`]
      : []),
    ...sniParagraphs(better),
    ...(better.length === 0 ? [mailParagraph(what.wish, 0)] : []),
    ...(better.length > 0 && better.length < shown.length
      ? [mailParagraph(`As to the others: ${what.wish[0]?.toLowerCase()}${what.wish.slice(1)}`, 0)]
      : []),
    ...(isStsVerdict(verdict)
      ? [
          mailParagraph(
            `We go by the MTA-STS policy that ${domain} publishes: the policy and the servers must ` +
              'agree.',
            0,
          ),
        ]
      : []),
    mailParagraph(`This is as of ${moment(now)}. Thank you for having a look.`, 0),
  ].join('\n');
}

/** What they present by name, and that it be presented without: the first thing to ask. */
function sniParagraphs(better: readonly BetterBySni[]): readonly string[] {
  if (better.length === 0) return [];
  const lines = ({ address: { chain } }: BetterBySni) =>
    chain[0] === undefined ? [] : certificateLines(chain[0]);
  return [
    mailParagraph(SNI_FOUND, 0),
    ...better.slice(0, HOSTS_SHOWN).map((one) => indented([sniPlace(one), ...lines(one)])),
    mailParagraph(SNI_WISH, 0),
  ];
}

function consequence(verdict: EntryVerdict, soon: boolean, now: number): string {
  if (soon && verdict.failsFrom !== null)
    return `That works today, and will stop on ${deadline(Date.parse(verdict.failsFrom), now)}.`;
  if (verdict.reason === 'protection-lost')
    return 'It still goes out, but no longer to a server that we can tell from another.';
  if (verdict.verdict === 'degraded')
    return 'That works with some of your mail servers, and not with these.';
  return verdict.postfixWould === 'bounce'
    ? 'That does not work at present: such mail is returned.'
    : 'That does not work at present: such mail waits in our queue.';
}

/** One address with what it presented, in the words that its operators know. */
function seen(host: HostVerdict, address: AddressVerdict, verdict: EntryVerdict): string {
  const [leaf] = address.chain;
  const lines = [
    `${plain(host.host)} (${plain(address.address)}, port ${address.port})`,
    ...(address.detail === null ? [] : [`  finding     ${plain(address.detail)}`]),
    ...(address.reply === null ? [] : [`  reply       ${plain(address.reply.text, 200)}`]),
    ...(leaf === undefined ? [] : certificateLines(leaf)),
    ...(verdict.reason === 'name-mismatch' && address.tlsa === null
      ? [`  we expect   ${address.asked.map(askedName).join(', or ')}`]
      : []),
    ...(verdict.reason === 'missing-intermediate'
      ? [`  sent        ${certificatesCount(address.chain.length)}`]
      : []),
  ];
  return indented(lines);
}

const indented = (lines: readonly string[]): string =>
  `${lines.map((line) => `  ${line}`).join('\n')}\n`;

const certificatesCount = (count: number): string =>
  `${count} ${count === 1 ? 'certificate' : 'certificates'}`;

const askedName = (name: string): string =>
  name.startsWith('.') ? `a name below ${plain(name.slice(1))}` : plain(name);

function certificateLines(leaf: ShownCertificate): readonly string[] {
  const names = leaf.dnsNames.slice(0, NAMES_SHOWN).map((name) => plain(name, 100));
  const more =
    leaf.dnsNames.length > names.length ? `, and ${leaf.dnsNames.length - names.length} more` : '';
  const shown = names.length === 0 ? plain(leaf.commonName ?? 'none', 100) : names.join(', ');
  return [
    `  subject     ${plain(leaf.subject, 200)}`,
    `  names       ${shown}${more}`,
    `  issuer      ${plain(leaf.issuer, 200)}`,
    `  valid       ${plain(leaf.notBefore)} to ${plain(leaf.notAfter)}`,
    `  sha256      ${plain(leaf.sha256)}`,
  ];
}

function endingAt(verdict: EntryVerdict): readonly AtAddress[] {
  const end = Date.parse(verdict.failsFrom ?? '');
  return verdict.hosts.flatMap((host) =>
    host.addresses
      .filter(({ chain }) =>
        chain.some(({ notAfter }) => Math.abs(Date.parse(notAfter) - end) <= 1_000),
      )
      .map((address) => ({ host, address })),
  );
}

const HOSTS_SHOWN = 10;
const NAMES_SHOWN = 10;
