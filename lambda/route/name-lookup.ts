/**
 * One name looked up as Postfix's DNS client does it: what counts as found, and what it says when
 * nothing is.
 *
 * Follows dns_lookup_x() and dns_get_answer() in src/dns/dns_lookup.c, dns_lookup_rv() in
 * src/dns/dns_lookup_types.c and smtp_addr_one() in src/smtp/smtp_addr.c. Where smtp_host_lookup
 * says `native`, DNS is asked all the same and only the wording follows getaddrinfo(): /etc/hosts
 * is not read.
 */
import { BOUNDS } from '../limits.ts';
import type { Settings } from '../policy/settings.ts';
import { familyOf, isHostnameOrWildcard, isNameOrAddress } from '../postfix/hostname.ts';
import type { Dns, DnsAnswer, DnsRecords, DnsType } from './dns-answer.ts';
import type { DnsFailure } from './route.ts';

/**
 * The addresses of one host, or why there is none: `dsn` after final answers only, `softDsn` where
 * another host's lookup had failed before.
 */
export type Lookup =
  | {
      readonly kind: 'found';
      readonly addresses: readonly string[];
      readonly canonical?: string;
      /** What was said of a family that has none. */
      readonly partly?: string;
    }
  | (Status & {
      readonly kind: 'not-found';
      readonly reason: 'nxdomain' | 'no-address' | 'not-a-name';
    })
  | (Status & { readonly kind: 'failed'; readonly failure: DnsFailure; readonly query: string });

interface Status {
  readonly dsn: string;
  readonly softDsn: string;
  readonly text: string;
}

export type MailExchangers =
  | { readonly kind: 'found'; readonly records: readonly DnsRecords['MX'][]; readonly ad: boolean }
  | { readonly kind: 'null-mx'; readonly text: string }
  | { readonly kind: 'not-found'; readonly text: string }
  /** Only malformed names: DNS_INVAL, which bounces. */
  | { readonly kind: 'invalid'; readonly text: string }
  | { readonly kind: 'failed'; readonly failure: DnsFailure; readonly text: string };

/**
 * The MX records of a domain, as answered. A single `.` among them means that it takes no mail (RFC
 * 7505, and Postfix even next to others).
 */
export async function mailExchangers(domain: string, dns: Dns): Promise<MailExchangers> {
  const answer = await ask(domain, 'MX', dns);
  if (answer.kind !== 'found') return answer;
  if (answer.records.some(({ exchange }) => exchange === ''))
    return { kind: 'null-mx', text: `Domain ${domain} does not accept mail (nullMX)` };
  const named = answer.records.filter(({ exchange }) => isNameOrAddress(exchange));
  if (named.length === 0) return { kind: 'invalid', text: malformed(domain, 'MX') };
  // Malformed names among good ones stay, without an address: Postfix passes over them silently,
  // and a report can name them.
  return { kind: 'found', records: answer.records, ad: answer.ad };
}

/** A, then AAAA, of one host, in the families of `inet_protocols`. An address literal is itself. */
export async function findAddresses(host: string, settings: Settings, dns: Dns): Promise<Lookup> {
  const family = familyOf(host);
  if (family !== undefined && settings.inetProtocols.includes(family))
    return { kind: 'found', addresses: [host] };
  const types = (['A', 'AAAA'] as const).filter((type) =>
    settings.inetProtocols.includes(FAMILY[type]),
  );
  const asked = await Promise.all(
    types.map(async (type) => ({ type, answer: await ask(host, type, dns) })),
  );

  const addresses = asked.flatMap(({ answer }) => (answer.kind === 'found' ? answer.records : []));
  if (addresses.length > 0) {
    const canonical = asked
      .map(({ answer }) => (answer.kind === 'found' ? answer.canonical : undefined))
      .find((name) => name);
    const partly = byDns(settings)
      ? asked.map(({ answer }) => saidBy(answer)).findLast(Boolean)
      : undefined;
    return {
      kind: 'found',
      addresses: addresses.slice(0, BOUNDS.addressesPerHost),
      ...(canonical === undefined ? {} : { canonical }),
      ...(partly === undefined ? {} : { partly }),
    };
  }
  // Of several failures the gravest is told, and of equals the last (SAVE_HPREF_STATUS).
  const [grave] = asked
    .toReversed()
    .toSorted((a, b) => GRAVITY[b.answer.kind] - GRAVITY[a.answer.kind]);
  if (grave === undefined || grave.answer.kind === 'found')
    throw new Error('inet_protocols names no address family');
  return settings.dnsSupportLevel === 'disabled' || settings.hostLookup.includes('native')
    ? nativeStatus(host, grave.type, grave.answer, settings)
    : dnsStatus(host, grave.type, grave.answer);
}

/** Whether smtp(8) asks DNS for addresses at all. */
const byDns = ({ dnsSupportLevel, hostLookup }: Settings): boolean =>
  dnsSupportLevel !== 'disabled' && hostLookup.includes('dns');

const saidBy = (answer: Asked<DnsType>): string | undefined =>
  answer.kind === 'found' ? undefined : answer.text;

type Nothing = Exclude<Asked<DnsType>, { readonly kind: 'found' }>;

function dnsStatus(host: string, type: DnsType, nothing: Nothing): Lookup {
  const { text } = nothing;
  switch (nothing.kind) {
    case 'failed':
      return {
        kind: 'failed',
        dsn: '4.4.3',
        softDsn: '4.4.3',
        text,
        failure: nothing.failure,
        query: `${host} ${type}`,
      };
    case 'invalid':
      return { kind: 'not-found', dsn: '5.4.4', softDsn: '4.4.4', text, reason: 'not-a-name' };
    case 'not-found':
      return { kind: 'not-found', dsn: '5.4.4', softDsn: '4.4.4', text, reason: nothing.reason };
  }
}

/**
 * getaddrinfo()'s words. They replace those of a DNS lookup that found nothing, never those of one
 * that failed.
 */
function nativeStatus(host: string, type: DnsType, nothing: Nothing, settings: Settings): Lookup {
  if (byDns(settings) && nothing.kind !== 'not-found') return dnsStatus(host, type, nothing);
  const say = (message: string): string => `unable to look up host ${host}: ${message}`;
  if (nothing.kind === 'failed') {
    const text = say('Temporary failure in name resolution');
    return {
      kind: 'failed',
      dsn: '4.4.4',
      softDsn: '4.4.4',
      text,
      failure: nothing.failure,
      query: `${host} ${type}`,
    };
  }
  const reason = nothing.kind === 'invalid' ? 'not-a-name' : nothing.reason;
  return reason === 'no-address'
    ? {
        kind: 'not-found',
        dsn: '5.3.0',
        softDsn: '4.3.0',
        text: say('No address associated with hostname'),
        reason,
      }
    : {
        kind: 'not-found',
        dsn: '5.4.4',
        softDsn: '4.4.4',
        text: say('Name or service not known'),
        reason,
      };
}

type Asked<T extends DnsType> =
  | Extract<DnsAnswer<T>, { readonly kind: 'found' }>
  | {
      readonly kind: 'not-found';
      readonly reason: 'nxdomain' | 'no-address' | 'not-a-name';
      readonly text: string;
    }
  | { readonly kind: 'invalid'; readonly text: string }
  | { readonly kind: 'failed'; readonly failure: DnsFailure; readonly text: string };

/**
 * dns_lookup_x(): an invalid name is never sent, and an alias to an invalid name makes the whole
 * answer invalid.
 */
async function ask<T extends DnsType>(name: string, type: T, dns: Dns): Promise<Asked<T>> {
  if (!isHostnameOrWildcard(name)) {
    const text = `Name service error for ${name}: invalid host or domain name`;
    return { kind: 'not-found', reason: 'not-a-name', text };
  }
  const answer = await dns.query(name, type);
  switch (answer.kind) {
    case 'found':
      return answer.aliases.every(isNameOrAddress)
        ? answer
        : { kind: 'invalid', text: malformed(name, type) };
    case 'nodata': {
      const last = answer.name ?? name;
      const text = answer.loop
        ? `Name server loop for ${last}`
        : notFound(last, type, 'Host found but no data record of requested type');
      return { kind: 'not-found', reason: 'no-address', text };
    }
    case 'nxdomain':
      return {
        kind: 'not-found',
        reason: 'nxdomain',
        text: notFound(answer.name ?? name, type, 'Host not found'),
      };
    case 'failed':
      return {
        kind: 'failed',
        failure: answer.failure,
        text:
          answer.failure === 'malformed'
            ? malformed(name, type)
            : notFound(name, type, 'Host not found, try again'),
      };
  }
}

const notFound = (name: string, type: DnsType, because: string): string =>
  `Host or domain name not found. Name service error for name=${name} type=${type}: ${because}`;

const malformed = (name: string, type: DnsType): string =>
  `Name service error for name=${name} type=${type}: Malformed or unexpected name server reply`;

const FAMILY = { A: 'ipv4', AAAA: 'ipv6' } as const;

/** The order of DNS_NOTFOUND, DNS_INVAL and DNS_RETRY in src/dns/dns.h. */
const GRAVITY = { 'not-found': 0, invalid: 1, failed: 2, found: 3 } as const;
