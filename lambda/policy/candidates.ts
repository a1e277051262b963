/**
 * Domains that no line of a policy table covers, and that one could: what mail to each would be asked
 * by, told apart from those that have a line or never go over the network by smtp(8). Pure.
 *
 * A line stands under the text of the next hop. So domains whose mail leaves by one next hop are one
 * candidate.
 */
import { byName, named } from '../named-record.ts';
import { toAscii } from '../postfix/hostname.ts';
import type { Bundle } from './bundle.ts';
import { type Destination, destinationsOf } from './destinations.ts';
import type { EntryPlace } from './entry.ts';
import type { SecurityLevel } from './level.ts';
import { clientOf } from './service.ts';
import type { Settings } from './settings.ts';

export interface Candidate {
  /** The key that a line would have, in lower case; what the store keys by. */
  readonly id: string;
  /** Domains whose mail goes there, of those that were named, in ASCII; at least one. */
  readonly domains: readonly string[];
  /** What the global level asks there now. */
  readonly level: SecurityLevel;
  /** As it is judged now; at level `none` as it would be at `may`. */
  readonly destination: Destination;
}

export interface Candidates {
  readonly candidates: readonly Candidate[];
  /** Names that have a line already, of their own or of a parent. */
  readonly covered: readonly { readonly name: string; readonly entry: EntryPlace }[];
  /** Names that get no line of theirs, each with a clause that says why. */
  readonly others: readonly { readonly name: string; readonly because: string }[];
}

/** @param names domains, recipient addresses or next hops */
export function candidatesOf(bundle: Bundle, names: readonly string[]): Candidates {
  const asked = atLeastMay(bundle);
  const wanted = [...new Set(names.map((name) => toAscii(name.toLowerCase())))];
  const byAscii = Map.groupBy(
    destinationsOf({ ...asked, destinations: [...bundle.destinations, ...wanted] }),
    ({ name }) => name,
  );
  const candidates = new Map<string, Candidate>();
  const covered: { readonly name: string; readonly entry: EntryPlace }[] = [];
  const others: { readonly name: string; readonly because: string }[] = [];
  for (const name of wanted) {
    const own = byAscii.get(name) ?? [];
    const found = own.find(({ unchecked }) => unchecked === undefined) ?? own[0];
    if (found === undefined) continue;
    const [hop] = found.hops;
    const entry = hop?.demand.entry ?? (hop === undefined ? found.entry : undefined);
    if (entry !== undefined) covered.push({ name, entry });
    else if (hop?.demand.kind === 'demand') {
      const id = hop.nextHop.text.toLowerCase();
      const { domains = [] } = candidates.get(id) ?? {};
      const { securityLevel } = clientOf(bundle, hop.service).settings;
      const level = securityLevel === 'none' ? 'none' : hop.demand.level;
      const destination = { ...found, id, name: toAscii(id) };
      candidates.set(id, { id, domains: [...domains, name], level, destination });
    } else others.push({ name, because: whyNot(found) });
  }
  return { candidates: [...candidates.values()], covered, others };
}

function whyNot({ hops: [hop], unchecked, settled }: Destination): string {
  if (unchecked !== undefined) return unchecked.sentence;
  if (settled !== undefined) return settled.because;
  return hop?.demand.kind === 'broken' ? hop.demand.warning : 'nothing is known of its way';
}

/**
 * The policy by which candidates are looked at: a line for each that asks its hosts for a certificate
 * and puts up with whatever name they have, so that lines of any level can be judged on what is seen.
 */
export function lookingPolicy(bundle: Bundle, candidates: readonly Candidate[]): Bundle {
  const text = candidates.map(({ id }) => `${id} secure match=hostname\n`).join('');
  const asking = withSettings(bundle, (settings) => ({ ...settings, policyMaps: [LOOKING] }));
  return {
    ...asking,
    policyTables: [{ name: `${LOOKING.type}:${LOOKING.path}`, text }],
    // What is named is judged, though it be an MX host of another one.
    destinations: candidates.map(({ id }) => id),
  };
}

const LOOKING = { type: 'hash', path: 'candidates' } as const;

/** Nothing is known of the way of what nothing is asked of. */
const atLeastMay = (bundle: Bundle): Bundle =>
  withSettings(bundle, (settings) =>
    settings.securityLevel === 'none' ? { ...settings, securityLevel: 'may' } : settings,
  );

function withSettings(bundle: Bundle, change: (settings: Settings) => Settings): Bundle {
  const { services = {} } = bundle;
  const changed = byName<NonNullable<Bundle['services']>[string]>();
  for (const name of Object.keys(services)) {
    const own = named(services, name);
    if (own !== undefined) changed[name] = { ...own, settings: change(own.settings) };
  }
  return {
    ...bundle,
    settings: change(bundle.settings),
    ...(bundle.services === undefined ? {} : { services: changed }),
  };
}
