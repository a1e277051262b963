/**
 * Where mail of an entry went when it was last delivered to hosts that its policy proved: what a
 * later change of hosts is held against. Pure.
 */
import { BOUNDS } from '../limits.ts';
import { registrable } from '../verdict/names-found.ts';
import {
  type AddressVerdict,
  type EntryVerdict,
  type HostVerdict,
  publishedName,
} from '../verdict/verdict.ts';

/** Where mail of an entry went when its hosts were last authenticated. */
export interface LastPassed {
  /** MX hosts, as published, lower case. */
  readonly hosts: readonly string[];
  /**
   * Registrable domains of the presented names that satisfied the entry: not of all names, for a
   * shared certificate has those of other customers too. Empty where that was not kept.
   */
  readonly domains: readonly string[];
}

/**
 * Where mail goes now that it is authenticated; what was known before where this verdict proves
 * nothing. A host that was not seen today keeps what was known of it.
 */
export function lastPassed(
  verdict: EntryVerdict,
  before: LastPassed | undefined,
): LastPassed | undefined {
  if (!provesHosts(verdict)) return before;
  const seen = verdict.hosts.flatMap((host) => {
    const passing = host.addresses.filter(({ outcome }) => outcome === 'pass');
    return passing.length === 0 ? [] : [{ host: publishedName(host).toLowerCase(), passing }];
  });
  if (seen.length === 0) return before;
  const passing = seen.flatMap((one) => one.passing);
  const unseen = mxHosts(verdict).filter((host) => !seen.some((one) => one.host === host));
  const kept = unseen.filter((host) => before?.hosts.includes(host));
  const also = kept.length === 0 ? undefined : before;
  const bounded = (texts: readonly string[]) =>
    [...new Set(texts)].toSorted().slice(0, BOUNDS.hostsPerNextHop);
  return {
    hosts: bounded([...seen.map(({ host }) => host), ...kept]),
    domains: bounded([...passing.flatMap(domainOf), ...(also?.domains ?? [])]),
  };
}

/** At verify the MX answer chooses the name, unless the list says otherwise. */
function provesHosts({ verdict, protection, level, match }: EntryVerdict): boolean {
  const delivers = verdict === 'pass' || verdict === 'degraded';
  const byName = level === 'secure' || level === 'verify';
  return (
    delivers &&
    protection === 'authenticated' &&
    (!byName || !match.some((element) => element.toLowerCase() === 'hostname'))
  );
}

/** Of the name that matched; nothing for a digest or a TLSA record. */
function domainOf({ matched }: AddressVerdict): readonly string[] {
  const domain = matched === null ? undefined : registrable(matched.toLowerCase());
  return domain === undefined ? [] : [domain];
}

/** MX hosts of a verdict, as published, lower case, each once and sorted. */
export const mxHosts = ({
  hosts,
}: {
  readonly hosts: readonly Pick<HostVerdict, 'host' | 'published'>[];
}): readonly string[] =>
  [...new Set(hosts.map((host) => publishedName(host).toLowerCase()))].toSorted();
