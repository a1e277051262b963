import type { TlsDemand } from '../../lambda/policy/demand.ts';
import type { Hop } from '../../lambda/policy/destinations.ts';
import type { NextHop } from '../../lambda/policy/next-hop.ts';
import { defaultSettings, type Settings } from '../../lambda/policy/settings.ts';
import { type Conversation, conversationFor } from '../../lambda/probe/conversation.ts';
import type { MxHost } from '../../lambda/route/route.ts';

/** A demand as main.cf's defaults of 3.11 make it, with some changes. */
export function demand(changes: Partial<TlsDemand> = {}): TlsDemand {
  const settings = defaultSettings('3.11');
  return {
    kind: 'demand',
    level: 'encrypt',
    match: [],
    matchFrom: 'main.cf',
    digests: [],
    digestAlgorithm: 'sha256',
    anchors: { kind: 'store' },
    protocols: settings.mandatoryProtocols,
    cipherGrade: settings.mandatoryCiphers,
    excludeCiphers: '',
    wrapperMode: false,
    enableRpk: false,
    connectionReuse: false,
    ...changes,
  };
}

export function hop(changes: Partial<TlsDemand> = {}, nextHop: Partial<NextHop> = {}): Hop {
  return {
    nextHop: { text: 'example.test', host: 'example.test', port: 25, mx: true, via: 'recipient', ...nextHop },
    demand: demand(changes),
    fallback: false,
  };
}

export const mxHost: MxHost = { host: 'mx.example.test', preference: 10, addresses: [], lookup: 'found' };

/** A conversation with a server on loopback. */
export function conversationWith(
  server: { readonly address: string; readonly port: number },
  changes: Partial<TlsDemand> = {},
  settings: Settings = defaultSettings('3.11'),
): Conversation {
  return conversationFor(hop(changes, { port: server.port }), mxHost, server.address, settings);
}
