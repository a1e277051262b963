/** Answers to the two questions every administrator asks about `secure` (postfix-semantics §8, rows 1 to 3). Pure. */
import type { EntryVerdict } from '../verdict/verdict.ts';

/** A word against `verify` and `match=hostname` as cures; null where no name is at stake. */
export function hostnameAdvice(entry: EntryVerdict): string | null {
  if (entry.level !== 'secure' && entry.level !== 'verify') return null;
  if (entry.reason !== 'name-mismatch' && entry.level !== 'verify' && !entry.match.includes('hostname')) return null;
  return (
    'They would deliver, but protect less: the name to verify then comes from the MX record, and without DNSSEC anybody who forges ' +
    'that answer chooses the name, and has a valid certificate for it. Name the provider in the match list instead.'
  );
}

/** The answer to "can I have `secure` without a match list?"; null at other levels. */
export function withoutMatchList(entry: EntryVerdict): string | null {
  if (entry.level !== 'secure') return null;
  const addresses = entry.hosts.flatMap((host) => host.addresses).filter((address) => address.chain.length > 0);
  if (addresses.length === 0) return null;
  const domain = entry.nextHop?.host ?? entry.destination;
  const covered = addresses.every((address) =>
    coversByDefault(address.chain[0]?.dnsNames ?? [], address.chain[0]?.commonName ?? null, domain),
  );
  return covered
    ? `Yes: every certificate seen covers ${domain} or a name below it, which is what secure asks for by default.`
    : `Not today: by default secure asks for ${domain} or a name below it, and not every certificate seen has one. That is up to the ` +
        `operators of ${entry.hosts[0]?.host ?? 'the MX hosts'}: they would have to present certificates that cover ${domain}.`;
}

/** Whether default `secure` (nexthop, dot-nexthop) has something to match; wildcards only by suffix, as in semantics §3.3. */
function coversByDefault(dnsNames: readonly string[], commonName: string | null, domain: string): boolean {
  const names = dnsNames.length > 0 ? dnsNames : commonName === null ? [] : [commonName];
  const wanted = domain.toLowerCase();
  const parent = wanted.slice(wanted.indexOf('.') + 1);
  return names.some((name) => {
    const presented = name.toLowerCase();
    return presented === wanted || presented.endsWith(`.${wanted}`) || (parent.includes('.') && presented === `*.${parent}`);
  });
}
