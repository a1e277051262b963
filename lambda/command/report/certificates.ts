/**
 * The certificates that mail leans on: by provider, which entries rest on them, when each ends, and
 * how its host usually renews. Pure; times are epoch ms.
 */
import { type EntrySnapshot, published } from '../../snapshot/entry-snapshot.ts';
import { current, type HostSnapshot } from '../../snapshot/host-snapshot.ts';
import { type FindCertificate, leafOf } from '../../snapshot/leaf.ts';
import { isOverdue } from '../../snapshot/renewal.ts';
import { DAY_MS } from '../../text/dates.ts';
import { plain, plainName } from '../../text/strangers.ts';
import { registrable } from '../../verdict/names-found.ts';

export interface Provider {
  /** The registrable domain of its hosts, or the name itself where it has none. */
  readonly name: string;
  /** Entries whose mail goes there. */
  readonly entries: readonly string[];
  /** The one that ends first comes first. */
  readonly certificates: readonly HostCertificate[];
}

export interface HostCertificate {
  /** Hosts that present it, with a port other than 25. */
  readonly hosts: readonly string[];
  readonly sha256: string;
  readonly names: readonly string[];
  readonly issuer: string;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly habit: Habit | undefined;
}

/** How a host renewed before. */
export interface Habit {
  /** Validity left at its renewals, the median. */
  readonly leftMs: number;
  /** How many renewals were seen. */
  readonly times: number;
  /** By how much this renewal is late; 0 where it is not, or is too early to tell. */
  readonly lateMs: number;
}

/** The provider of an MX host, as it is grouped here. */
export const providerOf = (host: string): string => registrable(host) ?? host;

/** Hosts where mail of an entry goes now, as published. */
export const hostsOf = ({ routes }: Pick<EntrySnapshot, 'routes'>): string[] => [
  ...new Set(routes.flatMap(published).map(({ host }) => host)),
];

/**
 * @param renewals by the name of the host: validity left, in ms, at each renewal that was seen
 */
export function providersOf(
  entries: readonly EntrySnapshot[],
  hosts: readonly HostSnapshot[],
  find: FindCertificate,
  renewals: ReadonlyMap<string, readonly number[]>,
  at: number,
): Provider[] {
  const leaning = new Map<string, Set<string>>();
  for (const entry of entries)
    for (const host of hostsOf(entry)) {
      const of = leaning.get(providerOf(host)) ?? new Set();
      leaning.set(providerOf(host), of.add(entry.key ?? entry.destination));
    }
  return [...Map.groupBy(hosts, ({ host }) => providerOf(host))]
    .map(([name, own]) => ({
      name: plainName(name),
      entries: [...(leaning.get(name) ?? [])].map((entry) => plainName(entry)).toSorted(),
      certificates: certificatesOf(own, find, renewals, at),
    }))
    .filter(({ certificates, entries: rest }) => certificates.length > 0 && rest.length > 0)
    .toSorted(
      (a, b) =>
        (a.certificates[0]?.notAfter ?? 0) - (b.certificates[0]?.notAfter ?? 0) ||
        b.entries.length - a.entries.length ||
        (a.name < b.name ? -1 : 1),
    );
}

function certificatesOf(
  hosts: readonly HostSnapshot[],
  find: FindCertificate,
  renewals: ReadonlyMap<string, readonly number[]>,
  at: number,
): HostCertificate[] {
  const found = new Map<string, HostCertificate>();
  for (const snapshot of hosts)
    for (const sighting of current(snapshot)) {
      const [sha256] = sighting.result.kind === 'presented' ? sighting.result.chain : [];
      const leaf = leafOf(sighting, find);
      if (leaf === undefined || sha256 === undefined || !Number.isFinite(leaf.notAfter)) continue;
      const { notBefore, notAfter, names, issuer } = leaf;
      const label = plainName(hostLabel(snapshot));
      const known = found.get(sha256);
      const left = renewals.get(hostLabel(snapshot)) ?? [];
      const noted = sighting.predecessorLeftMs === undefined ? [] : [sighting.predecessorLeftMs];
      found.set(sha256, {
        hosts: [...new Set([...(known?.hosts ?? []), label])],
        ...{ sha256, notBefore, notAfter, issuer: plain(issuer, 200) },
        names: names.map((name) => plainName(name)),
        habit: known?.habit ?? habitOf(leaf, left.length > 0 ? left : noted, at),
      });
    }
  return [...found.values()].toSorted((a, b) => a.notAfter - b.notAfter);
}

/** With its port where that is another than 25. */
export const hostLabel = ({ host, port }: Pick<HostSnapshot, 'host' | 'port'>): string =>
  port === 25 ? host : `${host}:${port}`;

function habitOf(
  leaf: { readonly notBefore: number; readonly notAfter: number },
  renewedWithLeft: readonly number[],
  at: number,
): Habit | undefined {
  const leftMs = renewedWithLeft.toSorted((a, b) => a - b)[Math.floor(renewedWithLeft.length / 2)];
  if (leftMs === undefined) return undefined;
  const late = isOverdue(leaf, leftMs, at) ? leftMs - (leaf.notAfter - at) : 0;
  return { leftMs, times: renewedWithLeft.length, lateMs: Math.max(0, late) };
}

/** `ends in 12 days`, counted from `at`; `ended 3 days ago`. */
export function endWords(notAfter: number, at: number): string {
  const days = Math.floor(Math.abs(notAfter - at) / DAY_MS);
  const count = days === 1 ? '1 day' : `${days} days`;
  if (notAfter <= at) return days === 0 ? 'ended today' : `ended ${count} ago`;
  return days === 0 ? 'ends within a day' : `ends in ${count}`;
}

/** Undefined where no renewal was seen. */
export function habitWords(habit: Habit | undefined): string | undefined {
  if (habit === undefined) return undefined;
  const days = (ms: number) => {
    const n = Math.round(ms / DAY_MS);
    return n === 1 ? '1 day' : `${n} days`;
  };
  const seen = habit.times === 1 ? 'seen once' : `seen ${habit.times} times`;
  const usual =
    habit.leftMs < DAY_MS / 2
      ? `was renewed at the last moment (${seen})`
      : `usually renewed ${days(habit.leftMs)} before its end (${seen})`;
  return habit.lateMs >= DAY_MS / 2 ? `${usual}; ${days(habit.lateMs)} late now` : usual;
}
