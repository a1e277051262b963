/**
 * The world of a plan at the probe door: DNS answers and what each host presents at a moment, with really minted certificates.
 * What an address is worth is known here from the plan, without the product's eyes.
 */
import type { Conversation } from '../../lambda/probe/conversation.ts';
import type { ProbeResult } from '../../lambda/probe/result.ts';
import type { Dns, DnsAnswer, DnsType } from '../../lambda/route/dns-answer.ts';
import { type Authority, createAuthority, type Issued } from '../internet/authority.ts';
import { DAY, type EntryPlan, HOUR, type HostPlan, type Plan, type ProviderPlan, type Trouble, within } from './plan.ts';
import type { Random } from './random.ts';

export type AddressState =
  | { readonly kind: 'pass' }
  | { readonly kind: 'fail'; readonly cause: string }
  | { readonly kind: 'unseen' };

/** One certificate of a host, as planned: when it is served and when it ends. */
interface Term {
  readonly servedFrom: number;
  readonly notBefore: number;
  readonly notAfter: number;
}

export interface World {
  readonly dns: (at: number) => Dns;
  readonly probe: (conversation: Conversation, at: number) => Promise<ProbeResult>;
  /** The roots of our bundle at that time, base64 DER. */
  readonly anchors: (at: number) => readonly string[];
  /** The certificate an address presents where it comes to a handshake, with its key. */
  readonly presented: (address: string, at: number) => Promise<Issued>;
  readonly addressState: (provider: number, host: HostPlan, at: number) => AddressState;
  /** When the certificates of a provider end that are served at a time, the last of its hosts. */
  readonly lastEnd: (provider: number, at: number) => number;
}

export async function openWorld(plan: Plan, random: Random): Promise<World> {
  const span = { notBefore: plan.start - 1_000 * DAY, notAfter: plan.start + 3_000 * DAY };
  const roots = await Promise.all([0, 1, 2, 3, 4].map((i) => createAuthority(`Root ${i}`, span)));
  const intermediates = await Promise.all(
    roots.flatMap((root, i) => [1, 2].map((n) => root.intermediate(`Issuer ${i}.${n}`, span))),
  );
  const terms = new Map(
    plan.providers.flatMap((provider) => provider.hosts.map((host) => [host.name, termsOf(plan, provider, host, random)])),
  );
  const byAddress = new Map(
    plan.providers.flatMap((provider, index) =>
      provider.hosts.flatMap((host) => host.addresses.map((address) => [address, { provider, index, host }] as const)),
    ),
  );
  const minted = new Map<string, Promise<Issued>>();

  const trouble = (provider: ProviderPlan, at: number): Trouble | undefined =>
    provider.troubles.find((one) => within(at, one))?.trouble;
  const termAt = (host: HostPlan, at: number): Term => {
    const served = (terms.get(host.name) ?? []).filter(({ servedFrom }) => servedFrom <= at).at(-1);
    if (served === undefined) throw new Error(`${host.name} presents nothing`);
    return served;
  };

  function addressState(index: number, host: HostPlan, at: number): AddressState {
    const provider = plan.providers[index];
    if (provider === undefined) throw new Error('no such provider');
    if (plan.blind.some((one) => within(at, one))) return { kind: 'unseen' };
    switch (trouble(provider, at)) {
      case 'outage':
      case 'greylisting':
        return { kind: 'unseen' };
      case 'starttls-lost':
        return { kind: 'fail', cause: 'starttls' };
      case 'blip':
        return { kind: 'fail', cause: 'blip' };
      case 'untrusted-issuer':
        return { kind: 'fail', cause: 'untrusted' };
      case 'lost-name':
        return { kind: 'fail', cause: 'name' };
      case 'lost-name-one-host':
        if (host === provider.hosts[0]) return { kind: 'fail', cause: 'name' };
        break;
      case 'no-renewal':
      case 'late-renewal':
      case undefined:
        break;
    }
    if (provider.root === 1 && within(at, plan.bundleLacksRoot)) return { kind: 'fail', cause: 'our bundle' };
    return termAt(host, at).notAfter < at ? { kind: 'fail', cause: 'expired' } : { kind: 'pass' };
  }

  function issuer(which: number, turn: number): Authority {
    const found = intermediates[which * 2 + (turn % 2)];
    if (found === undefined) throw new Error('no such issuer');
    return found;
  }

  function certificate(provider: ProviderPlan, index: number, host: HostPlan, at: number): Promise<Issued> {
    const now = trouble(provider, at);
    const lost = now === 'lost-name' || (now === 'lost-name-one-host' && host === provider.hosts[0]);
    const alien = now === 'untrusted-issuer';
    const all = terms.get(host.name) ?? [];
    const term = termAt(host, at);
    const node = random.of(host.name, 'node', Math.floor(at / 60_000));
    const before = all[all.indexOf(term) - 1];
    // For half a day some nodes still present what was before.
    const lags =
      host.anycast && before !== undefined && before.notAfter > at + DAY && at - term.servedFrom < DAY / 2 && node.chance(0.5);
    const shown = lags ? before : term;
    const keyType = host.anycast && node.chance(0.5) ? ('rsa' as const) : ('ec' as const);
    const names = lost ? [`*.elsewhere${index}.example`] : [`*.${provider.name}`, provider.name];
    const key = [host.name, shown.notBefore, keyType, lost, alien].join(' ');
    const known = minted.get(key);
    if (known !== undefined) return known;
    const made = issuer(alien ? 4 : provider.root, all.indexOf(shown)).issue({
      commonName: names[0] ?? null,
      dnsNames: names,
      notBefore: shown.notBefore,
      notAfter: shown.notAfter,
      keyType,
    });
    minted.set(key, made);
    return made;
  }

  const standing = (address: string) => {
    const found = byAddress.get(address);
    if (found === undefined) throw new Error(`nobody stands at ${address}`);
    return found;
  };

  return {
    addressState,
    presented(address, at) {
      const { provider, index, host } = standing(address);
      return certificate(provider, index, host, at);
    },
    lastEnd: (index, at) => Math.max(...(plan.providers[index]?.hosts ?? []).map((host) => termAt(host, at).notAfter)),
    anchors: (at) =>
      roots.slice(0, 4).flatMap((root, i) => (i === 1 && within(at, plan.bundleLacksRoot) ? [] : [root.certificate.der])),
    dns: (at) => ({ query: async (name, type) => answer(plan, name, type, at) as DnsAnswer<typeof type> }),
    async probe(conversation, at) {
      const found = byAddress.get(conversation.address);
      if (found === undefined) return UNSEEN.refused;
      const { provider, index, host } = found;
      if (plan.blind.some((one) => within(at, one))) return UNSEEN.silent;
      switch (trouble(provider, at)) {
        case 'outage':
          return UNSEEN.silent;
        case 'greylisting':
          return UNSEEN.greylisted;
        case 'starttls-lost':
          return { kind: 'no-tls', why: 'not-offered' };
        case 'blip':
          return { kind: 'handshake-failed', cause: 'tlsv1 alert internal error' };
        default: {
          const { chain } = await certificate(provider, index, host, at);
          const state = addressState(index, host, at);
          const trusted = state.kind === 'pass' || (state.kind === 'fail' && state.cause === 'name');
          return {
            kind: 'presented',
            protocol: 'TLSv1.3',
            cipher: 'TLS_AES_256_GCM_SHA384',
            chain,
            verify: trusted ? 'OK' : 'untrusted',
          };
        }
      }
    },
  };
}

/** Renewals at a third of the lifetime left (half of it for short ones), within half a day, and some hours apart across hosts. */
function termsOf(plan: Plan, provider: ProviderPlan, host: HostPlan, random: Random): readonly Term[] {
  const life = provider.lifetimeDays * DAY;
  const used = provider.lifetimeDays < 10 ? 1 / 2 : 2 / 3;
  const terms: Term[] = [];
  const chance = random.of(provider.name, 'renewals');
  let at = plan.start - chance.next() * life * used;
  const skipped = new Set<number>();
  while (at < plan.start + 400 * DAY) {
    const servedFrom = at + host.lagHours * HOUR;
    terms.push({
      servedFrom: terms.length === 0 ? plan.start - DAY * 2_000 : servedFrom,
      notBefore: servedFrom,
      notAfter: servedFrom + life,
    });
    const due = at + life * used + (chance.next() * DAY) / 2;
    const fault = provider.troubles.findIndex((one, i) => RENEWALS.has(one.trouble) && one.from <= due && !skipped.has(i));
    const trouble = provider.troubles[fault]?.trouble;
    if (trouble === undefined) {
      at = due;
      continue;
    }
    skipped.add(fault);
    const end = at + life;
    // Past the end, or shortly before it.
    at =
      trouble === 'no-renewal'
        ? end + (1 + chance.next() * 6) * DAY
        : end - Math.min(life / 12, 5 * DAY) * (0.3 + 0.7 * chance.next());
  }
  return terms;
}

/** MX of each entry's domain by its fate, addresses of each host. */
function answer(plan: Plan, name: string, type: DnsType, at: number): DnsAnswer {
  const entry = plan.entries[Number(/^customer(\d+)\.example$/.exec(name)?.[1] ?? Number.NaN)];
  if (entry !== undefined) {
    const fate = entry.fate !== undefined && within(at, entry.fate) ? entry.fate.kind : undefined;
    if (fate === 'nxdomain') return { kind: 'nxdomain', ad: false };
    if (type !== 'MX') return { kind: 'nodata', ad: false };
    if (fate === 'null-mx') return found([{ preference: 0, exchange: '' }]);
    return found(
      (plan.providers[providerAt(plan, entry, at)]?.hosts ?? []).map((host) => ({
        preference: host.preference,
        exchange: host.name,
      })),
    );
  }
  const host = plan.providers.flatMap(({ hosts }) => hosts).find((one) => one.name === name);
  if (host === undefined) return { kind: 'nxdomain', ad: false };
  return type === 'A' ? found([...host.addresses]) : { kind: 'nodata', ad: false };
}

/** Where an entry's mail goes. */
export function providerAt(plan: Plan, entry: EntryPlan, at: number): number {
  const moved = entry.fate?.kind === 'moved' && at >= entry.fate.from;
  return moved ? (entry.provider + 1) % plan.providers.length : entry.provider;
}

const found = (records: unknown): DnsAnswer => ({ kind: 'found', records, aliases: [], ad: false }) as unknown as DnsAnswer;

const RENEWALS: ReadonlySet<Trouble> = new Set<Trouble>(['no-renewal', 'late-renewal']);

const UNSEEN = {
  refused: { kind: 'unseen', phase: 'connect', reason: 'refused' },
  silent: { kind: 'unseen', phase: 'connect', reason: 'timed-out' },
  greylisted: {
    kind: 'unseen',
    phase: 'greeting',
    reason: 'greeting-4xx',
    reply: { code: 450, text: '450 4.7.1 try again later' },
  },
} as const satisfies Record<string, ProbeResult>;
