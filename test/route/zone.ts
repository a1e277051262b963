import type { Dns, DnsAnswer, DnsRecords, DnsType } from '../../lambda/route/dns-answer.ts';

/** What a zone says to one question: records as zone-file text, or a failure. A name in no question does not exist. */
export type Said =
  | readonly string[]
  | { readonly alias: string; readonly data?: readonly string[] }
  | Extract<DnsAnswer, { kind: 'failed' }>['failure'];

export interface Zone {
  readonly dns: Dns;
  /** `example.com MX`, in order. */
  readonly asked: string[];
}

/** A door that answers from memory: `{ 'example.com MX': ['10 mx.example.com'] }`. */
export function zone(sets: Readonly<Record<string, Said>>, { ad = false } = {}): Zone {
  const asked: string[] = [];
  const names = new Set(Object.keys(sets).map((question) => question.split(' ')[0]));
  return {
    asked,
    dns: {
      async query<T extends DnsType>(name: string, type: T): Promise<DnsAnswer<T>> {
        asked.push(`${name} ${type}`);
        const said = sets[`${name.toLowerCase()} ${type}`];
        if (said === undefined) return names.has(name.toLowerCase()) ? { kind: 'nodata', ad } : { kind: 'nxdomain', ad };
        if (typeof said === 'string') return { kind: 'failed', failure: said };
        const { alias, data = [] } = 'alias' in said ? said : { alias: undefined, data: said };
        if (data.length === 0) return { kind: 'nodata', ad };
        const records = data.map((text) => recordOf(type, text) as DnsRecords[T]);
        return {
          kind: 'found',
          records,
          aliases: alias === undefined ? [] : [alias],
          ...(alias === undefined ? {} : { canonical: alias }),
          ad,
        };
      },
    },
  };
}

function recordOf(type: DnsType, text: string): DnsRecords[DnsType] {
  if (type !== 'MX') return text;
  const [preference, exchange = ''] = text.split(' ');
  return { preference: Number(preference), exchange: exchange === '.' ? '' : exchange };
}
