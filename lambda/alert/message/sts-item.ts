/** What is said of an MTA-STS policy to those whose lines rest on it, or could. Pure. */
import { moment } from '../../text/dates.ts';
import { listed } from '../../text/listed.ts';
import type { OwnCommand } from '../../text/own-command.ts';
import { plain, plainName } from '../../text/strangers.ts';
import type { StsFinding } from '../sts/findings.ts';
import type { StsItem } from '../sts/grouped.ts';
import type { NamedEntry } from '../sts/names.ts';
import { type Block, ENTRIES_SHOWN, text } from './block.ts';
import { sentence } from './wording.ts';

/** `example.com: the MTA-STS policy its line rests on changed`. */
export const stsTitle = (finding: StsFinding, nameChars = 100): string =>
  titleOf([finding], nameChars);

export const stsItemTitle = ({ findings }: StsItem, nameChars = 100): string =>
  titleOf(findings, nameChars);

function titleOf(findings: readonly StsFinding[], nameChars: number): string {
  const [finding] = findings;
  if (finding === undefined) return '';
  const entries = findings.flatMap((one) => one.entries);
  const one = entries.length === 1;
  const who = one ? plain(entries[0]?.label ?? '', nameChars) : `${entries.length} entries`;
  const policies = findings.length === 1 ? 'the MTA-STS policy' : 'the MTA-STS policies';
  const rests = `${policies} ${one ? 'its line rests' : 'their lines rest'} on`;
  switch (finding.kind) {
    case 'unfit':
      return `${who}: DNS leads to hosts that ${one ? 'its' : 'their'} MTA-STS policy does not name`;
    case 'withdrawn':
      return `${who}: ${rests} ${WITHDRAWN[finding.how ?? 'none'](findings.length > 1)}`;
    case 'changed':
      return `${who}: ${rests} changed`;
    case 'appeared':
      return `${who}: an MTA-STS policy now says which hosts are right`;
  }
}

const WITHDRAWN: Readonly<Record<NonNullable<StsFinding['how']>, (many: boolean) => string>> = {
  none: (many) => `${many ? 'were' : 'was'} withdrawn`,
  testing: (many) => `${many ? 'are' : 'is'} no longer enforced`,
  expired: () => 'ran out',
};

export function stsBlocks({ findings }: StsItem, own: OwnCommand): readonly Block[] {
  const [finding] = findings;
  if (finding === undefined) return [];
  const domains = findings.map(({ domain }) => domain);
  const entries = findings.flatMap((one) => one.entries);
  const explain = entries
    .slice(0, COMMANDS)
    .flatMap(({ destination }) => own('explain', [destination]) ?? []);
  return [
    ...text(whatHappened(finding, listed(domains.map(plainName)), domains.length > 1)),
    ...text(sentence(whatItMeans(finding, entries))),
    ...(entries.length > 1 ? [entriesBlock(entries)] : []),
    ...(explain.length === 0 ? [] : text(EXPLAIN[finding.kind])),
    ...(explain.length === 0 ? [] : [{ kind: 'code', lines: explain } as const]),
  ];
}

function whatHappened(finding: StsFinding, domains: string, many: boolean): string {
  const { kind, policy, outside, added, removed, how, because } = finding;
  const hosts = listed(policy.mx.map(plainName), 5);
  const has = many ? 'have' : 'has';
  switch (kind) {
    case 'unfit':
      return (
        `Mail to ${domains} goes to ${listed(outside.map(plainName), 5)} by DNS today, and the ` +
        `MTA-STS policy (id ${plain(policy.id)}, in force until ${moment(policy.until)}) names ` +
        `${hosts} alone. Seen by two looks. Senders that go by the policy do not deliver there.`
      );
    case 'withdrawn':
      if (how === 'expired')
        return (
          `The MTA-STS policy of ${domains} ran out on ${moment(policy.until)} and could not be ` +
          `fetched anew: ${plain(because ?? '', 400)}.`
        );
      return how === 'testing'
        ? `${domains} ${has} put the MTA-STS policy into mode testing (id ${plain(policy.id)}, ` +
            `fetched ${moment(policy.fetchedAt)}): senders deliver all the same where it does not fit.`
        : `${domains} ${has} taken the MTA-STS policy back (mode none, id ${plain(policy.id)}, ` +
            `fetched ${moment(policy.fetchedAt)}).`;
    case 'changed':
      return [
        `${domains} ${has} a new MTA-STS policy (id ${plain(policy.id)}, fetched ` +
          `${moment(policy.fetchedAt)}, in force until ${moment(policy.until)}): it names ${hosts}.`,
        ...(added.length === 0
          ? []
          : [`New in it, and not taken by the line: ${listed(added.map(plainName), 5)}.`]),
        ...(removed.length === 0
          ? []
          : [`In the line, and no longer in it: ${listed(removed.map(plainName), 5)}.`]),
      ].join(' ');
    case 'appeared':
      return (
        `${domains} ${has} an MTA-STS policy, enforced, that was fetched ` +
        `${moment(policy.fetchedAt)}${many ? '' : `: it names ${hosts}`}.`
      );
  }
}

function whatItMeans({ kind, added }: StsFinding, entries: readonly NamedEntry[]): string {
  const lines = linesOf(entries);
  switch (kind) {
    case 'unfit':
      return (
        'Either they forgot to amend the policy when they moved, or an answer of DNS is forged: ' +
        `put none of these hosts into ${lines} before they said so by another way than DNS and mail.`
      );
    case 'withdrawn':
      return (
        `Nothing changes in how ${lines} delivers. But nobody vouches any more for the names in ` +
        'it: from here on they rest on what DNS said, which is not signed.'
      );
    case 'changed':
      return added.length === 0
        ? `Nothing changes in how ${lines} delivers; it takes a name that they took out.`
        : `Mail would be deferred once it goes there: put ${lines} right before that.`;
    case 'appeared':
      return (
        `${lines} ${entries.length === 1 ? 'takes its' : 'take their'} names from DNS, which is ` +
        'not signed; by the policy the domain itself would vouch for them.'
      );
  }
}

const EXPLAIN: Readonly<Record<StsFinding['kind'], string>> = {
  unfit: 'To see policy and hosts side by side:',
  withdrawn: 'Who may still be believed about the hosts:',
  changed: 'The line by the new policy, tried first:',
  appeared: 'The line by the policy, tried first:',
};

function linesOf(entries: readonly NamedEntry[]): string {
  const [first] = entries;
  if (entries.length > 1) return 'the lines';
  return first?.line == null ? 'the entry' : `line ${first.line}`;
}

function entriesBlock(entries: readonly NamedEntry[]): Block {
  const lines = entries
    .slice(0, ENTRIES_SHOWN)
    .map(({ line, label }) => `${(line === null ? '' : `line ${line}`).padEnd(11)}${plain(label)}`);
  const rest = entries.length - lines.length;
  return {
    kind: 'list',
    heading: `The ${entries.length} entries:`,
    lines: rest === 0 ? lines : [...lines, `and ${rest} more`],
  };
}

/** Of what was told before, and of a look that came to nothing. */
export const unreachedWords = (asked: number): string =>
  `MTA-STS: of ${asked} web servers that were asked for policies none was reached from here ` +
  '(port 443); what was known of them counts until it runs out, and nothing is said of those that did.';

const COMMANDS = 3;
