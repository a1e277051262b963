/**
 * One answer for all mail that leaves through one next hop: a relayhost takes that of every domain.
 * Pure.
 */
import { LOG_BOUNDS } from '../../limits.ts';
import type { Held, Waiting } from '../../log/report.ts';

import { SECURITY_LEVELS, type SecurityLevel } from '../../policy/level.ts';
import { type Asked, demandOf, narrowed } from './asked.ts';

/** What one cause held up at one next hop, or for one domain where no policy is known. */
export interface Group {
  readonly held: Held;
  /** Of the recipients. */
  readonly domains: readonly string[];
  /** Of the first of these domains. */
  readonly asked: Asked | undefined;
}

export function groupsOf(
  all: readonly Held[],
  asked: ReadonlyMap<string, Asked> | undefined,
): Group[] {
  const groups = Map.groupBy(
    all.map((held) => {
      const own = asked?.get(held.domain);
      const reasons = narrowed(held.reasons, demandOf(own) ?? levelLogged(held.tls));
      return { held: { ...held, reasons }, asked: own };
    }),
    ({ held: { domain, reasons, cause }, asked: own }) => {
      const hop = own?.hop;
      const where = hop === undefined ? domain : `${hop.nextHop.text} by ${hop.service ?? ''}`;
      return `${where} ${reasons.length === 0 ? cause.says : reasons.join(' ')}`;
    },
  );
  return [...groups.values()].flatMap((members) => {
    const [first, ...others] = members;
    if (first === undefined) return [];
    return {
      held: others.reduce((sum, { held }) => together(sum, held), first.held),
      domains: [...new Set(members.map(({ held }) => held.domain))],
      asked: first.asked,
    };
  });
}

/** `tls=!secure`, as ≥3.11 logs it with each delivery. */
function levelLogged(tls: string | undefined): { readonly level: SecurityLevel } | undefined {
  const word = /^!?([a-z-]+)/.exec(tls ?? '')?.[1];
  const level = SECURITY_LEVELS.find((one) => one === word);
  return level === undefined ? undefined : { level };
}

function together(a: Held, b: Held): Held {
  const [earlier, latest] = (a.lastAt ?? 0) > (b.lastAt ?? 0) ? [b, a] : [a, b];
  const peers = new Map([...earlier.peers, ...latest.peers].map((one) => [one.peer.host, one]));
  return {
    ...latest,
    domain: a.domain,
    attempts: a.attempts + b.attempts,
    messages: a.messages + b.messages,
    recipients: a.recipients + b.recipients,
    bounced: a.bounced + b.bounced,
    delivered: a.delivered + b.delivered,
    otherwise: a.otherwise + b.otherwise,
    waiting: waitingTogether(a.waiting, b.waiting),
    firstAt: least(a.firstAt, b.firstAt),
    lastAt: latest.lastAt ?? earlier.lastAt,
    deliversAgain: latest.deliversAgain,
    peers: [...peers.values()].slice(-LOG_BOUNDS.peersPerCause),
  };
}

/** A message may have recipients in several domains. */
function waitingTogether(a: readonly Waiting[], b: readonly Waiting[]): Waiting[] {
  const all = new Map(a.map((one) => [one.queueId, one]));
  for (const one of b) {
    const known = all.get(one.queueId);
    const recipients = one.recipients + (known?.recipients ?? 0);
    all.set(one.queueId, { ...one, recipients });
  }
  return [...all.values()];
}

const least = (a: number | undefined, b: number | undefined) =>
  a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
