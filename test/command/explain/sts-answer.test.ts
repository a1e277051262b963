/** An entry that a daemon for MTA-STS answers: whose it is, what does not fit, and how to exempt the domain. */
import { beforeAll, expect, test } from 'vitest';
import { partnerText } from '../../../lambda/alert/message/partner-text.ts';
import type { NameSourcesDocument } from '../../../lambda/command/explain/source-schema.ts';
import { describeStsAnswer, stsAnswerLines } from '../../../lambda/command/explain/sts-answer.ts';
import type { Bundle } from '../../../lambda/policy/bundle.ts';
import { isStsAnswer } from '../../../lambda/policy/sts-answer.ts';
import { checkBundle } from '../../../lambda/run/check/check.ts';
import { createAuthority } from '../../internet/authority.ts';
import { SmallWorld } from '../../run/small-world.ts';
import { bundleOf } from '../../run/watching.ts';

const AT = Date.UTC(2026, 10, 27);
const DAEMON = 'socketmap:inet:127.0.0.1:8461:postfix';
const HASH = 'hash:/etc/postfix/tls_policy';

let pem: string;
let chain: readonly string[];
beforeAll(async () => {
  const authority = await createAuthority();
  pem = authority.certificate.pem;
  chain = (await authority.issue({ dnsNames: ['mx.new.test'] })).chain;
});

function bundle(value: string, tables: readonly string[], table = ''): Bundle {
  const made = bundleOf(table, pem);
  const policyMaps = tables.map((name) => {
    const [type = '', ...path] = name.split(':');
    return { type, path: path.join(':') };
  });
  return {
    ...made,
    settings: { ...made.settings, policyMaps },
    policyTables: tables.includes(HASH) ? made.policyTables : [],
    problems: [{ name: DAEMON, kind: 'not-listable', because: 'socketmap tables cannot be listed' }],
    answers: { [DAEMON]: { 'a.test': { kind: 'found', value } } },
    destinations: ['a.test'],
  };
}

async function judged(own: Bundle) {
  const world = new SmallWorld();
  world.domain('a.test', world.host('mx.new.test', chain));
  const pace = { concurrency: 4, perAddress: 2, perNetwork: 4, restAfter421Ms: 1, stopAt: AT + 3_600_000 };
  const run = await checkBundle(own, world.doors(), { at: AT, now: () => AT, pace });
  const i = run.verdicts.findIndex(({ destination }) => destination === 'a.test');
  const [verdict, destination] = [run.verdicts[i], run.destinations[i]];
  if (verdict === undefined || destination === undefined) throw new Error('not judged');
  return { verdict, destination };
}

const sources = (
  state: NameSourcesDocument['mtaSts']['state'],
  mx: string[] = [],
  outside: string[] = [],
): NameSourcesDocument => ({
  domain: 'a.test',
  dane: { state: 'mx-unsigned', hosts: null, of: null, sentence: '' },
  mtaSts: { state, id: '1', until: null, maxAge: null, mx, outside, held: null, failure: null, sentence: '' },
  provider: null,
  dns: { signed: false, sentence: '' },
  proposal: null,
});

test('the verdict names whose policy it is, and no line', async () => {
  const { verdict } = await judged(bundle('secure match=mx.old.test servername=hostname', [DAEMON]));
  expect([verdict.verdict, verdict.table, verdict.line, verdict.suggestion]).toEqual(['fail', DAEMON, null, null]);
  expect(verdict.sentence).toContain(
    `The entry is an answer of ${DAEMON}, as a daemon for MTA-STS makes it of the policy that a.test publishes: policy and ` +
      'hosts are theirs to bring together; to exempt the domain here, give it a line in a table before that one',
  );
  expect(verdict.sentence).not.toContain('no match list can be recommended');
  expect(partnerText(verdict, AT)?.replaceAll(/\s+/g, ' ')).toContain(
    'We go by the MTA-STS policy that a.test publishes: the policy and the servers must agree.',
  );
});

test.each([
  {
    of: sources('enforce', ['mx.old.test'], ['mx.new.test']),
    says: '. It is what they publish today. The policy does not name mx.new.test, where their DNS leads',
    because: 'their own policy does not fit',
  },
  {
    of: sources('enforce', ['mx.new.test', '*.b.test']),
    says: '. Their policy of today comes to match=mx.new.test:.b.test: the daemon goes by what it fetched before, until that has run out or is forgotten',
    because: 'the policy has changed',
  },
  {
    of: sources('not-announced'),
    says: '. Today they enforce no policy: the daemon goes by what it fetched before, until that has run out or is forgotten',
    because: 'there is none any more',
  },
  {
    of: sources('unfetched'),
    says: '. Their policy of today could not be read: the daemon goes by what it fetched before, until that has run out or is forgotten',
    because: 'it cannot be fetched',
  },
  { of: null, says: '', because: 'nobody was asked' },
])('$because', async ({ of, says }) => {
  const own = bundle('secure match=mx.old.test', [DAEMON]);
  const { verdict, destination } = await judged(own);
  expect(describeStsAnswer(destination, verdict, of, own)).toEqual({
    table: DAEMON,
    answer: 'secure match=mx.old.test',
    sentence: `the entry is an answer of ${DAEMON}, as a daemon for MTA-STS makes it of the policy that a.test publishes: nobody edits it here${says}`,
    exemption: {
      line: 'a.test encrypt',
      sentence:
        `in a table that smtp_tls_policy_maps names before ${DAEMON}, such as smtp_tls_policy_maps = hash:/etc/postfix/tls_policy, ` +
        `${DAEMON}: mail to a.test then goes to whoever takes it with TLS, authenticated by nothing, until the line is taken out again`,
    },
  });
});

test('the line belongs into the table that is asked before the daemon', async () => {
  const own = bundle('secure match=mx.old.test', [HASH, DAEMON], 'b.test may\n');
  const { verdict, destination } = await judged(own);
  const answer = describeStsAnswer(destination, verdict, null, own);
  expect(answer?.exemption.sentence).toMatch(new RegExp(`^in ${HASH}, which is asked before ${DAEMON}: `));
  const lines = stsAnswerLines(answer, (_, text) => text, 80);
  expect(lines.slice(0, 2)).toEqual(['', 'Whose entry it is:']);
  expect(lines).toContain('  a.test encrypt');
});

test('the line that exempts is the one that counts', async () => {
  const { verdict } = await judged(bundle('secure match=mx.old.test', [HASH, DAEMON], 'a.test encrypt\n'));
  expect([verdict.verdict, verdict.level]).toEqual(['pass', 'encrypt']);
});

test.each([
  { table: DAEMON, line: 0, value: 'secure match=mx.a.test', is: true },
  { table: `proxy:${DAEMON}`, line: 0, value: 'secure match=.a.test servername=hostname', is: true },
  { table: 'tcp:127.0.0.1:8461', line: 0, value: 'secure policy_type=sts policy_domain=a.test', is: true },
  { table: DAEMON, line: 0, value: 'secure { policy_type = sts } { match = a.test }', is: true },
  { table: DAEMON, line: 0, value: 'dane-only', is: false },
  { table: DAEMON, line: 0, value: 'secure', is: false },
  { table: DAEMON, line: 0, value: 'encrypt match=x', is: false },
  { table: 'mysql:/etc/postfix/tls.cf', line: 0, value: 'secure match=mx.a.test', is: false },
  { table: HASH, line: 3, value: 'secure match=mx.a.test', is: false },
])('$table, line $line: $value', ({ is, ...entry }) => {
  expect(isStsAnswer({ key: 'a.test', ...entry })).toBe(is);
});
