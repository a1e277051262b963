/** Judges one destination from what a test says of it: table, main.cf, and what each address gave. No sockets, no DNS. */
import type { TrustAnchorFile, TrustStore } from '../../lambda/certificate/anchors.ts';
import type { Base64Der } from '../../lambda/certificate/pem.ts';
import type { Bundle } from '../../lambda/policy/bundle.ts';
import { type Destination, destinationsOf } from '../../lambda/policy/destinations.ts';
import { readSettings } from '../../lambda/policy/settings.ts';
import { readMainCf } from '../../lambda/postfix/main-cf.ts';
import { conversationFor } from '../../lambda/probe/conversation.ts';
import type { Phase, ProbeResult, UnseenReason } from '../../lambda/probe/result.ts';
import type { MxHost, Route } from '../../lambda/route/route.ts';
import { type Evidence, judge } from '../../lambda/verdict/judge.ts';
import type { EntryVerdict } from '../../lambda/verdict/verdict.ts';

/** One MX host; each address with what a conversation with it gave. Addresses are made up where only results are given. */
export interface SceneHost {
  readonly host: string;
  readonly preference?: number;
  readonly canonical?: string;
  readonly gives: readonly ProbeResult[];
  readonly addresses?: readonly string[];
}

export interface Scene {
  /** The policy table. */
  readonly policy: string;
  readonly mainCf?: readonly string[];
  readonly transport?: string;
  readonly version?: string;
  /** The entry's key; default: the first word of the table. */
  readonly of?: string;
  readonly destinations?: readonly string[];
  readonly trust?: TrustStore | readonly Base64Der[];
  readonly anchorFiles?: Readonly<Record<string, TrustAnchorFile>>;
  /** By next hop; a list of hosts stands for the MX hosts of the destination itself. */
  readonly hosts: readonly SceneHost[] | Readonly<Record<string, readonly SceneHost[] | Route>>;
  /** Epoch ms; default: `AT`. */
  readonly at?: number;
  readonly probedAt?: number;
}

/** When a scene is judged that names no date. */
export const AT = Date.UTC(2026, 10, 24, 12);

export interface Staged {
  readonly destination: Destination;
  readonly evidence: Evidence;
  readonly bundle: Bundle;
  readonly at: number;
}

export function judgeScene(scene: Scene): EntryVerdict {
  const { destination, evidence, bundle, at } = stage(scene);
  return judge(destination, evidence, bundle, at);
}

export function stage(scene: Scene): Staged {
  const bundle = bundleOf(scene);
  const key = scene.of ?? scene.policy.split(/\s/)[0] ?? '';
  const destination = destinationsOf(bundle).find(({ entry, name }) => entry?.key === key || name === key);
  if (destination === undefined) throw new Error(`no destination ${key}`);
  const [first] = destination.hops;
  const byHop = 'length' in scene.hosts ? { [first?.nextHop.text ?? '']: scene.hosts as readonly SceneHost[] } : scene.hosts;
  const routes: Record<string, Route> = {};
  const results: Record<string, ProbeResult> = {};
  let made = 0;
  for (const hop of destination.hops) {
    const given = byHop[hop.nextHop.text];
    if (given === undefined) continue;
    if ('kind' in given) {
      routes[hop.nextHop.text] = given as Route;
      continue;
    }
    const hosts = (given as readonly SceneHost[]).map(({ host, preference = 10, canonical, gives, addresses }): MxHost => {
      const own = addresses ?? gives.map(() => `192.0.2.${++made}`);
      const mx = {
        host,
        preference,
        addresses: own,
        lookup: 'found',
        ...(canonical === undefined ? {} : { canonical }),
      } as const;
      own.forEach((address, i) => {
        const result = gives[i];
        if (hop.demand.kind === 'demand' && result !== undefined) {
          results[conversationFor(hop, mx, address, bundle.settings).id] = result;
        }
      });
      return mx;
    });
    routes[hop.nextHop.text] = { kind: 'hosts', nextHop: hop.nextHop.text, mx: hop.nextHop.mx, hosts };
  }
  const evidence = { routes, results, ...(scene.probedAt === undefined ? {} : { probedAt: scene.probedAt }) };
  return { destination, evidence, bundle, at: scene.at ?? AT };
}

function bundleOf({
  policy,
  mainCf = [],
  transport,
  version = '3.11.6',
  trust = [],
  anchorFiles = {},
  destinations = [],
}: Scene): Bundle {
  const lines = [
    ...mainCf,
    'smtp_tls_policy_maps = hash:tls_policy',
    ...(transport === undefined ? [] : ['transport_maps = hash:transport']),
  ];
  const { settings } = readSettings(readMainCf(`${lines.join('\n')}\n`, version).parameters, version);
  return {
    settings,
    policyTables: [{ name: 'hash:tls_policy', text: `${policy}\n` }],
    transportTables: transport === undefined ? [] : [{ name: 'hash:transport', text: `${transport}\n` }],
    problems: [],
    trust: 'kind' in trust ? trust : { kind: 'anchors', certificates: trust, source: 'the test' },
    anchorFiles,
    destinations,
    assumed: [],
  };
}

/** `verify` is what OpenSSL would have said; only asked where the scene says when it was probed. */
export function presents(chain: readonly Base64Der[], verify = 'OK'): ProbeResult {
  return { kind: 'presented', protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', chain, verify };
}

export function unseen(reason: UnseenReason, phase: Phase = 'connect', text?: string): ProbeResult {
  return { kind: 'unseen', phase, reason, ...(text === undefined ? {} : { reply: replyOf(text) }) };
}

export function noTls(why: 'not-offered' | 'ehlo-refused' | 'refused-4xx' | 'refused-5xx', text?: string): ProbeResult {
  return { kind: 'no-tls', why, ...(text === undefined ? {} : { reply: replyOf(text) }) };
}

export const BROKEN_HANDSHAKE: ProbeResult = { kind: 'handshake-failed', cause: 'no protocols available' };

const replyOf = (text: string) => ({ code: Number(text.slice(0, 3)), text });
