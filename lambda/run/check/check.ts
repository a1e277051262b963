/**
 * The line from bundle to verdicts: destinations → routes → distinct conversations → results (look)
 * → vantage → judge.
 *
 * Three batch functions carry it (resolveBatch, probeBatch, judge); between them only pure
 * reducers. Nothing here knows where a verdict goes.
 */
import type { Bundle } from '../../policy/bundle.ts';
import {
  type Destination,
  destinationsOf,
  type Hop,
  type Remembered,
} from '../../policy/destinations.ts';
import { routeKey } from '../../policy/service.ts';
import type { Contact } from '../../probe/contact.ts';
import type { Conversation } from '../../probe/conversation.ts';
import { probeBatch } from '../../probe/pace.ts';
import { turnAt } from '../../probe/turn.ts';
import { believe, provedByTlsa, type Vantage, vantageOf } from '../../probe/vantage.ts';
import type { Evidence } from '../../verdict/judge.ts';
import { judgeSafely } from '../../verdict/judge-safely.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import { findOffers, type Offers } from './dane-offers.ts';
import { asksDane, type Dnssec, type DnssecDoor, proveDnssec } from './dnssec.ts';
import {
  conversationsHad,
  type Look,
  type LookDoors,
  type Looked,
  type LookOptions,
  lookAt,
} from './look.ts';
import { withoutMxHostKeys } from './mx-host-keys.ts';
import { controlHops, inOrder } from './order.ts';
import type { SERVERNAME } from './servername.ts';
import { type AskTable, withFilterAnswers } from './status-filter.ts';

export interface CheckDoors extends LookDoors {
  /**
   * Asked where the level is dane or dane-only, and for what could take the place of a failing
   * line.
   */
  readonly dnssec?: DnssecDoor;
  /** Absent where no Postfix is at hand. */
  readonly askTable?: AskTable;
  /** By whom it is looked; absent: by this process alone. */
  readonly look?: Look;
}

export interface CheckOptions extends LookOptions {
  /** Absent: nobody is met with a name (SNI) that the table does not ask for. */
  readonly servername?: typeof SERVERNAME;
  /** Epoch ms: the moment of judgement, now or `--at`. */
  readonly at: number;
  /**
   * Hosts known to present a valid chain, `host` or `host:port`: proof that port 25 is open from
   * here.
   */
  readonly controlHosts?: readonly string[];
  /** Ids of the destinations to judge; absent: all. */
  readonly only?: ReadonlySet<string>;
  /**
   * By destination id, epoch ms of the last conclusive look: oldest first, so that no tail starves
   * when time is short.
   */
  readonly lastSeen?: ReadonlyMap<string, number>;
  /** What earlier runs judged: where a table is lost, its entries fail and are not forgotten. */
  readonly remembered?: readonly Remembered[];
}

export interface CheckRun {
  readonly at: number;
  readonly destinations: readonly Destination[];
  /** Whom mail would meet, by hop of the destinations; none at an unchecked one. */
  readonly contacts: ReadonlyMap<Hop, readonly Contact[]>;
  readonly conversations: readonly Conversation[];
  readonly evidence: Evidence;
  /** With what was asked for the sake of suggestions alone, where something was; it is not kept. */
  readonly wider?: Evidence;
  readonly vantage: Vantage;
  readonly verdicts: readonly EntryVerdict[];
  /** Whether all conversations were had. */
  readonly complete: boolean;
  /** Why entries at dane and dane-only are not judged, where there are any; a clause for people. */
  readonly noDnssec?: string;
  /** Sentences about workers that were lost. */
  readonly problems: readonly string[];
}

/** Judges every destination of the bundle once. */
export async function checkBundle(
  bundle: Bundle,
  doors: CheckDoors,
  options: CheckOptions,
): Promise<CheckRun> {
  const listed = destinationsOf(bundle, options.remembered).filter(
    ({ id }) => options.only?.has(id) ?? true,
  );
  const control = controlHops(options.controlHosts ?? [], bundle);
  const plan = inOrder(listed, options);
  const hops = [...control, ...plan.flatMap((one) => one.hops)];
  doors.progress?.({
    kind: 'resolving',
    nextHops: new Set(hops.map(routeKey)).size,
  });
  const dnssec = hops.some(asksDane) ? await proveDnssec(doors.dnssec ?? NO_DOOR) : undefined;
  const look = doors.look ?? lookAt;
  const looked = await look(plan, control, bundle, doors, options, dnssec);
  const destinations = withoutMxHostKeys(listed, looked.routes, bundle.destinations);
  const contacts = new Map(
    destinations.flatMap(({ hops, unchecked }) =>
      unchecked === undefined ? hops.map((hop) => [hop, looked.contacts.get(hop) ?? []]) : [],
    ),
  );
  const conversations = conversationsHad(
    [...looked.controls, ...[...contacts.values()].flat()],
    looked.results,
  );

  const seen = { ...looked, contacts, conversations, dnssec };
  const first = judgeAll(destinations, seen, bundle, options);
  const filtered = await withFilterAnswers(bundle, first.verdicts, doors.askTable);
  const judged = filtered === undefined ? first : judgeAll(destinations, seen, filtered, options);
  const { turn = turnAt(looked.probedAt) } = options;
  const run =
    options.servername === undefined
      ? judged
      : await options.servername.tries(judged, filtered ?? bundle, doors.probe, {
          pace: { ...options.pace, now: options.now },
          turn,
        });
  const offers = await findOffers(destinations, run.verdicts, bundle, doors.dnssec, dnssec, turn);
  return offers === undefined
    ? run
    : { ...run, ...(await judgeWith(offers, run, filtered ?? bundle, doors, options)) };
}

interface Seen extends Looked {
  readonly conversations: readonly Conversation[];
  /** Absent where no level asks for it. */
  readonly dnssec: Dnssec | undefined;
}

function judgeAll(
  destinations: readonly Destination[],
  seen: Seen,
  bundle: Bundle,
  { at }: CheckOptions,
): CheckRun {
  const { contacts, conversations, routes, tlsa, turns, results, probedAt, resolved } = seen;
  const { dnssec, problems = [] } = seen;
  const met = [...contacts.values()].flat();
  const vantage = vantageOf(conversations, results, {
    bundle,
    byTlsa: provedByTlsa(met, results, bundle.settings),
    contacts,
    resolved,
  });
  const evidence: Evidence = {
    routes,
    ...(tlsa === undefined ? {} : { tlsa }),
    turns,
    results: believe(results, conversations, vantage),
    probedAt,
    ...(dnssec?.kind === 'none' || dnssec?.kind === 'silent' ? { noDnssec: dnssec } : {}),
  };
  return {
    at,
    destinations,
    contacts,
    conversations,
    evidence,
    vantage,
    verdicts: destinations.map((destination) => judgeSafely(destination, evidence, bundle, at)),
    // Who has no route has no conversation that could be missing.
    complete:
      resolved &&
      Object.values(results).every(
        (result) =>
          result.kind !== 'unseen' ||
          result.reason !== 'not-attempted' ||
          result.anotherRun === true,
      ),
    ...(dnssec === undefined || dnssec.kind === 'proved' ? {} : { noDnssec: dnssec.because }),
    problems,
  };
}

/**
 * The failing entries again, with what their hosts say to dane-only: it shows in the suggestions
 * alone, and is not kept.
 */
async function judgeWith(
  { tlsa, conversations, signedHosts }: Offers,
  { destinations, evidence, verdicts }: CheckRun,
  bundle: Bundle,
  doors: CheckDoors,
  options: CheckOptions,
): Promise<Pick<CheckRun, 'verdicts'> & { readonly wider: Evidence }> {
  const results = await probeBatch(conversations, doors.probe, {
    ...options.pace,
    now: options.now,
  });
  const more: Evidence = {
    ...evidence,
    tlsa: { ...tlsa, ...evidence.tlsa },
    results: { ...results, ...evidence.results },
    signedHosts,
  };
  return {
    wider: more,
    verdicts: destinations.map((destination, i) => {
      const verdict = verdicts[i];
      return verdict !== undefined && verdict.verdict !== 'fail'
        ? verdict
        : judgeSafely(destination, more, bundle, options.at, options.servername?.judges);
    }),
  };
}

const NO_DOOR: DnssecDoor = { kind: 'none', because: 'no DNSSEC resolver is known here' };
