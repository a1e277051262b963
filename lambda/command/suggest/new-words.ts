/** New lines in words: by provider, since who takes the mail of forty domains is one decision. Pure. */
import type { NewDestination, ProviderGroup, Whose } from '../../run/suggest/by-provider.ts';
import { splitLine } from '../../run/suggest/case.ts';
import type { Change } from '../../run/suggest/change.ts';
import { day, moment } from '../../text/dates.ts';
import { listed } from '../../text/listed.ts';
import { plain, plainName } from '../../text/strangers.ts';
import { wrap } from '../../text/wrap.ts';
import type { Asked, NewShown } from './new.ts';
import { daysCount, left, renewedWords, type Saying } from './words.ts';

/** `Microsoft 365`, `messagingengine.com`. */
export function whoseWords(whose: Whose): string {
  switch (whose.kind) {
    case 'documented':
      return plain(whose.name);
    case 'domains':
      return listed(whose.domains.map(plainName));
    case 'none':
      return 'no host in DNS';
  }
}

/** The comment before the lines of a provider. @param at epoch ms */
export function headingOf({ whose, destinations, recipients }: ProviderGroup, at: number): string {
  const lines = destinations.filter(({ change }) => change !== undefined).length;
  const date = new Date(at).toISOString().slice(0, 10);
  return `# ${whoseWords(whose)}: ${counted(lines)}${mailWords(recipients)} (suggest --new, ${date})`;
}

const counted = (n: number): string => (n === 1 ? '1 destination' : `${n} destinations`);

const mailWords = (recipients: number | undefined): string =>
  recipients === undefined
    ? ''
    : `, ${recipients.toLocaleString('en')} ${recipients === 1 ? 'recipient' : 'recipients'} in 30 days`;

/** `41 destinations without a line, of 2 providers: 40 could have one (diff below), ...`. */
export function newHeadline({ groups, asked }: NewShown, isDiff: boolean): string {
  const all = groups.flatMap(({ destinations }) => destinations);
  if (all.length === 0 && asked.candidates.length > 0)
    return `${counted(asked.candidates.length)} without a line: none of them leads to hosts of that provider`;
  if (all.length === 0)
    return asked.covered.length > 0
      ? `${asked.covered.length === 1 ? 'the one destination' : `all ${asked.covered.length} destinations`} asked about: a line is there already`
      : 'no destination without a line was asked about';
  const proposed = all.filter(({ change }) => change !== undefined).length;
  const by = groups.length === 1 ? 'of one provider' : `of ${groups.length} providers`;
  const could =
    proposed === 0
      ? 'no line would hold'
      : `${proposed} could have one${isDiff ? ' (diff below)' : ''}`;
  const rest = all.length - proposed;
  const others = rest === 0 || proposed === 0 ? '' : `, ${rest} ${rest === 1 ? 'is' : 'are'} left`;
  return `${counted(all.length)} without a line, ${by}: ${could}${others}`;
}

/** One provider: what its lines would be, what they were judged on, and who is left. */
export function groupLines(group: ProviderGroup, saying: Saying): string[] {
  const { whose, destinations, recipients } = group;
  const { paint, width } = saying;
  const title = `${paint('bold', whoseWords(whose))}: ${counted(destinations.length)}${mailWords(recipients)}`;
  const proposed = destinations.flatMap((one) =>
    one.change === undefined ? [] : [{ ...one, change: one.change }],
  );
  const lots = Map.groupBy(proposed, ({ change }) => splitLine(change.after ?? '')[1]);
  return [
    ...wrap(title, width, '  '),
    ...[...lots].flatMap(([value, lot]) => lotLines(value, lot, saying)),
    ...leftLines(destinations, width),
  ];
}

type Proposed = NewDestination & { readonly change: Change };

/** All that would get the same line. */
function lotLines(value: string, lot: readonly Proposed[], saying: Saying): string[] {
  const { paint, width, at } = saying;
  const say = (words: string) => wrap(`    ${words}`, width, '    ');
  const changes = lot.map(({ change }) => change);
  return [
    `  ${paint('bold', value)}`,
    ...say(`for ${listed(lot.map(nameWords), NAMED)}`),
    ...say(changes[0]?.because ?? ''),
    ...say(todayWords(changes, at)),
    ...say(historyWords(changes)),
    ...renewalWords(changes).flatMap(say),
    ...groundLines(changes, say),
    ...linesByHand(changes, say),
  ];
}

/** Never broken, since they are to be copied. */
function linesByHand(changes: readonly Change[], say: (words: string) => string[]): string[] {
  const lines = changes.flatMap(({ edit, after }) => (edit === null ? (after ?? []) : []));
  if (lines.length === 0) return [];
  const shown = lines.length > BY_HAND + 1 ? lines.slice(0, BY_HAND) : lines;
  return [
    ...say('no table here is a text to be edited; in one that smtp_tls_policy_maps names:'),
    ...shown.map((line) => `      ${line}`),
    ...(shown.length < lines.length
      ? say(`and ${lines.length - shown.length} more, which --json has`)
      : []),
  ];
}

const nameWords = ({ candidate: { id, domains }, recipients }: NewDestination): string => {
  const others = domains.filter((domain) => domain !== id);
  const through = others.length === 0 ? '' : `, mail to ${listed(others.map(plainName), 2)}`;
  const mail = recipients === undefined ? '' : `, ${recipients.toLocaleString('en')}`;
  return `${plainName(id)}${through === '' && mail === '' ? '' : ` (${`${mail}${through}`.slice(2)})`}`;
};

function todayWords(changes: readonly Change[], at: number): string {
  const isWhole = changes.every(
    ({ today }) => today === undefined || today.met === today.addresses,
  );
  const ends = changes.flatMap(({ today }) => today?.failsFrom ?? []).sort();
  const end = ends[0] === undefined ? undefined : Date.parse(ends[0]);
  const first = new Set(ends).size > 1 ? ' at the earliest' : '';
  const until =
    end === undefined
      ? ''
      : `; by the certificates of today until ${day(end)}${first}${left(at, end)}`;
  return `today: delivers (${isWhole ? 'all addresses' : 'not all addresses'} met)${until}`;
}

/** Nothing is proposed that would have failed on a day. */
function historyWords(changes: readonly Change[]): string {
  const counts = changes.flatMap(({ held }) =>
    held === undefined || held.of === 0 ? [] : held.of,
  );
  const untold = changes.filter(({ held }) => held?.of === 0 && held.untold > 0).length;
  const none = changes.length - counts.length - untold;
  const rest = [
    ...(untold === 0 ? [] : [`for ${untold} the days that are remembered do not tell`]),
    ...(none === 0 ? [] : [`of ${none} nothing is remembered`]),
  ];
  if (counts.length === 0)
    return `history: ${untold === 0 ? 'none' : 'the days that are remembered do not tell'}; today alone speaks for it`;
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const froms = changes.flatMap(({ held }) => held?.from ?? []).sort();
  const from = froms[0] === undefined ? undefined : day(Date.parse(froms[0]));
  const since = from === undefined ? '' : most === 1 ? ` (${from})` : `, since ${from}`;
  const days = least === most ? daysCount(most) : `${least} to ${daysCount(most)}`;
  const each = most === 1 ? 'the one day' : `each of ${days}`;
  return [`history: would have held on ${each} that can be told${since}`, ...rest].join('; ');
}

/** Of the one that was renewed latest. */
function renewalWords(changes: readonly Change[]): string[] {
  const lefts = changes.flatMap(({ renewedBeforeMs }) => renewedBeforeMs ?? []);
  return lefts.length === 0 ? [] : [renewedWords(Math.min(...lefts))];
}

/** What is said of each domain alike is said once. */
function groundLines(changes: readonly Change[], say: (words: string) => string[]): string[] {
  const [first] = changes.flatMap(({ ground }) => ground ?? []);
  if (first === undefined || first.because === '') return [];
  const isOne = changes.length === 1;
  if (first.kind === 'mta-sts' && !isOne) {
    const untils = changes.flatMap(({ ground }) => ground?.until ?? []);
    return say(
      'names: authenticated by the MTA-STS policies of the domains, the first of them until ' +
        moment(Math.min(...untils)),
    );
  }
  const told = changes.map(({ ground, destination = '' }) =>
    isOne ? (ground?.because ?? '') : ofEach(ground?.because ?? '', destination),
  );
  const [words = '', ...others] = [...new Set(told)];
  const rest = others.length === 0 ? '' : ' (and more of the kind, which --json explains)';
  return say(`${first.kind === 'dns' ? 'before you use it' : 'names'}: ${words}${rest}`);
}

const ofEach = (because: string, domain: string): string =>
  because
    .split(/(?<![\w.-])(?=[\w])|(?<=[\w])(?![\w.-])/)
    .map((word) => (word === domain ? 'each domain' : word))
    .join('');

/** Those without a line, by why. */
function leftLines(destinations: readonly NewDestination[], width: number): string[] {
  const byWhy = [
    ...Map.groupBy(
      destinations.filter(({ left }) => left !== undefined),
      ({ left = '' }) => left,
    ),
  ];
  const shown = byWhy.length > LEFT + 1 ? byWhy.slice(0, LEFT) : byWhy;
  const more = byWhy.slice(shown.length).reduce((sum, [, own]) => sum + own.length, 0);
  return [
    ...shown.flatMap(([why, own]) =>
      wrap(`  left: ${listed(own.map(nameWords), NAMED)}: ${plain(why, 500)}`, width, '    '),
    ),
    ...(more === 0 ? [] : [`  and ${more} more are left, which --json explains`]),
  ];
}

/** What was asked about and needs no line, or gets none. */
export function askedLines(
  { candidates, covered, others, beyond, recipients, since, source }: Asked,
  width: number,
): string[] {
  const say = (text: string) => wrap(text, width, '  ');
  return [
    ...(source === 'log' && recipients !== undefined
      ? say(
          `where mail went: ${recipients.all.toLocaleString('en')} recipients` +
            `${since === undefined ? '' : ` since ${day(since)}`} by the log, ` +
            `${without(candidates, recipients.byDomain).toLocaleString('en')} of them without a line`,
        )
      : source === 'observed'
        ? say('asked about: whom watch --observe looks at')
        : []),
    ...(covered.length === 0
      ? []
      : say(
          `with a line already: ${listed(
            covered.map(({ name }) => plainName(name)),
            5,
          )}`,
        )),
    ...others
      .slice(0, OTHERS)
      .flatMap(({ name, because }) =>
        say(`${plainName(name)} gets no line: ${plain(because, 500)}`),
      ),
    ...(others.length > OTHERS
      ? [`and ${others.length - OTHERS} more get none, which --json explains`]
      : []),
    ...(beyond === 0
      ? []
      : say(`${beyond} more have no line, with less mail: they are not looked at`)),
  ];
}

const without = (candidates: Asked['candidates'], byDomain: ReadonlyMap<string, number>): number =>
  candidates
    .flatMap(({ domains }) => domains)
    .reduce((sum, domain) => sum + (byDomain.get(domain) ?? 0), 0);

const NAMED = 10;
const LEFT = 5;
const OTHERS = 5;
const BY_HAND = 20;
