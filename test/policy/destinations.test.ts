import { describe, expect, test } from 'vitest';
import { type Destination, destinationsOf } from '../../lambda/policy/destinations.ts';
import { type BundleParts, bundleOf } from './bundle-of.ts';

const of = (policy: string, parts: BundleParts = {}) => destinationsOf(bundleOf(policy, parts));

/** `a.test: a.test secure | fallback [f.test] none`, or why not. */
function shown({ id, hops, unchecked }: Destination): string {
  if (unchecked !== undefined) return `${id}: ${unchecked.reason}`;
  const hop = ({ nextHop, demand, fallback }: (typeof hops)[number]) =>
    `${fallback ? 'fallback ' : ''}${nextHop.text} ${demand.kind === 'demand' ? demand.level : 'broken'}`;
  return `${id}: ${hops.map(hop).join(' | ')}`;
}

test.each<BundleParts & { policy: string; list: string[]; because: string }>([
  {
    policy: 'b.test secure\na.test encrypt',
    list: ['b.test: b.test secure', 'a.test: a.test encrypt'],
    because: 'in table order',
  },
  { policy: 'a.test none', list: ['a.test: level-none'], because: 'none asks nothing' },
  { policy: 'a.test sekure', list: ['a.test: a.test broken'], because: 'a broken entry is judged' },
  { policy: '.a.test secure', list: ['.a.test: parent-key'], because: 'a parent stands for many' },
  {
    policy: '.a.test secure',
    destinations: ['x.a.test'],
    list: ['.a.test x.a.test: x.a.test secure'],
    because: 'unless one is named',
  },
  {
    policy: '.a.test secure',
    destinations: ['x.a.test', 'y.a.test'],
    list: ['.a.test x.a.test: x.a.test secure', '.a.test y.a.test: y.a.test secure'],
    because: 'or two',
  },
  {
    policy: '.a.test secure\nx.a.test may',
    destinations: ['x.a.test'],
    list: ['.a.test: parent-key', 'x.a.test: x.a.test may'],
    because: 'the entry of its own comes first',
  },
  {
    policy: 'a.test secure\na.test may',
    list: ['a.test: a.test secure', 'a.test #2: never-looked-up'],
    because: 'the first of two counts',
  },
  {
    policy: 'a.test secure',
    destinations: ['a.test'],
    list: ['a.test: a.test secure'],
    because: 'a name that has an entry is not judged twice',
  },
  {
    policy: 'a.test secure',
    destinations: ['z.test'],
    mainCf: 'smtp_tls_security_level = encrypt',
    list: ['a.test: a.test secure', 'z.test: z.test encrypt', 'smtp_tls_security_level: global-level'],
    because: 'a name without one has the global level, and nobody watches the others',
  },
  { policy: '', destinations: ['z.test'], list: ['z.test: level-none'], because: 'which may be none' },
  {
    policy: '',
    destinations: ['[z.test]:587'],
    mainCf: 'smtp_tls_security_level = may',
    list: ['[z.test]:587: [z.test]:587 may'],
    because: 'a next hop may be named',
  },
  {
    policy: '[h.test]:587 secure\n[h.test] secure',
    list: ['[h.test]:587: [h.test]:587 secure', '[h.test]: [h.test] secure'],
    because: 'without word of transports, keys are next hops',
  },
  {
    policy: '[h.test]:587 secure\n[h.test] secure',
    mainCf: 'relayhost = [h.test]:587',
    list: ['[h.test]:587: [h.test]:587 secure', '[h.test]: never-looked-up'],
    because: 'the relayhost is one of them',
  },
  {
    policy: '.test sekure',
    mainCf: 'relayhost = h.test',
    list: ['.test: parent-key', 'h.test: h.test broken'],
    because: 'a next hop whose policy is broken fails, whatever the global level',
  },
  {
    policy: '',
    mainCf: 'smtp_tls_security_level = sekure\nrelayhost = h.test',
    list: ['h.test: h.test none'],
    because: 'and so does one whose service ends over each message',
  },
  {
    policy: 'a.test secure',
    mainCf: 'relayhost = [h.test]',
    list: ['a.test: never-looked-up'],
    because: 'mail goes by the relayhost',
  },
  {
    policy: 'a.test secure',
    transport: 'a.test smtp:b.test',
    list: ['a.test: never-looked-up'],
    because: 'mail goes to another domain',
  },
  {
    policy: 'b.test secure',
    transport: 'a.test smtp:b.test\nb.test smtp:[h.test]',
    list: ['b.test: b.test secure'],
    because: 'another domain goes there',
  },
  {
    policy: 'a.test secure',
    transport: 'a.test lmtp:unix:x',
    list: ['a.test: never-looked-up'],
    because: 'lmtp looks up nothing here',
  },
  {
    policy: 'a.test secure',
    transport: 'a.test smtp:',
    list: ['a.test: a.test secure'],
    because: 'the domain is its own next hop',
  },
  {
    policy: '[i.test] secure',
    transport: 'a.test smtp:[h.test], [i.test]',
    list: ['[i.test]: [h.test] none | [i.test] secure'],
    because: 'the whole list is walked',
  },
  {
    policy: 'a.test secure',
    mainCf: 'smtp_fallback_relay = [f.test], g.test:587',
    list: ['a.test: a.test secure | fallback [f.test] none | fallback g.test:587 none'],
    because: 'fallback relays come last',
  },
  {
    policy: '[f.test] secure',
    mainCf: 'smtp_fallback_relay = [f.test]',
    list: ['[f.test]: [f.test] secure'],
    because: 'a fallback relay has an entry of its own',
  },
  {
    policy: '* secure\na@b.test secure\nc.test. secure\nd.test, secure',
    list: ['*: never-looked-up', 'a@b.test: never-looked-up', 'c.test.: never-looked-up', 'd.test,: never-looked-up'],
    because: 'keys that no next hop can be',
  },
  {
    policy: '217.28.220.172 encrypt',
    list: ['217.28.220.172: 217.28.220.172 encrypt'],
    because: 'a bare address can be a next hop',
  },
  {
    policy: '[h.test]:587 secure',
    mainCf: 'relayhost = [r.test]\nsender_dependent_relayhost_maps = hash:/s',
    list: ['[h.test]:587: [h.test]:587 secure', 'sender_dependent_relayhost_maps hash:/s: table-not-listable'],
    because: 'where senders decide, any next hop may be',
  },
  {
    policy: 'a.test may\na.test may\nb.test may',
    type: 'texthash',
    list: ['a.test: a.test broken', 'a.test #2: never-looked-up', 'b.test: b.test broken'],
    because: 'one duplicate breaks a texthash',
  },
])('$policy $mainCf $transport: $because', ({ policy, list, because: _, ...parts }) => {
  expect(of(policy, parts).map(shown)).toEqual(list);
});

test('each unchecked entry says why', () => {
  const sentences = of(
    '.p.test secure\nn.test none\nr.test secure\nr.test may\nt.test secure\n* may\n[x.test] may\n[y.test may',
    {
      transport: 't.test smtp:[h.test]:25',
    },
  ).map(({ unchecked }) => unchecked?.sentence);
  expect(sentences).toEqual([
    'this entry is for every domain below p.test; name one with --destination to have it judged',
    'level none asks nothing of TLS',
    undefined,
    'this entry is never looked up: line 3 has the same key and comes first',
    'this entry is never looked up: mail for t.test goes to [h.test]:25 (transport_maps), and that text is the key',
    'this entry is never looked up: a policy table has no wildcard key',
    'this entry is never looked up: no transport and no relayhost names the next hop [x.test]',
    'this entry is never looked up: no next hop can have the text "[y.test"',
  ]);
});

test('a key in two tables counts in the first', () => {
  const bundle = bundleOf('a.test may', { mainCf: 'smtp_tls_policy_maps = hash:/tls_policy, hash:/two' });
  const list = destinationsOf({
    ...bundle,
    policyTables: [...bundle.policyTables, { name: 'hash:/two', text: 'a.test none\nb.test may' }],
  });
  expect(list.map(shown)).toEqual(['a.test: a.test may', 'a.test #2: never-looked-up', 'b.test: b.test may']);
  expect(list[1]?.unchecked?.sentence).toBe(
    'this entry is never looked up: line 1 of hash:/tls_policy has the same key and is asked first',
  );
});

test('a table that cannot be listed is named, and asked where it can be', () => {
  const problem = { name: 'pcre:/p', kind: 'not-listable', because: 'its keys are patterns' } as const;
  const bundle = bundleOf('b.test may', {
    mainCf: 'smtp_tls_policy_maps = pcre:/p, hash:/tls_policy',
    tableProblems: [problem],
    destinations: ['x.test', 'b.test'],
  });
  const unasked = destinationsOf(bundle);
  expect(unasked.map(shown)).toEqual(['pcre:/p: table-not-listable', 'b.test: table-not-listable', 'x.test: table-not-listable']);
  expect(unasked[0]?.unchecked?.sentence).toBe(
    'the keys of pcre:/p cannot be listed (its keys are patterns); name destinations with --destination to have them judged',
  );
  expect(unasked[2]?.unchecked?.sentence).toBe('what pcre:/p says of x.test is not known here: its keys are patterns');
  const asked = destinationsOf({
    ...bundle,
    policyTables: [...bundle.policyTables, { name: 'pcre:/p', text: 'x.test secure\n' }],
  });
  expect(asked.map(shown)).toEqual(['pcre:/p: table-not-listable', 'b.test: b.test may', 'x.test: x.test secure']);
  const answers = {
    'pcre:/p': { 'b.test': { kind: 'not-found' }, '.test': { kind: 'not-found' }, 'x.test': { kind: 'found', value: 'secure' } },
  } as const;
  const perKey = destinationsOf({ ...bundle, answers });
  expect(perKey.map(shown)).toEqual(['pcre:/p: table-not-listable', 'b.test: b.test may', 'x.test: x.test secure']);
  expect(perKey[2]?.entry).toEqual({ table: 'pcre:/p', line: 0, key: 'x.test', value: 'secure' });
});

test('mail that nothing can route is broken, whatever the policy says', () => {
  const problem = {
    name: 'hash:/transport',
    kind: 'missing',
    because: 'open database /transport.db: No such file or directory',
  } as const;
  const [first] = of('a.test secure', { transport: '', tableProblems: [problem] });
  expect(first?.hops).toEqual([]);
  expect(first?.settled).toEqual({
    reason: 'unroutable',
    because: 'transport_maps lookup failure',
    table: 'hash:/transport',
  });
});

test('mail for a transport that master.cf lacks is broken, with or without an entry', () => {
  const parts = { transport: 'a.test nosuch:\nb.test smtp:\n', settings: { transports: ['smtp', 'error'] } };
  const found = of('a.test secure\nb.test may', { ...parts, destinations: ['a.test'] });
  expect(found.map(({ name, settled, unchecked }) => ({ name, settled, unchecked: unchecked?.reason }))).toEqual([
    {
      name: 'a.test',
      settled: { reason: 'no-transport', because: 'mail for a.test goes to the transport nosuch', table: 'nosuch' },
      unchecked: undefined,
    },
    { name: 'b.test', settled: undefined, unchecked: undefined },
  ]);
});

test('U-labels keep their text as next hop, and have an ASCII name', () => {
  const [first] = of('bücher.example secure');
  expect(first).toMatchObject({
    id: 'bücher.example',
    name: 'xn--bcher-kva.example',
    hops: [{ nextHop: { text: 'bücher.example' } }],
  });
});

test('20,000 entries are listed in good time', () => {
  const policy = Array.from({ length: 20_000 }, (_, i) => `d${i}.example secure match=.p${i % 50}.test\n`).join('');
  expect(
    of(policy, { transport: Array.from({ length: 5_000 }, (_, i) => `t${i}.example smtp:[h${i}.test]\n`).join('') }),
  ).toHaveLength(20_000);
});

describe('sender maps', () => {
  const senders = (kind: 'not-listable' | 'missing') =>
    destinationsOf(
      bundleOf('a.test may', {
        mainCf: 'sender_dependent_relayhost_maps = regexp:/senders',
        tableProblems: [{ name: 'regexp:/senders', kind, because: 'its keys are patterns' }],
      }),
    );
  test('next hops that cannot be listed are named as not followed', () => {
    expect(senders('not-listable').map(({ name, unchecked }) => [name, unchecked?.sentence])).toEqual([
      ['a.test', undefined],
      [
        'regexp:/senders',
        'next hops of regexp:/senders (sender_dependent_relayhost_maps) are not followed: its keys are patterns; ' +
          'name them with --destination to have them judged',
      ],
    ]);
  });
  test('one that Postfix cannot open leaves all mail waiting', () => {
    expect(senders('missing').map(({ name, settled }) => [name, settled?.reason, settled?.because])).toEqual([
      ['a.test', 'unroutable', 'sender_dependent_relayhost_maps lookup failure'],
    ]);
  });
});

test('a sender map whose daemon answers no sender leaves all mail waiting', () => {
  const bundle = bundleOf('a.test may', {
    mainCf: 'sender_dependent_relayhost_maps = socketmap:inet:127.0.0.1:8642:s',
    tableProblems: [{ name: 'socketmap:inet:127.0.0.1:8642:s', kind: 'not-listable', because: 'it is asked' }],
  });
  const answers = {
    'socketmap:inet:127.0.0.1:8642:s': { 'user@postfix-tls-watch.invalid': { kind: 'error', says: 'query error' } },
  } as const;
  const [entry] = destinationsOf({ ...bundle, answers });
  expect(entry?.settled?.because).toBe('sender_dependent_relayhost_maps lookup failure');
});

test('an entry at none is of the service that delivers there, which may die or not', () => {
  const bundle = bundleOf('a.test none\nb.test none', { transport: 'a.test strict:' });
  const { settings, trust, anchorFiles } = bundle;
  const found = destinationsOf({ ...bundle, services: { strict: { settings, trust, anchorFiles } } });
  expect(found.map(({ id, unchecked, service }) => [id, unchecked?.reason, service])).toEqual([
    ['a.test', 'level-none', 'strict'],
    ['b.test', 'level-none', undefined],
  ]);
});

test.each([
  { type: 'hash', key: 'A.test', list: ['a.test: a.test secure'] },
  { type: 'texthash', key: 'A.test', list: ['a.test: a.test secure'] },
  { type: 'proxy:hash', key: 'A.test', list: ['a.test: a.test secure'] },
  { type: 'proxy:texthash', key: 'a.test', list: ['a.test: a.test secure'] },
  { type: 'proxy:texthash', key: 'A.test', list: ['A.test: never-looked-up', 'a.test: level-none'] },
])('$key in $type', ({ type, key, list }) => {
  expect(of(`${key} secure`, { type, destinations: ['a.test'] }).map(shown)).toEqual(list);
});

test('why capitals behind proxy: are never found', () => {
  const [first] = of('A.test secure', { type: 'proxy:texthash' });
  expect(first?.unchecked?.sentence).toBe(
    'this entry is never looked up: proxymap(8) keeps its capitals, and Postfix asks in lower case',
  );
});
