/**
 * What DNSSEC says about the hosts of one next hop: security of MX and addresses, and the TLSA
 * records that count.
 *
 * Follows dane_init() in src/smtp/smtp_tls_policy.c and tls_dane_resolve() in src/tls/tls_dane.c as
 * far as they ask DNS; what the answers do to a level is the verdict's. The door remembers answers,
 * so that asking here for the MX and the addresses that a route was made of asks nobody anew. It
 * must lead to a validating resolver that may be believed.
 */

import type { NextHop } from '../policy/next-hop.ts';
import { type AddressFamily, familyOf, toAscii } from '../postfix/hostname.ts';
import type { Dns, DnsAnswer, DnsRecords, DnsType, Signature } from './dns-answer.ts';
import type { DnsFailure, Route } from './route.ts';

export type TlsaRecord = DnsRecords['TLSA'];

/**
 * What was found for one host, for the addresses of one family: A and AAAA are signed each for
 * itself.
 */
export type TlsaFinding =
  /** No AD on the addresses (nor, of an alias, on the CNAME): TLSA is not even asked for. */
  | { readonly kind: 'insecure' }
  /** No such records, or an answer without AD. `asked` in order, the TLSA names. */
  | { readonly kind: 'none'; readonly asked: readonly string[] }
  /**
   * `base` is the name that had them: SNI, and a name that a trust anchor's certificate may carry.
   * Not yet judged usable.
   */
  | {
      readonly kind: 'records';
      readonly base: string;
      readonly asked: readonly string[];
      readonly records: readonly TlsaRecord[];
    }
  /** Postfix skips the host: 4.7.5 `TLSA lookup error for HOST:PORT`. */
  | { readonly kind: 'failed'; readonly failure: DnsFailure; readonly query: string };

export interface DaneRoute {
  readonly nextHop: string;
  /** Absent without MX: then there is no MX to be insecure. */
  readonly mx?: {
    readonly secure: boolean;
    /**
     * The next hop's domain, and before it what it is an alias of: names that a trust anchor's
     * certificate may carry.
     */
    readonly names: readonly string[];
    readonly signature?: Signature;
  };
  /**
   * One for each host and family with addresses. `signature` is the first to end of those that its
   * addresses and TLSA records rest on.
   */
  readonly hosts: readonly {
    readonly host: string;
    readonly family: AddressFamily;
    readonly tlsa: TlsaFinding;
    readonly signature?: Signature;
  }[];
}

/** What DNS gave, by the text of the next hop. */
export interface Found {
  readonly routes: Readonly<Record<string, Route>>;
  /** What DNSSEC says; absent where it was not asked. */
  readonly tlsa?: Readonly<Record<string, DaneRoute>>;
}

/**
 * Asks for everything `dane` and `dane-only` need to know about a route. Undefined for a route that
 * leads nowhere.
 * @param force smtp_tls_force_insecure_host_tlsa_lookup
 */
export async function resolveDane(
  route: Route,
  nextHop: NextHop,
  dns: Dns,
  force = false,
): Promise<DaneRoute | undefined> {
  if (route.kind !== 'hosts') return undefined;
  const mx = route.mx ? await mxSecurity(toAscii(nextHop.host), dns) : undefined;
  const pairs = route.hosts.flatMap(({ host, addresses }) =>
    (['ipv4', 'ipv6'] as const)
      .filter((family) => addresses.some((address) => familyOf(address) === family))
      .map((family) => ({ host, family })),
  );
  const hosts = await Promise.all(
    pairs.map(async (pair) => {
      const noted = noting(dns);
      const tlsa = await findTlsa(pair, nextHop.port, noted.dns, force);
      return { ...pair, tlsa, ...noted.signature() };
    }),
  );
  return { nextHop: nextHop.text, ...(mx === undefined ? {} : { mx }), hosts };
}

async function mxSecurity(domain: string, dns: Dns): Promise<NonNullable<DaneRoute['mx']>> {
  const noted = noting(dns);
  const answer = await noted.dns.query(domain, 'MX');
  const alias = answer.kind === 'found' ? answer.canonical : undefined;
  const names = alias === undefined ? [domain] : [alias, domain];
  return { secure: answer.kind === 'found' && answer.ad, names, ...noted.signature() };
}

/**
 * The same door, which also notes the signatures of answers with AD; `signature` gives the one that
 * ends first, or nothing where there was none.
 */
function noting(door: Dns): { readonly dns: Dns; signature(): { readonly signature?: Signature } } {
  const seen: Signature[] = [];
  const dns: Dns = {
    async query<T extends DnsType>(name: string, type: T): Promise<DnsAnswer<T>> {
      const answer = await door.query(name, type);
      if (answer.kind === 'found' && answer.ad && answer.signature !== undefined)
        seen.push(answer.signature);
      return answer;
    },
  };
  return {
    dns,
    signature() {
      const [signature] = seen.toSorted((a, b) => a.until - b.until);
      return signature === undefined ? {} : { signature };
    },
  };
}

/**
 * tls_dane_resolve(): the expanded name first if it is secure, then the name itself. A failed
 * lookup of the first ends it.
 */
async function findTlsa(
  { host, family }: { readonly host: string; readonly family: AddressFamily },
  port: number,
  dns: Dns,
  force: boolean,
): Promise<TlsaFinding> {
  // An address in place of a name has no zone that could be signed.
  if (familyOf(host) !== undefined) return { kind: 'insecure' };
  const addresses = await dns.query(host, family === 'ipv4' ? 'A' : 'AAAA');
  if (addresses.kind !== 'found') return { kind: 'insecure' };
  const { ad, canonical } = addresses;
  if (ad) return askBases(canonical === undefined ? [host] : [canonical, host], port, dns);
  if (force) return askBases([host], port, dns);
  if (canonical === undefined) return { kind: 'insecure' };

  // qname_secure(): the alias may be signed where its target is not.
  const alias = await dns.query(host, 'CNAME');
  if (alias.kind === 'found') return alias.ad ? askBases([host], port, dns) : { kind: 'insecure' };
  return {
    kind: 'failed',
    failure: alias.kind === 'failed' ? alias.failure : 'malformed',
    query: `${host} CNAME`,
  };
}

async function askBases(bases: readonly string[], port: number, dns: Dns): Promise<TlsaFinding> {
  const asked: string[] = [];
  for (const base of bases) {
    const name = `_${port}._tcp.${base}`;
    // Postfix sends no name that is too long to be one: as if there were no records.
    if (name.length > LONGEST_NAME) continue;
    asked.push(name);
    const answer = await dns.query(name, 'TLSA');
    if (answer.kind === 'failed')
      return { kind: 'failed', failure: answer.failure, query: `${name} TLSA` };
    if (answer.kind === 'found' && answer.ad)
      return { kind: 'records', base, asked, records: answer.records };
  }
  return { kind: 'none', asked };
}

/** VALID_HOSTNAME_LEN in src/util/valid_hostname.h. */
const LONGEST_NAME = 255;

export type Validation =
  | { readonly kind: 'validates' }
  /** `because` is a clause for people; `vouches`: it does call something signed. */
  | { readonly kind: 'does-not'; readonly because: string; readonly vouches: boolean }
  | { readonly kind: 'unanswered'; readonly failure: DnsFailure; readonly query: string };

/**
 * Whether the resolver behind the door validates: it vouches for a name known to be signed, and
 * refuses one whose signatures are known to be broken. A resolver that merely passes an AD bit on
 * shows itself by the second.
 */
export async function provesValidation(
  dns: Dns,
  names: { readonly signed: string; readonly broken: string },
): Promise<Validation> {
  const [signed, broken] = await Promise.all([
    dns.query(names.signed, 'A'),
    dns.query(names.broken, 'A'),
  ]);
  if (signed.kind === 'failed')
    return { kind: 'unanswered', failure: signed.failure, query: `${names.signed} A` };
  if (!signed.ad)
    return {
      kind: 'does-not',
      because: `it does not vouch for ${names.signed}, which is signed`,
      vouches: false,
    };
  if (broken.kind === 'failed' && (broken.failure === 'servfail' || broken.failure === 'bogus'))
    return { kind: 'validates' };
  if (broken.kind === 'failed')
    return { kind: 'unanswered', failure: broken.failure, query: `${names.broken} A` };
  return {
    kind: 'does-not',
    because: `it answers for ${names.broken}, whose signatures are broken`,
    vouches: true,
  };
}
