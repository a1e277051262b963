/** A small world at the doors of DNS and probe: domains, hosts, really minted chains. What a test changes is seen in the next run. */
import type { Conversation } from '../../lambda/probe/conversation.ts';
import type { ProbeResult } from '../../lambda/probe/result.ts';
import type { Dns, DnsAnswer, DnsRecords, DnsType } from '../../lambda/route/dns-answer.ts';
import type { CheckDoors } from '../../lambda/run/check/check.ts';

export interface SmallHost {
  readonly host: string;
  readonly address: string;
  /** Base64 DER, leaf first; null: nobody answers. */
  chain: readonly string[] | null;
  /** Whatever else it answers, in place of a chain. */
  result?: ProbeResult;
}

export class SmallWorld {
  readonly #mx = new Map<string, string[]>();
  readonly #hosts = new Map<string, SmallHost>();
  readonly #unanswered = new Set<string>();
  readonly #txt = new Map<string, readonly string[]>();

  host(host: string, chain: readonly string[]): SmallHost {
    const n = this.#hosts.size + 1;
    const made = { host, address: `192.0.2.${n}`, chain };
    this.#hosts.set(host, made);
    return made;
  }

  domain(name: string, ...hosts: readonly SmallHost[]): void {
    this.#mx.set(
      name,
      hosts.map(({ host }) => host),
    );
  }

  /** What the TXT records of a name say; none: there is no such record. */
  txt(name: string, ...texts: readonly string[]): void {
    this.#txt.set(name, texts);
  }

  /** DNS does not answer questions about this domain. */
  unanswered(name: string): void {
    this.#unanswered.add(name);
  }

  doors(): CheckDoors {
    return { dns: this.#dns(), probe: (conversation) => this.#probe(conversation) };
  }

  #dns(): Dns {
    const found = <T extends DnsType>(records: readonly DnsRecords[T][]): DnsAnswer<T> => ({
      kind: 'found',
      records,
      aliases: [],
      ad: false,
    });
    return {
      query: async <T extends DnsType>(name: string, type: T): Promise<DnsAnswer<T>> => {
        if (this.#unanswered.has(name)) return { kind: 'failed', failure: 'timeout' };
        if (type === 'MX') {
          const hosts = this.#mx.get(name);
          if (hosts === undefined) return { kind: 'nxdomain', ad: false };
          const records = hosts.map((exchange, i) => ({ preference: (i + 1) * 10, exchange }));
          return found<'MX'>(records) as DnsAnswer<T>;
        }
        if (type === 'TXT') {
          const texts = this.#txt.get(name) ?? [];
          return texts.length === 0 ? { kind: 'nodata', ad: false } : (found<'TXT'>(texts) as DnsAnswer<T>);
        }
        const host = this.#hosts.get(name);
        if (type === 'A' && host !== undefined) return found<'A'>([host.address]) as DnsAnswer<T>;
        return { kind: 'nodata', ad: false };
      },
    };
  }

  async #probe({ address }: Conversation): Promise<ProbeResult> {
    const host = [...this.#hosts.values()].find((one) => one.address === address);
    if (host?.result !== undefined) return host.result;
    if (host === undefined || host.chain === null) return { kind: 'unseen', phase: 'connect', reason: 'timed-out' };
    return { kind: 'presented', protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', chain: host.chain, verify: 'OK' };
  }
}
