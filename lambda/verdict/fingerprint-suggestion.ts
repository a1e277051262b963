/**
 * The pins to use instead at level fingerprint, where a host presents a key that is not pinned.
 *
 * A pin proves a key, and nothing proves a new one but a certificate that an authority of the
 * settings vouches for, or somebody who was told its digest: a self-signed one may be anybody's,
 * and gets no line by itself. Keys are pinned, not
 * certificates, which are renewed; a pin that is in use, or was in the last days, stays, and all do
 * while some host was not seen. Pure.
 */
import type { Certificate, DigestAlgorithm } from '../certificate/certificate.ts';
import type { TlsDemand } from '../policy/demand.ts';
import type { Destination, Hop } from '../policy/destinations.ts';
import { printMatch } from '../policy/match-pattern.ts';
import type { NextHop } from '../policy/next-hop.ts';
import { familyOf, toAscii } from '../postfix/hostname.ts';
import { listed } from '../text/listed.ts';
import { plainName } from '../text/strangers.ts';
import { entryLine } from './entry-line.ts';
import type { Finding } from './finding.ts';
import { patternsFound, registrable } from './names-found.ts';
import type { Judgement } from './outcome.ts';
import type { Suggestion } from './verdict.ts';

/**
 * Null where some new key is proved by nothing, or nothing would help.
 *
 * @param isGiven whether somebody vouches for the certificate or its key
 */
export function suggestPins(
  judgement: Judgement,
  judgeChanged: (changed: Destination) => Judgement,
  earlier: readonly Finding[],
  isGiven: (leaf: Certificate) => boolean = () => false,
): Suggestion | null {
  const { verdict, views } = judgement;
  const [view] = views;
  const hop = view?.hop;
  if (view?.kind !== 'hosts' || hop?.demand.kind !== 'demand') return null;
  if (verdict !== 'fail' && verdict !== 'degraded') return null;
  const { demand } = hop;
  const fresh = view.findings.filter(isNew);
  const unknown = fresh.filter(({ leaf }) => leaf === undefined || !isGiven(leaf));
  const names = unknown.length === 0 ? [] : namesOfNewKeys(unknown);
  if (fresh.length === 0 || names === undefined) return null;
  const digests = pinsFor([...view.findings, ...earlier.filter((one) => !isNew(one))], demand);
  const then = withPins(digests, judgement, judgeChanged);
  if (then === undefined) return null;
  const { line, judged } = then;
  if (judged.reached.some((finding) => finding.verdict.reason === 'digest-mismatch')) return null;
  return { line, ...groundsOf(names, hop.nextHop), verdict: judged.verdict };
}

/**
 * The pins as they are, and beside them those of keys that nobody presents yet. Null where the line
 * would not deliver, or not be read so.
 *
 * @param announced lower-case hex, by the table's algorithm
 */
export function suggestAnnouncedPins(
  judgement: Judgement,
  judgeChanged: (changed: Destination) => Judgement,
  announced: readonly string[],
): Suggestion | null {
  const demand = judgement.views[0]?.hop.demand;
  if (demand?.kind !== 'demand' || demand.level !== 'fingerprint') return null;
  const pins = [...new Set([...demand.digests, ...announced])];
  const then = withPins(pins, judgement, judgeChanged);
  return then === undefined
    ? null
    : {
        line: then.line,
        restsOn: 'policy',
        because:
          'nobody presents the key that they gave you the digest of yet: the old pin stays beside ' +
          'it until they do',
        verdict: then.judged.verdict,
      };
}

/** The entry with these pins, where it delivers. */
function withPins(
  digests: readonly string[],
  { destination, bundle, views: [view] }: Judgement,
  judgeChanged: (changed: Destination) => Judgement,
) {
  const hop = view?.hop;
  if (hop?.demand.kind !== 'demand') return undefined;
  const { demand, nextHop } = hop;
  const pins = digests.map(printPin).join('|');
  const line = entryLine(pins, demand, nextHop, bundle.settings.version);
  if (line === undefined) return undefined;
  const changedHop: Hop = { ...hop, demand: { ...demand, digests } };
  const hops = destination.hops.map((one) => (one === hop ? changedHop : one));
  const judged = judgeChanged({ ...destination, hops });
  const { verdict } = judged;
  return verdict === 'pass' || verdict === 'degraded'
    ? { line, judged: { ...judged, verdict } }
    : undefined;
}

/** A host that presents a key that no pin has. */
export interface NewKey {
  /** As published, lower case. */
  readonly host: string;
  readonly leaf: Certificate;
}

/** Each once, for a host; none at another level than fingerprint. */
export const newKeys = (judgement: Judgement): readonly NewKey[] => keysOf(judgement, isNew);

/** Those of them that no authority of the settings vouches for. */
export const unprovedKeys = (judgement: Judgement): readonly NewKey[] =>
  keysOf(judgement, (one) => isNew(one) && namesOfNewKeys([one]) === undefined);

function keysOf(
  { level, views: [view] }: Judgement,
  isMeant: (finding: Finding) => boolean,
): readonly NewKey[] {
  if (level !== 'fingerprint' || view?.kind !== 'hosts') return [];
  const keys = view.findings.flatMap((one): NewKey[] =>
    isMeant(one) && one.leaf !== undefined
      ? [{ host: one.attempt.host.host.toLowerCase(), leaf: one.leaf }]
      : [],
  );
  return [...new Map(keys.map((one) => [`${one.host} ${one.leaf.spkiSha256}`, one])).values()];
}

const isNew = ({ verdict }: Finding) => verdict.reason === 'digest-mismatch';

/** The names by which certificates prove these new keys; undefined where one is proved by none. */
function namesOfNewKeys(fresh: readonly Finding[]): readonly string[] | undefined {
  const presenting = fresh.flatMap(({ attempt, leaf, trust }) =>
    leaf === undefined || trust?.kind !== 'trusted'
      ? []
      : [{ finding: { attempt, verdict: { reason: 'name-mismatch' as const } }, leaf }],
  );
  if (presenting.length < fresh.length) return undefined;
  return patternsFound(presenting)?.map((pattern) => printMatch(pattern).replace(/^\./, ''));
}

/** Pins that are in use, as the key that they stand for, and the new keys behind them. */
function pinsFor(findings: readonly Finding[], demand: TlsDemand): readonly string[] {
  const keyOf = (leaf: Certificate) =>
    leaf.digest('key', demand.digestAlgorithm as DigestAlgorithm);
  const allSeen = findings.every(({ unseen }) => unseen === undefined);
  const inUse = demand.digests.flatMap((digest) => {
    const own = findings.filter(({ verdict }) => verdict.matched === digest);
    const keys = own.flatMap(({ leaf }) => (leaf === undefined ? [] : [keyOf(leaf)]));
    return keys.length === 0 && allSeen ? [] : keys.length === 0 || !allSeen ? [digest] : keys;
  });
  const fresh = findings.filter(isNew).flatMap(({ leaf }) => (leaf ? [keyOf(leaf)] : []));
  return [...new Set([...inUse, ...fresh])];
}

/** As every version reads it: with colons, which those before 3.6 want. */
const printPin = (digest: string) => digest.toUpperCase().replace(/..(?!$)/g, '$&:');

function groundsOf(
  names: readonly string[],
  { host, mx }: NextHop,
): Pick<Suggestion, 'restsOn' | 'because'> {
  if (names.length === 0)
    return {
      restsOn: 'policy',
      because: 'its new key is the one that they gave you the digest of',
    };
  const domain = toAscii(host).toLowerCase();
  const isOwn = names.every((name) => name === domain || name.endsWith(`.${domain}`));
  const providers = listed([...new Set(names.map((name) => plainName(registrable(name) ?? name)))]);
  const vouched =
    'the new key is in a certificate that an authority of yours vouches for, in the name of';
  const byAddress = familyOf(domain) !== undefined;
  if (isOwn || (!mx && !byAddress))
    return { restsOn: 'policy', because: `${vouched} ${providers}` };
  return {
    restsOn: 'dns',
    because:
      `${vouched} ${providers}, and ` +
      `${byAddress ? 'nobody proves who answers at an address' : 'it was found through DNS, which is not signed here'}: ` +
      `ask ${plainName(domain)} by another way than DNS and mail for the digest of the new key, and compare it`,
  };
}
