/** What was seen, judged again with no network: under another table, another bundle, another date. */
import { expect, test } from 'vitest';
import type { Bundle } from '../../lambda/policy/bundle.ts';
import { destinationsOf } from '../../lambda/policy/destinations.ts';
import { defaultSettings } from '../../lambda/policy/settings.ts';
import { conversationFor } from '../../lambda/probe/conversation.ts';
import type { ProbeResult } from '../../lambda/probe/result.ts';
import type { Route } from '../../lambda/route/route.ts';
import { type EntrySnapshot, updateEntry } from '../../lambda/snapshot/entry-snapshot.ts';
import { type HostConversation, type HostSnapshot, observeHosts, updateHost } from '../../lambda/snapshot/host-snapshot.ts';
import { evidenceFrom, type Remembered } from '../../lambda/snapshot/remembered-evidence.ts';
import { type Evidence, judge } from '../../lambda/verdict/judge.ts';
import type { EntryVerdict } from '../../lambda/verdict/verdict.ts';
import { createAuthority } from '../internet/authority.ts';
import { DAY, START } from './days.ts';

const root = await createAuthority('Root');
const other = await createAuthority('Other');
const { chain } = await root.issue({
  dnsNames: ['mx.example', '*.mail.example'],
  notBefore: START - DAY,
  notAfter: START + 60 * DAY,
});

const presented: ProbeResult = { kind: 'presented', protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', chain, verify: 'OK' };
const unseen: ProbeResult = { kind: 'unseen', phase: 'connect', reason: 'timed-out' };
const broken: ProbeResult = { kind: 'handshake-failed', cause: 'alert' };

function bundleOf(text: string, anchors = [root.certificate.der]): Bundle {
  return {
    settings: defaultSettings('3.11'),
    policyTables: [{ name: 'hash:/etc/postfix/tls_policy', text }],
    transportTables: [],
    problems: [],
    trust: { kind: 'anchors', certificates: anchors, source: 'test' },
    anchorFiles: {},
    destinations: [],
    assumed: [],
  };
}

const mx = (nextHop: string, addresses: readonly string[], host = 'mx.example'): Route => ({
  kind: 'hosts',
  nextHop,
  mx: true,
  hosts: [{ host, preference: 10, addresses, lookup: 'found' }],
});

/** One run: every conversation is had, with what `gives` says of an address. */
function run(bundle: Bundle, routes: Readonly<Record<string, Route>>, gives: (address: string) => ProbeResult = () => presented) {
  const results: Record<string, ProbeResult> = {};
  const conversations: HostConversation[] = [];
  const destinations = destinationsOf(bundle);
  for (const hop of destinations.flatMap(({ hops }) => hops)) {
    const route = routes[hop.nextHop.text];
    if (route?.kind !== 'hosts' || hop.demand.kind === 'broken') continue;
    for (const host of route.hosts) {
      for (const address of host.addresses) {
        const conversation = conversationFor(hop, host, address, bundle.settings);
        const result = gives(address);
        results[conversation.id] = result;
        conversations.push({ host: host.host, conversation, result });
      }
    }
  }
  const evidence: Evidence = { routes, results, probedAt: START };
  const verdicts = destinations.map((destination) => judge(destination, evidence, bundle, START));
  const found = observeHosts(conversations);
  const hosts = found.flatMap((observed): HostSnapshot | [] => updateHost(undefined, observed, { at: START }) ?? []);
  const entries = verdicts.flatMap((verdict, i): EntrySnapshot | [] => {
    const own = (destinations[i]?.hops ?? []).flatMap(({ nextHop }) => routes[nextHop.text] ?? []);
    return updateEntry(undefined, { verdict, routes: own }, { at: START }) ?? [];
  });
  const certificates = Object.assign({}, ...found.map((observed) => observed.certificates)) as Record<string, string>;
  // As it comes back from the store.
  const remembered = JSON.parse(JSON.stringify({ entries, hosts, certificates })) as Remembered;
  return { verdicts, remembered };
}

function judgeAgain(bundle: Bundle, remembered: Remembered, at = START): EntryVerdict[] {
  const destinations = destinationsOf(bundle);
  const evidence = evidenceFrom(destinations, remembered, bundle.settings);
  return destinations.map((destination) => judge(destination, evidence, bundle, at));
}

const secure = 'a.example secure match=mx.example\n';
const routes = { 'a.example': mx('a.example', ['192.0.2.1', '192.0.2.2']) };

test.each([
  { because: 'all is well', gives: () => presented },
  { because: 'an address is unseen', gives: (address: string) => (address.endsWith('2') ? unseen : presented) },
  { because: 'all are unseen', gives: () => unseen },
  { because: 'a handshake breaks', gives: () => broken },
  { because: 'no STARTTLS', gives: (): ProbeResult => ({ kind: 'no-tls', why: 'not-offered' }) },
])('the same question has the same answer: $because', ({ gives }) => {
  const bundle = bundleOf(`${secure}b.example encrypt\nc.example secure\nd.example fingerprint match=${'00:'.repeat(31)}00\n`);
  const all = Object.fromEntries(
    ['a', 'b', 'c', 'd'].map((name) => [`${name}.example`, mx(`${name}.example`, ['192.0.2.1', '192.0.2.2'])]),
  );
  const { verdicts, remembered } = run(bundle, all, gives);
  const facts = (found: readonly EntryVerdict[]) =>
    found.map(({ id, verdict, reason, postfixWould, failsFrom }) => ({ id, verdict, reason, postfixWould, failsFrom }));
  expect(facts(judgeAgain(bundle, remembered))).toEqual(facts(verdicts));
});

test.each([
  { because: 'another match list', text: 'a.example secure match=other.example\n', verdict: 'fail', reason: 'name-mismatch' },
  { because: 'the host by name', text: 'a.example secure match=hostname\n', verdict: 'pass', reason: null },
  { because: 'another level, with other ciphers', text: 'a.example encrypt ciphers=medium\n', verdict: 'pass', reason: null },
  {
    because: 'SNI that was not sent',
    text: 'a.example secure match=mx.example servername=hostname\n',
    verdict: 'pass',
    reason: null,
  },
  { because: 'other protocols', text: 'a.example secure match=mx.example protocols=>=TLSv1.3\n', verdict: 'pass', reason: null },
  {
    because: 'the host in brackets, never resolved for itself',
    text: '[mx.example] secure match=mx.example\n',
    verdict: 'pass',
    reason: null,
  },
  { because: 'a domain never looked at', text: 'new.example secure\n', verdict: 'undetermined', reason: 'unfinished' },
  {
    because: 'a port never looked at',
    text: '[mx.example]:587 secure match=mx.example\n',
    verdict: 'undetermined',
    reason: 'unfinished',
  },
])('another table: $because', ({ text, verdict, reason }) => {
  const { remembered } = run(bundleOf(secure), routes);
  expect(judgeAgain(bundleOf(text), remembered)).toMatchObject([{ verdict, reason }]);
});

test('a handshake that broke under one offer says nothing of another', () => {
  const { remembered } = run(bundleOf('a.example encrypt protocols=>=TLSv1.3\n'), routes, () => broken);
  expect(judgeAgain(bundleOf('a.example encrypt\n'), remembered)).toMatchObject([{ verdict: 'undetermined' }]);
});

test.each([
  { because: 'the same offer', text: 'a.example secure match=other.example\n', verdict: 'fail', reason: 'name-mismatch' },
  { because: 'another level, with other ciphers', text: 'a.example encrypt\n', verdict: 'undetermined', reason: 'unfinished' },
  {
    because: 'SNI that was not sent',
    text: 'a.example secure servername=hostname\n',
    verdict: 'undetermined',
    reason: 'unfinished',
  },
  { because: 'other protocols', text: 'a.example secure protocols=>=TLSv1.3\n', verdict: 'undetermined', reason: 'unfinished' },
])('what another offer met is not taken for the same where that is asked: $because', ({ text, verdict, reason }) => {
  const { remembered } = run(bundleOf(secure), routes);
  const bundle = bundleOf(text);
  const destinations = destinationsOf(bundle);
  const evidence = evidenceFrom(destinations, remembered, () => bundle.settings, 'same');
  expect(destinations.map((one) => judge(one, evidence, bundle, START))).toMatchObject([{ verdict, reason }]);
});

test('another bundle and another date', () => {
  const { remembered } = run(bundleOf(secure), routes);
  expect(judgeAgain(bundleOf(secure, [other.certificate.der]), remembered)).toMatchObject([{ verdict: 'fail' }]);
  expect(judgeAgain(bundleOf(secure), remembered, START + 59 * DAY)).toMatchObject([{ verdict: 'pass' }]);
  expect(judgeAgain(bundleOf(secure), remembered, START + 61 * DAY)).toMatchObject([{ verdict: 'fail', reason: 'expired' }]);
});

test('a certificate that is missing from the store counts as not seen', () => {
  const { remembered } = run(bundleOf(secure), routes);
  expect(judgeAgain(bundleOf(secure), { ...remembered, certificates: {} })).toMatchObject([{ verdict: 'undetermined' }]);
});

test('addresses that moved since are those of the host, whoever looked', () => {
  const { remembered } = run(bundleOf(secure), routes);
  const [host] = remembered.hosts;
  if (host === undefined) throw new Error('no host');
  const [observed] = observeHosts([
    {
      host: 'mx.example',
      conversation: {
        id: '',
        address: '198.51.100.7',
        port: 25,
        wrapperMode: false,
        offer: { kind: 'impossible', because: '' },
        discardEhloKeywords: [],
      },
      result: presented,
    },
  ]);
  const after = observed === undefined ? undefined : updateHost({ ...host, sightings: [] }, observed, { at: START + DAY });
  const [verdict] = judgeAgain(bundleOf(secure), { ...remembered, hosts: after === undefined ? [] : [after] });
  expect(verdict?.hosts[0]?.addresses.map(({ address, outcome }) => [address, outcome])).toEqual([['198.51.100.7', 'pass']]);
});
