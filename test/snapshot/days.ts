/** Days in the life of one host: what it presents on each, and what is remembered and told of it. */
import { createHash } from 'node:crypto';
import type { Conversation } from '../../lambda/probe/conversation.ts';
import type { ProbeResult } from '../../lambda/probe/result.ts';
import { type Change, differences, hostChanges } from '../../lambda/snapshot/change.ts';
import {
  type HostConversation,
  type HostSnapshot,
  observeHosts,
  type Trust,
  updateHost,
} from '../../lambda/snapshot/host-snapshot.ts';
import { notePredecessors } from '../../lambda/snapshot/renewal.ts';

export const DAY = 86_400_000;
export const START = Date.UTC(2026, 10, 24, 6);

/** What one address answers: a chain, no STARTTLS, a handshake that breaks, or nothing. */
export type Answer =
  | { readonly chain: readonly string[]; readonly trust?: Trust; readonly cipher?: string; readonly address?: string }
  | { readonly result: ProbeResult; readonly address?: string };

export const noTls: Answer = { result: { kind: 'no-tls', why: 'not-offered' } };
export const broken: Answer = { result: { kind: 'handshake-failed', cause: 'alert' } };
export const unseen: Answer = { result: { kind: 'unseen', phase: 'connect', reason: 'timed-out' } };

export interface Day {
  readonly snapshot: HostSnapshot | undefined;
  /** Whether anything would be written. */
  readonly written: boolean;
  readonly changes: readonly Change[];
  readonly differences: readonly Change[];
}

/** Lets days pass, one run on each; a day is what the addresses of the host answer, in order. */
export function live(days: readonly (readonly Answer[])[], everyMs = DAY): Day[] {
  const ders = new Map<string, string>();
  const find = (digest: string) => ders.get(digest);
  let before: HostSnapshot | undefined;
  let previousAt: number | undefined;
  return days.map((answers, i): Day => {
    const at = START + i * everyMs;
    const [observed] = observeHosts(answers.map(conversationOf));
    const times = { at, previousAt };
    previousAt = at;
    for (const [digest, der] of Object.entries(observed?.certificates ?? {})) ders.set(digest, der);
    const seen = observed === undefined ? undefined : updateHost(before, observed, times);
    if (seen === undefined) return { snapshot: before, written: false, changes: [], differences: [] };
    const after = notePredecessors(before, seen, find, at);
    const day = {
      snapshot: after,
      written: true,
      changes: hostChanges(before, after, find, at),
      differences: differences(before, after, find, at),
    };
    before = after;
    return day;
  });
}

/** Kinds alone, as `renewed key-changed`. */
export const kinds = (changes: readonly Change[]): string => changes.map(({ kind }) => kind).join(' ');

export function conversationOf(answer: Answer, i: number): HostConversation {
  const result: ProbeResult =
    'result' in answer
      ? answer.result
      : {
          kind: 'presented',
          protocol: 'TLSv1.3',
          cipher: answer.cipher ?? 'TLS_AES_256_GCM_SHA384',
          chain: answer.chain,
          verify: 'OK',
        };
  const trust = 'trust' in answer && answer.trust !== undefined ? { trust: answer.trust } : {};
  return { host: 'mx.example', conversation: conversation(answer.address ?? `192.0.2.${i + 1}`), result, ...trust };
}

export function conversation(address: string, more: Partial<Conversation> = {}): Conversation {
  return {
    id: createHash('sha256').update(address).digest('hex').slice(0, 32),
    address,
    port: 25,
    wrapperMode: false,
    offer: { kind: 'offer', protocols: ['TLSv1.2', 'TLSv1.3'], ciphers: 'ALL', groups: 'X25519' },
    discardEhloKeywords: [],
    ...more,
  };
}
