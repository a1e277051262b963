/**
 * The whole delivery, next hop after next hop, in every order that Postfix may choose, and each way
 * it can end.
 *
 * Follows smtp_connect_inet() in src/smtp/smtp_connect.c: anything but a hard failure of a server,
 * or mail that loops, leads on to the next element of the list and then to smtp_fallback_relay,
 * each under a policy of its own. Pure.
 */
import type { Hop } from '../policy/destinations.ts';
import type { Settings } from '../policy/settings.ts';
import type { DaneRoute } from '../route/dane-route.ts';
import type { Route } from '../route/route.ts';
import type { Finding } from './finding.ts';
import { MISCONFIGURED, NOT_TRIED } from './postfix-says.ts';
import type { Reason } from './reason.ts';
import { type Stop, walk } from './walk.ts';

/** One next hop with everything that is known of it. */
export type HopView =
  /**
   * `dane`: what DNSSEC says, at dane levels. `undecided`: it was not asked, and the addresses may
   * pass or fail.
   */
  | {
      readonly kind: 'hosts';
      readonly hop: Hop;
      readonly route: Extract<Route, { readonly kind: 'hosts' }>;
      readonly findings: readonly Finding[];
      readonly dane?: DaneRoute;
      readonly undecided?: { readonly reason: Reason; readonly because: string };
    }
  | {
      readonly kind: 'nowhere';
      readonly hop: Hop;
      readonly route: Extract<Route, { readonly kind: 'nowhere' }>;
    }
  | {
      readonly kind: 'unanswered';
      readonly hop: Hop;
      readonly route: Extract<Route, { readonly kind: 'unanswered' }>;
    }
  /** Not looked up in this run. */
  | { readonly kind: 'unresolved'; readonly hop: Hop }
  /** Nothing is connected to: a broken entry, or `dane-only` without DNSSEC. */
  | {
      readonly kind: 'misconfigured';
      readonly hop: Hop;
      readonly reason: 'invalid-entry' | 'no-dnssec' | 'table-unavailable';
      readonly warning: string;
      /** DNS did not answer, and Postfix says so in place of the entry's fault. */
      readonly unanswered?: Extract<Route, { readonly kind: 'unanswered' }>;
    }
  /** smtp(8) dies over it. */
  | { readonly kind: 'fatal'; readonly hop: Hop; readonly message: string };

/**
 * How to take what was not seen: as failing; as passing; or passing only where our own side kept us
 * from looking. A family without a way out from here behaves as the seen addresses of its host do,
 * where there are any.
 */
export type UnseenAs = 'failing' | 'passing' | 'passing-if-ours';

/**
 * `now` is the first attempt of a new message; `later` lets an address whose handshake breaks at
 * `may` take it in plaintext.
 */
export type Attempted = 'now' | 'later';

export interface Ending {
  readonly status: 'sent' | 'deferred' | 'bounced';
  readonly dsn: string;
  /** Empty for mail that was sent; undefined where it is not known what Postfix would say. */
  readonly text: string | undefined;
  readonly view: HopView;
  readonly finding?: Finding;
}

/** Every ending that some order could give. Empty where smtp(8) dies. */
export function endingsOf(
  views: readonly HopView[],
  unseenAs: UnseenAs,
  attempted: Attempted,
  settings: Settings,
): Ending[] {
  const endings: Ending[] = [];
  for (const [i, view] of views.entries()) {
    const { done, left, final } = endHop(view, unseenAs, attempted, settings);
    endings.push(...done);
    if (left.length === 0) return endings;
    if (final || i === views.length - 1) return [...endings, ...left];
  }
  return endings;
}

/** The findings that some order brings within the address limit, in hops that can be reached. */
export function reachedFindings(views: readonly HopView[], settings: Settings): Finding[] {
  const reached: Finding[] = [];
  for (const view of views) {
    if (view.kind === 'hosts')
      reached.push(...walk(stopsOf(view, 'failing', 'later'), settings).reached);
    const { left, final } = endHop(view, 'failing', 'later', settings);
    if (left.length === 0 || final) break;
  }
  return reached;
}

type HostsView = Extract<HopView, { readonly kind: 'hosts' }>;

interface HopEnd {
  /** The mail was taken or bounced here. */
  readonly done: readonly Ending[];
  /** What would be logged if this were the last hop; empty where no order gets past it. */
  readonly left: readonly Ending[];
  /** No further hop is tried. */
  readonly final: boolean;
}

function endHop(
  view: HopView,
  unseenAs: UnseenAs,
  attempted: Attempted,
  settings: Settings,
): HopEnd {
  const taken: HopEnd = { done: [sent(view)], left: [], final: false };
  const left = (ending: Omit<Ending, 'view'>, final = false): HopEnd => ({
    done: [],
    left: [{ ...ending, view }],
    final,
  });
  switch (view.kind) {
    case 'fatal':
      return { done: [], left: [], final: true };
    case 'misconfigured': {
      const said = view.unanswered === undefined ? MISCONFIGURED : saidBy(view.unanswered);
      return left({ status: 'deferred', ...said });
    }
    case 'unanswered': {
      const { dsn, text } = view.route;
      return unseenAs === 'passing' ? taken : left({ status: 'deferred', dsn, text });
    }
    case 'unresolved':
      return unseenAs === 'failing'
        ? left({ status: 'deferred', dsn: '4.0.0', text: undefined })
        : taken;
    case 'nowhere': {
      const { route } = view;
      return left(ofDns(route, settings), route.reason === 'loops');
    }
    case 'hosts':
      return endOfHosts(view, unseenAs, attempted, settings);
  }
}

function endOfHosts(
  view: HostsView,
  unseenAs: UnseenAs,
  attempted: Attempted,
  settings: Settings,
): HopEnd {
  const ends = walk(stopsOf(view, unseenAs, attempted), settings);
  const spoken = (status: 'deferred' | 'bounced', finding: Finding): Ending => ({
    // Nothing is bounced where smtp(8) died: the mail stays, and it dies again.
    status: finding.verdict.says?.dsn === '' ? 'deferred' : status,
    dsn: finding.verdict.says?.dsn ?? '4.0.0',
    text: finding.verdict.says?.text,
    view,
    finding,
  });
  const untried = ends.leftUntried ? [untriedEnding(view, ends.reached, settings)] : [];
  return {
    done: [
      ...ends.takenBy.map((finding) => ({ ...sent(view), finding })),
      ...ends.bouncedBy.map((finding) => spoken('bounced', finding)),
    ],
    left: [...ends.leftBy.map((finding) => spoken('deferred', finding)), ...untried],
    final: view.route.looped === true,
  };
}

const sent = (view: HopView): Ending => ({ status: 'sent', dsn: '2.0.0', text: '', view });

/** Where DNS had the last word. */
function ofDns(
  { dsn: held, text }: { readonly dsn: string; readonly text: string },
  { softBounce }: Settings,
): Omit<Ending, 'view'> {
  const dsn = softBounce ? held.replace(/^5/, '4') : held;
  return { status: dsn.startsWith('4') ? 'deferred' : 'bounced', dsn, text };
}

/**
 * All skipped: by Postfix, which says so unless it still holds what DNS said of another host, or by
 * us, who then cannot tell what Postfix would have met.
 */
function untriedEnding(view: HostsView, reached: readonly Finding[], settings: Settings): Ending {
  const finding = reached.find(({ unseen }) => unseen === undefined) ?? reached[0];
  const known = reached.every(({ unseen }) => unseen !== 'ours');
  const says = known
    ? ofDns(view.route.unaddressed ?? NOT_TRIED, settings)
    : { status: 'deferred' as const, dsn: '4.0.0', text: undefined };
  return { ...says, view, ...(finding === undefined ? {} : { finding }) };
}

function stopsOf(view: HostsView, unseenAs: UnseenAs, attempted: Attempted): Stop<Finding>[] {
  return view.findings.map((finding) => ({
    host: finding.attempt.host,
    address: finding.attempt.address,
    step: stepOf(finding, view, unseenAs, attempted),
    of: finding,
  }));
}

function stepOf(
  finding: Finding,
  view: HostsView,
  unseenAs: UnseenAs,
  attempted: Attempted,
): Stop<Finding>['step'] {
  if (view.undecided !== undefined) return unseenAs === 'failing' ? 'fails' : 'takes';
  if (attempted === 'later' && finding.plaintextLater) return 'takes';
  if (finding.unseen === undefined || unseenAs === 'failing') return finding.step;
  if (finding.unseen === 'theirs') return unseenAs === 'passing' ? 'takes' : finding.step;
  const siblings = view.findings.filter(
    ({ attempt, unseen }) => attempt.host === finding.attempt.host && unseen === undefined,
  );
  if (finding.verdict.reason !== 'no-way-out' || siblings.length === 0) return 'takes';
  return siblings.some(({ step }) => step === 'takes') ? 'takes' : finding.step;
}

const saidBy = ({ dsn, text }: Extract<Route, { readonly kind: 'unanswered' }>) => ({ dsn, text });
