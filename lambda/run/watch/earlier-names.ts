/**
 * Lines to use that hold for what the hosts presented in the last days as well, where a host shows
 * several things by turns: today's alone would have mail wait again tomorrow.
 */
import type { Bundle } from '../../policy/bundle.ts';
import { certificatesOfEarlier, earlierResults } from '../../snapshot/earlier-sightings.ts';
import type { HostSnapshot } from '../../snapshot/host-snapshot.ts';
import { readCertificates } from '../../store/certificates.ts';
import type { Store } from '../../store/keys.ts';
import type { Latest } from '../../store/latest.ts';
import { judgeSafely } from '../../verdict/judge-safely.ts';
import { type EntryVerdict, publishedName } from '../../verdict/verdict.ts';
import type { CheckRun } from '../check/check.ts';

/**
 * The run with those lines in place of today's. Where no entry has a line of that kind nothing is
 * read; a certificate that cannot be read is left out.
 */
export async function withEarlierNames(
  run: CheckRun,
  bundle: Bundle,
  { hosts }: Pick<Latest, 'hosts'>,
  store: Store,
): Promise<CheckRun> {
  const asking = run.verdicts.filter(hasOwnLine);
  if (asking.length === 0) return run;
  const names = new Set(
    asking.flatMap((verdict) => verdict.hosts.map((host) => publishedName(host).toLowerCase())),
  );
  const known: HostSnapshot[] = [...hosts.values()]
    .map(({ value }) => value)
    .filter(({ host }) => names.has(host.toLowerCase()));
  const digests = certificatesOfEarlier(known).slice(0, MOST_CERTIFICATES);
  if (digests.length === 0) return run;
  const { der } = await readCertificates(store, digests);
  const evidence = { ...run.evidence, earlier: earlierResults(known, der) };
  return {
    ...run,
    verdicts: run.verdicts.map((verdict, i) => {
      const destination = run.destinations[i];
      if (destination === undefined || !hasOwnLine(verdict)) return verdict;
      const { suggestion } = judgeSafely(destination, evidence, bundle, run.at);
      return suggestion === null ? verdict : { ...verdict, suggestion };
    }),
  };
}

/** Not where DNSSEC proves the hosts: that was asked of DNS, and is not part of the evidence. */
const hasOwnLine = ({ suggestion }: EntryVerdict): boolean =>
  suggestion !== null && suggestion.restsOn !== 'dnssec';

/** Of a store where every provider shows several chains; a chain has three or four. */
const MOST_CERTIFICATES = 500;
