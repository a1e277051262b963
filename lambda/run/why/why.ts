/**
 * What a log and the queue tell, held against the policy: for each domain and cause how the mail
 * fares, what was asked and offered, and the line to use. Pure.
 */
import { LOG_BOUNDS } from '../../limits.ts';
import type { QueuedMail, QueueReport } from '../../log/queue.ts';
import { type Held, type LogReport, NOTHING_COUNTED, type Waiting } from '../../log/report.ts';
import type { PeerEvidence } from '../../log/sessions.ts';
import type { Bundle } from '../../policy/bundle.ts';
import type { TlsDemand } from '../../policy/demand.ts';
import { DAY_MS } from '../../text/dates.ts';
import type { Reason } from '../../verdict/reason.ts';
import type { Caution, EntryVerdict } from '../../verdict/verdict.ts';
import { type Asked, askedOf, demandOf, lacksName } from './asked.ts';
import { type Group, groupsOf } from './merge.ts';
import {
  cautionedFrom,
  coversHost,
  type LoggedSuggestion,
  lineFromLog,
  namesAsked,
  withLoggedCaution,
} from './names.ts';

/** How the mail for one domain that one cause held up fares. */
export interface Answer {
  readonly held: Held;
  /** Of the recipients: all those whose mail leaves through the next hop. */
  readonly domains: readonly string[];
  /** `over`: none waits, and what bounced was followed by mail that was delivered. */
  readonly state: 'waits' | 'bounced' | 'over';
  /** What the log and the level leave; one where both tell. */
  readonly reasons: readonly Reason[];
  /** Undefined without a policy, and where the domain is looked up in none. */
  readonly asked: Asked | undefined;
  readonly demand: TlsDemand | undefined;
  /** The server that tells most, with what was asked of it. */
  readonly server: PeerEvidence | undefined;
  readonly namesAsked: readonly string[];
  /** Whether its certificate covers its own name; undefined where that is not known. */
  readonly coversHost: boolean | undefined;
  readonly suggestion: LoggedSuggestion | null;
  readonly caution?: Caution;
  /** Epoch ms: from when on what waits is given up; undefined where nothing waits. */
  readonly givenUpFrom: number | undefined;
  /**
   * Hosts that mail was delivered to by a verified name, as far as the log goes back; none where
   * the MX answer chose the names.
   */
  readonly knownHosts: readonly string[];
  /** Absent where nobody looked. */
  readonly today?: Today;
}

/** What a look of today says of what the log tells. */
export interface Today {
  /**
   * `over`: the look delivers; `still`: it does not, for this reason or another; `cannot-tell`: not
   * all that counts was seen, or nothing is looked at.
   */
  readonly is: 'over' | 'still' | 'cannot-tell';
  /** A clause for people, already neutral. */
  readonly sentence: string;
  /** Absent where nothing was looked at. */
  readonly verdict?: EntryVerdict;
  /** Whether what fails today is what the log has. */
  readonly sameReason: boolean;
}

export interface WhyOptions {
  readonly log: LogReport | undefined;
  /** Undefined where the queue was not asked: the log says what waits then. */
  readonly queue: QueueReport | undefined;
  readonly bundle: Bundle | undefined;
  /** Epoch ms. */
  readonly now: number;
}

/** Worst first: what waits longest, what bounced, what is over. */
export function answersOf({ log, queue, bundle, now }: WhyOptions): Answer[] {
  const logged = log?.held ?? [];
  const held = queue === undefined ? logged : withQueue(logged, queue.held);
  const domains = [...new Set(held.map(({ domain }) => domain))];
  const asked = bundle === undefined ? undefined : askedOf(domains, bundle);
  const lifetimeMs = bundle?.settings.queueLifetimeMs ?? QUEUE_LIFETIME_MS;
  // What is older than any message can be has ended, unseen.
  const end = queue === undefined ? log?.lastAt : undefined;
  const answers = groupsOf(held, asked).map((group) => {
    const { waiting: all, otherwise } = group.held;
    const waiting = all.filter(
      ({ arrivedAt }) =>
        arrivedAt === undefined || end === undefined || arrivedAt + lifetimeMs + DAY_MS > end,
    );
    const gone = { waiting, otherwise: otherwise + all.length - waiting.length };
    const verifiedHosts = group.domains.flatMap((one) => log?.verifiedHosts.get(one) ?? []);
    return answerOf(
      { ...group, held: { ...group.held, ...gone } },
      { bundle, lifetimeMs, now, verifiedHosts: [...new Set(verifiedHosts)] },
    );
  });
  return answers.sort(
    (a, b) =>
      ORDER[a.state] - ORDER[b.state] ||
      b.held.recipients - a.held.recipients ||
      (a.held.domain < b.held.domain ? -1 : 1),
  );
}

interface Around {
  readonly bundle: Bundle | undefined;
  readonly lifetimeMs: number;
  readonly now: number;
  readonly verifiedHosts: readonly string[];
}

function answerOf({ held, domains, asked }: Group, around: Around): Answer {
  const { bundle, lifetimeMs, verifiedHosts } = around;
  const demand = demandOf(asked);
  const { reasons } = held;
  const server = held.peers.findLast(({ names }) => names.length > 0) ?? held.peers.at(-1);
  const oldest = held.waiting.flatMap(({ arrivedAt }) => arrivedAt ?? []);
  const base = {
    held,
    domains,
    state: stateOf(held),
    reasons,
    asked,
    demand,
    server,
    givenUpFrom: oldest.length === 0 ? undefined : earliest(oldest) + lifetimeMs,
    knownHosts: demand?.match.some(({ kind }) => kind === 'hostname') ? [] : verifiedHosts,
  };
  if (demand === undefined || asked === undefined || bundle === undefined)
    return { ...base, namesAsked: [], coversHost: undefined, suggestion: null };
  const line = lacksName(reasons) ? lineFromLog(held, demand, asked, bundle, verifiedHosts) : null;
  const { suggestion, caution } = withLoggedCaution(
    cautionedFrom(held, demand, asked, line),
    base.knownHosts,
    {
      failingSince: held.firstAt ?? around.now,
      queueLifetimeMs: lifetimeMs,
      now: around.now,
    },
  );
  return {
    ...base,
    namesAsked: server === undefined ? [] : namesAsked(demand, asked, server.peer.host),
    coversHost: server === undefined ? undefined : coversHost(server, bundle),
    suggestion,
    ...(caution === undefined ? {} : { caution }),
  };
}

function stateOf({ waiting, bounced, deliversAgain }: Held): Answer['state'] {
  if (waiting.length > 0) return 'waits';
  return bounced > 0 && !deliversAgain ? 'bounced' : 'over';
}

/** The log's causes with what the queue says waits now, and the queue's own. */
function withQueue(logged: readonly Held[], queued: readonly QueuedMail[]): Held[] {
  const waiting = new Map<Held, Waiting[]>();
  const own = new Map<string, Held>();
  const byDomain = Map.groupBy(logged, ({ domain }) => domain);
  for (const mail of queued) {
    const { queueId, recipients, arrivedAt, domain, cause } = mail;
    const known = byDomain
      .get(domain)
      ?.find(
        ({ cause: { says }, reasons }) =>
          says === cause.says || reasons.every((reason) => cause.reasons.includes(reason)),
      );
    const key = `${domain} ${cause.reasons.join(' ')}${cause.reasons.length === 0 ? cause.says : ''}`;
    const held = known ?? own.get(key) ?? heldByQueue(mail);
    if (known === undefined) own.set(key, held);
    const all = waiting.get(held) ?? [];
    if (all.length < LOG_BOUNDS.messages) all.push({ queueId, recipients, arrivedAt });
    waiting.set(held, all);
  }
  const fromLog = logged.map((held) => ({ ...held, waiting: waiting.get(held) ?? [] }));
  const fromQueue = [...own.values()].map((held) => {
    const all = waiting.get(held) ?? [];
    const recipients = all.reduce((sum, one) => sum + one.recipients, 0);
    const arrivals = all.flatMap(({ arrivedAt }) => arrivedAt ?? []);
    return {
      ...held,
      waiting: all,
      messages: all.length,
      recipients,
      firstAt: arrivals.length === 0 ? undefined : earliest(arrivals),
    };
  });
  return [...fromLog, ...fromQueue];
}

/** Of which no log tells. */
function heldByQueue({ domain, cause }: QueuedMail): Held {
  return {
    domain,
    reasons: cause.reasons,
    cause,
    dsn: '',
    ...NOTHING_COUNTED,
    waiting: [],
    deliversAgain: false,
    peers: [],
  };
}

const earliest = (times: readonly number[]): number =>
  times.reduce((least, time) => Math.min(least, time));

const ORDER: Readonly<Record<Answer['state'], number>> = { waits: 0, bounced: 1, over: 2 };

/** Postfix's default maximal_queue_lifetime, five days. */
const QUEUE_LIFETIME_MS = 5 * DAY_MS;
