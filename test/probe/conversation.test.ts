import { expect, test } from 'vitest';
import type { TlsDemand } from '../../lambda/policy/demand.ts';
import type { Hop } from '../../lambda/policy/destinations.ts';
import type { NextHop } from '../../lambda/policy/next-hop.ts';
import { defaultSettings } from '../../lambda/policy/settings.ts';
import { conversationFor } from '../../lambda/probe/conversation.ts';
import { hop, mxHost } from './demand.ts';

const settings = defaultSettings('3.11');
const plain = conversationFor(hop(), mxHost, '192.0.2.1', settings);

test.each<{
  demand?: Partial<TlsDemand>;
  nextHop?: Partial<NextHop>;
  canonical?: string;
  servername: string | undefined;
  because: string;
}>([
  { servername: undefined, because: 'nothing asks for SNI' },
  { demand: { servername: { kind: 'hostname' } }, servername: 'mx.example.test', because: 'the MX host' },
  {
    demand: { servername: { kind: 'hostname' } },
    canonical: 'real.test',
    servername: 'real.test',
    because: 'or what its alias stands for',
  },
  { demand: { servername: { kind: 'nexthop' } }, servername: 'example.test', because: 'the next hop' },
  {
    demand: { servername: { kind: 'nexthop' } },
    nextHop: { host: 'bücher.test' },
    servername: 'xn--bcher-kva.test',
    because: 'in A-labels',
  },
  {
    demand: { servername: { kind: 'nexthop' } },
    nextHop: { host: '192.0.2.1' },
    servername: undefined,
    because: 'an address is none',
  },
  { demand: { servername: { kind: 'name', name: 'sni.test' } }, servername: 'sni.test', because: 'a name of its own' },
])('SNI: $because', ({ demand, nextHop, canonical, servername }) => {
  const host = canonical === undefined ? mxHost : { ...mxHost, canonical };
  expect(conversationFor(hop(demand, nextHop), host, '192.0.2.1', settings).servername).toBe(servername);
});

test.each<{ conversation: ReturnType<typeof conversationFor>; because: string }>([
  { conversation: conversationFor(hop(), mxHost, '192.0.2.2', settings), because: 'address' },
  { conversation: conversationFor(hop({}, { port: 587 }), mxHost, '192.0.2.1', settings), because: 'port' },
  { conversation: conversationFor(hop({ servername: { kind: 'hostname' } }), mxHost, '192.0.2.1', settings), because: 'SNI' },
  { conversation: conversationFor(hop({ wrapperMode: true }), mxHost, '192.0.2.1', settings), because: 'wrapper mode' },
  { conversation: conversationFor(hop({ level: 'secure' }), mxHost, '192.0.2.1', settings), because: 'security level' },
  { conversation: conversationFor(hop({ protocols: 'TLSv1.3' }), mxHost, '192.0.2.1', settings), because: 'protocols' },
  { conversation: conversationFor(hop({ cipherGrade: 'bogus' }), mxHost, '192.0.2.1', settings), because: 'an impossible offer' },
  {
    conversation: conversationFor(hop(), mxHost, '192.0.2.1', { ...settings, discardEhloKeywords: ['starttls'] }),
    because: 'STARTTLS discarded',
  },
])('another $because makes another conversation', ({ conversation }) => {
  expect(conversation.id).not.toBe(plain.id);
});

test.each<{ conversation: ReturnType<typeof conversationFor>; because: string }>([
  {
    conversation: conversationFor(hop(), { ...mxHost, host: 'other.test' }, '192.0.2.1', settings),
    because: 'another name for the host',
  },
  {
    conversation: conversationFor(hop({}, { text: 'b.test', host: 'b.test' }), mxHost, '192.0.2.1', settings),
    because: 'another next hop',
  },
  {
    conversation: conversationFor(hop({ match: [{ kind: 'hostname' }] }), mxHost, '192.0.2.1', settings),
    because: 'another match list',
  },
  { conversation: conversationFor(hop({ digests: ['aa'] }), mxHost, '192.0.2.1', settings), because: 'digests' },
  {
    conversation: conversationFor(hop(), mxHost, '192.0.2.1', { ...settings, discardEhloKeywords: ['chunking'] }),
    because: 'a keyword that is none of our business',
  },
])('$because does not', ({ conversation }) => {
  expect(conversation.id).toBe(plain.id);
});

test('a broken demand has no conversation', () => {
  const broken: Hop = { ...hop(), demand: { kind: 'broken', warning: 'invalid security level' } };
  expect(() => conversationFor(broken, mxHost, '192.0.2.1', settings)).toThrow(
    'next hop "example.test": a broken policy entry connects to nothing',
  );
});
