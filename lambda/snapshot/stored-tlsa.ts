/**
 * What DNSSEC said about the hosts of a route, as remembered, and what changed in it.
 *
 * Records come in any order and are stored sorted. Strangers write them, so a set that is too large
 * is cut to its first records, and counts as unknown where it would be judged again. Pure.
 */
import { printTlsa } from '../certificate/tlsa.ts';
import type { AddressFamily } from '../postfix/hostname.ts';
import type { DaneRoute, TlsaFinding, TlsaRecord } from '../route/dane-route.ts';
import type { MxHost } from '../route/route.ts';
import { type EntryVerdict, publishedName } from '../verdict/verdict.ts';

/** Of one host. */
export interface StoredTlsa {
  /** A and AAAA are signed each for itself. */
  readonly families: readonly { readonly family: AddressFamily; readonly finding: StoredFinding }[];
  /** Printed records that a certificate matched, when one last did. */
  readonly matched?: readonly string[];
}

export type StoredFinding =
  | Exclude<TlsaFinding, { readonly kind: 'records' }>
  /** `more`: how many records were not kept. */
  | (Extract<TlsaFinding, { readonly kind: 'records' }> & { readonly more?: number });

/**
 * Undefined where DNSSEC was not asked about the host. Where DNS did not answer, what was known
 * stays.
 */
export function storedTlsa(
  { host }: Pick<MxHost, 'host'>,
  dane: DaneRoute | undefined,
  before: StoredTlsa | undefined,
  verdict: EntryVerdict,
): StoredTlsa | undefined {
  const found = dane?.hosts.filter((one) => one.host === host) ?? [];
  if (found.length === 0) return undefined;
  const families = found.map(({ family, tlsa }) => {
    const known = before?.families.find((one) => one.family === family);
    return known !== undefined && isSilence(tlsa) ? known : { family, finding: bounded(tlsa) };
  });
  const now = matchedOf(host, verdict);
  const matched = now === undefined || now.length === 0 ? (before?.matched ?? now) : now;
  return { families, ...(matched === undefined ? {} : { matched }) };
}

/** The finding again, for the judge; undefined where it was too large to keep. */
export function restoredFinding(finding: StoredFinding): TlsaFinding | undefined {
  if (finding.kind !== 'records') return finding;
  const { more, ...whole } = finding;
  return more === undefined ? whole : undefined;
}

export interface TlsaChange {
  readonly kind:
    | 'tlsa-added'
    | 'tlsa-announced'
    | 'tlsa-removed'
    | 'dnssec-lost'
    | 'dnssec-regained'
    | 'dnssec-broken';
  readonly before?: readonly string[];
  readonly after?: readonly string[];
}

/**
 * What changed at one host. A record that comes while another one is matched, and that nothing
 * presented matches, announces a roll-over: the host must have changed its key by the time the old
 * record goes.
 */
export function tlsaChanges(before: StoredTlsa, after: StoredTlsa): TlsaChange[] {
  const [was, is] = [recordsOf(before), recordsOf(after)];
  const added = is.filter((record) => !was.includes(record));
  const removed = was.filter((record) => !is.includes(record));
  const matched = new Set(after.matched?.filter((record) => is.includes(record)));
  const announced = matched.size > 0 ? added.filter((record) => !matched.has(record)) : [];
  const met = added.filter((record) => !announced.includes(record));
  const [wasSecure, isSecure] = [isSecurely(before), isSecurely(after)];
  return [
    ...(met.length === 0 ? [] : [{ kind: 'tlsa-added', after: met } as const]),
    ...(announced.length === 0 ? [] : [{ kind: 'tlsa-announced', after: announced } as const]),
    ...(removed.length === 0 || !isSecure
      ? []
      : [{ kind: 'tlsa-removed', before: removed } as const]),
    ...(wasSecure && isInsecure(after) ? [{ kind: 'dnssec-lost' } as const] : []),
    ...(isInsecure(before) && isSecure ? [{ kind: 'dnssec-regained' } as const] : []),
    ...(wasSecure && isBroken(after) ? [{ kind: 'dnssec-broken' } as const] : []),
  ];
}

function bounded(finding: TlsaFinding): StoredFinding {
  if (finding.kind !== 'records') return finding;
  const sorted = finding.records.toSorted((a, b) => (textOf(a) < textOf(b) ? -1 : 1));
  let characters = 0;
  const kept = sorted.filter(({ data }) => {
    characters += data.length;
    return characters <= MOST_CHARACTERS;
  });
  const more = sorted.length - kept.length;
  return { ...finding, records: kept, ...(more === 0 ? {} : { more }) };
}

/** Undefined where nothing was presented. */
function matchedOf(name: string, { hosts }: EntryVerdict): readonly string[] | undefined {
  const addresses = hosts
    .filter((host) => publishedName(host) === name)
    .flatMap((host) => host.addresses);
  const presenting = addresses.filter(({ chain, tlsa }) => tlsa !== null && chain.length > 0);
  if (presenting.length === 0) return undefined;
  const matched = presenting.flatMap(({ tlsa }) =>
    (tlsa?.records ?? []).filter(({ matches }) => matches).map(({ record }) => record),
  );
  return [...new Set(matched)].toSorted();
}

const recordsOf = ({ families }: StoredTlsa): string[] => [
  ...new Set(
    families.flatMap(({ finding }) =>
      finding.kind === 'records' ? finding.records.map(printTlsa) : [],
    ),
  ),
];

/** No answer from DNS. SERVFAIL is one: the resolver answers other questions. */
const isSilence = (finding: TlsaFinding): boolean =>
  finding.kind === 'failed' && finding.failure !== 'servfail' && finding.failure !== 'bogus';

const isSecurely = ({ families }: StoredTlsa) =>
  families.some(({ finding }) => finding.kind === 'records' || finding.kind === 'none');
const isInsecure = ({ families }: StoredTlsa) =>
  families.every(({ finding }) => finding.kind === 'insecure');
const isBroken = ({ families }: StoredTlsa) =>
  families.some(({ finding }) => finding.kind === 'failed');

const textOf = ({ usage, selector, matchingType, data }: TlsaRecord) =>
  `${usage} ${selector} ${matchingType} ${data}`;

/** Of hex, per host and family: two whole certificates, or a hundred digests. */
const MOST_CHARACTERS = 8_000;
