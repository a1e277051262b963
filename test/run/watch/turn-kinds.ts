/**
 * What an entry can come to, each kind as something that DNS, its hosts or the policy do: played at
 * the doors of DNS and probe, so that all between door and message is the product's own.
 */
import type { Conversation } from '../../../lambda/probe/conversation.ts';
import type { ProbeResult } from '../../../lambda/probe/result.ts';
import type { Dns, DnsAnswer, DnsType } from '../../../lambda/route/dns-answer.ts';
import { barred } from '../../../lambda/route/special-purpose.ts';
import type { CheckDoors } from '../../../lambda/run/check/check.ts';

/** Base64 DER, leaf first, as the hosts of the entry present them. */
export interface Chains {
  readonly good: readonly string[];
  readonly endsSoon: readonly string[];
  readonly wrongName: readonly string[];
  readonly expired: readonly string[];
  readonly other: readonly string[];
}

export interface Scene {
  readonly mx: readonly (readonly [host: string, addresses: readonly string[]])[] | 'timeout' | 'servfail' | 'nxdomain' | 'null';
  /** Addresses of the name itself, where it has no MX. */
  readonly own?: readonly string[];
  readonly met: (address: string) => ProbeResult;
  /** The line of the entry; absent: `secure`. */
  readonly line?: 'none' | 'gone';
  /** Another domain says that the name is its MX host. */
  readonly isMxHostOf?: string;
}

export const ENTRY = 'e.example';
const OTHERS = ['one.example', 'two.example', 'other.example'];
const MX = 'mail.e.example';

const presents = (chain: readonly string[], verify = 'OK'): ProbeResult => ({
  kind: 'presented',
  protocol: 'TLSv1.3',
  cipher: 'TLS_AES_256_GCM_SHA384',
  chain,
  verify,
});
const unseen = (reason: 'timed-out' | 'refused' | 'reply-421' | 'greeting-4xx'): ProbeResult => ({
  kind: 'unseen',
  phase: reason === 'timed-out' || reason === 'refused' ? 'connect' : 'greeting',
  reason,
});
const at = (...addresses: readonly string[]) => [[MX, addresses]] as const;
const A = '203.0.114.1';

/** By kind. */
export function scenesOf(chains: Chains): Readonly<Record<Kind, Scene>> {
  const good = () => presents(chains.good);
  const moved = (...addresses: readonly string[]): Scene => ({ mx: at(...addresses), met: good });
  return {
    passes: { mx: at(A), met: good },
    'ends soon': { mx: at(A), met: () => presents(chains.endsSoon) },
    degraded: {
      mx: [
        [MX, [A]],
        ['backup.e.example', ['203.0.114.2']],
      ],
      met: (address) => presents(address === A ? chains.good : chains.wrongName),
    },
    'lost its name': { mx: at(A), met: () => presents(chains.wrongName) },
    expired: { mx: at(A), met: () => presents(chains.expired, 'CERT_HAS_EXPIRED') },
    'no STARTTLS': { mx: at(A), met: () => ({ kind: 'no-tls', why: 'not-offered' }) },
    'no domain': { mx: 'nxdomain', met: good },
    'null MX': { mx: 'null', met: good },
    silent: { mx: at(A), met: () => unseen('timed-out') },
    refused: { mx: at(A), met: () => unseen('refused') },
    'says 421': { mx: at(A), met: () => unseen('reply-421') },
    greylists: { mx: at(A), met: () => unseen('greeting-4xx') },
    'DNS silent': { mx: 'timeout', met: good },
    'DNS fails': { mx: 'servfail', met: good },
    'thirty addresses': {
      mx: at(...Array.from({ length: 30 }, (_, i) => `203.0.114.${i + 1}`)),
      met: good,
    },
    'at 127.0.0.1': moved('127.0.0.1'),
    'at 10.0.0.1': moved('10.0.0.1'),
    'at 0.0.0.0': moved('0.0.0.0'),
    'an MX host': { mx: [], own: [A], met: good, isMxHostOf: 'other.example' },
    'level none': { mx: at(A), met: good, line: 'none' },
    gone: { mx: at(A), met: good, line: 'gone' },
  };
}

export const KINDS = [
  'passes',
  'ends soon',
  'degraded',
  'lost its name',
  'expired',
  'no STARTTLS',
  'no domain',
  'null MX',
  'silent',
  'refused',
  'says 421',
  'greylists',
  'DNS silent',
  'DNS fails',
  'thirty addresses',
  'at 127.0.0.1',
  'at 10.0.0.1',
  'at 0.0.0.0',
  'an MX host',
  'level none',
  'gone',
] as const;
export type Kind = (typeof KINDS)[number];

export function tableOf({ line }: Scene): string {
  const others = OTHERS.map((name) => `${name} secure match=.example\n`).join('');
  return line === 'gone' ? others : `${ENTRY} ${line ?? 'secure'}\n${others}`;
}

/** The world on one day; the others present the same every day. */
export function worldOf(scene: Scene, other: readonly string[]): CheckDoors {
  const probe = async ({ address }: Conversation): Promise<ProbeResult> => {
    const why = barred(address);
    if (why !== undefined) return { kind: 'unseen', phase: 'connect', reason: 'barred-address', detail: why };
    return address.startsWith('203.0.114.') ? scene.met(address) : presents(other);
  };
  return { dns: dnsOf(scene), probe };
}

function dnsOf(scene: Scene): Dns {
  const othersAt = new Map(OTHERS.map((name, i) => [`mail.${name}`, `203.0.115.${i + 1}`]));
  const addresses = (name: string): readonly string[] => {
    const known = othersAt.get(name);
    if (known !== undefined) return [known];
    if (name === ENTRY) return scene.own ?? [];
    return typeof scene.mx === 'string' ? [] : (scene.mx.find(([host]) => host === name)?.[1] ?? []);
  };
  const answer = (name: string, type: DnsType): DnsAnswer => {
    const records = type === 'A' ? addresses(name) : type === 'MX' ? mxOf(scene, name) : [];
    if (name === ENTRY && typeof scene.mx === 'string') {
      if (scene.mx === 'nxdomain') return { kind: 'nxdomain', ad: false };
      if (scene.mx !== 'null') return { kind: 'failed', failure: scene.mx };
    }
    return records.length === 0 ? { kind: 'nodata', ad: false } : { kind: 'found', records, aliases: [], ad: false };
  };
  return { query: async <T extends DnsType>(name: string, type: T) => answer(name, type) as DnsAnswer<T> };
}

function mxOf(scene: Scene, name: string): { preference: number; exchange: string }[] {
  if (name === scene.isMxHostOf) return [{ preference: 10, exchange: ENTRY }];
  if (name !== ENTRY) return name.startsWith('mail.') ? [] : [{ preference: 10, exchange: `mail.${name}` }];
  if (scene.mx === 'null') return [{ preference: 0, exchange: '' }];
  return typeof scene.mx === 'string' ? [] : scene.mx.map(([exchange], i) => ({ preference: 10 * (i + 1), exchange }));
}
