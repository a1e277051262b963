/** Which lines are proposed, row by row: on today's look, on the days of a real store, and by whose word. */
import { createHash, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KeptPolicy } from '../../../lambda/alert/sts/memory.ts';
import { readCertificate } from '../../../lambda/certificate/certificate.ts';
import type { Bundle } from '../../../lambda/policy/bundle.ts';
import { defaultSettings } from '../../../lambda/policy/settings.ts';
import type { ProbeResult } from '../../../lambda/probe/result.ts';
import { askingSts } from '../../../lambda/run/suggest/sts.ts';
import { saveConfirmation } from '../../../lambda/store/confirmations.ts';
import { type Store, spaceOf } from '../../../lambda/store/keys.ts';
import { createAuthority } from '../../internet/authority.ts';
import { type StoreOnDisk, storeOnDisk } from '../../store/on-disk.ts';
import { type SmallHost, SmallWorld } from '../small-world.ts';
import { bundleOf, DAY_MS, runOnce } from '../watching.ts';
import { type Asked, type Proposed, suggestFor } from './suggesting.ts';

const START = Date.UTC(2026, 8, 1, 6);
const [root, alien] = await Promise.all([createAuthority('Root'), createAuthority('Alien')]);
const named = async (...dnsNames: string[]) => (await root.issue({ dnsNames })).chain;
const CHAINS = {
  own: await named('a.example'),
  ownMx: await named('mx.a.example'),
  wild: await named('*.mailhub.net'),
  in1: await named('in1.mailhub.net'),
  in2: await named('in2.mailhub.net'),
  both: await named('in1.mailhub.net', 'in2.mailhub.net'),
  other: await named('mx.otherhub.org'),
  alien: (await alien.issue({ dnsNames: ['a.example'] })).chain,
};
type ChainName = keyof typeof CHAINS;
/** As OpenSSL says it, too. */
const ALIEN: ProbeResult = {
  kind: 'presented',
  protocol: 'TLSv1.3',
  cipher: 'x',
  chain: CHAINS.alien,
  verify: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
};

let disk: StoreOnDisk;
beforeAll(async () => {
  disk = await storeOnDisk(START);
});
afterAll(() => disk.close());
const newStore = (): Store => ({ table: disk.table, space: spaceOf(`p${randomUUID()}`, 'mx1') });

/** Domain a.example behind one host, and whatever else a row has. */
function worldWith(host: string, chain: ChainName | null): { world: SmallWorld; mx: SmallHost } {
  const world = new SmallWorld();
  const mx = world.host(host, CHAINS[chain ?? 'own']);
  if (chain === null) mx.chain = null;
  if (chain === 'alien') mx.result = ALIEN;
  world.domain('a.example', mx);
  return { world, mx };
}

async function days(store: Store, world: SmallWorld, table: string, count: number, each: (day: number) => void): Promise<number> {
  for (let day = 0; day < count; day++) {
    each(day);
    const bundle = bundleOf(table, root.certificate.pem);
    await runOnce({ bundle, store, world: () => world.doors(), at: START + day * DAY_MS });
  }
  return START + count * DAY_MS;
}

const propose = (table: string, world: SmallWorld, asked: Partial<Asked> = {}, more: Partial<Bundle> = {}) =>
  suggestFor({ ...bundleOf(table, root.certificate.pem), ...more }, world, { at: START, ...asked });

/** As `suggest` on its own output changes nothing. */
async function settled(proposed: Proposed, world: SmallWorld, asked: Partial<Asked> = {}, more: Partial<Bundle> = {}) {
  const again = await propose(proposed.text, world, asked, more);
  expect(again.changes).toEqual([]);
  expect(again.text).toBe(proposed.text);
}

describe("today's look", () => {
  test.each<{ because: string; table: string; host?: string; chain?: ChainName; becomes: string; kinds: string[] }>([
    {
      because: "the provider's wildcard becomes the domain with a dot, beside what stands there",
      table: '# mine\na.example   secure ciphers=high\n',
      host: 'mx.mailhub.net',
      chain: 'wild',
      becomes: '# mine\na.example   secure match=.mailhub.net ciphers=high\n',
      kinds: ['cure'],
    },
    {
      because: 'two names of one provider become its domain, where both are presented',
      table: 'a.example secure match=in1.mailhub.net:in2.mailhub.net\n',
      host: 'in1.mailhub.net',
      chain: 'wild',
      becomes: 'a.example secure match=.mailhub.net\n',
      kinds: ['steadier'],
    },
    {
      because: 'a name that another element covers goes',
      table: 'a.example secure match=in1.mailhub.net:.mailhub.net\n',
      host: 'in1.mailhub.net',
      chain: 'in1',
      becomes: 'a.example secure match=.mailhub.net\n',
      kinds: ['shorter'],
    },
    {
      because: 'a duplicate that says the same is removed, one that says something else is commented out',
      table: 'a.example secure\na.example   secure\na.example may\n',
      becomes: 'a.example secure\n# a.example may\n',
      kinds: ['dead', 'dead'],
    },
    {
      because: 'a key that nobody looks up is commented out, with its continuation lines',
      table: 'a.example: secure\n  ciphers=high\na.example secure\n',
      becomes: '# a.example: secure\n#  ciphers=high\na.example secure\n',
      kinds: ['dead'],
    },
    {
      because: 'the name of the MX host is no next hop',
      table: 'a.example secure match=mx.a.example\nmx.a.example secure\n',
      chain: 'ownMx',
      becomes: 'a.example secure match=mx.a.example\n# mx.a.example secure\n',
      kinds: ['dead'],
    },
  ])('$because', async ({ table, host = 'mx.a.example', chain = 'own', becomes, kinds }) => {
    const { world } = worldWith(host, chain);
    const proposed = await propose(table, world);
    expect(proposed.changes.map(({ kind }) => kind)).toEqual(kinds);
    expect(proposed.text).toBe(becomes);
    expect(proposed.unhelped).toEqual([]);
    await settled(proposed, world);
  });

  test.each<{ because: string; table: string; host?: string; chain?: ChainName | null; unhelped?: number }>([
    { because: 'a line that delivers as short as it can be', table: 'a.example secure\n' },
    {
      because: 'one name of a provider that has not changed',
      table: 'a.example secure match=in1.mailhub.net\n',
      host: 'in1.mailhub.net',
      chain: 'in1',
    },
    {
      because: 'names of two providers, one of which is a backup',
      table: 'a.example secure match=in1.mailhub.net:mx.otherhub.org\n',
      host: 'in1.mailhub.net',
      chain: 'in1',
    },
    { because: 'verify, which --upgrade is for', table: 'a.example verify\n', chain: 'ownMx' },
    { because: 'encrypt, which --upgrade is for', table: 'a.example encrypt\n' },
    { because: 'level none', table: 'a.example none\n' },
    { because: 'a parent entry', table: '.example secure\n' },
    { because: 'nobody answered', table: 'a.example secure\n', chain: null },
    { because: 'a certificate of a CA that is not trusted', table: 'a.example secure\n', chain: 'alien', unhelped: 1 },
    {
      because: 'a certificate for a domain of somebody else',
      table: 'a.example secure\n',
      host: 'mx.mailhub.net',
      chain: 'other',
      unhelped: 1,
    },
    { because: 'lines that Postfix ignores are for lint', table: 'a.example secure\nb.example\n' },
    { because: 'a pattern, in what is no table of patterns', table: '/example/ secure\n' },
    { because: 'a broken line is for lint', table: 'a.example secure match=\n', unhelped: 1 },
  ])('nothing is proposed: $because', async ({ table, host = 'mx.a.example', chain = 'own', unhelped = 0 }) => {
    const { world } = worldWith(host, chain);
    const proposed = await propose(table, world);
    expect(proposed.changes).toEqual([]);
    expect(proposed.text).toBe(table);
    expect(proposed.unhelped).toHaveLength(unhelped);
  });

  test('what a line was judged on is told: hosts, addresses, whose word, the end in sight', async () => {
    const { world } = worldWith('mx.mailhub.net', 'wild');
    const [change] = (await propose('a.example secure\n', world)).changes;
    expect(change).toMatchObject({
      table: 'hash:/etc/postfix/tls_policy',
      line: 1,
      destination: 'a.example',
      before: 'a.example secure',
      after: 'a.example secure match=.mailhub.net',
      today: { verdict: 'pass', hosts: 1, met: 1, addresses: 1, failsFrom: '2080-01-01T00:00:01.000Z' },
      ground: { kind: 'dns' },
    });
    expect(change?.held).toBeUndefined();
  });

  test('a duplicate in texthash:, for which Postfix defers all mail: the rest is judged as it then is', async () => {
    const { world } = worldWith('mx.mailhub.net', 'wild');
    const name = 'texthash:/etc/postfix/tls_policy';
    const bundle = bundleOf('a.example secure\na.example secure\n', root.certificate.pem);
    const proposed = await suggestFor({ ...bundle, policyTables: [{ name, text: bundle.policyTables[0]?.text ?? '' }] }, world, {
      at: START,
    });
    expect(proposed.text).toBe('a.example secure match=.mailhub.net\n');
    expect(proposed.changes[1]?.because).toBe(
      'line 1 has the same key and says the same: for two lines with one key Postfix cannot use a texthash: table at all, ' +
        'and defers all mail',
    );
  });

  test('a destination below a parent entry gets a line of its own, behind it', async () => {
    const { world } = worldWith('mx.mailhub.net', 'wild');
    const proposed = await propose('.example secure ciphers=high\nb.test may\n', world, {}, { destinations: ['a.example'] });
    expect(proposed.text).toBe('.example secure ciphers=high\na.example secure match=.mailhub.net ciphers=high\nb.test may\n');
    await settled(proposed, world, {}, { destinations: ['a.example'] });
  });

  test('where the global level asks for more than it gets, the line is new', async () => {
    const { world } = worldWith('mx.mailhub.net', 'wild');
    const settings = { ...defaultSettings('3.11'), securityLevel: 'secure' as const };
    const more = { settings, destinations: ['a.example'] };
    const proposed = await propose('b.test may\n', world, {}, more);
    expect(proposed.text).toBe('b.test may\na.example secure match=.mailhub.net\n');
    await settled(proposed, world, {}, more);
  });

  test('of a table that is no text the line is told alone', async () => {
    const { world } = worldWith('mx.mailhub.net', 'wild');
    const proposed = await propose('a.example secure\n', world, { isText: () => false });
    expect(proposed.changes).toMatchObject([{ kind: 'cure', edit: null, after: 'a.example secure match=.mailhub.net' }]);
    expect(proposed.text).toBe('a.example secure\n');
  });

  test('a file of something else than policies is never shown', async () => {
    const { world } = worldWith('mx.mailhub.net', 'wild');
    const proposed = await propose('[mx.example]:587 alice:secret\n[mx.example]:587 bob:secret\n', world);
    expect(proposed.changes).toEqual([]);
    expect(JSON.stringify(proposed.unhelped)).not.toContain('secret');
  });
});

describe('tables that are asked', () => {
  const askedOf = (type: string, answer: string, level: 'may' | 'secure' = 'may') => {
    const name = `${type}:x`;
    const settings = {
      ...defaultSettings('3.11'),
      securityLevel: level,
      policyMaps: [
        { type: 'hash', path: '/etc/postfix/tls_policy' },
        { type, path: 'x' },
      ],
    };
    return {
      settings,
      problems: [{ name, kind: 'not-listable', because: 'it is asked' }],
      answers: {
        [name]: {
          'a.example': answer === '' ? { kind: 'not-found' } : { kind: 'found', value: answer },
          '.example': { kind: 'not-found' },
        },
      },
      destinations: ['a.example'],
    } satisfies Partial<Bundle>;
  };

  test('the line that such a table should answer is told', async () => {
    const { world } = worldWith('mx.mailhub.net', 'wild');
    const proposed = await propose('b.test none\n', world, {}, askedOf('regexp', 'secure ciphers=high'));
    expect(proposed.changes).toMatchObject([
      {
        kind: 'cure',
        table: 'regexp:x',
        line: null,
        key: 'a.example',
        before: 'a.example secure ciphers=high',
        after: 'a.example secure match=.mailhub.net ciphers=high',
        edit: null,
      },
    ]);
    expect(proposed.text).toBe('b.test none\n');
  });

  test('where a daemon for MTA-STS decides and mail fails: how to exempt the domain', async () => {
    const { world } = worldWith('mx.mailhub.net', 'wild');
    const more = askedOf('socketmap', 'secure match=mx.otherhub.org servername=hostname');
    const { changes, unhelped } = await propose('b.test none\n', world, {}, more);
    expect(changes).toEqual([]);
    // Not even by their own policy of today: nobody edits what a daemon answers.
    const policies = { 'a.example': 'version: STSv1\nmode: enforce\nmx: *.mailhub.net\nmax_age: 604800\n' };
    expect((await propose('b.test none\n', world, { policies }, more)).changes).toEqual([]);
    expect(unhelped).toMatchObject([
      {
        table: 'socketmap:x',
        line: null,
        destination: 'a.example',
        exemption: { line: 'a.example encrypt', table: 'hash:/etc/postfix/tls_policy', parameter: null, before: 'socketmap:x' },
      },
    ]);
    // The table that comes first decides.
    const exempted = await propose('b.test none\na.example encrypt\n', world, {}, more);
    expect(exempted.unhelped).toEqual([]);
  });

  test('where no table comes before it, what main.cf has to say', async () => {
    const { world } = worldWith('mx.mailhub.net', 'wild');
    const asked = askedOf('socketmap', 'secure match=mx.otherhub.org');
    const policyMaps = asked.settings.policyMaps.slice(1);
    const { unhelped } = await propose(
      '',
      world,
      {},
      { ...asked, policyTables: [], settings: { ...asked.settings, policyMaps } },
    );
    expect(unhelped[0]?.exemption).toEqual({
      line: 'a.example encrypt',
      table: null,
      parameter: 'smtp_tls_policy_maps = hash:/etc/postfix/tls_policy, socketmap:x',
      before: 'socketmap:x',
    });
  });

  test('where the global level decides and nothing helps: the same, before nothing', async () => {
    const { world } = worldWith('mx.a.example', 'alien');
    const { unhelped } = await propose('b.test none\n', world, {}, askedOf('socketmap', '', 'secure'));
    expect(unhelped[0]?.exemption).toEqual({
      line: 'a.example encrypt',
      table: 'hash:/etc/postfix/tls_policy',
      parameter: null,
      before: null,
    });
  });

  test.each([
    {
      first: 'socketmap',
      exemption: {
        table: null,
        parameter: 'smtp_tls_policy_maps = hash:/etc/postfix/tls_policy, socketmap:x, hash:/etc/postfix/tls_policy',
      },
    },
    { first: 'hash', exemption: { table: 'hash:/etc/postfix/tls_policy', parameter: null } },
  ])('where a daemon gives no answer: before that one, $first being the first', async ({ first, exemption }) => {
    const { world } = worldWith('mx.a.example', 'own');
    const asked = askedOf('socketmap', '');
    const policyMaps = asked.settings.policyMaps.toSorted((a) => (a.type === first ? -1 : 1));
    const silent = {
      ...asked,
      settings: { ...asked.settings, policyMaps },
      answers: { 'socketmap:x': { 'a.example': { kind: 'error', says: 'Connection refused' } } },
    } satisfies Partial<Bundle>;
    const { unhelped } = await propose('b.test none\n', world, {}, silent);
    expect(unhelped.map((one) => [one.destination, one.exemption])).toEqual([
      ['a.example', { line: 'a.example encrypt', ...exemption, before: 'socketmap:x' }],
    ]);
  });

  test('where the table before its own line cannot be asked, that is to be mended and the line stays', async () => {
    const { world } = worldWith('mx.a.example', 'own');
    const asked = askedOf('socketmap', '');
    const silent = {
      ...asked,
      settings: { ...asked.settings, policyMaps: asked.settings.policyMaps.toReversed() },
      answers: { 'socketmap:x': { 'a.example': { kind: 'error', says: 'Connection refused' } } },
    } satisfies Partial<Bundle>;
    const { unhelped } = await propose('a.example secure\n', world, {}, silent);
    expect(unhelped.map((one) => [one.destination, one.exemption])).toEqual([['a.example', undefined]]);
  });

  test('where TLS itself is not to be had, the exemption is may', async () => {
    const { world, mx } = worldWith('mx.a.example', 'own');
    mx.result = { kind: 'no-tls', why: 'not-offered' };
    const { unhelped } = await propose('b.test none\n', world, {}, askedOf('socketmap', 'secure match=a.example'));
    expect(unhelped[0]?.exemption?.line).toBe('a.example may');
  });
});

describe('pins', () => {
  const leaf = readCertificate(CHAINS.own[0] ?? '');
  if (leaf.kind === 'unreadable') throw new Error(leaf.because);
  const { sha256, spkiSha256 } = leaf;
  const colons = (digest: string) => (digest.toUpperCase().match(/../g) ?? []).join(':');
  const more = { settings: { ...defaultSettings('3.11'), fingerprintDigest: 'sha256' } };
  const OLD = 'ab'.repeat(32);

  test.each([
    { because: 'the pin of a certificate becomes that of its key', pins: sha256, becomes: spkiSha256 },
    { because: 'written as it was', pins: colons(sha256), becomes: colons(spkiSha256) },
    { because: 'a pin of what is not seen today stays', pins: `${OLD}|${sha256}`, becomes: `${OLD}|${spkiSha256}` },
    { because: 'a pin twice', pins: `${OLD}|${OLD}|${spkiSha256}`, becomes: `${OLD}|${spkiSha256}` },
    { because: 'the key is pinned beside it', pins: `${sha256}|${spkiSha256}`, becomes: undefined },
    { because: 'the key is pinned', pins: spkiSha256, becomes: undefined },
  ])('$because', async ({ pins, becomes = pins }) => {
    const { world } = worldWith('mx.a.example', 'own');
    const proposed = await propose(`a.example fingerprint match=${pins}\n`, world, {}, more);
    expect(proposed.text).toBe(`a.example fingerprint match=${becomes}\n`);
    await settled(proposed, world, {}, more);
  });

  test('a key that neither a pin nor an authority vouches for is in no line', async () => {
    const { world } = worldWith('mx.a.example', 'alien');
    const { changes, unhelped } = await propose(`a.example fingerprint match=${OLD}\n`, world, {}, more);
    expect(changes).toEqual([]);
    expect(unhelped).toHaveLength(1);
  });

  test('another digest than the one that certificates are shown by: left as it is', async () => {
    const { world } = worldWith('mx.a.example', 'own');
    const settings = { ...defaultSettings('3.11'), fingerprintDigest: 'sha512' };
    const pin = createHash('sha512')
      .update(CHAINS.own[0] ?? '', 'base64')
      .digest('hex');
    const proposed = await propose(`a.example fingerprint match=${pin}\n`, world, {}, { settings });
    expect(proposed.run.verdicts[0]?.verdict).toBe('pass');
    expect(proposed.changes).toEqual([]);
  });
});

describe('MTA-STS', () => {
  const policies = { 'a.example': 'version: STSv1\nmode: enforce\nmx: *.mailhub.net\nmax_age: 604800\n' };

  test("the domain's own policy is believed before unsigned DNS", async () => {
    const { world } = worldWith('mx.mailhub.net', 'wild');
    const proposed = await propose('a.example secure ciphers=high\n', world, { policies });
    expect(proposed.text).toBe('a.example secure match=.mailhub.net servername=hostname ciphers=high\n');
    expect(proposed.changes[0]?.ground).toEqual({
      kind: 'mta-sts',
      until: START + 7 * DAY_MS,
      because: 'a.example enforces an MTA-STS policy with these hosts: authenticated by their policy until Tue 2026-09-08 06:00Z',
    });
    await settled(proposed, world, { policies });
  });

  test.each([
    { policy: 'version: STSv1\nmode: testing\nmx: *.mailhub.net\nmax_age: 604800\n', because: 'a policy that is only tested' },
    { policy: 'version: STSv1\nmode: enforce\nmx: mx.otherhub.org\nmax_age: 604800\n', because: 'a policy that does not fit' },
    { policy: 'no policy', because: 'a text that is none' },
  ])('$because authenticates nobody', async ({ policy }) => {
    const { world } = worldWith('mx.mailhub.net', 'wild');
    const proposed = await propose('a.example secure\n', world, { policies: { 'a.example': policy } });
    expect(proposed.text).toBe('a.example secure match=.mailhub.net\n');
  });
});

describe('MTA-STS policies that runs keep', () => {
  const KEPT: KeptPolicy = {
    id: '0',
    mode: 'enforce',
    mx: ['*.mailhub.net'],
    fetchedAt: START - 6 * DAY_MS,
    until: START + DAY_MS,
  };
  const BY_POLICY = 'a.example secure match=.mailhub.net servername=hostname\n';
  const BY_DNS = 'a.example secure match=.mailhub.net\n';
  const policy = (mode: string, mx = '*.mailhub.net') => `version: STSv1\nmode: ${mode}\nmx: ${mx}\nmax_age: 604800\n`;
  const UNTIL = 'authenticated by their policy until Wed 2026-09-02 06:00Z';
  const HELD = `a.example enforces an MTA-STS policy with these hosts, fetched Wed 2026-08-26 06:00Z`;

  test.each<{ because: string; policies?: Asked['policies']; kept?: Partial<KeptPolicy>; becomes: string; says?: string }>([
    {
      because: 'a record that is missing withdraws nothing',
      becomes: BY_POLICY,
      says: `${HELD}; today it is announced no more, which withdraws nothing: ${UNTIL}`,
    },
    {
      because: 'nor does a policy that cannot be fetched',
      policies: { 'a.example': null },
      becomes: BY_POLICY,
      says: `${HELD}; today there is none, which withdraws nothing: ${UNTIL}`,
    },
    {
      because: 'nor a text that is no policy',
      policies: { 'a.example': 'none' },
      becomes: BY_POLICY,
      says: expect.stringMatching(
        /; today .+, which withdraws nothing: authenticated by their policy until Wed 2026-09-02 06:00Z$/,
      ),
    },
    {
      because: 'what is published today counts, and from today on',
      policies: { 'a.example': policy('enforce') },
      becomes: BY_POLICY,
      says: 'a.example enforces an MTA-STS policy with these hosts: authenticated by their policy until Tue 2026-09-08 06:00Z',
    },
    { because: 'mode none takes it back', policies: { 'a.example': policy('none') }, becomes: BY_DNS },
    { because: 'mode testing does, too', policies: { 'a.example': policy('testing') }, becomes: BY_DNS },
    { because: 'the hosts of today count', policies: { 'a.example': policy('enforce', 'mx.otherhub.org') }, becomes: BY_DNS },
    { because: 'it ran out', kept: { until: START }, becomes: BY_DNS },
    { because: 'what is kept was only tested', kept: { mode: 'testing' }, becomes: BY_DNS },
    { because: 'what is kept has other hosts', kept: { mx: ['mx.otherhub.org'] }, becomes: BY_DNS },
  ])('$because', async ({ policies = {}, kept = {}, becomes, says }) => {
    const { world } = worldWith('mx.mailhub.net', 'wild');
    const asked: Partial<Asked> = { policies, kept: { 'a.example': { ...KEPT, ...kept } } };
    const proposed = await propose('a.example secure\n', world, asked);
    expect(proposed.text).toBe(becomes);
    expect(proposed.changes[0]?.ground).toEqual(
      says === undefined
        ? { kind: 'dns', because: expect.any(String) }
        : { kind: 'mta-sts', until: expect.any(Number), because: says },
    );
    await settled(proposed, world, asked);
  });

  test('a line that rests on it is left as it is when its record is gone', async () => {
    const { world } = worldWith('mx.mailhub.net', 'wild');
    expect((await propose(BY_POLICY, world, { kept: { 'a.example': KEPT } })).changes).toEqual([]);
  });

  test('it is the word of the domain where DNS leads to strangers, too', async () => {
    const store = newStore();
    const { world, mx } = worldWith('in1.mailhub.net', 'in1');
    const table = 'a.example secure match=in1.mailhub.net\n';
    const at = await days(store, world, table, 3, () => world.domain('a.example', mx));
    world.domain('a.example', world.host('mx.otherhub.org', CHAINS.other));
    const kept = { 'a.example': { ...KEPT, mx: ['mx.otherhub.org'], until: at + DAY_MS } };
    expect((await propose(table, world, { store, at })).changes).toEqual([]);
    const proposed = await propose(table, world, { store, at, kept });
    expect(proposed.text).toBe('a.example secure match=mx.otherhub.org servername=hostname\n');
    expect(proposed.changes[0]?.ground?.kind).toBe('mta-sts');
  });

  test('beyond the most that are asked the one that is kept counts, and what has none is named', async () => {
    const asked: string[] = [];
    const sts = askingSts(
      {
        dns: {
          query: async (name) => {
            asked.push(name);
            return { kind: 'nxdomain', ad: false };
          },
        },
        fetchPolicy: async () => ({ kind: 'text', text: '' }),
      },
      new Map([['b.example', KEPT]]),
      () => START,
      START + 1,
      1,
    );
    expect(await sts.of('a.example')).toBeUndefined();
    expect(await sts.of('b.example')).toEqual({ mx: KEPT.mx, until: KEPT.until, kept: { fetchedAt: KEPT.fetchedAt } });
    expect(await sts.of('c.example')).toBeUndefined();
    expect(await sts.of('a.example')).toBeUndefined();
    expect(asked).toEqual(['_mta-sts.a.example']);
    expect(sts.left()).toEqual(['c.example']);
  });
});

describe('the days that are remembered', () => {
  test('a provider that rotates between two names: the list covers both', async () => {
    const store = newStore();
    const { world, mx } = worldWith('mx.mailhub.net', 'in1');
    const table = 'a.example secure match=in1.mailhub.net\n';
    const at = await days(store, world, table, 12, (day) => {
      mx.chain = day % 3 === 2 ? CHAINS.in2 : CHAINS.in1;
    });
    mx.chain = CHAINS.in1;
    const proposed = await propose(table, world, { store, at });
    expect(proposed.text).toBe('a.example secure match=.mailhub.net\n');
    expect(proposed.changes).toMatchObject([
      { kind: 'steadier', held: { days: 12, of: 12, lastFailedAt: null }, heldBefore: { of: 12 }, ground: { kind: 'policy' } },
    ]);
    expect(proposed.changes[0]?.heldBefore?.days).toBeLessThan(12);
    await settled(proposed, world, { store, at });
    // On a day of the other name, too.
    mx.chain = CHAINS.in2;
    expect((await propose(table, world, { store, at })).text).toBe('a.example secure match=.mailhub.net\n');
  });

  test('a provider that rotates between two domains: the line keeps the one it has', async () => {
    const store = newStore();
    const { world, mx } = worldWith('in1.mailhub.net', 'in1');
    const table = 'a.example secure match=mx.otherhub.org\n';
    const other = world.host('mx.otherhub.org', CHAINS.other);
    const at = await days(store, world, table, 6, (day) => world.domain('a.example', day % 2 === 0 ? other : mx));
    world.domain('a.example', mx);
    // Names of another provider that only DNS gives, after a day with the first: to be confirmed.
    const waiting = await propose(table, world, { store, at });
    expect(waiting.text).toBe(table);
    expect(waiting.unhelped).toMatchObject([{ destination: 'a.example', caution: { kind: 'moved' } }]);
    await saveConfirmation(store, {
      id: 'a.example',
      destination: 'a.example',
      hosts: ['in1.mailhub.net'],
      how: 'telephone',
      by: 'alice',
      at,
      until: at + DAY_MS,
    });
    expect((await propose(table, world, { store, at })).text).toBe('a.example secure match=in1.mailhub.net:mx.otherhub.org\n');
  });

  test('what an interceptor presented on one day is in no line', async () => {
    const store = newStore();
    const { world, mx } = worldWith('in1.mailhub.net', 'in1');
    const table = 'a.example secure match=in1.mailhub.net\n';
    const forged = world.host('mx.otherhub.org', CHAINS.other);
    const at = await days(store, world, table, 6, (day) => world.domain('a.example', day === 3 ? forged : mx));
    const proposed = await propose(table, world, { store, at });
    expect(proposed.changes).toEqual([]);
  });

  test('a host that an interceptor adds to the others is in no line, by no rule', async () => {
    const store = newStore();
    const { world, mx } = worldWith('in1.mailhub.net', 'in1');
    const table = 'a.example secure match=in1.mailhub.net:in2.mailhub.net\n';
    const at = await days(store, world, table, 3, () => world.domain('a.example', mx));
    world.domain('a.example', mx, world.host('mx.otherhub.org', CHAINS.other));
    const proposed = await propose(table, world, { store, at });
    expect(proposed.run.verdicts[0]?.verdict).toBe('degraded');
    expect(proposed.changes).toEqual([]);
    expect(proposed.unhelped).toMatchObject([{ destination: 'a.example', caution: { hosts: ['mx.otherhub.org'] } }]);
  });

  test('an interceptor of today gets no line, and the domain can be confirmed', async () => {
    const store = newStore();
    const { world, mx } = worldWith('in1.mailhub.net', 'in1');
    const table = 'a.example secure match=in1.mailhub.net\n';
    const at = await days(store, world, table, 3, () => world.domain('a.example', mx));
    world.domain('a.example', world.host('mx.otherhub.org', CHAINS.other));
    const proposed = await propose(table, world, { store, at });
    expect(proposed.changes).toEqual([]);
    expect(proposed.unhelped[0]?.caution?.hosts).toEqual(['mx.otherhub.org']);
  });
});

describe('--upgrade', () => {
  test.each<{ because: string; table: string; host?: string; chain?: ChainName; becomes: string; ground: string }>([
    { because: 'may, names of its own', table: 'a.example may\n', becomes: 'a.example secure\n', ground: 'policy' },
    {
      because: 'encrypt, names of its own',
      table: 'a.example encrypt ciphers=high\n',
      becomes: 'a.example secure ciphers=high\n',
      ground: 'policy',
    },
    {
      because: "encrypt, a provider's names",
      table: 'a.example encrypt ciphers=high\n',
      host: 'mx.mailhub.net',
      chain: 'wild',
      becomes: 'a.example secure match=.mailhub.net ciphers=high\n',
      ground: 'dns',
    },
    { because: 'verify', table: 'a.example verify\n', chain: 'ownMx', becomes: 'a.example secure\n', ground: 'policy' },
    {
      because: 'secure match=hostname',
      table: 'a.example secure match=hostname\n',
      chain: 'ownMx',
      becomes: 'a.example secure\n',
      ground: 'policy',
    },
    {
      because: 'may, a certificate that nobody trusts',
      table: 'a.example may\n',
      chain: 'alien',
      becomes: 'a.example encrypt\n',
      ground: 'policy',
    },
  ])('$because', async ({ table, host = 'mx.a.example', chain = 'own', becomes, ground }) => {
    const { world } = worldWith(host, chain);
    const proposed = await propose(table, world, { upgrade: true });
    expect(proposed.text).toBe(becomes);
    expect(proposed.changes).toMatchObject([{ kind: 'stronger', ground: { kind: ground } }]);
    expect((await propose(proposed.text, world, { upgrade: true })).changes).toEqual([]);
  });

  test.each<{ because: string; table: string; chain?: ChainName | null }>([
    { because: 'secure, that is all there is', table: 'a.example secure\n' },
    { because: 'encrypt, a certificate that nobody trusts', table: 'a.example encrypt\n', chain: 'alien' },
    { because: 'nobody answered', table: 'a.example may\n', chain: null },
    { because: 'an entry that fails is for suggest', table: 'a.example secure match=x.test\n' },
    { because: 'duplicates are for suggest', table: 'a.example secure\na.example secure\n' },
  ])('nothing: $because', async ({ table, chain = 'own' }) => {
    const { world } = worldWith('mx.a.example', chain);
    expect((await propose(table, world, { upgrade: true })).changes).toEqual([]);
  });

  test('a level that would have failed on some day is passed over for one that held', async () => {
    const store = newStore();
    const { world, mx } = worldWith('mx.mailhub.net', 'in1');
    const at = await days(store, world, 'a.example may\n', 6, (day) => {
      mx.chain = CHAINS.in1;
      if (day === 2) mx.result = ALIEN;
      else delete mx.result;
    });
    const proposed = await propose('a.example may\n', world, { store, at, upgrade: true });
    expect(proposed.changes).toMatchObject([{ after: 'a.example encrypt', held: { days: 6, of: 6 } }]);
  });

  test('how long the stronger line would have held', async () => {
    const store = newStore();
    const { world } = worldWith('mx.a.example', 'own');
    const at = await days(store, world, 'a.example encrypt\n', 5, () => undefined);
    const proposed = await propose('a.example encrypt\n', world, { store, at, upgrade: true });
    expect(proposed.changes).toMatchObject([{ after: 'a.example secure', held: { days: 5, of: 5, untold: 0 } }]);
  });
});

test('whatever the table, its output is left as it is, and nothing in it fails that delivered', async () => {
  const hosts: readonly (readonly [string, ChainName])[] = [
    ['mx.d0.example', 'own'],
    ['mx.mailhub.net', 'wild'],
    ['in1.mailhub.net', 'in1'],
    ['in2.mailhub.net', 'both'],
    ['mx.otherhub.org', 'other'],
  ];
  const key = fc.constantFrom(
    'd0.example',
    'd1.example',
    'd2.example',
    'd3.example',
    'd4.example',
    'd1.example:',
    '.example',
    '*',
    'mx.mailhub.net',
  );
  const element = fc.constantFrom(
    'nexthop',
    'dot-nexthop',
    '.mailhub.net',
    'in1.mailhub.net',
    'in2.mailhub.net',
    'mx.otherhub.org',
    'a.example',
    'hostname',
  );
  const match = fc.array(element, { minLength: 1, maxLength: 4 }).map((all) => `match=${all.join(':')}`);
  const word = fc.oneof(match, fc.constant('ciphers=high'));
  const level = fc.constantFrom('secure', 'secure', 'secure', 'verify', 'encrypt', 'may');
  const gap = fc.constantFrom(' ', '\t', '   ', '\n   ', '\n# said\n ');
  const line = fc
    .tuple(key, gap, level, fc.array(fc.tuple(gap, word), { maxLength: 2 }))
    .map(
      ([name, before, is, words]) =>
        `${name}${before.replaceAll('\n# said\n', '')}${is}${is === 'secure' || is === 'verify' ? words.flat().join('') : ''}`,
    );
  const comment = fc.constantFrom('# comment', '', '   ');
  const table = fc
    .tuple(fc.array(fc.oneof(line, line, comment), { minLength: 1, maxLength: 6 }), fc.constantFrom('\n', '\r\n', ''))
    .map(([lines, end]) => lines.join('\n') + end);
  await fc.assert(
    fc.asyncProperty(table, fc.boolean(), async (text, upgrade) => {
      const world = new SmallWorld();
      for (const [i, [host, chain]] of hosts.entries()) world.domain(`d${i}.example`, world.host(host, CHAINS[chain]));
      const proposed = await propose(text, world, { upgrade });
      const again = await propose(proposed.text, world, { upgrade });
      expect(again.changes.map(({ because, before, after }) => [because, before, after])).toEqual([]);
      expect(again.text).toBe(proposed.text);
      const fails = ({ run }: Proposed) =>
        run.verdicts.filter(({ verdict }) => verdict === 'fail').map(({ destination }) => destination);
      for (const name of fails(again)) expect(fails(proposed)).toContain(name);
      const comments = (one: string) => one.split('\n').filter((part) => /^\s*#\s*(?:comment|said)/.test(part));
      expect(comments(proposed.text)).toEqual(comments(text));
      if (!text.includes('hostname')) expect(proposed.text).not.toContain('hostname');
    }),
    { numRuns: 60 },
  );
});
