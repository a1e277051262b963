/**
 * What DNSSEC said about one address, as published: names asked, records, which of them count and
 * which match. Pure.
 */
import { readCertificates } from '../certificate/certificate.ts';
import { daneDigests } from '../certificate/dane-digests.ts';
import {
  assessTlsa,
  matchesTlsa,
  printTlsa,
  type TlsaRecord,
  type TlsaUse,
} from '../certificate/tlsa.ts';
import { BOUNDS } from '../limits.ts';
import type { Settings } from '../policy/settings.ts';
import { familyOf } from '../postfix/hostname.ts';
import type { Contact } from '../probe/contact.ts';
import type { ProbeResult } from '../probe/result.ts';
import type { DaneRoute, TlsaFinding } from '../route/dane-route.ts';
import { findingFor, type HostDemand } from '../route/host-demand.ts';
import type { MxHost } from '../route/route.ts';
import type { ShownTlsa } from './verdict.ts';

/** Undefined where nothing was found out about the host. */
export function shownTlsa(
  { demand, host, address }: Contact,
  dane: DaneRoute,
  result: ProbeResult,
  settings: Settings,
): ShownTlsa | undefined {
  const found = findingFor(host, address, dane);
  if (found === undefined) return undefined;
  return {
    mxSigned: dane.mx?.secure ?? null,
    asked: 'asked' in found ? found.asked : [],
    answer: ANSWER[found.kind],
    base: found.kind === 'records' ? found.base : null,
    records: found.kind === 'records' ? shownRecords(found.records, result, settings) : [],
    ...signedUntil(host, address, dane),
    acts: actsAs(demand),
  };
}

function signedUntil(
  host: MxHost,
  address: string,
  dane: DaneRoute,
): Pick<ShownTlsa, 'signedUntil'> {
  const own = dane.hosts.find((one) => one.host === host.host && one.family === familyOf(address));
  const ends = [dane.mx?.signature, own?.signature].flatMap((signature) => signature?.until ?? []);
  return ends.length === 0 ? {} : { signedUntil: new Date(Math.min(...ends)).toISOString() };
}

function shownRecords(
  records: readonly TlsaRecord[],
  result: ProbeResult,
  settings: Settings,
): ShownTlsa['records'] {
  const chain = result.kind === 'presented' ? readCertificates(result.chain) : [];
  const digests = daneDigests(settings.daneDigests, settings.version) ?? [];
  const candidates = ({ usage }: TlsaRecord) => (usage === 3 ? chain.slice(0, 1) : chain);
  return assessTlsa(records, settings.daneDigests, settings.version)
    .slice(0, BOUNDS.shownNames)
    .map(({ record, use }) => ({
      record: printTlsa(record),
      use: use.kind === 'kills-smtp' ? 'unusable' : use.kind,
      because: becauseOf(use),
      matches:
        (use.kind === 'counts' || use.kind === 'outweighed') &&
        candidates(record).some((one) => matchesTlsa(one, record, digests)),
    }));
}

function becauseOf(use: TlsaUse): string | null {
  if (use.kind === 'kills-smtp') return 'smtp(8) of this version dies of a record without data';
  return use.kind === 'unusable' ? use.because : null;
}

function actsAs(demand: HostDemand): ShownTlsa['acts'] {
  if (demand.kind !== 'demand') return 'defers';
  if (demand.tlsa !== undefined) return demand.tlsa.half ? 'half-dane' : 'dane';
  return demand.level === 'encrypt' ? 'encrypt' : 'may';
}

const ANSWER: Record<TlsaFinding['kind'], ShownTlsa['answer']> = {
  records: 'records',
  none: 'none',
  insecure: 'unsigned',
  failed: 'failed',
};
