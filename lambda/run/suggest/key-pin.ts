/**
 * Entries that pin certificates: a certificate goes at its renewal, and its key often stays. The pin
 * of a certificate that is presented today becomes that of its key, which the pin vouches for; pins
 * of what is not seen today stay.
 */
import { parseDigest } from '../../policy/match-pattern.ts';
import { parsePolicy } from '../../policy/parse.ts';
import { valueWithMatch } from '../../policy/rewrite/shorten.ts';
import { clientOf } from '../../policy/service.ts';
import { plainName } from '../../text/strangers.ts';
import { type Case, heldBy, placeFor, todayOf, tryLine } from './case.ts';
import type { Change } from './change.ts';

/** Of an entry that delivers; undefined where no certificate is pinned that could be its key. */
export async function keyPinLine(one: Case): Promise<Change | undefined> {
  const { destination, verdict, bundle } = one;
  const demand = destination.hops[0]?.demand;
  const entry = demand?.entry;
  if (demand?.kind !== 'demand' || entry === undefined || demand.level !== 'fingerprint')
    return undefined;
  // Of certificates as they are shown, this digest alone is known.
  if (demand.digestAlgorithm !== 'sha256' || entry.key !== destination.entry?.key) return undefined;
  const keys = keysOf(one, new Set(demand.digests));
  if (keys.size === 0) return undefined;
  const { version } = clientOf(bundle, destination.service).settings;
  const policy = parsePolicy(entry.value, version);
  const pins = policy.kind === 'policy' ? (policy.attributes.match ?? []) : [];
  const list = pins.map((pin) => {
    const key = keys.get(parseDigest(pin, version) ?? '');
    return key === undefined ? pin : inTheWayOf(pin, key.pin);
  });
  if (list.every((pin, i) => pin === pins[i])) return undefined;
  const line = `${entry.key} ${valueWithMatch(entry.value, list, 'fingerprint', version)}`;
  const tried = await tryLine(line, one);
  if (tried === undefined || tried.verdict.verdict !== verdict.verdict) return undefined;
  const [held, heldBefore] = [heldBy(tried.changed, one), heldBy(destination, one)];
  const hosts = [...new Set([...keys.values()].map(({ host }) => plainName(host)))];
  return {
    kind: 'steadier',
    ...placeFor(tried.line, one),
    destination: destination.name,
    because:
      `it pins the certificate of ${hosts.join(', ')}, which goes at its next renewal; the pin of ` +
      'its key stays for as long as they keep the key',
    ground: { kind: 'policy', because: 'it is the key of the very certificate that the line pins' },
    today: todayOf(tried.verdict),
    ...(held === undefined ? {} : { held }),
    ...(heldBefore === undefined ? {} : { heldBefore }),
  };
}

/** By the digest of a certificate that is pinned and presented: that of its key, if not pinned. */
function keysOf(
  { verdict }: Case,
  pinned: ReadonlySet<string>,
): ReadonlyMap<string, { readonly pin: string; readonly host: string }> {
  const found = new Map<string, { readonly pin: string; readonly host: string }>();
  for (const { host, addresses } of verdict.hosts)
    for (const {
      chain: [leaf],
      outcome,
    } of addresses)
      if (outcome === 'pass' && leaf !== undefined && pinned.has(leaf.sha256))
        if (!pinned.has(leaf.spkiSha256)) found.set(leaf.sha256, { pin: leaf.spkiSha256, host });
  return found;
}

/** With colons and in capitals, where the other one is. */
function inTheWayOf(pin: string, digest: string): string {
  const cased = /[A-F]/.test(pin) ? digest.toUpperCase() : digest;
  return pin.includes(':') ? (cased.match(/../g) ?? []).join(':') : cased;
}
