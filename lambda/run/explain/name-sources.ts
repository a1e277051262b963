/**
 * Who may be believed about the hosts of one destination, strongest first: DNSSEC with TLSA
 * records, the domain's MTA-STS policy, what the provider documents, and DNS as it is.
 */
import { isBlind } from '../../alert/incident/run-facts.ts';
import type { KeptPolicy } from '../../alert/sts/memory.ts';
import { named } from '../../named-record.ts';
import type { Bundle } from '../../policy/bundle.ts';
import type { Destination, Hop } from '../../policy/destinations.ts';
import { printMatch } from '../../policy/match-pattern.ts';
import { hasServername } from '../../policy/other-servername.ts';
import { documentingHosts, type Provider } from '../../policy/providers.ts';
import { clientOf, routeKey } from '../../policy/service.ts';
import { toAscii } from '../../postfix/hostname.ts';
import type { PostfixVersion } from '../../postfix/version.ts';
import type { PaceOptions } from '../../probe/pace.ts';
import { type FetchPolicy, findSts, type StsFinding } from '../../route/mta-sts/find.ts';
import { matchListOf } from '../../route/mta-sts/match-list.ts';
import { namesHost, type StsPolicy } from '../../route/mta-sts/policy.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import type { CheckDoors, CheckRun } from '../check/check.ts';
import type { DaneSource } from '../check/dane-proof.ts';
import { findDane } from './dane-source.ts';
import { otherLine, tryHop } from './trial.ts';

export interface NameSources {
  /** The domain of the next hop, in ASCII. */
  readonly domain: string;
  readonly dane: DaneSource;
  /** smtp_dns_support_level = dnssec, without which there is no DANE whatever DNS says. */
  readonly asksDnssec: boolean;
  readonly sts: StsFinding;
  /**
   * Where today's look came to no policy: the one that runs fetched earlier, which counts until it
   * runs out.
   */
  readonly held?: KeptPolicy;
  /** Who documents the names of all MX hosts of today; absent where nobody of the table does. */
  readonly provider?: Provider;
  /** MX hosts of today that an enforced policy does not name, lower case. */
  readonly outside: readonly string[];
  /** The line that an enforced policy comes to, and its verdict today; absent where not in question. */
  readonly proposal?: Proposal;
}

export interface Proposal {
  /** Undefined: the policy has nothing that a match list could hold. */
  readonly line: string | undefined;
  /** Absent without a line, and where nothing can be seen from here. */
  readonly verdict?: Pick<EntryVerdict, 'verdict' | 'reason'>;
  /** The version has servername=, without which hosts are met without SNI. */
  readonly hasServername: boolean;
}

export interface SourceDoors extends Pick<CheckDoors, 'dns' | 'dnssec' | 'probe'> {
  readonly fetchPolicy: FetchPolicy;
  /** The policy of a domain that runs keep; absent, or undefined, where none is. */
  readonly keptPolicy?: (domain: string) => Promise<KeptPolicy | undefined>;
}

/** Undefined where mail does not go by MX records, or the entry is not looked at. */
export async function findNameSources(
  destination: Destination,
  verdict: EntryVerdict,
  run: CheckRun,
  bundle: Bundle,
  doors: SourceDoors,
  pace: PaceOptions & { readonly now: () => number },
): Promise<NameSources | undefined> {
  const [hop] = destination.hops;
  if (hop === undefined || destination.unchecked !== undefined || !hop.nextHop.mx) return undefined;
  if (hop.demand.kind !== 'demand') return undefined;
  const own = clientOf(bundle, hop.service);
  const domain = toAscii(hop.nextHop.host).toLowerCase();
  const [dane, sts] = await Promise.all([
    findDane(hop, bundle, run.evidence, doors.dnssec),
    findSts(domain, doors.dns, doors.fetchPolicy, pace.now),
  ]);
  const held = sts.kind === 'policy' ? undefined : await heldPolicy(domain, doors, pace.now());
  const policy = policyOf(sts, held);
  const proposal = isWeaker(verdict)
    ? await propose(hop, policy, { destination, run, bundle, own }, doors, pace)
    : undefined;
  const route = named(run.evidence.routes, routeKey(hop));
  const hosts = route?.kind === 'hosts' ? route.hosts.map(({ host }) => host) : [];
  const provider = documentingHosts(hosts);
  return {
    domain,
    dane,
    asksDnssec: own.settings.dnsSupportLevel === 'dnssec',
    sts,
    ...(held === undefined ? {} : { held }),
    ...(provider === undefined ? {} : { provider }),
    outside: outsideOf(hop, policy, run),
    ...(proposal === undefined ? {} : { proposal }),
  };
}

type Policy = Pick<KeptPolicy, 'mode' | 'mx'>;

/** What counts today. */
const policyOf = (sts: StsFinding, held: KeptPolicy | undefined): Policy | undefined =>
  sts.kind === 'policy' ? sts.policy : held;

async function heldPolicy(
  domain: string,
  { keptPolicy }: SourceDoors,
  now: number,
): Promise<KeptPolicy | undefined> {
  const kept = await keptPolicy?.(domain);
  return kept !== undefined && now < kept.until && kept.mode !== 'none' ? kept : undefined;
}

/** It does not deliver everywhere, authenticates nobody, or takes the name from DNS. */
const isWeaker = ({ verdict, protection, level, match }: EntryVerdict): boolean =>
  verdict === 'fail' ||
  verdict === 'degraded' ||
  protection !== 'authenticated' ||
  level === 'verify' ||
  match.includes('hostname');

async function propose(
  hop: Hop,
  policy: Policy | undefined,
  {
    destination,
    run,
    bundle,
    own,
  }: {
    readonly destination: Destination;
    readonly run: CheckRun;
    readonly bundle: Bundle;
    readonly own: Bundle;
  },
  { probe }: SourceDoors,
  pace: PaceOptions & { readonly now: () => number },
): Promise<Proposal | undefined> {
  if (policy?.mode !== 'enforce') return undefined;
  const knowsName = hasServername(own.settings.version);
  const value = valueOfSts(policy, own.settings.version);
  const other = value === undefined ? undefined : otherLine(value, destination, own);
  if (other === undefined) return { line: undefined, hasServername: knowsName };
  const blind = isBlind({ name: '', ...run.vantage });
  if (blind || named(run.evidence.routes, routeKey(hop))?.kind !== 'hosts')
    return { line: other.line, hasServername: knowsName };
  const tried = { destination, bundle, evidence: run.evidence, at: run.at };
  const { verdict, reason } = await tryHop(other.hop, tried, probe, pace);
  return { line: other.line, hasServername: knowsName, verdict: { verdict, reason } };
}

/** What an enforced policy comes to as a right-hand side; undefined where it names no host. */
export function valueOfSts(
  policy: Pick<StsPolicy, 'mx'>,
  version: PostfixVersion,
): string | undefined {
  const match = matchListOf(policy).map(printMatch).join(':');
  if (match === '') return undefined;
  return `secure match=${match}${hasServername(version) ? ' servername=hostname' : ''}`;
}

function outsideOf(hop: Hop, policy: Policy | undefined, { evidence }: CheckRun): string[] {
  const route = named(evidence.routes, routeKey(hop));
  if (policy === undefined || policy.mode === 'none' || route?.kind !== 'hosts') return [];
  return route.hosts.map(({ host }) => host).filter((host) => !namesHost(policy, host));
}
