/**
 * The one rule about a line whose names DNS chose: whether it may be given at once, or only after
 * somebody has confirmed by another way that the other side moved.
 *
 * Whoever forges the MX answer chooses the hosts, and has a valid certificate for them; to the
 * sender that looks like a move to another provider. `secure` then holds the mail, which is what it
 * is for, and a line that names the new hosts would deliver it to the forger. So where an entry was
 * authenticated before, and hosts and certificates have nothing in common with those of then, there
 * is no line at first, however much time passes. Pure.
 */
import { familyOf } from '../postfix/hostname.ts';
import { day } from '../text/dates.ts';
import { listed } from '../text/listed.ts';
import { bareCommand, type OwnCommand } from '../text/own-command.ts';
import { plainName } from '../text/strangers.ts';
import { registrable } from '../verdict/names-found.ts';
import {
  type AddressVerdict,
  type Caution,
  type EntryVerdict,
  type HostVerdict,
  publishedName,
  type ShownCertificate,
  type Suggestion,
} from '../verdict/verdict.ts';
import { type EntrySnapshot, passedIn } from './entry-snapshot.ts';
import { type LastPassed, mxHosts } from './last-passed.ts';

/** That somebody asked, for one set of MX hosts. */
export interface Confirmation {
  /** Of the destination. */
  readonly id: string;
  readonly destination: string;
  /** MX hosts, as published, lower case. */
  readonly hosts: readonly string[];
  /** In the words of whoever confirmed. */
  readonly how: string;
  readonly by: string;
  readonly at: number;
  readonly until: number;
}

/** What is remembered of an entry, as far as the rule needs it. */
export interface Memory {
  readonly passed: LastPassed | undefined;
  readonly confirmations: readonly Confirmation[];
  /** Since when it fails, epoch ms; the date of this look where it did not before. */
  readonly failingSince: number;
  /** maximal_queue_lifetime. */
  readonly queueLifetimeMs: number;
  readonly now: number;
  /** For the command that confirms; absent: every flag has its default. */
  readonly own?: OwnCommand;
}

/** What a run or a command knows besides the entry itself. */
export type Around = Omit<Memory, 'passed' | 'failingSince'>;

/** What is remembered of one entry; nothing of it where it was never stored. */
export function memoryOf(before: EntrySnapshot | undefined, around: Around): Memory {
  return {
    ...around,
    passed: before === undefined ? undefined : passedIn(before),
    failingSince: before?.verdict === 'fail' ? before.since : around.now,
  };
}

/** As much of a verdict as the rule is about; what a log tells is enough. */
export interface Cautioned extends Pick<EntryVerdict, 'id' | 'level' | 'destination' | 'caution'> {
  readonly hosts: readonly CautionedHost[];
  readonly suggestion: Pick<Suggestion, 'restsOn' | 'because'> | null;
  /** As asked; absent where that is not known. */
  readonly match?: readonly string[];
}

interface CautionedHost extends Pick<HostVerdict, 'host' | 'published'> {
  readonly addresses: readonly CautionedAddress[];
}

interface CautionedAddress extends Pick<AddressVerdict, 'reason'> {
  readonly chain: readonly Pick<ShownCertificate, 'dnsNames' | 'commonName'>[];
}

/**
 * The verdict with its line taken away where it must be confirmed first; the same where nothing is
 * remembered, where the line rests on the policy or on DNSSEC, or where the hosts are known.
 */
export function withCaution<V extends Cautioned>(verdict: V, memory: Memory): V {
  const { suggestion } = verdict;
  const { passed } = memory;
  if (suggestion?.restsOn !== 'dns' || passed === undefined) return verdict;
  const strangers = strangeHosts(verdict, passed);
  if (strangers.length === 0) return verdict;
  const confirmed = confirmationOf(verdict, memory);
  if (confirmed !== undefined) {
    const because =
      `${suggestion.because}. Confirmed by ${plainName(confirmed.by)} on ${day(confirmed.at)}: ` +
      plainName(confirmed.how);
    return { ...verdict, suggestion: { ...suggestion, because } };
  }
  return { ...verdict, suggestion: null, caution: cautionFor(verdict, strangers, memory, passed) };
}

/** The confirmation of exactly where mail goes today: a host that it does not name asks again. */
function confirmationOf(
  verdict: Pick<Cautioned, 'id' | 'hosts'>,
  { confirmations, now }: Pick<Memory, 'confirmations' | 'now'>,
): Confirmation | undefined {
  const hosts = mxHosts(verdict);
  return confirmations.find(
    (one) =>
      one.id === verdict.id && one.until > now && hosts.every((host) => one.hosts.includes(host)),
  );
}

/** Hosts that the line would name and that have nothing to do with those of before. */
function strangeHosts(
  { hosts, level, match = [] }: Pick<Cautioned, 'hosts' | 'level' | 'match'>,
  passed: LastPassed,
): readonly string[] {
  // The line names what passes by `hostname` alone, too (verdict/suggestion).
  const byMx = level === 'secure' && match.some((one) => one.toLowerCase() === 'hostname');
  const providers = new Set(passed.hosts.map(providerOf));
  const domains = new Set([...passed.domains, ...providers]);
  return hosts.flatMap((host) => {
    const name = publishedName(host).toLowerCase();
    const lacking = host.addresses.filter(
      ({ reason }) =>
        reason === 'name-mismatch' || reason === 'digest-mismatch' || (byMx && reason === null),
    );
    // Nobody proves who answers at an address: its certificate alone says whose it is.
    const isKnown = familyOf(name) === undefined && providers.has(providerOf(name));
    if (lacking.length === 0 || isKnown) return [];
    const related = lacking.every((address) =>
      domainsOf(address).some((domain) => domains.has(domain)),
    );
    return related ? [] : [name];
  });
}

function cautionFor(
  { level, destination }: Pick<Cautioned, 'level' | 'destination'>,
  strangers: readonly string[],
  { failingSince, queueLifetimeMs, own = bareCommand }: Memory,
  { hosts }: LastPassed,
): Caution {
  const name = plainName(destination);
  const whose = (names: readonly string[]) => listed(names.map((one) => plainName(one)));
  const bounces = failingSince + queueLifetimeMs;
  return {
    kind: 'moved',
    sentence:
      `${level} may just have done its work: ${name} was authenticated at ${whose(hosts)} ` +
      (strangers.every((host) => familyOf(host) !== undefined)
        ? 'before, and what answers there now presents a certificate that has nothing in common ' +
          'with what was presented then. A move to another provider looks like this, and so does ' +
          'somebody else on the way there, to whom the line would deliver the mail. That it ' +
          'lasts proves nothing'
        : `before, and DNS, which is not signed here, now names ${whose(strangers)}, whose domain ` +
          'and certificate have nothing in common with those. A move to another provider looks ' +
          'like this, and so does a forged answer in front of a host of somebody else, to whom ' +
          'the line would deliver the mail. That it lasts proves nothing'),
    hosts: [...strangers],
    formerHosts: [...hosts],
    bouncesFrom: new Date(bounces).toISOString(),
    confirm:
      'ask by another way than DNS and mail: by telephone, under a number that you had before, ' +
      'or in a contract or documentation of theirs that you reach without this domain',
    command: own('explain', [destination], '--confirmed "who said so, and how"') ?? null,
  };
}

const providerOf = (host: string): string => registrable(host) ?? host;

const domainsOf = ({ chain: [leaf] }: CautionedAddress): readonly string[] =>
  leaf === undefined
    ? []
    : [...(leaf.dnsNames.length > 0 ? leaf.dnsNames : [leaf.commonName ?? ''])].flatMap(
        (name) => registrable(name.toLowerCase()) ?? [],
      );
