import { expect, test } from 'vitest';
import { readCertificate } from '../../lambda/certificate/certificate.ts';
import type { Bundle } from '../../lambda/policy/bundle.ts';
import { defaultSettings } from '../../lambda/policy/settings.ts';
import type { Conversation } from '../../lambda/probe/conversation.ts';
import type { ProbeResult } from '../../lambda/probe/result.ts';
import { believe, provedByTlsa, vantageOf } from '../../lambda/probe/vantage.ts';
import { selfSigned } from '../internet/authority.ts';
import { demand, mxHost } from './demand.ts';

const bundle: Bundle = {
  settings: defaultSettings('3.11'),
  policyTables: [],
  transportTables: [],
  problems: [],
  trust: { kind: 'anchors', certificates: ['AA=='], source: 'a file' },
  anchorFiles: {},
  destinations: [],
  assumed: [],
};

const presented = (verify: string): ProbeResult => ({ kind: 'presented', protocol: 'TLSv1.3', cipher: 'x', chain: [], verify });
const unseen = (reason: Extract<ProbeResult, { kind: 'unseen' }>['reason']): ProbeResult => ({
  kind: 'unseen',
  phase: 'connect',
  reason,
});

/** One conversation for each address, with its result. */
function run(results: readonly (readonly [address: string, result: ProbeResult])[]) {
  const conversations = results.map(
    ([address], i): Conversation => ({
      id: `${i}`,
      address,
      port: 25,
      wrapperMode: false,
      offer: { kind: 'impossible', because: 'nobody connects in this test' },
      discardEhloKeywords: [],
    }),
  );
  return { conversations, results: Object.fromEntries(results.map(([, result], i) => [`${i}`, result])) };
}

const V4 = '192.0.2.1';
const V6 = '2001:db8::1';

test.each<{ results: readonly (readonly [string, ProbeResult])[]; vantage: unknown; because: string }>([
  { results: [], vantage: { ipv4: 'untried', ipv6: 'untried' }, because: 'nothing was tried' },
  { results: [[V4, presented('OK')]], vantage: { ipv4: 'clear', ipv6: 'untried' }, because: 'a valid chain proves one family' },
  {
    results: [
      [V4, presented('OK')],
      [V6, unseen('timed-out')],
    ],
    vantage: { ipv4: 'clear', ipv6: 'blind' },
    because: 'and not the other',
  },
  {
    results: [[V4, presented('CERT_HAS_EXPIRED')]],
    vantage: { ipv4: 'blind', ipv6: 'untried' },
    because: 'an invalid chain could be a meddler’s',
  },
  {
    results: [[V4, { kind: 'no-tls', why: 'not-offered' }]],
    vantage: { ipv4: 'blind', ipv6: 'untried' },
    because: 'so could a server without TLS',
  },
  { results: [[V4, unseen('refused')]], vantage: { ipv4: 'blind', ipv6: 'untried' }, because: 'a refusal proves nothing' },
  {
    results: [[V4, unseen('not-attempted')]],
    vantage: { ipv4: 'untried', ipv6: 'untried' },
    because: 'what was not attempted was not tried',
  },
  { results: [[V4, unseen('barred-address')]], vantage: { ipv4: 'untried', ipv6: 'untried' }, because: 'nor what is barred' },
])('$because', ({ results, vantage }) => {
  const { conversations, results: byId } = run(results);
  expect(vantageOf(conversations, byId, { bundle })).toEqual(vantage);
});

test('where there are no anchors any handshake is proof', () => {
  const { conversations, results } = run([[V4, presented('UNABLE_TO_GET_ISSUER_CERT_LOCALLY')]]);
  const none: Bundle = { ...bundle, trust: { kind: 'anchors', certificates: [], source: 'nothing' } };
  const off: Bundle = { ...bundle, trust: { kind: 'engine-off', because: 'CAfile missing' } };
  expect(vantageOf(conversations, results, { bundle: none }).ipv4).toBe('clear');
  expect(vantageOf(conversations, results, { bundle: off }).ipv4).toBe('clear');
});

test.each([
  { reason: 'timed-out', blind: 'no-way-out', because: 'silence may be ours' },
  { reason: 'unreachable', blind: 'no-way-out', because: 'a missing route is' },
  { reason: 'refused', blind: 'refused', because: 'a refusal is theirs' },
  { reason: 'reply-421', blind: 'reply-421', because: 'so is a reply' },
  { reason: 'connection-lost', blind: 'connection-lost', because: 'or a connection that was there' },
  { reason: 'not-attempted', blind: 'not-attempted', because: 'what was not attempted stays so' },
] as const)('a blind family has $reason become $blind: $because', ({ reason, blind }) => {
  const { conversations, results } = run([[V4, unseen(reason)]]);
  const believed = (ipv4: 'blind' | 'clear') => believe(results, conversations, { ipv4, ipv6: 'blind' })['0'];
  expect(believed('blind')).toMatchObject({ kind: 'unseen', reason: blind });
  expect(believed('clear')).toEqual(results['0']);
});

test('a certificate that a signed TLSA record names is a proof too', () => {
  const { conversations, results } = run([[V4, presented('DEPTH_ZERO_SELF_SIGNED_CERT')]]);
  const byTlsa = new Set(conversations.map(({ id }) => id));
  expect(vantageOf(conversations, results, { bundle }).ipv4).toBe('blind');
  expect(vantageOf(conversations, results, { bundle, byTlsa }).ipv4).toBe('clear');
});

test.each<{
  because: string;
  record?: string;
  half?: boolean;
  asks?: boolean;
  gives?: ProbeResult;
  proved: boolean;
}>([
  { because: 'a record that names the key presented', proved: true },
  { because: 'of another key', record: `3 1 1 ${'ab'.repeat(32)}`, proved: false },
  { because: 'after an unsigned MX: the host may be anybody’s', half: true, proved: false },
  { because: 'at a level that asks for none', asks: false, proved: false },
  { because: 'nothing was presented', gives: { kind: 'no-tls', why: 'not-offered' }, proved: false },
])('proved by TLSA: $because', async ({ record, half = false, asks = true, gives, proved }) => {
  const { der } = await selfSigned(VALID);
  const read = readCertificate(der);
  if (read.kind === 'unreadable') throw new Error(read.because);
  const [usage, selector, matchingType, data = ''] = (record ?? `3 1 1 ${read.spkiSha256}`).split(' ');
  const records = [{ usage: Number(usage), selector: Number(selector), matchingType: Number(matchingType), data }];
  const tlsa = { base: 'mx.test', names: ['mx.test'], records, half };
  const own: ProbeResult = {
    kind: 'presented',
    protocol: 'TLSv1.3',
    cipher: 'x',
    chain: [der],
    verify: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  };
  const { conversations, results } = run([[V4, gives ?? own]]);
  const contacts = conversations.map((conversation) => ({
    host: mxHost,
    address: conversation.address,
    demand: demand(asks ? { level: 'dane', tlsa } : {}),
    conversation,
  }));
  expect([...provedByTlsa(contacts, results, bundle.settings)]).toEqual(proved ? ['0'] : []);
});

const VALID = { notBefore: Date.UTC(2020, 0), notAfter: Date.UTC(2090, 0) };

test('silence on port 465 says nothing of the way out, and is believed', () => {
  const greeting: ProbeResult = { kind: 'unseen', phase: 'greeting', reason: 'timed-out' };
  const { conversations, results } = run([[V4, greeting]]);
  const smtps = conversations.map((conversation) => ({ ...conversation, port: 465 }));
  expect(vantageOf(smtps, results, { bundle })).toEqual({ ipv4: 'untried', ipv6: 'untried' });
  expect(believe(results, smtps, { ipv4: 'blind', ipv6: 'untried' })).toEqual(results);
  const wrapped = smtps.map((conversation) => ({ ...conversation, wrapperMode: true }));
  expect(vantageOf(wrapped, results, { bundle })).toEqual({ ipv4: 'blind', ipv6: 'untried' });
});
