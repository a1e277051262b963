/**
 * What `history` prints: run by run, what was first seen, what turned, and what changed, in words.
 * Pure.
 */
import type { Change } from '../../alert/incident/entry-state.ts';
import type { ChangeKind } from '../../snapshot/change.ts';
import type { EntrySnapshot } from '../../snapshot/entry-snapshot.ts';
import { day, moment } from '../../text/dates.ts';
import { listed } from '../../text/listed.ts';
import { plain, plainName } from '../../text/strangers.ts';
import { wrap } from '../../text/wrap.ts';
import type { StatusOf } from '../status/text.ts';
import type { Paint } from '../terminal/colour.ts';
import { VERDICT_STYLE } from '../terminal/colour.ts';
import type { HistoryDocument } from './schema.ts';
import type { Happened, Presented, Timeline } from './timeline.ts';

/** @param picture of the same, in lines; what was seen stands above it */
export function timelineText(
  timeline: Timeline,
  name: string | undefined,
  of: StatusOf,
  paint: Paint,
  width: number,
  picture: readonly string[] = [],
): string {
  const runs = [...Map.groupBy(timeline.happened, ({ event }) => event.runId).values()];
  const since = timeline.whole ? ', all that is kept' : ` since ${day(timeline.from)}`;
  const lines = [
    ...runs.flatMap((happened) => [
      paint('bold', moment(happened[0]?.event.at ?? 0)),
      ...runLines(happened, name === undefined, paint, width),
    ]),
    ...(runs.length === 0 ? [`nothing happened since ${moment(timeline.from)}`] : []),
    ...(picture.length === 0 ? [] : ['', ...picture]),
    ...timeline.problems.flatMap((problem) => wrap(`could not be read: ${problem}`, width, '  ')),
    '',
    ...wrap(
      `${name === undefined ? 'everything' : plain(name)}${since}, as seen from ${of.vantage}; ` +
        `policy "${of.policy}", kept in ${of.place}`,
      width,
      '  ',
    ),
  ];
  return `${lines.join('\n')}\n`;
}

/** `history --json`. */
export function timelineDocument(
  timeline: Timeline,
  name: string | undefined,
  of: StatusOf,
): HistoryDocument {
  return {
    version: 1,
    store: of.place,
    policy: of.policy,
    vantage: of.vantage,
    name: name ?? null,
    since: iso(timeline.from),
    events: timeline.happened.map(eventDocument),
    problems: [...timeline.problems],
  };
}

/** The first run of a large table says how many, not which. */
function runLines(
  happened: readonly Happened[],
  all: boolean,
  paint: Paint,
  width: number,
): string[] {
  const fresh = happened.filter((one) => kindOf(one) === 'first-seen');
  if (!all || fresh.length <= FRESH_SHOWN) return blocksOf(happened, paint, width);
  const count = (grain: 'entry' | 'host', one: string, many: string) => {
    const n = fresh.filter(({ event }) => event.grain === grain).length;
    return n === 0 ? [] : [`${n} ${n === 1 ? one : many}`];
  };
  const others = happened.filter((one) => kindOf(one) !== 'first-seen');
  const failing = fresh.filter(
    ({ event }) =>
      event.grain === 'entry' && event.after !== null && event.after.verdict !== 'pass',
  );
  const counts = listed([...count('host', 'host', 'hosts'), ...count('entry', 'entry', 'entries')]);
  const failed = failing.length === 0 ? '' : `, of which ${failing.length} did not pass`;
  return [
    `  first seen: ${counts}${failed}`,
    ...blocksOf(failing.slice(0, FRESH_SHOWN), paint, width),
    ...(failing.length > FRESH_SHOWN
      ? [`  and ${failing.length - FRESH_SHOWN} more that did not pass`]
      : []),
    ...blocksOf(others, paint, width),
  ];
}

/** A host that two offers met alike is told once. */
function blocksOf(happened: readonly Happened[], paint: Paint, width: number): string[] {
  const blocks = new Map(
    happened
      .map((one) => happenedLines(one, paint, width))
      .map((block) => [block.join('\n'), block]),
  );
  return [...blocks.values()].flat();
}

function happenedLines(one: Happened, paint: Paint, width: number): string[] {
  const { event, changes } = one;
  const say = (text: string) => wrap(`  ${text}`, width, '    ');
  const changed = changes.flatMap((change) => say(changeText(change)));
  if (event.grain === 'host') {
    const presents = listed(one.presents.map(presentedWords));
    if (kindOf(one) === 'first-seen')
      return [...say(`${hostOf(event.name)}: first seen, ${presents}`), ...changed];
    return [
      ...changed,
      ...(changes.some(({ kind }) => OF_CERTIFICATES.has(kind))
        ? say(`${hostOf(event.name)} now ${presents}`)
        : []),
    ];
  }
  const { before, after } = event;
  const name = plain((after ?? before)?.destination ?? event.name);
  switch (kindOf(one)) {
    case 'first-seen':
      return after === null
        ? []
        : [
            ...say(`${name}: first seen, ${verdictWords(after, paint)}`),
            ...sentenceLines(after, width),
          ];
    case 'turned':
      return before === null || after === null
        ? []
        : [
            ...changed,
            ...say(`${name}: ${verdictWords(before, paint)} → ${verdictWords(after, paint)}`),
            ...sentenceLines(after, width),
          ];
    case 'left':
      return say(`${name}: no longer in the policy`);
    case 'changed':
      return changed;
  }
}

/** What an event is about its subject. */
export function kindOf({ event }: Happened): HistoryDocument['events'][number]['kind'] {
  const { before, after } = event;
  if (before === null) return 'first-seen';
  if (after === null) return 'left';
  if (event.grain === 'host') return 'changed';
  return event.before?.verdict === event.after?.verdict &&
    event.before?.reason === event.after?.reason
    ? 'changed'
    : 'turned';
}

const verdictWords = ({ verdict, reason }: EntrySnapshot, paint: Paint): string =>
  paint(VERDICT_STYLE[verdict], verdict) +
  (reason === null ? '' : ` (${reason.replaceAll('-', ' ')})`);

/** None for an entry that passes. */
const sentenceLines = ({ verdict, sentence }: EntrySnapshot, width: number): string[] =>
  verdict === 'pass' ? [] : wrap(`    ${sentence}`, width, '    ');

function presentedWords({ what, leaf, sha256, addresses }: Presented): string {
  switch (what) {
    case 'certificate': {
      if (leaf === undefined)
        return `presents the certificate ${sha256?.slice(0, 16)}…, which is no longer kept`;
      const until = Number.isFinite(leaf.notAfter) ? ` until ${moment(leaf.notAfter)}` : '';
      return `presents ${namesWords(leaf.names)}${until}, issued by ${plain(leaf.issuer, 200)}`;
    }
    case 'no-certificate':
      return 'presents no certificate';
    case 'no-tls':
      return 'offers no STARTTLS';
    case 'handshake-failed':
      return `breaks the TLS handshake at ${listed(addresses)}`;
  }
}

/** A change in words, neutral for any medium. */
export function changeText(change: Change): string {
  const words = CHANGES[change.kind as ChangeKind] as ((change: Words) => string) | undefined;
  const [before, after] = [asList(change.before), asList(change.after)];
  return words === undefined
    ? `${plain(change.subject)}: ${plain(change.kind)}`
    : words({
        subject: plain(change.subject, 100),
        before: namesWords(before),
        after: namesWords(after),
        change: { before, after },
      });
}

interface Words {
  readonly subject: string;
  readonly before: string;
  readonly after: string;
  /** The values as stored, where `before` and `after` are words for a sentence. */
  readonly change: { readonly before: readonly string[]; readonly after: readonly string[] };
}

const CHANGES: Readonly<Record<ChangeKind, (words: Words) => string>> = {
  'name-added': ({ subject, after }) => `${subject} presents ${after}, which it did not before`,
  'name-removed': ({ subject, before }) => `${subject} no longer presents ${before}`,
  'issuer-changed': ({ subject, before, after }) =>
    `${subject} has a certificate from ${after}, before from ${before}`,
  'anchor-changed': ({ subject, before, after }) =>
    `the chain of ${subject} ends at ${after}, before at ${before}`,
  'key-changed': ({ subject }) => `${subject} has a new key`,
  renewed: ({ subject, change }) =>
    `${subject} renewed its certificate: valid until ${date(change.after[0])}, the one before ` +
    `until ${date(change.before[0])}`,
  'mx-added': ({ subject, after }) => `mail to ${subject} goes to ${after} as well`,
  'mx-removed': ({ subject, before }) => `mail to ${subject} no longer goes to ${before}`,
  'starttls-lost': ({ subject }) => `${subject} no longer offers STARTTLS`,
  'starttls-regained': ({ subject }) => `${subject} offers STARTTLS again`,
  'trust-lost': ({ subject, change }) =>
    `the chain of ${subject} is no longer trusted${bracketed(change.after)}`,
  'trust-regained': ({ subject }) => `the chain of ${subject} is trusted again`,
  'tlsa-added': ({ subject, after }) =>
    `${subject} has a TLSA record more, which it matches: ${after}`,
  'tlsa-announced': ({ subject, after }) =>
    `${subject} has a TLSA record more, which it does not match yet: ${after}; its key must ` +
    'change before the old record goes',
  'tlsa-removed': ({ subject, before }) => `${subject} no longer has the TLSA record ${before}`,
  'dnssec-lost': ({ subject }) => `${subject} is no longer signed in DNS`,
  'dnssec-regained': ({ subject }) => `${subject} is signed in DNS`,
  'dnssec-broken': ({ subject }) => `DNS fails over the signatures of ${subject}`,
  varies: ({ subject, after }) => `${subject} presents now this, now that: ${after}`,
  uniform: ({ subject }) => `${subject} presents one thing again, and no longer now this, now that`,
  'sts-unfit': ({ subject, before, after }) =>
    `mail to ${subject} goes to ${before}, which its MTA-STS policy (${after}) does not name`,
  'sts-withdrawn': ({ subject }) => `the MTA-STS policy of ${subject} is in force no more`,
  'sts-changed': ({ subject, after }) =>
    `${subject} has a new MTA-STS policy, which names ${after}`,
  'sts-appeared': ({ subject, after }) => `${subject} has an MTA-STS policy, which names ${after}`,
};

function bracketed(reasons: readonly string[]): string {
  const words = reasons.map((reason) => plain(reason.replaceAll('-', ' ')));
  return words.length === 0 ? '' : ` (${listed(words)})`;
}

/** Kinds of change after which what is presented now is shown. */
const OF_CERTIFICATES: ReadonlySet<string> = new Set<ChangeKind>([
  'name-added',
  'name-removed',
  'issuer-changed',
  'key-changed',
]);

function eventDocument(one: Happened): HistoryDocument['events'][number] {
  const { event, changes, presents } = one;
  const judged = (snapshot: EntrySnapshot | null) =>
    snapshot === null
      ? null
      : { verdict: snapshot.verdict, reason: snapshot.reason, sentence: snapshot.sentence };
  return {
    at: iso(event.at),
    run: event.runId,
    grain: event.grain,
    name: event.grain === 'host' ? hostOf(event.name) : event.name,
    kind: kindOf(one),
    before: event.grain === 'entry' ? judged(event.before) : null,
    after: event.grain === 'entry' ? judged(event.after) : null,
    presents:
      event.grain === 'entry'
        ? null
        : presents.map(({ addresses, what, leaf, sha256 }) => ({
            addresses: [...addresses],
            what,
            names: [...(leaf?.names ?? [])],
            issuer: leaf?.issuer ?? null,
            notAfter:
              leaf === undefined || !Number.isFinite(leaf.notAfter) ? null : iso(leaf.notAfter),
            sha256: sha256 ?? null,
          })),
    changes: changes.flatMap((change) =>
      change.kind in CHANGES
        ? [
            {
              kind: change.kind as ChangeKind,
              subject: change.subject,
              before: asList(change.before),
              after: asList(change.after),
              text: changeText(change),
            },
          ]
        : [],
    ),
  };
}

/** The host with its port; the digest of our offer at the end of the key is left out. */
export const hostOf = (key: string): string =>
  plain(key.replace(/#[0-9a-f]{8}$/, '').replace(/:25$/, ''));

const namesWords = (names: readonly string[]): string =>
  names.length === 0 ? 'nothing' : listed(names.map(plainName), NAMES_SHOWN);

const asList = (value: Change['before']): string[] =>
  value === undefined ? [] : typeof value === 'string' ? [value] : [...value];

function date(text: string | undefined): string {
  const at = Date.parse(text ?? '');
  return Number.isNaN(at) ? 'no date' : moment(at);
}

const iso = (at: number): string => new Date(at).toISOString();

const FRESH_SHOWN = 20;
const NAMES_SHOWN = 4;
