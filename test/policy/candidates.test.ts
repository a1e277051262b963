/** Names that no line covers: which become candidates, under which key, and what becomes of the others. */
import { expect, test } from 'vitest';
import type { Bundle } from '../../lambda/policy/bundle.ts';
import { candidatesOf, lookingPolicy } from '../../lambda/policy/candidates.ts';
import { destinationsOf } from '../../lambda/policy/destinations.ts';
import { bundleOf } from './bundle-of.ts';

function found(bundle: Bundle, ...names: string[]) {
  const { candidates, covered, others } = candidatesOf(bundle, names);
  return {
    candidates: candidates.map(({ id, domains, level }) => `${id} <- ${domains.join(' ')} at ${level}`),
    covered: covered.map(({ name, entry }) => `${name}: line ${entry.line}`),
    others: others.map(({ name, because }) => `${name}: ${because}`),
  };
}

test.each([
  {
    policy: 'own.example secure\n.below.example none\n',
    names: ['own.example', 'mx.below.example', 'new.example', 'NEW.example', 'below.example'],
    candidates: ['new.example <- new.example at none', 'below.example <- below.example at none'],
    covered: ['own.example: line 1', 'mx.below.example: line 2'],
    because: 'a line of its own or of a parent covers a name, whatever it asks; the parent itself is another name',
  },
  {
    policy: '',
    mainCf: 'smtp_tls_security_level = encrypt',
    names: ['bücher.example'],
    candidates: ['xn--bcher-kva.example <- xn--bcher-kva.example at encrypt'],
    because: 'the global level is what counts now, and keys are ASCII',
  },
  {
    policy: '',
    mainCf: 'relayhost = [Relay.example]:587\nsmtp_tls_security_level = may',
    names: ['a.example', 'b.example'],
    candidates: ['[relay.example]:587 <- a.example b.example at may'],
    because: 'mail that leaves by one next hop is one decision, under the text of that',
  },
  {
    policy: '[relay.example] encrypt\n',
    mainCf: 'relayhost = [relay.example]',
    names: ['a.example'],
    covered: ['a.example: line 1'],
    because: 'a line of the relayhost covers what goes there',
  },
  {
    policy: '',
    transport: 'a.example smtp:mx.other.example\nb.example smtp:[2001:db8::1]\n',
    names: ['a.example', 'b.example'],
    candidates: ['mx.other.example <- a.example at none', '[2001:db8::1] <- b.example at none'],
    because: 'the transport table names the next hop',
  },
  {
    policy: '',
    mainCf: 'mydestination = here.example',
    transport: 'lost.example uucp:there\n',
    names: ['here.example', 'lost.example'],
    others: [
      'here.example: mail for here.example is delivered on this host (mydestination), by local, which has no TLS policy',
      'lost.example: mail for lost.example goes to the transport uucp, which has no TLS policy',
    ],
    because: 'what never goes over the network by smtp(8) gets no line',
  },
  {
    policy: 'own.example broken\n',
    names: ['own.example'],
    covered: ['own.example: line 1'],
    because: 'a broken line is a line: lint tells what is wrong with it',
  },
])('$because', ({ policy, mainCf, transport, names, candidates = [], covered = [], others = [] }) => {
  const parts = { ...(mainCf === undefined ? {} : { mainCf }), ...(transport === undefined ? {} : { transport }) };
  expect(found(bundleOf(policy, parts), ...names)).toEqual({ candidates, covered, others });
});

test('a table that Postfix cannot open covers nothing, and gives nobody a line', () => {
  const bundle = bundleOf('', {
    tableProblems: [{ name: 'hash:/tls_policy', kind: 'missing', because: 'No such file or directory' }],
  });
  expect(found(bundle, 'a.example')).toEqual({
    candidates: [],
    covered: [],
    others: ['a.example: smtp_tls_policy_maps, next-hop destination "a.example": policy table lookup error'],
  });
});

test('they are looked at under a line of their own, each once, whatever other next hops main.cf names', () => {
  const bundle = bundleOf('own.example secure\n', {
    mainCf: 'smtp_tls_security_level = encrypt\nsmtp_fallback_relay = [fallback.example]',
    transport: 'a.example smtp:mx.other.example\nc.example smtp:[other.example]\n',
  });
  const { candidates } = candidatesOf(bundle, ['a.example', 'mx.new.example', 'new.example']);
  const ids = new Set(candidates.map(({ id }) => id));
  const looked = destinationsOf(lookingPolicy(bundle, candidates)).filter(({ id }) => ids.has(id));
  expect(looked.map(({ id, hops: [hop] }) => [id, hop?.demand.kind === 'demand' && hop.demand.level])).toEqual([
    ['mx.other.example', 'secure'],
    ['mx.new.example', 'secure'],
    ['new.example', 'secure'],
  ]);
});
