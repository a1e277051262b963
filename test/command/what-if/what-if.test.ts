/** `what-if`: another policy, judged on what `watch` stored, with every server closed and no network. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WhatIfDocument } from '../../../lambda/command/what-if/schema.ts';
import { createAuthority } from '../../internet/authority.ts';
import { FOUNDING_POLICY } from '../../internet/founding-domains.ts';
import type { MailHost } from '../../internet/internet.ts';
import { startDynalite } from '../../store/dynalite.ts';
import { problemsOf, type Scene, stable, startScene, unwrapped } from '../scene.ts';

let scene: Scene;
let gone: MailHost;
beforeAll(async () => {
  scene = await startScene();
  const other = await createAuthority('Next Root');
  writeFileSync(join(scene.dir, 'next.pem'), `${other.certificate.pem}`);
  writeFileSync(join(scene.dir, 'both.pem'), `${other.certificate.pem}${readFileSync(join(scene.dir, 'ca.pem'), 'utf8')}`);
  gone = await scene.internet.mailHost({ host: 'mx.gone.example', ...(await scene.issue({ dnsNames: ['mx.gone.example'] })) });
  scene.internet.domain('gone.example', gone);
  await gone.shut();
  writeFileSync(scene.table, IN_FORCE);
  await scene.watch();
  await scene.run(['policy', 'push', scene.table, ...scene.bundleFlags, ...scene.storeFlags]);
  await Promise.all([scene.facebook, scene.hearst, ...scene.fastmail].map((host) => host.shut()));
});
afterAll(() => scene.close());

const IN_FORCE = `${FOUNDING_POLICY}gone.example encrypt\n`;
const [FACEBOOK = '', HEARST = '', FASTMAIL = '', GONE = ''] = IN_FORCE.split('\n');

/** Whatever a command asks of a network ends it. */
const NO_NETWORK = [new URL('../noon-clock.ts', import.meta.url), new URL('../no-network.ts', import.meta.url)]
  .map(({ href }) => `--import=${href}`)
  .join(' ');

async function whatIf(...args: readonly string[]) {
  const { code, out, err } = await scene.run(['what-if', ...args, ...scene.storeFlags], { NODE_OPTIONS: NO_NETWORK });
  return { code, out: stable(out, scene), err: stable(err, scene) };
}
async function document(...args: readonly string[]): Promise<WhatIfDocument> {
  const { out, err } = await scene.run(['what-if', ...args, '--json', ...scene.storeFlags], { NODE_OPTIONS: NO_NETWORK });
  expect(err).toBe('');
  const found = JSON.parse(out) as WhatIfDocument;
  expect(problemsOf('what-if', found)).toEqual([]);
  return found;
}
function tableOf(...lines: readonly string[]): string {
  const path = join(scene.dir, 'proposed');
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}
/** Each that turns: how, why, and what it comes to. */
const turned = ({ groups }: WhatIfDocument): string[] =>
  groups.flatMap(({ turn, cause, destinations }) =>
    destinations.map(
      ({ destination, line, before, after }) =>
        `${turn} ${cause}: ${destination} ${line} ${before.level} ${before.verdict} > ${after.level} ${after.verdict}`,
    ),
  );

test('the command is ended by any question to a network', async () => {
  const { code, err } = await scene.run(['check', scene.table, ...scene.bundleFlags, ...scene.internet.flags], {
    NODE_OPTIONS: NO_NETWORK,
  });
  expect(code).toBe(99);
  expect(err).toMatch(/^NETWORK: /m);
});

test('the text: what would fail before what would be better, and what it was judged on', async () => {
  const table = tableOf(
    'facebook.com secure ciphers=high match=x.example',
    HEARST,
    'fastmail.fm secure ciphers=high match=.messagingengine.com',
    GONE,
  );
  const { code, out, err } = await whatIf(table);
  expect({ code, err }).toEqual({ code: 2, err: '' });
  const [told = '', judgedOn = ''] = out.split('both judged');
  expect(told.split('\n')).toEqual([
    'of 4 entries, 1 would newly fail, 1 would be better',
    '',
    'Would fail, 1 entry: certificate lacks the name asked for',
    '  facebook.com (line 1): secure pass (authenticated) → secure fail, certificate lacks the name asked',
    '    for',
    '    mail to facebook.com would be deferred: Postfix says "Server certificate not verified". The',
    '    chain is trusted, but secure wants x.example and the certificate of msgin.vvv.facebook.com',
    '    offers *.facebook.com and *.vvv.facebook.com',
    '',
    'Would be better, 1 entry, now: certificate lacks the name asked for',
    '  fastmail.fm (line 3): secure fail, certificate lacks the name asked for → secure pass',
    '    (authenticated)',
    '',
    'not to be told by either policy, for the same reason: gone.example',
    '',
    'compared with the policy in force, version VERSION pushed by alice@HERE on WHEN',
    '',
  ]);
  expect(unwrapped(judgedOn)).toMatch(
    /^, with no network, on what was last seen from HERE, by the run of .*; policy "default", kept in DIR\/store$/,
  );
});

test('the same table turns nothing', async () => {
  const { code, out } = await whatIf(tableOf(...IN_FORCE.trim().split('\n')));
  expect(unwrapped(out)).toMatch(/^nothing turns: 4 entries would come to what they come to now not to be told by either/);
  expect(code).toBe(0);
});

test.each([
  {
    because: 'another offer, by which nobody was met',
    lines: ['facebook.com secure', HEARST, FASTMAIL, GONE],
    says: ['untold other-offer: facebook.com kept secure pass > secure undetermined'],
  },
  {
    because: 'SNI that was not sent',
    lines: [`${FACEBOOK} servername=hostname`, HEARST, FASTMAIL, GONE],
    says: ['untold other-sni: facebook.com kept secure pass > secure undetermined'],
  },
  {
    because: 'a host that was never looked at',
    lines: [FACEBOOK, HEARST, FASTMAIL, GONE, 'new.example encrypt'],
    says: ['untold never-seen: new.example added none unchecked > encrypt undetermined'],
  },
  {
    because: 'a level that this main.cf does not allow',
    lines: ['facebook.com dane-only ciphers=high', HEARST, FASTMAIL, GONE],
    says: ['fails no-dnssec: facebook.com kept secure pass > invalid fail'],
  },
  {
    because: 'a line that is gone: mail goes by the global level',
    lines: [FACEBOOK, FASTMAIL, GONE],
    says: ['worse null: hearst.com removed secure pass > none unchecked'],
  },
  {
    because: 'a line that cannot be read as one',
    lines: ['facebook.com secrue', HEARST, FASTMAIL, GONE],
    says: ['fails invalid-entry: facebook.com kept secure pass > invalid fail'],
  },
  {
    because: 'a certificate that is pinned, and another one presented',
    lines: [`facebook.com fingerprint ciphers=high match=${'00:'.repeat(31)}00`, HEARST, FASTMAIL, GONE],
    says: ['fails digest-mismatch: facebook.com kept secure pass > fingerprint fail'],
  },
  {
    because: 'lines that moved, and a comment',
    lines: ['# new order', FASTMAIL, HEARST, GONE, FACEBOOK],
    says: [],
  },
])('another table: $because', async ({ lines, says }) => {
  const found = await document(tableOf(...lines));
  expect(turned(found)).toEqual(says);
  expect(found.counts).toMatchObject({ neither: 1, compared: lines.some((line) => line.startsWith('new.')) ? 5 : 4 });
  expect(found.exitStatus).toBe(says.length === 0 ? 0 : says[0]?.startsWith('fails') ? 2 : 1);
});

test('what another offer met is told as what it is, and is no verdict', async () => {
  const { code, out } = await whatIf(
    tableOf('facebook.com secure match=x.example', 'hearst.com secure match=gslb.pphosted.com', FASTMAIL, GONE),
  );
  expect(unwrapped(out)).toContain(
    'facebook.com (line 1): secure pass (authenticated) → secure undetermined msgin.vvv.facebook.com ' +
      'if what was presented to another offer is presented to this one: fail, certificate lacks the name asked for',
  );
  expect(unwrapped(out)).toContain(
    'if what was presented to another offer is presented to this one too, they come to what they come to now: hearst.com',
  );
  expect(code).toBe(1);
});

test('the next CA bundle: what leans on the anchor that it lacks', async () => {
  const found = await document('--ca-file', join(scene.dir, 'next.pem'));
  expect(found.groups[0]).toMatchObject({
    turn: 'fails',
    cause: 'untrusted-issuer',
    anchor: '/O=Test Authority/CN=Founding Root',
  });
  expect(turned(found)).toEqual([
    'fails untrusted-issuer: facebook.com kept secure pass > secure fail',
    'fails untrusted-issuer: hearst.com kept secure pass > secure fail',
    'other untrusted-issuer: fastmail.fm kept secure fail > secure fail',
  ]);
  expect(turned(await document('--ca-file', join(scene.dir, 'both.pem')))).toEqual([]);
});

test('another main.cf: what it does not say of anchors, version and port stays', async () => {
  const mainCf = join(scene.dir, 'main.cf');
  writeFileSync(
    mainCf,
    `smtp_tls_policy_maps = texthash:${scene.table}\nsmtp_tls_security_level = may\nsmtp_tls_secure_cert_match = x.example\n`,
  );
  expect(turned(await document('--main-cf', mainCf))).toEqual([
    'fails name-mismatch: facebook.com kept secure pass > secure fail',
  ]);
});

test('another version: its defaults, and what it makes of each line', async () => {
  const old = await document('--postfix-version', '2.11');
  expect(old.groups.map(({ turn, cause, asNow }) => ({ turn, cause, asNow }))).toEqual([
    { turn: 'untold', cause: 'other-offer', asNow: true },
  ]);
  expect(turned(await document('--openssl-version', '3.2'))).toEqual([]);
});

test('the store on DynamoDB: judged the same, and nothing is written or made', async () => {
  const dynalite = await startDynalite('watch');
  const env = {
    AWS_ENDPOINT_URL_DYNAMODB: dynalite.endpoint,
    AWS_REGION: 'local',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  };
  const file = join(scene.dir, 'export.jsonl');
  await scene.run(['store', 'export', file, ...scene.storeFlags]);
  await scene.run(['store', 'import', file, '--store', 'dynamodb:watch'], env);
  const whole = async () => {
    const out = join(scene.dir, `again-${Math.random()}.jsonl`);
    await scene.run(['store', 'export', out, '--store', 'dynamodb:watch'], env);
    return readFileSync(out, 'utf8')
      .split('\n')
      .slice(1)
      .filter((line) => !line.startsWith('{"items"'))
      .toSorted();
  };
  const before = await whole();
  expect(before.length).toBeGreaterThan(10);
  const table = tableOf('facebook.com secure ciphers=high match=x.example', HEARST, FASTMAIL, GONE);
  const there = await scene.run(['what-if', table, '--json', '--store', 'dynamodb:watch'], env);
  const here = await document(table);
  const { at: _a, store: _s, ...rest } = JSON.parse(there.out) as WhatIfDocument;
  expect(here).toMatchObject(rest);
  expect(there.code).toBe(2);
  expect(await whole()).toEqual(before);
  const missing = await scene.run(['what-if', table, '--store', 'dynamodb:nowhere'], env);
  expect(missing.code).toBe(3);
  const still = await scene.run(['what-if', table, '--store', 'dynamodb:nowhere'], env);
  expect(still.err).toBe(missing.err);
  await dynalite.close();
});

test('the store on disk is left as it is', async () => {
  const changedAt = () => statSync(join(scene.dir, 'store')).mtimeMs;
  const before = changedAt();
  await whatIf(tableOf(FACEBOOK));
  expect(changedAt()).toBe(before);
});

test.each([
  {
    because: 'nothing is named',
    args: [],
    says: 'error: what-if: nothing is named that would be otherwise; give a table, --main-cf, --config-directory, --transport, --ca-file, --ca-path, --postfix-version or --openssl-version\n',
  },
  {
    because: 'nothing was seen from there',
    args: ['--ca-file', 'x', '--vantage', 'elsewhere'],
    says: 'error: what-if: nothing was ever seen from elsewhere for the policy "default", so that there is nothing to judge on: run watch first, or name its --store, --policy and --vantage\n',
  },
  {
    because: 'a table that is not there',
    args: ['/nonexistent/table'],
    says: 'error: cannot read the table /nonexistent/table: No such file or directory\n',
  },
])('exit status 3: $because', async ({ args, says }) => {
  expect(await whatIf(...args)).toEqual({ code: 3, out: '', err: says });
});
