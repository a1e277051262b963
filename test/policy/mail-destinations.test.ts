/** Where mail went, held against the policy: what is judged for it, and what stands for what. */
import { expect, test } from 'vitest';
import { destinationsOf } from '../../lambda/policy/destinations.ts';
import { withMailDestinations } from '../../lambda/policy/mail-destinations.ts';
import { bundleOf } from './bundle-of.ts';

const mail = (byDomain: Readonly<Record<string, number>>, all?: number) => ({
  byDomain: new Map(Object.entries(byDomain)),
  all: all ?? Object.values(byDomain).reduce((sum, n) => sum + n, 0),
});

test.each([
  {
    policy: '.a.test secure',
    sent: { 'x.a.test': 3, 'b.test': 5 },
    added: ['x.a.test'],
    shares: { recipients: 8, unasked: 5, byDestination: { '.a.test x.a.test': 3 } },
    because: 'a domain below a .parent entry is judged, one of which nothing is asked is only counted',
  },
  {
    policy: 'a.test secure',
    sent: { 'a.test': 3 },
    added: [],
    shares: { recipients: 3, unasked: 0, byDestination: { 'a.test': 3 } },
    because: 'an entry that is judged anyway stands for its mail',
  },
  {
    policy: 'a.test none',
    sent: { 'a.test': 3 },
    added: [],
    shares: { recipients: 3, unasked: 3, byDestination: {} },
    because: 'level none asks nothing',
  },
  {
    policy: 'a.test may',
    mainCf: 'smtp_tls_security_level = encrypt',
    sent: { 'a.test': 3, 'b.test': 2, 'c.test': 1 },
    added: ['b.test', 'c.test'],
    shares: { recipients: 6, unasked: 3, byDestination: { 'b.test': 2, 'c.test': 1 } },
    because: 'a global level is judged where mail goes',
  },
  {
    policy: '[relay.test]:587 secure',
    mainCf: 'relayhost = [relay.test]:587',
    sent: { 'a.test': 3, 'b.test': 2 },
    added: [],
    shares: { recipients: 5, unasked: 0, byDestination: { '[relay.test]:587': 5 } },
    because: 'a relayhost takes the mail of all domains',
  },
  {
    policy: 'a.test broken',
    sent: { 'a.test': 1 },
    added: [],
    shares: { recipients: 1, unasked: 0, byDestination: { 'a.test': 1 } },
    because: 'a broken entry holds up its mail',
  },
  {
    policy: '.a.test secure',
    sent: { 'b.a.test': 3, 'c.a.test': 2, 'd.a.test': 1 },
    most: 2,
    added: ['b.a.test', 'c.a.test'],
    shares: { recipients: 6, unasked: 0, byDestination: { '.a.test b.a.test': 3, '.a.test c.a.test': 2 } },
    because: 'beyond the bound those with the least mail are left out',
  },
])('$because', ({ policy, mainCf = '', sent, most = 100, added, shares }) => {
  const bundle = bundleOf(policy, { version: '3.7', mainCf });
  const found = withMailDestinations(bundle, mail(sent), most);
  expect(found.bundle.destinations).toEqual(added);
  expect(found.shares).toEqual(shares);
  const ids = destinationsOf(found.bundle).map(({ id }) => id);
  expect(ids).toEqual(expect.arrayContaining(Object.keys(shares.byDestination)));
});

test('mail of domains that are not known counts as gone where nobody looks', () => {
  const bundle = bundleOf('.a.test secure', { version: '3.7', mainCf: '' });
  const { shares } = withMailDestinations(bundle, mail({ 'x.a.test': 3 }, 10), 100);
  expect(shares).toEqual({ recipients: 10, unasked: 0, byDestination: { '.a.test x.a.test': 3 } });
});
