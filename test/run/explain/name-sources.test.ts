/** Who may be believed about the hosts, over real DNS, SMTP, TLS and HTTPS: what each says, and the line that is offered. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { KeptPolicy } from '../../../lambda/alert/sts/memory.ts';
import { describeSources } from '../../../lambda/command/explain/source-words.ts';
import { openWorld } from '../../../lambda/doors.ts';
import { destinationsOf } from '../../../lambda/policy/destinations.ts';
import { printMatch } from '../../../lambda/policy/match-pattern.ts';
import { defaultSettings } from '../../../lambda/policy/settings.ts';
import type { PostfixVersion } from '../../../lambda/postfix/version.ts';
import { openPolicyFetch } from '../../../lambda/route/mta-sts/fetch.ts';
import { matchListOf } from '../../../lambda/route/mta-sts/match-list.ts';
import { checkBundle } from '../../../lambda/run/check/check.ts';
import { findNameSources } from '../../../lambda/run/explain/name-sources.ts';
import { type Authority, createAuthority } from '../../internet/authority.ts';
import { type Internet, type MailHost, startInternet } from '../../internet/internet.ts';
import { type PolicyServer, sending, startPolicyServer } from '../../internet/policy-server.ts';
import { bundleOf } from '../watching.ts';

const AT = Date.UTC(2026, 10, 27, 12);

let internet: Internet;
let authority: Authority;
let web: PolicyServer;
let mx: MailHost;

beforeAll(async () => {
  internet = await startInternet();
  authority = await createAuthority();
  web = await startPolicyServer(await authority.issue({ dnsNames: ['mta-sts.a.test'] }), internet.address());
  const presented = await authority.issue({ dnsNames: ['mx1.provider.test'] });
  mx = await internet.mailHost({ host: 'mx1.provider.test', chain: presented.chainPem, key: presented.keyPem });
  internet.domain('a.test', mx);
  internet.dns.set({ name: 'mta-sts.a.test', type: 'A', data: [web.address] });
});

afterAll(async () => {
  await Promise.all([internet.close(), web.close()]);
});

beforeEach(() => {
  internet.dns.set(
    { name: '_mta-sts.a.test', type: 'TXT', data: ['v=STSv1; id=7;'] },
    { name: 'a.test', type: 'MX', data: ['10 mx1.provider.test'] },
  );
  web.answer(sending('version: STSv1\nmode: enforce\nmx: mx1.provider.test\nmax_age: 604800\n'));
});

async function sourcesOf(table: string, version: PostfixVersion = '3.11', kept?: KeptPolicy) {
  const made = bundleOf(table, authority.certificate.pem);
  const bundle = { ...made, settings: { ...defaultSettings(version), tcpPort: internet.smtpPort } };
  const config = { resolvers: [internet.resolver], helo: 'client.test', allowPrivateAddresses: true };
  const doors = openWorld(
    { ...config, dnssecResolver: internet.resolver, dnssecSignedName: 'signed.test', dnssecBrokenName: 'broken.test' },
    bundle,
  );
  const now = () => AT;
  const pace = { concurrency: 4, perAddress: 2, perNetwork: 4, restAfter421Ms: 1, stopAt: AT + 3_600_000, now };
  const run = await checkBundle(bundle, doors, { at: AT, now, pace });
  const [destination] = run.destinations.length > 0 ? run.destinations : destinationsOf(bundle);
  const [verdict] = run.verdicts;
  if (destination === undefined || verdict === undefined) throw new Error('nothing to judge');
  const fetchPolicy = openPolicyFetch({
    allowPrivateAddresses: true,
    anchors: [authority.certificate.pem],
    port: web.port,
    deadlineMs: 20_000,
  });
  const sources = await findNameSources(
    destination,
    verdict,
    run,
    bundle,
    { ...doors, fetchPolicy, keptPolicy: async () => kept },
    pace,
  );
  return sources === undefined ? undefined : describeSources(sources);
}

test('a line that fails gets the match list of the policy, tried today', async () => {
  const sources = await sourcesOf('a.test secure ciphers=high\n');
  expect(sources?.mtaSts).toEqual({
    state: 'enforce',
    id: '7',
    until: '2026-12-04T12:00:00.000Z',
    maxAge: 604_800,
    mx: ['mx1.provider.test'],
    outside: [],
    held: null,
    failure: null,
    sentence:
      'a.test enforces a policy: its mail goes to mx1.provider.test; authenticated by their policy until ' +
      'Fri 2026-12-04 12:00Z (max_age 7 days)',
  });
  expect(sources?.proposal).toEqual({
    line: 'a.test secure match=mx1.provider.test servername=hostname ciphers=high',
    verdict: 'pass',
    sentence: 'authenticated by their policy until Fri 2026-12-04 12:00Z; it would deliver today',
  });
  expect(mx.conversations.at(-1)?.hello?.servername).toBe('mx1.provider.test');
});

test.each([
  { table: 'a.test encrypt\n', because: 'authenticates nobody' },
  { table: 'a.test verify\n', because: 'takes the name from DNS' },
  { table: 'a.test secure match=hostname\n', because: 'says so in a match list' },
])('an entry that $because gets it, too', async ({ table }) => {
  expect((await sourcesOf(table))?.proposal?.line).toBe('a.test secure match=mx1.provider.test servername=hostname');
});

test('an entry that delivers authenticated by names of its own needs no other', async () => {
  const sources = await sourcesOf('a.test secure match=mx1.provider.test\n');
  expect(sources?.mtaSts.state).toBe('enforce');
  expect(sources?.proposal).toBeNull();
});

test('Postfix before 3.4 has no servername=', async () => {
  expect((await sourcesOf('a.test secure\n', '3.3'))?.proposal).toEqual({
    line: 'a.test secure match=mx1.provider.test',
    verdict: 'pass',
    sentence:
      'authenticated by their policy until Fri 2026-12-04 12:00Z; it would deliver today. This version of Postfix has no ' +
      'servername=, which 3.4 brought: hosts are met without SNI, and a host that needs it presents another certificate',
  });
});

test('a policy that does not fit what the hosts present is not offered', async () => {
  web.answer(sending('version: STSv1\nmode: enforce\nmx: mx.other.test\nmax_age: 604800\n'));
  const sources = await sourcesOf('a.test secure\n');
  expect(sources?.mtaSts.outside).toEqual(['mx1.provider.test']);
  expect(sources?.mtaSts.sentence).toBe(
    'a.test enforces a policy: its mail goes to mx.other.test; authenticated by their policy until Fri 2026-12-04 12:00Z ' +
      '(max_age 7 days). It does not name mx1.provider.test, where DNS leads today: a sender that goes by it would not deliver there',
  );
  expect(sources?.proposal).toEqual({
    line: null,
    verdict: 'fail',
    sentence: 'the match list of their policy is not offered, since it would not deliver today (name mismatch)',
  });
});

test('a policy of addresses alone makes no match list', async () => {
  web.answer(sending('version: STSv1\nmode: enforce\nmx: 192.0.2.1\nmax_age: 604800\n'));
  const sources = await sourcesOf('a.test secure\n');
  expect(sources?.proposal).toEqual({
    line: null,
    verdict: null,
    sentence: 'the policy has no host name, so that no match list can be made of it',
  });
  expect(sources?.mtaSts.sentence).toContain('192.0.2.1 is no name that a certificate could have, and is left out');
});

test('a star is said to be one label there and any depth here', async () => {
  web.answer(sending('version: STSv1\nmode: enforce\nmx: *.provider.test\nmax_age: 604800\n'));
  const sources = await sourcesOf('a.test secure\n');
  expect(sources?.mtaSts.sentence).toContain('*.provider.test is one label there, and .provider.test in a match list any depth');
  expect(sources?.proposal?.line).toBe('a.test secure match=.provider.test servername=hostname');
});

describe('what authenticates nobody', () => {
  const POLICY = 'version: STSv1\nmx: mx1.provider.test\nmax_age: 604800\n';
  test.each([
    {
      set: () => web.answer(sending(`${POLICY}mode: testing\n`)),
      state: 'testing',
      sentence:
        'a.test has a policy in mode testing, which authenticates nobody: senders deliver all the same where it does not ' +
        'fit. It names mx1.provider.test',
    },
    {
      set: () => web.answer(sending(`${POLICY}mode: none\n`)),
      state: 'mode-none',
      sentence: 'a.test has a policy in mode none: it asks nothing of senders, and authenticates nobody',
    },
    {
      set: () => internet.dns.remove('_mta-sts.a.test'),
      state: 'not-announced',
      sentence: 'a.test announces no policy today: there is no record at _mta-sts.a.test',
    },
    {
      set: () => internet.dns.set({ name: '_mta-sts.a.test', type: 'TXT', fail: 'SERVFAIL' }),
      state: 'unanswered',
      sentence: 'not known: DNS gives no answer about _mta-sts.a.test (servfail)',
    },
    {
      set: () => internet.dns.set({ name: '_mta-sts.a.test', type: 'TXT', data: ['v=STSv1; id=1', 'v=STSv1; id=2'] }),
      state: 'invalid-record',
      sentence: 'the record at _mta-sts.a.test counts for nothing: 2 records begin with v=STSv1; where one must be the only one',
    },
    {
      set: () => web.answer(sending('gone', {}, 404)),
      state: 'unfetched',
      sentence:
        'a.test announces a policy, which could not be fetched: mta-sts.a.test answers with status 404; that withdraws ' +
        'nothing, and who fetched it before goes by it until it has run out',
    },
    {
      set: () => web.answer(sending('mode: enforce')),
      state: 'invalid-policy',
      sentence: 'a.test announces a policy that no sender can use: it has no version',
    },
  ])('$state', async ({ set, state, sentence }) => {
    set();
    const sources = await sourcesOf('a.test secure\n');
    expect(sources?.mtaSts).toMatchObject({ state, sentence });
    expect(sources?.proposal).toBeNull();
  });
});

describe('DANE comes first', () => {
  test('not known where nothing proves that the resolver validates', async () => {
    const sources = await sourcesOf('a.test secure\n');
    expect(sources?.dane.state).toBe('unknown');
    expect(sources?.dns).toEqual({
      signed: null,
      sentence:
        'whether the MX records of a.test are signed is not known, so that they count as unsigned: whoever forges that ' +
        'answer chooses the hosts',
    });
  });

  describe('with a resolver that validates', () => {
    beforeAll(() => {
      internet.dns.set(
        { name: 'signed.test', type: 'A', data: ['192.0.2.1'], ad: true },
        { name: 'broken.test', type: 'A', data: ['192.0.2.1'], fail: 'BOGUS' },
      );
    });

    test('unsigned MX records', async () => {
      const sources = await sourcesOf('a.test secure\n');
      expect(sources?.dane).toEqual({
        state: 'mx-unsigned',
        hosts: null,
        of: null,
        sentence: 'no: the MX records are not signed',
      });
      expect(sources?.dns).toEqual({
        signed: false,
        sentence:
          'the MX records of a.test are not signed: whoever forges that answer chooses the hosts, so that a name taken from ' +
          'them is to be confirmed by somebody who knows',
      });
    });

    test.each([
      {
        tlsa: [],
        state: 'no-records',
        sentence: 'the MX records are signed, and none of the MX hosts of a.test has signed TLSA records',
      },
      {
        tlsa: [`3 1 1 ${'ab'.repeat(32)}`],
        state: 'records',
        sentence:
          'the MX records are signed, and every one of the MX hosts of a.test has signed TLSA records: dane-only needs no ' +
          'match list; Postfix does not ask for them here, which takes smtp_dns_support_level = dnssec',
      },
    ])('signed: $state', async ({ tlsa, state, sentence }) => {
      internet.dns.set(
        { name: 'a.test', type: 'MX', data: ['10 mx1.provider.test'], ad: true },
        { name: 'mx1.provider.test', type: 'A', data: mx.addresses, ad: true },
        { name: `_${internet.smtpPort}._tcp.mx1.provider.test`, type: 'TLSA', data: tlsa, ad: true },
      );
      const sources = await sourcesOf('a.test secure\n');
      expect(sources?.dane).toMatchObject({ state, sentence });
      expect(sources?.dns.sentence).toBe('the MX records of a.test are signed, to a sender that asks a validating resolver');
    });
  });
});

describe('a provider that documents its hosts', () => {
  test('is named where all MX hosts of today are its own, and DNS is still what leads there', async () => {
    internet.dns.set(
      { name: 'a.test', type: 'MX', data: ['10 mxa.mailgun.org', '20 mxb.mailgun.org'] },
      { name: 'mxa.mailgun.org', type: 'A', data: mx.addresses },
      { name: 'mxb.mailgun.org', type: 'A', data: mx.addresses },
    );
    expect((await sourcesOf('a.test secure\n'))?.provider).toEqual({
      name: 'Mailgun',
      names: ['mxa.mailgun.org', 'mxb.mailgun.org'],
      url: 'https://documentation.mailgun.com/docs/mailgun/user-manual/domains/domains-verify',
      read: '2026-11-28',
      sentence:
        'the MX hosts are named as Mailgun documents ' +
        '(https://documentation.mailgun.com/docs/mailgun/user-manual/domains/domains-verify, read 2026-11-28): ' +
        'mxa.mailgun.org and mxb.mailgun.org; that a.test uses Mailgun is what DNS says, unsigned, and to be confirmed',
    });
  });

  test('is none where one host is of somebody else', async () => {
    internet.dns.set(
      { name: 'a.test', type: 'MX', data: ['10 mxa.mailgun.org', '20 mx1.provider.test'] },
      { name: 'mxa.mailgun.org', type: 'A', data: mx.addresses },
    );
    expect((await sourcesOf('a.test secure\n'))?.provider).toBeNull();
  });
});

describe('a policy that runs keep', () => {
  const KEPT: KeptPolicy = {
    id: '6',
    mode: 'enforce',
    mx: ['mx1.provider.test'],
    fetchedAt: AT - 86_400_000,
    until: AT + 6 * 86_400_000,
  };

  test.each([
    {
      because: 'the record is gone',
      today: () => internet.dns.set({ name: '_mta-sts.a.test', type: 'TXT', data: [] }),
      state: 'not-announced',
      says: 'a.test announces no policy today: there is no record at _mta-sts.a.test. ',
    },
    {
      because: 'the policy cannot be fetched',
      today: () => web.answer(sending('', { 'content-type': 'text/plain' }, 404)),
      state: 'unfetched',
      says:
        'a.test announces a policy, which could not be fetched: mta-sts.a.test answers with status 404; that withdraws ' +
        'nothing, and who fetched it before goes by it until it has run out. ',
    },
    {
      because: 'what comes is no policy',
      today: () => web.answer(sending('<html>')),
      state: 'invalid-policy',
      says: 'a.test announces a policy that no sender can use: line 1 of the policy, "<html>", is not name: value. ',
    },
  ])('counts where $because, and is said to', async ({ today, state, says }) => {
    today();
    const sources = await sourcesOf('a.test secure\n', '3.11', KEPT);
    expect(sources?.mtaSts).toMatchObject({
      state,
      held: {
        id: '6',
        mode: 'enforce',
        mx: ['mx1.provider.test'],
        fetchedAt: '2026-11-26T12:00:00.000Z',
        until: '2026-12-03T12:00:00.000Z',
      },
      sentence:
        `${says}The policy that runs keep (id 6, fetched Thu 2026-11-26 12:00Z) has not run out: it is enforced, its mail ` +
        'goes to mx1.provider.test, and it counts until Thu 2026-12-03 12:00Z',
    });
    expect(sources?.proposal).toEqual({
      line: 'a.test secure match=mx1.provider.test servername=hostname',
      verdict: 'pass',
      sentence: 'authenticated by their policy until Thu 2026-12-03 12:00Z; it would deliver today',
    });
  });

  test.each([
    { because: 'has run out', kept: { ...KEPT, until: AT } },
    { because: 'took an earlier one back', kept: { ...KEPT, mode: 'none' as const } },
  ])('one that $because counts no more', async ({ kept }) => {
    internet.dns.set({ name: '_mta-sts.a.test', type: 'TXT', data: [] });
    const sources = await sourcesOf('a.test secure\n', '3.11', kept);
    expect(sources?.mtaSts.held).toBeNull();
    expect(sources?.proposal).toBeNull();
  });

  test('in mode testing it authenticates nobody', async () => {
    internet.dns.set({ name: '_mta-sts.a.test', type: 'TXT', data: [] });
    const sources = await sourcesOf('a.test secure\n', '3.11', { ...KEPT, mode: 'testing' });
    expect(sources?.mtaSts.sentence).toContain('it is in mode testing, which authenticates nobody, and names mx1.provider.test');
    expect(sources?.proposal).toBeNull();
  });

  test('hosts of today that it does not name are told', async () => {
    internet.dns.set({ name: '_mta-sts.a.test', type: 'TXT', data: [] });
    const sources = await sourcesOf('a.test secure\n', '3.11', { ...KEPT, mx: ['mx.other.test'] });
    expect(sources?.mtaSts.outside).toEqual(['mx1.provider.test']);
    expect(sources?.proposal?.line).toBeNull();
  });

  test('what is published today comes first', async () => {
    const sources = await sourcesOf('a.test secure\n', '3.11', { ...KEPT, mx: ['mx.other.test'] });
    expect(sources?.mtaSts).toMatchObject({ state: 'enforce', id: '7', held: null, mx: ['mx1.provider.test'] });
  });
});

test('a next hop without MX has no such sources', async () => {
  expect(await sourcesOf('[mx1.provider.test] secure\n')).toBeUndefined();
});

/** What postfix-mta-sts-resolver answers for the hosts of a policy: the star is stripped, the rest is as it is. */
test.each([
  { mx: ['mx1.example', '*.example'], match: 'mx1.example:.example' },
  { mx: ['*.mail.example.com'], match: '.mail.example.com' },
  { mx: ['a.example', 'b.example'], match: 'a.example:b.example' },
  { mx: [], match: '' },
])('match list of $mx', ({ mx, match }) => {
  expect(matchListOf({ mx }).map(printMatch).join(':')).toBe(match);
});
