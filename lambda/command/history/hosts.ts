/** The hosts of an entry, and the names and keys under which a host is remembered. Pure. */
import type { EntrySnapshot } from '../../snapshot/entry-snapshot.ts';
import { hostKey } from '../../snapshot/host-snapshot.ts';
import type { Latest } from '../../store/latest.ts';
import type { HistoryEvent } from '../../store/stored-values.ts';

/**
 * The names under which a host is remembered: its own, and those of the MX records that are an
 * alias of it, where messages name it by the target.
 */
export function publishedNames(name: string, latest: Latest): string[] {
  const routes = [...latest.entries.values()].flatMap(({ value }) => value.snapshot.routes);
  const aliases = routes.flatMap((route) =>
    route.kind === 'hosts' ? route.hosts.filter(({ canonical }) => canonical === name) : [],
  );
  return [...new Set([name, ...aliases.map(({ host }) => host)])];
}

/** Every host that mail for these entries goes to, or went to by the history. */
export function hostsOf(
  events: readonly HistoryEvent[],
  latest: Latest,
  ids: readonly string[],
): string[] {
  const snapshots: EntrySnapshot[] = [
    ...ids.flatMap((id) => latest.entries.get(id)?.value.snapshot ?? []),
    ...events.flatMap((event) =>
      event.grain === 'entry' ? [event.before ?? [], event.after ?? []].flat() : [],
    ),
  ];
  const routes = snapshots.flatMap((snapshot) => snapshot.routes);
  return [
    ...new Set(
      routes.flatMap((route) =>
        route.kind === 'hosts' ? route.hosts.map(({ host }) => host) : [],
      ),
    ),
  ];
}

/**
 * Keys under which these hosts may have a history. A host that is gone is looked for under the
 * ports and offers of those that are known: they are those of our own settings.
 */
export function hostKeys(hosts: readonly string[], latest: Latest): string[] {
  const known = [...latest.hosts.values()].map(({ value }) => value);
  const offers = [
    ...new Map(known.map(({ port, offer }) => [`${port} ${offer}`, { port, offer }])).values(),
  ].slice(0, OFFERS_TRIED);
  return [
    ...new Set(
      hosts.flatMap((host) => {
        const own = known.filter((snapshot) => snapshot.host === host);
        return own.length > 0
          ? own.map(hostKey)
          : offers.map((offer) => hostKey({ host, ...offer }));
      }),
    ),
  ];
}

const OFFERS_TRIED = 20;
