/** A zone as the door to DNS sees it through a resolver, without the resolver: for replays by the thousand. */
import type { Dns, DnsAnswer, DnsRecords, DnsType } from '../../lambda/route/dns-answer.ts';
import type { DnsFailure } from '../../lambda/route/route.ts';
import type { RecordSet } from './dns-server.ts';

/** Answers as `startDns` with the same zone would. */
export function dnsOf(zone: readonly RecordSet[]): Dns {
  const sets = new Map(zone.map((set) => [`${fold(set.name)} ${set.type}`, set]));
  const names = new Set(zone.map(({ name }) => fold(name)));

  function answer<T extends DnsType>(asked: string, type: T): DnsAnswer<T> {
    const aliases: string[] = [];
    let ad = true;
    for (let name = fold(asked); ; ) {
      const alias = sets.get(`${name} CNAME`);
      const set = sets.get(`${name} ${type}`) ?? alias;
      if (set?.fail !== undefined) return { kind: 'failed', failure: FAILURES[set.fail] };
      if (set === undefined) return names.has(name) ? { kind: 'nodata', name, ad } : { kind: 'nxdomain', name, ad };
      ad &&= set.ad === true;
      const target = set === alias && type !== 'CNAME' ? fold(set.data?.[0] ?? '') : undefined;
      if (target === undefined) {
        const records = (set.data ?? []).map((text) => recordOf(type, text));
        if (records.length === 0) return { kind: 'nodata', name, ad };
        const canonical = aliases.at(-1);
        return { kind: 'found', records, aliases, ...(canonical === undefined ? {} : { canonical }), ad };
      }
      if (aliases.length === 8) return { kind: 'nodata', name, ad };
      aliases.push(target);
      name = target;
    }
  }

  return { query: (name, type) => Promise.resolve(answer(name, type)) };
}

function recordOf<T extends DnsType>(type: T, text: string): DnsRecords[T] {
  return (PARSERS[type] as (words: readonly string[]) => DnsRecords[T])(text.split(/\s+/));
}

const PARSERS: { readonly [T in DnsType]: (words: readonly string[]) => DnsRecords[T] } = {
  A: ([address = '']) => address,
  AAAA: ([address = '']) => address,
  CNAME: ([target = '']) => fold(target),
  MX: ([preference, exchange = '']) => ({ preference: Number(preference), exchange: fold(exchange) }),
  TLSA: ([usage, selector, matchingType, data = '']) => ({
    usage: Number(usage),
    selector: Number(selector),
    matchingType: Number(matchingType),
    data: data.toLowerCase(),
  }),
  TXT: (words) => words.join(' '),
};

const FAILURES: Readonly<Record<NonNullable<RecordSet['fail']>, DnsFailure>> = {
  SERVFAIL: 'servfail',
  BOGUS: 'bogus',
  REFUSED: 'refused',
  TIMEOUT: 'timeout',
  MALFORMED: 'malformed',
};

const fold = (name: string) => name.toLowerCase().replace(/\.$/, '');
