/**
 * What the history says of entries and MX hosts over a time, as spans to be drawn: verdicts,
 * certificates with their validity, changes in words, and when nobody looked. Pure; times are epoch
 * ms.
 */
import { isBlind } from '../../alert/incident/run-facts.ts';
import type { EntrySnapshot } from '../../snapshot/entry-snapshot.ts';
import { current, type HostSnapshot } from '../../snapshot/host-snapshot.ts';
import { type FindCertificate, type Leaf, leafOf } from '../../snapshot/leaf.ts';
import type { RunRecord } from '../../store/stored-values.ts';
import { HOUR_MS } from '../../text/dates.ts';
import type { Verdict } from '../../verdict/verdict.ts';
import type { Happened } from '../history/timeline.ts';
import { entryMark, hostMark, type Mark } from './marks.ts';

export interface Span {
  readonly from: number;
  readonly until: number;
}

interface VerdictSpan extends Span {
  readonly verdict: Verdict;
}

export interface EntryLine {
  readonly spans: readonly VerdictSpan[];
  /** Oldest first. */
  readonly marks: readonly Mark[];
}

/** One certificate of a host: when it is valid, and when it was presented. */
interface CertificateSpan {
  readonly sha256: string;
  readonly valid: Span;
  readonly seen: Span;
}

export interface HostLine {
  /** By the end of their validity. */
  readonly certificates: readonly CertificateSpan[];
  /** When there was no STARTTLS, no certificate, or no handshake that ends. */
  readonly without: readonly Span[];
  readonly marks: readonly Mark[];
  /** Validity that was left, in ms, at each renewal that was seen; oldest first. */
  readonly renewedWithLeft: readonly number[];
}

/**
 * @param happened of this entry, oldest first
 * @param latest undefined where it left the policy
 * @param window what is asked about; it ends with the last look
 */
export function entryLine(
  happened: readonly Happened[],
  latest: EntrySnapshot | undefined,
  window: Span,
): EntryLine {
  const states: { readonly at: number; readonly of: EntrySnapshot | null }[] = [];
  for (const { event } of happened) {
    if (event.grain !== 'entry') continue;
    if (states.length === 0 && event.before !== null)
      states.push({ at: event.before.firstAt, of: event.before });
    states.push({ at: event.at, of: event.after });
  }
  if (states.length === 0 && latest !== undefined) states.push({ at: latest.firstAt, of: latest });
  const spans = states.flatMap(({ at, of }, i): VerdictSpan[] => {
    if (of === null) return [];
    const until = states[i + 1]?.at ?? window.until;
    const verdict = of.undetermined === undefined ? of.verdict : 'undetermined';
    return cut({ from: at, until }, window).map((span) => ({ ...span, verdict }));
  });
  return { spans: joined(spans), marks: happened.flatMap(entryMark) };
}

/** @param happened of one host under every offer, oldest first */
export function hostLine(
  happened: readonly Happened[],
  latest: readonly HostSnapshot[],
  find: FindCertificate,
  window: Span,
): HostLine {
  const found = new Map<string, CertificateSpan>();
  const without: Span[] = [];
  const note = (snapshot: HostSnapshot | null, span: Span) => {
    for (const sighting of snapshot === null ? [] : current(snapshot)) {
      const leaf = leafOf(sighting, find);
      const [sha256] = sighting.result.kind === 'presented' ? sighting.result.chain : [];
      if (sha256 === undefined) without.push(...cut(span, window));
      else if (leaf !== undefined) {
        const seen = { from: Math.max(span.from, sighting.firstAt), until: span.until };
        found.set(sha256, withSpan(found.get(sha256), sha256, leaf, seen));
      }
    }
  };
  const byKey = Map.groupBy(happened, ({ event }) => event.name);
  for (const own of byKey.values()) {
    for (const [i, { event }] of own.entries()) {
      if (event.grain !== 'host') continue;
      if (i === 0 && event.before !== null)
        note(event.before, { from: event.before.firstAt, until: event.at });
      note(event.after, { from: event.at, until: own[i + 1]?.event.at ?? window.until });
    }
  }
  if (byKey.size === 0)
    for (const one of latest) note(one, { from: one.firstAt, until: window.until });
  return {
    certificates: [...found.values()].toSorted((a, b) => a.valid.until - b.valid.until),
    without: joinedSpans(without),
    marks: once(happened.flatMap(hostMark)),
    renewedWithLeft: onceEach(
      happened.flatMap(({ event, changes }) =>
        changes.flatMap(({ kind, before }) => {
          const ended = Date.parse(String(Array.isArray(before) ? before[0] : before));
          return kind === 'renewed' && Number.isFinite(ended)
            ? [Math.max(0, ended - event.at)]
            : [];
        }),
      ),
    ),
  };
}

/** When nobody looked, or nothing could be seen from here: longer than between two runs. */
export function gapsBetween(runs: readonly RunRecord[], vantage: string, window: Span): Span[] {
  const looks = runs
    .filter(
      ({ scope, stage, kept }) => scope === 'all' && (stage === 'complete' || kept === 'whole'),
    )
    .filter(
      (run) => !isBlind({ name: vantage, ipv4: family(run, 'ipv4'), ipv6: family(run, 'ipv6') }),
    )
    .map(({ startedAt }) => startedAt)
    .toSorted((a, b) => a - b);
  const between = looks.slice(1).map((at, i) => at - (looks[i] ?? at));
  const usual = between.toSorted((a, b) => a - b)[Math.floor(between.length / 2)] ?? 0;
  const longest = Math.max(1.6 * usual, 36 * HOUR_MS);
  return [...looks, window.until].flatMap((until, i, all) => {
    const from = all[i - 1];
    return from !== undefined && until - from > longest ? cut({ from, until }, window) : [];
  });
}

function withSpan(
  known: CertificateSpan | undefined,
  sha256: string,
  { notBefore, notAfter }: Leaf,
  seen: Span,
): CertificateSpan {
  return {
    sha256,
    valid: { from: notBefore, until: notAfter },
    seen: {
      from: Math.min(known?.seen.from ?? seen.from, seen.from),
      until: Math.max(known?.seen.until ?? seen.until, seen.until),
    },
  };
}

/** The part within the window; empty where there is none. */
function cut({ from, until }: Span, window: Span): Span[] {
  const part = { from: Math.max(from, window.from), until: Math.min(until, window.until) };
  return part.until > part.from ? [part] : [];
}

function joined(spans: readonly VerdictSpan[]): VerdictSpan[] {
  const all: VerdictSpan[] = [];
  for (const span of spans) {
    const last = all.at(-1);
    if (last?.verdict === span.verdict && last.until === span.from)
      all[all.length - 1] = { ...last, until: span.until };
    else all.push(span);
  }
  return all;
}

function joinedSpans(spans: readonly Span[]): Span[] {
  const all: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    const last = all.at(-1);
    if (last !== undefined && span.from <= last.until)
      all[all.length - 1] = { from: last.from, until: Math.max(last.until, span.until) };
    else all.push(span);
  }
  return all;
}

/** A host that two offers met alike is told once. */
function once(marks: readonly Mark[]): Mark[] {
  return [...new Map(marks.map((mark) => [`${mark.at} ${mark.words.join()}`, mark])).values()];
}

const onceEach = (values: readonly number[]): number[] => [...new Set(values)];

function family({ vantage }: RunRecord, of: 'ipv4' | 'ipv6'): 'clear' | 'blind' | 'untried' {
  const word = vantage[of];
  return word === 'clear' || word === 'blind' ? word : 'untried';
}
