/**
 * The line for an entry that does not deliver, or not by every host: the strongest one of those that
 * would, by who says that the hosts are meant.
 */
import type { Hop } from '../../policy/destinations.ts';
import { valueWithMatch } from '../../policy/rewrite/shorten.ts';
import { clientOf } from '../../policy/service.ts';
import { toAscii } from '../../postfix/hostname.ts';
import { withCaution } from '../../snapshot/caution.ts';
import { newKeyCaution } from '../../snapshot/new-key.ts';
import { moment } from '../../text/dates.ts';
import { plainName } from '../../text/strangers.ts';
import { unprovedKeys } from '../../verdict/fingerprint-suggestion.ts';
import { judgeOnce } from '../../verdict/judge.ts';
import type { Caution, EntryVerdict, Suggestion } from '../../verdict/verdict.ts';
import { valueOfSts } from '../explain/name-sources.ts';
import { otherLine } from '../explain/trial.ts';
import {
  type Case,
  delivers,
  heldBy,
  type Meeting,
  placeFor,
  splitLine,
  type Tried,
  todayOf,
  tryLine,
} from './case.ts';
import type { Change, Ground } from './change.ts';
import { steadyList } from './match-line.ts';
import type { EnforcedSts, StsAsking } from './sts.ts';

export type Cure =
  | { readonly kind: 'line'; readonly change: Change }
  /** A line that would deliver and may not be given yet. */
  | { readonly kind: 'withheld'; readonly caution: Caution }
  | { readonly kind: 'none' };

/** Of an entry that fails or is degraded. */
export async function cureFor(one: Case, sts: StsAsking, meeting: Meeting): Promise<Cure> {
  const { destination, memory } = one;
  const verdict = memory === undefined ? one.verdict : withCaution(one.verdict, memory);
  const { suggestion, caution } = verdict;
  const own = suggestion === null ? undefined : await proved(suggestion, one);
  if (own !== undefined && own.ground.kind !== 'dns') return lineOf(own, one);
  const hop = destination.hops[0];
  const published = hop === undefined ? undefined : await bySts(hop, one, sts, meeting);
  const best = published ?? own;
  if (best !== undefined) return lineOf(best, one);
  const waits = caution ?? newKeyOf(verdict, one);
  return waits === undefined ? { kind: 'none' } : { kind: 'withheld', caution: waits };
}

/** Of a pin whose host presents a key that nothing vouches for. */
function newKeyOf(
  verdict: EntryVerdict,
  { destination, seen, bundle, at, memory, own }: Case,
): Caution | undefined {
  if (verdict.level !== 'fingerprint') return undefined;
  const { queueLifetimeMs } = bundle.settings;
  const around = { failingSince: memory?.failingSince ?? at, queueLifetimeMs };
  return newKeyCaution(
    verdict,
    unprovedKeys(judgeOnce(destination, seen.evidence, bundle, at)),
    own === undefined ? around : { ...around, own },
  );
}

/** A line that delivers, and who says so. */
export interface Proved {
  readonly tried: Tried;
  readonly ground: Ground;
}

/** The line of the product's own verdict, with the names of past days where it is a match list. */
async function proved(suggestion: Suggestion, one: Case): Promise<Proved | undefined> {
  const ground: Ground = { kind: suggestion.restsOn, because: suggestion.because };
  const tried = await tryLine(suggestion.line, one);
  if (tried === undefined || !delivers(tried.verdict)) return undefined;
  const steadier = await steadierThan(tried, one);
  return { tried: steadier ?? tried, ground };
}

/** The same line with another match list, where that held on more days; undefined where none did. */
export async function steadierThan(tried: Tried, one: Case): Promise<Tried | undefined> {
  const { level, match } = tried.verdict;
  const demand = tried.changed.hops[0]?.demand;
  if ((level !== 'secure' && level !== 'verify') || demand?.kind !== 'demand') return undefined;
  if (demand.matchFrom !== 'entry' || demand.mxHostPatterns !== undefined) return undefined;
  const list = steadyList(match, { ...one, destination: tried.changed });
  if (list === match) return undefined;
  const [key, value] = splitLine(tried.line);
  const { settings } = clientOf(one.bundle, tried.changed.hops[0]?.service);
  const other = await tryLine(
    `${key} ${valueWithMatch(value, list, level, settings.version)}`,
    one,
  );
  if (other === undefined || !delivers(other.verdict)) return undefined;
  if (other.verdict.verdict === 'degraded' && tried.verdict.verdict === 'pass') return undefined;
  const [was, is] = [heldBy(tried.changed, one), heldBy(other.changed, one)];
  const isFewer = list.length < match.length;
  const gained = (is?.days ?? 0) - (was?.days ?? 0);
  const better = other.verdict.verdict === 'pass' && tried.verdict.verdict === 'degraded';
  return gained > 0 || better || (isFewer && gained >= 0) ? other : undefined;
}

/** The hosts that the domain itself publishes, where it enforces that. */
export async function bySts(
  hop: Hop,
  one: Case,
  sts: StsAsking,
  meeting: Meeting,
): Promise<Proved | undefined> {
  const { destination, bundle } = one;
  if (!hop.nextHop.mx || hop.demand.kind !== 'demand') return undefined;
  const domain = toAscii(hop.nextHop.host).toLowerCase();
  const found = await sts.of(domain);
  if (found === undefined) return undefined;
  const own = clientOf(bundle, hop.service);
  const value = valueOfSts(found, own.settings.version);
  const other = value === undefined ? undefined : otherLine(value, destination, own);
  const tried = other === undefined ? undefined : await tryLine(other.line, one, meeting);
  if (tried === undefined || !delivers(tried.verdict)) return undefined;
  return {
    tried,
    ground: { kind: 'mta-sts', until: found.until, because: stsWords(domain, found) },
  };
}

function stsWords(domain: string, { until, kept }: EnforcedSts): string {
  const missing =
    kept?.missing === undefined ? '' : `; today ${kept.missing}, which withdraws nothing`;
  const fetched = kept === undefined ? '' : `, fetched ${moment(kept.fetchedAt)}${missing}`;
  return (
    `${plainName(domain)} enforces an MTA-STS policy with these hosts${fetched}: authenticated by ` +
    `their policy until ${moment(until)}`
  );
}

function lineOf({ tried, ground }: Proved, one: Case): Cure {
  const { verdict, destination } = one;
  const held = heldBy(tried.changed, one);
  const heldBefore = heldBy(destination, one);
  const change: Change = {
    kind: 'cure',
    ...placeFor(tried.line, one),
    destination: destination.name,
    because: verdict.sentence,
    ground,
    today: todayOf(tried.verdict),
    ...(held === undefined ? {} : { held }),
    ...(heldBefore === undefined ? {} : { heldBefore }),
  };
  return { kind: 'line', change };
}
