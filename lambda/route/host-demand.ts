/**
 * What Postfix demands of one host of a next hop: the policy's demand, and at dane levels what
 * DNSSEC makes of it there.
 *
 * Follows dane_init() and dane_incompat() in src/smtp/smtp_tls_policy.c, and from 3.6 on the step
 * down in tls_client_start() in src/tls/tls_client.c where OpenSSL finds no record usable. Pure.
 */
import { type TlsaSet, tlsaSet } from '../certificate/tlsa.ts';
import type { TlsaDemand, TlsDemand } from '../policy/demand.ts';
import type { Settings } from '../policy/settings.ts';
import { familyOf } from '../postfix/hostname.ts';
import type { DaneRoute, TlsaFinding } from './dane-route.ts';
import type { DnsFailure, MxHost } from './route.ts';

/**
 * Why an address is passed over unconnected, with the error that Postfix keeps for it: 4.7.5 and
 * `text`.
 */
export type DaneRefusal =
  /** dane-only, and there is nothing that could be verified. */
  | {
      readonly kind: 'refused';
      readonly reason: 'mx-insecure' | 'address-insecure' | 'no-tlsa' | 'tlsa-unusable';
    }
  /**
   * smtp(8) crashes over a record of the host: this mail waits, and so does other mail that the
   * same process was delivering.
   */
  | { readonly kind: 'deadly' }
  /**
   * At dane as well: whether there are records is unknown, and an attacker may be withholding them.
   */
  | { readonly kind: 'failed'; readonly failure: DnsFailure; readonly query: string };

export type HostDemand =
  | TlsDemand
  | DaneRefusal
  /** DNSSEC was not asked. */
  | { readonly kind: 'unknown' };

/**
 * The demand on one address of one host. `dane` is what was found for the whole route; not looked
 * at below the dane levels.
 */
export function hostDemand(
  demand: TlsDemand,
  host: MxHost,
  address: string,
  dane: DaneRoute | undefined,
  settings: Settings,
): HostDemand {
  if (!isDane(demand)) return demand;
  const tlsa = dane === undefined ? undefined : findingFor(host, address, dane);
  if (dane === undefined || tlsa === undefined) return { kind: 'unknown' };
  const mandatory = demand.level === 'dane-only';
  const insecureMx = dane.mx !== undefined && !dane.mx.secure;
  if (insecureMx && (mandatory || settings.daneInsecureMxPolicy === 'may'))
    return without('mx-insecure', demand);
  switch (tlsa.kind) {
    case 'failed':
      return tlsa;
    case 'insecure':
      return without('address-insecure', demand);
    case 'none':
      return without('no-tlsa', demand);
    case 'records': {
      const set = tlsaSet(tlsa.records, settings.daneDigests, settings.version);
      if (set.kind === 'kills-smtp') return { kind: 'deadly' };
      if (set.kind === 'unusable' && set.by === 'postfix') return without('tlsa-unusable', demand);
      if (insecureMx && settings.daneInsecureMxPolicy === 'encrypt')
        return asEncrypt('mx-insecure', demand);
      return enforced(set, tlsa, dane, demand, insecureMx);
    }
  }
}

export const isDane = ({ level }: Pick<TlsDemand, 'level'>): boolean =>
  level === 'dane' || level === 'dane-only';

/** What was found for the host of an address. */
export function findingFor(
  { host }: MxHost,
  address: string,
  { hosts }: DaneRoute,
): TlsaFinding | undefined {
  return hosts.find((one) => one.host === host && one.family === familyOf(address))?.tlsa;
}

/** dane_incompat(): dane gives way, dane-only does not. */
function without(why: NonNullable<TlsDemand['daneWeaker']>, demand: TlsDemand): HostDemand {
  if (demand.level === 'dane-only') return { kind: 'refused', reason: why };
  return why === 'tlsa-unusable'
    ? asEncrypt(why, demand)
    : { ...demand, ...demand.asMay, level: 'may', daneWeaker: why };
}

const asEncrypt = (why: NonNullable<TlsDemand['daneWeaker']>, demand: TlsDemand): TlsDemand => ({
  ...demand,
  level: 'encrypt',
  daneWeaker: why,
});

function enforced(
  set: Exclude<TlsaSet, { readonly kind: 'kills-smtp' }>,
  { base }: Extract<TlsaFinding, { readonly kind: 'records' }>,
  { mx }: DaneRoute,
  demand: TlsDemand,
  half: boolean,
): TlsDemand {
  if (set.kind === 'unusable' && demand.level === 'dane') {
    // The handshake was prepared for dane: its SNI stays, and so does its refusal of anonymous
    // servers.
    return {
      ...asEncrypt('tlsa-unusable', demand),
      excludeCiphers: `${demand.excludeCiphers} aNULL`.trim(),
      servername: { kind: 'name', name: base },
    };
  }
  const tlsa: TlsaDemand = {
    base,
    names: [...new Set([base, ...(mx?.names ?? [])])],
    records: set.kind === 'usable' ? set.records : [],
    half,
    ...(set.kind === 'usable' ? {} : { never: 'unusable' }),
  };
  return { ...demand, servername: { kind: 'name', name: base }, tlsa };
}
