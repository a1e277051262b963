/** What turns between two policies, and what cannot be told, over sightings as they are stored. */
import { expect, test } from 'vitest';
import { type Compared, compare } from '../../../lambda/command/what-if/turns.ts';
import type { Bundle } from '../../../lambda/policy/bundle.ts';
import { destinationsOf } from '../../../lambda/policy/destinations.ts';
import { defaultSettings, type Settings } from '../../../lambda/policy/settings.ts';
import { conversationFor } from '../../../lambda/probe/conversation.ts';
import type { ProbeResult } from '../../../lambda/probe/result.ts';
import type { Route } from '../../../lambda/route/route.ts';
import { updateEntry } from '../../../lambda/snapshot/entry-snapshot.ts';
import { type HostConversation, type HostSnapshot, observeHosts, updateHost } from '../../../lambda/snapshot/host-snapshot.ts';
import type { Remembered } from '../../../lambda/snapshot/remembered-evidence.ts';
import { judge } from '../../../lambda/verdict/judge.ts';
import { createAuthority } from '../../internet/authority.ts';

const START = Date.UTC(2026, 0, 1);
const root = await createAuthority('Root');
const { chain } = await root.issue({ dnsNames: ['mx.example'] });
const presented: ProbeResult = { kind: 'presented', protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', chain, verify: 'OK' };
const unseen: ProbeResult = { kind: 'unseen', phase: 'connect', reason: 'timed-out' };

function bundleOf(text: string, settings: Partial<Settings> = {}): Bundle {
  return {
    settings: { ...defaultSettings('3.11'), ...settings },
    policyTables: [{ name: 'hash:/etc/postfix/tls_policy', text }],
    transportTables: [],
    problems: [],
    trust: { kind: 'anchors', certificates: [root.certificate.der], source: 'test' },
    anchorFiles: {},
    destinations: [],
    assumed: [],
  };
}

/** One run over the policy in force: what it leaves in the store. */
function seenBy(bundle: Bundle, addresses: readonly string[], gives: (address: string) => ProbeResult): Remembered {
  const routes: Record<string, Route> = {};
  const results: Record<string, ProbeResult> = {};
  const conversations: HostConversation[] = [];
  const destinations = destinationsOf(bundle);
  for (const hop of destinations.flatMap(({ hops }) => hops)) {
    const host = { host: 'mx.example', preference: 10, addresses, lookup: 'found' as const };
    routes[hop.nextHop.text] = { kind: 'hosts', nextHop: hop.nextHop.text, mx: true, hosts: [host] };
    for (const address of addresses) {
      const conversation = conversationFor(hop, host, address, bundle.settings);
      const result = gives(address);
      results[conversation.id] = result;
      conversations.push({ host: host.host, conversation, result });
    }
  }
  const found = observeHosts(conversations);
  return {
    entries: destinations.flatMap((destination) => {
      const verdict = judge(destination, { routes, results }, bundle, START);
      const own = destination.hops.flatMap(({ nextHop }) => routes[nextHop.text] ?? []);
      return updateEntry(undefined, { verdict, routes: own }, { at: START }) ?? [];
    }),
    hosts: found.flatMap((observed) => updateHost(undefined, observed, { at: START }) ?? []),
    certificates: Object.assign({}, ...found.map((observed) => observed.certificates)) as Record<string, string>,
  };
}

const told = ({ groups, neither }: Compared): string[] => [
  ...groups.flatMap(({ turn, cause, turned }) => turned.map(({ destination }) => `${turn} ${cause}: ${destination}`)),
  ...neither.map((name) => `neither: ${name}`),
];

const V4 = '192.0.2.1';
const V6 = '2001:db8::1';
const ALL = { inetProtocols: ['ipv4', 'ipv6'] } as const;
const SECURE = 'a.example secure match=mx.example\n';

test.each([
  {
    because: 'nothing is otherwise',
    before: bundleOf(SECURE),
    after: bundleOf(SECURE),
    says: [],
  },
  {
    because: 'a family fewer, in which nobody answered: those left are judged',
    before: bundleOf(SECURE, ALL),
    after: bundleOf(SECURE, { inetProtocols: ['ipv4'] }),
    gives: (address: string) => (address === V6 ? unseen : presented),
    says: [],
  },
  {
    because: 'a family fewer, in which all was well too',
    before: bundleOf(SECURE, ALL),
    after: bundleOf(SECURE, { inetProtocols: ['ipv4'] }),
    says: [],
  },
  {
    because: 'a family fewer, and the other was the one that failed',
    before: bundleOf(SECURE, ALL),
    after: bundleOf(SECURE, { inetProtocols: ['ipv6'] }),
    gives: (address: string): ProbeResult => (address === V6 ? { kind: 'no-tls', why: 'not-offered' } : presented),
    says: ['fails starttls-not-offered: a.example'],
  },
  {
    because: 'no address was seen, and the line is another one',
    before: bundleOf(SECURE, ALL),
    after: bundleOf('a.example secure match=mx.example:other.example\n', ALL),
    gives: () => unseen,
    says: ['untold address-not-seen: a.example'],
  },
  {
    because: 'the same, and the line is as it was',
    before: bundleOf(SECURE, ALL),
    after: bundleOf(SECURE, ALL),
    gives: () => unseen,
    says: ['neither: a.example'],
  },
  ...['secure match=mx.example', 'encrypt', 'fingerprint match=AB:CD'].map((value) => ({
    because: `no address was seen, and ${value} becomes none: less is asked, whatever they present`,
    before: bundleOf(`a.example ${value}\n`, ALL),
    after: bundleOf('a.example none\n', ALL),
    gives: () => unseen,
    says: ['worse null: a.example'],
  })),
  {
    because: 'no address was seen, and may becomes none',
    before: bundleOf('a.example may\n', ALL),
    after: bundleOf('a.example none\n', ALL),
    gives: () => unseen,
    says: ['other null: a.example'],
  },
  {
    because: 'no address was seen, and the line goes: the global level none asks for less',
    before: bundleOf(SECURE, { ...ALL, securityLevel: 'none' }),
    after: bundleOf('', { ...ALL, securityLevel: 'none' }),
    gives: () => unseen,
    says: ['worse null: a.example'],
  },
  {
    because: 'DNSSEC was not asked',
    before: bundleOf(SECURE, { dnsSupportLevel: 'dnssec' }),
    after: bundleOf('a.example dane\n', { dnsSupportLevel: 'dnssec' }),
    says: ['untold dnssec-not-asked: a.example'],
  },
  {
    because: 'a chain that pins nothing, at a level without a name: less is asked, and by another offer',
    before: bundleOf(SECURE),
    after: bundleOf('a.example encrypt\n'),
    says: ['untold other-offer: a.example'],
  },
  {
    because: 'level none',
    before: bundleOf(SECURE),
    after: bundleOf('a.example none\n'),
    says: ['worse null: a.example'],
  },
  {
    because: 'the other way: nothing is told of what a host that was only met in the clear would present',
    before: bundleOf('a.example none\nb.example secure match=mx.example\n'),
    after: bundleOf('a.example secure match=mx.example\nb.example secure match=mx.example\n'),
    says: ['untold never-seen: a.example'],
  },
  {
    because: 'a host in brackets that another line leads to',
    before: bundleOf(SECURE),
    after: bundleOf(`${SECURE}[mx.example] secure match=mx.example\n`),
    says: ['better null: [mx.example]'],
  },
])('$because', ({ before, after, gives = () => presented, says }) => {
  const remembered = seenBy(before, [V4, V6], gives);
  const limits = { anchorFiles: new Set<string>(), otherRouting: false };
  expect(told(compare(before, after, remembered, limits, START))).toEqual(says);
});

test('where DNS would be asked otherwise, nothing that mail goes to is told', () => {
  const before = bundleOf(SECURE);
  const limits = { anchorFiles: new Set<string>(), otherRouting: true };
  expect(
    told(
      compare(
        before,
        before,
        seenBy(before, [V4], () => presented),
        limits,
        START,
      ),
    ),
  ).toEqual(['untold other-routing: a.example']);
});

test('one host met with the offer and another without it: the one alone is no verdict', () => {
  const before = bundleOf('a.example secure match=mx.example\nb.example encrypt\n');
  const after = bundleOf('b.example secure match=mx.example\n');
  const { entries, hosts, certificates } = seenBy(before, [V4, V6], () => presented);
  const limits = { anchorFiles: new Set<string>(), otherRouting: false };
  const met = hosts as readonly HostSnapshot[];
  const secure = met.find(({ offer }) => offer !== met.at(-1)?.offer);
  // At secure it was met over IPv4 alone.
  const partly = met.map((host) =>
    host === secure ? { ...host, sightings: host.sightings.map((one) => ({ ...one, addresses: [V4] })) } : host,
  );
  expect(met.length).toBe(2);
  expect(told(compare(before, after, { entries, hosts: met, certificates }, limits, START))).toEqual([
    'worse null: a.example',
    'better null: b.example',
  ]);
  expect(told(compare(before, after, { entries, hosts: partly, certificates }, limits, START))).toEqual([
    'untold other-offer: b.example',
    'worse null: a.example',
  ]);
});

test('a certificate that the store lost is not seen', () => {
  const before = bundleOf(SECURE);
  const after = bundleOf('a.example secure match=other.example\n');
  const remembered = { ...seenBy(before, [V4], () => presented), certificates: {} };
  const limits = { anchorFiles: new Set<string>(), otherRouting: false };
  expect(told(compare(before, after, remembered, limits, START))).toEqual(['untold address-not-seen: a.example']);
});
