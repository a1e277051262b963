/** Where mail can go: recipient domains with their MX hosts, relays with several ports, each with a certificate of its own. */
import type { Behaviour } from '../../internet/smtp-script.ts';
import type { Identity } from '../../internet/tls-server.ts';
import { digestsOf } from '../authorities.ts';
import type { Draft } from './draft.ts';

/** A next hop that exists, and what a right policy would name. */
export interface Place {
  /** As a next hop: a domain, `[host]`, `[host]:587`. */
  readonly nextHop: string;
  /** Without brackets and port. */
  readonly domain: string;
  /** The host that answers. */
  readonly host: string;
  readonly identity: Identity;
  /** Of the host. */
  readonly address: string;
}

/** A domain with one MX host, or two; `onlyFrom` as in the mail server's options. */
export async function drawDomain(draft: Draft, domain: string, onlyFrom?: string): Promise<Place> {
  const { random } = draft;
  const host = `mx.${domain}`;
  const second = random.chance(0.1) ? [`mx2.${domain}`] : [];
  draft.dns.push({ name: domain, type: 'MX', data: [`10 ${host}`, ...second.map((each) => `20 ${each}`)] });
  const first = await drawHost(draft, host, domain, [25], onlyFrom);
  for (const each of second) await drawHost(draft, each, domain, [25], onlyFrom);
  return { nextHop: domain, domain, host, ...first };
}

/** A relay with a name of its own, listening on 25 and 587, and on 465 with TLS from byte 0: as several next hops. */
export async function drawRelay(draft: Draft, host: string): Promise<Place[]> {
  const found = await drawHost(draft, host, host, [25, 587, 465], undefined);
  return [`[${host}]`, `[${host}]:587`, `[${host}]:465`, host, `${host}:587`, `[${found.address}]`, `[${host}]:submission`].map(
    (nextHop) => ({ nextHop, domain: host, host, ...found }),
  );
}

async function drawHost(
  draft: Draft,
  host: string,
  domain: string,
  ports: readonly number[],
  onlyFrom: string | undefined,
): Promise<{ readonly identity: Identity; readonly address: string }> {
  const { random } = draft;
  const address = draft.address();
  draft.dns.push({ name: host, type: 'A', data: [address] });
  const names = random.weighted([
    [8, [host, domain]],
    [2, [host]],
    [1, [`other.${domain}`]],
  ]);
  const flaw = random.weighted([
    [14, 'none' as const],
    [1, 'self-signed' as const],
    [1, 'expired' as const],
  ]);
  const identity = await draft.authorities.present(flaw, { dnsNames: names });
  const behaviour = random.weighted<Behaviour>([
    [17, 'ok'],
    [3, 'nostarttls'],
    [1, 'refuse'],
    [1, 'starttls454'],
  ]);
  const from = onlyFrom === undefined ? {} : { onlyFrom };
  for (const port of ports) {
    draft.servers.push({ address, port, behaviour: port === 465 ? 'wrapper' : behaviour, ...identity, ...from });
  }
  return { identity, address };
}

/** The right-hand side of a policy entry for a place. */
export function drawPolicyValue(draft: Draft, place: Place): string {
  const { random, etc } = draft;
  const { host, domain, identity } = place;
  return random.weighted<() => string>([
    [6, () => `secure match=${host}`],
    [2, () => 'secure'],
    [2, () => `secure match=.${domain}:${domain}`],
    [4, () => 'secure match=wrong.example'],
    [1, () => 'verify'],
    [3, () => 'encrypt'],
    [3, () => 'may'],
    [1, () => 'none'],
    [1, () => 'dane'],
    [1, () => `fingerprint match=${digestsOf(identity, 'sha256').certificate}`],
    [1, () => `fingerprint match=${'00:'.repeat(31)}00`],
    [1, () => `secure match=${host} tafile=${etc}/ca.pem`],
    [2, () => random.pick(['sekure', 'secure match=', 'encrypt match=x', 'secure # strict', 'secure match = x'])],
  ])();
}
