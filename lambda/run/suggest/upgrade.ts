/**
 * Entries that authenticate nobody, or whomever DNS names: the strongest line that would deliver to
 * all that was seen today, and would have on each day that is remembered.
 */
import { named } from '../../named-record.ts';
import type { Bundle } from '../../policy/bundle.ts';
import type { Destination, Hop } from '../../policy/destinations.ts';
import { clientOf, routeKey } from '../../policy/service.ts';
import { contactsOf } from '../../probe/contact.ts';
import { probeBatch } from '../../probe/pace.ts';
import { conversationsInTurn, turnAt } from '../../probe/turn.ts';
import { current } from '../../snapshot/host-snapshot.ts';
import { plainName } from '../../text/strangers.ts';
import type { Evidence } from '../../verdict/judge.ts';
import { judgeSafely } from '../../verdict/judge-safely.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import { readDane, tlsaOf } from '../check/dane-proof.ts';
import type { DnssecDoor } from '../check/dnssec.ts';
import { otherLine } from '../explain/trial.ts';
import { type Case, heldBy, type Meeting, placeFor, type Tried, todayOf, tryLine } from './case.ts';
import type { Change, Ground } from './change.ts';
import { bySts, type Proved, steadierThan } from './cure.ts';
import type { StsAsking } from './sts.ts';

/** Whether a stronger level is in question: the entry delivers, and nobody is authenticated by it. */
export const isUpgradable = ({ verdict, level, match }: EntryVerdict): boolean =>
  verdict === 'pass' && level !== 'none' && authenticatesNobody(level, match);

/** Or whomever DNS names. @param match elements as written */
export function authenticatesNobody(
  level: EntryVerdict['level'],
  match: readonly string[],
): boolean {
  switch (level) {
    case 'none':
    case 'may':
    case 'encrypt':
    case 'dane':
      return true;
    case 'verify':
      return true;
    case 'secure':
      return match.some((element) => element.toLowerCase() === 'hostname');
    case 'fingerprint':
    case 'dane-only':
    case 'invalid':
      return false;
  }
}

/**
 * What was seen, with what these destinations would meet at stronger levels: all of it in one batch,
 * by the usual manners, and once what DNSSEC says of their hosts.
 */
export async function withStronger(
  destinations: readonly Destination[],
  evidence: Evidence,
  bundle: Bundle,
  dnssec: DnssecDoor | undefined,
  { probe, pace }: Meeting,
): Promise<Evidence> {
  const turn = turnAt(evidence.probedAt ?? pace.now());
  const conversations = new Map(
    destinations.flatMap((destination) =>
      ['secure', 'encrypt'].flatMap((level) => {
        const hop = changedHop(level, destination, bundle);
        if (hop === undefined) return [];
        const { settings } = clientOf(bundle, hop.service);
        const contacts = contactsOf(hop, evidence, settings);
        return conversationsInTurn(contacts, settings, turn).conversations.flatMap((one) =>
          evidence.results[one.id] === undefined ? [[one.id, one] as const] : [],
        );
      }),
    ),
  );
  const results =
    conversations.size === 0 ? {} : await probeBatch([...conversations.values()], probe, pace);
  const hops = destinations.flatMap(({ hops: [hop] }) => hop ?? []);
  const tlsa = await tlsaOf(hops, bundle, dnssec);
  return {
    ...evidence,
    results: { ...results, ...evidence.results },
    ...(evidence.tlsa === undefined && hops.length === 0
      ? {}
      : { tlsa: { ...tlsa, ...evidence.tlsa } }),
  };
}

/** Undefined where nothing stronger delivered to all of it on all days. */
export async function strongerLine(
  one: Case,
  sts: StsAsking,
  meeting: Meeting,
): Promise<Change | undefined> {
  const hop = one.destination.hops[0];
  if (hop?.demand.kind !== 'demand') return undefined;
  for (const way of waysFor(one.verdict.level)) {
    const found = await WAYS[way](hop, one, sts, meeting);
    if (found === undefined || found.tried.verdict.verdict !== 'pass') continue;
    const held = heldBy(found.tried.changed, one);
    if (held !== undefined && held.days < held.of) continue;
    const renewedBeforeMs = renewedBefore(one);
    return {
      kind: 'stronger',
      ...placeFor(found.tried.line, one),
      destination: one.destination.name,
      because: `${nowOf(one.verdict)}, and ${WOULD[way]} would deliver`,
      ground: found.ground,
      today: todayOf(found.tried.verdict),
      ...(held === undefined ? {} : { held }),
      ...(renewedBeforeMs === undefined ? {} : { renewedBeforeMs }),
    };
  }
  return undefined;
}

type WayName = 'secure' | 'dane-only' | 'sts' | 'found' | 'encrypt';
type Way = (hop: Hop, one: Case, sts: StsAsking, meeting: Meeting) => Promise<Proved | undefined>;

/** Strongest first. */
function waysFor(level: EntryVerdict['level']): readonly WayName[] {
  if (level === 'dane') return ['dane-only', 'secure', 'sts', 'found'];
  const all = ['secure', 'dane-only', 'sts', 'found'] as const;
  return level === 'may' || level === 'none' ? [...all, 'encrypt'] : all;
}

const WAYS: Readonly<Record<WayName, Way>> = {
  secure: async (hop, one, _, meeting) =>
    atLevel('secure', one, meeting, {
      kind: 'policy',
      because: `it asks for names of ${plainName(hop.nextHop.host)} alone, whatever DNS says`,
    }),
  'dane-only': async (hop, one, _, meeting) => {
    const dane = one.seen.evidence.tlsa && named(one.seen.evidence.tlsa, routeKey(hop));
    const source = dane === undefined ? undefined : readDane(dane);
    if (source?.kind !== 'records' || source.hosts < source.of) return undefined;
    return atLevel('dane-only', one, meeting, {
      kind: 'dnssec',
      because:
        'every MX host has signed TLSA records: whoever signs the zone answers for the hosts, and ' +
        'the mail host must have a validating resolver of its own',
    });
  },
  sts: bySts,
  found: async (_, one, __, meeting) => {
    const bare = await atLevel('secure', one, meeting, { kind: 'policy', because: '' });
    if (bare === undefined) return undefined;
    const { suggestion } = judgeSafely(bare.tried.changed, one.seen.evidence, one.bundle, one.at);
    const tried = suggestion === null ? undefined : await tryLine(suggestion.line, one, meeting);
    if (suggestion === null || tried === undefined) return undefined;
    const { restsOn: kind, because } = suggestion;
    return { tried: (await steadierThan(tried, one)) ?? tried, ground: { kind, because } };
  },
  encrypt: async (_, one, __, meeting) =>
    atLevel('encrypt', one, meeting, {
      kind: 'policy',
      because: 'it asks for no name: whoever takes the mail takes it encrypted',
    }),
};

const WOULD: Readonly<Record<WayName, string>> = {
  secure: 'secure without a match list',
  'dane-only': 'dane-only',
  sts: 'secure with the hosts of their MTA-STS policy',
  found: 'secure with the names of their hosts',
  encrypt: 'encrypt',
};

/** What is weak about it. */
function nowOf({ level }: EntryVerdict): string {
  switch (level) {
    case 'none':
      return 'none sends everything in plaintext';
    case 'may':
      return 'may authenticates nobody, and sends in plaintext where TLS is not offered';
    case 'encrypt':
      return 'encrypt authenticates nobody';
    case 'dane':
      return 'dane authenticates nobody where there are no TLSA records';
    case 'verify':
    case 'secure':
      return `${level === 'secure' ? 'match=hostname' : 'verify'} authenticates whomever DNS names`;
    case 'fingerprint':
    case 'dane-only':
    case 'invalid':
      return level;
  }
}

async function atLevel(
  value: string,
  one: Case,
  meeting: Meeting,
  ground: Ground,
): Promise<Proved | undefined> {
  const [hop] = one.destination.hops;
  const other = otherLine(value, one.destination, clientOf(one.bundle, hop?.service));
  const tried: Tried | undefined =
    other === undefined ? undefined : await tryLine(other.line, one, meeting);
  return tried === undefined ? undefined : { tried, ground };
}

function changedHop(level: string, destination: Destination, bundle: Bundle): Hop | undefined {
  const [hop] = destination.hops;
  if (hop === undefined) return undefined;
  return otherLine(level, destination, clientOf(bundle, hop.service))?.hop;
}

/** The least that was left on a certificate of its hosts when it was renewed the last time. */
function renewedBefore({ verdict, past }: Case): number | undefined {
  const hosts = new Set(verdict.hosts.map(({ published, host }) => published ?? host));
  const left = [...(past?.hosts ?? [])].flatMap(([name, pasts]) =>
    hosts.has(name)
      ? pasts.flatMap(({ seen, ...host }) =>
          current({ ...host, sightings: seen.map(({ sighting }) => sighting) }).flatMap(
            ({ predecessorLeftMs }) => predecessorLeftMs ?? [],
          ),
        )
      : [],
  );
  return left.length === 0 ? undefined : Math.min(...left);
}
