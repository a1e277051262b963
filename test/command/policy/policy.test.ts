/** `policy push`, `show` and `status` as an operator runs them. */
import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDynalite } from '../../store/dynalite.ts';
import { problemsOf, type Scene, stable, startScene, unwrapped } from '../scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
  expect(await scene.watch()).toMatchObject({ code: 0 });
});
afterAll(() => scene.close());

/** `policy COMMAND` with everything it needs, its output made stable. */
async function policy(command: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const bundle = command === 'show' ? [] : scene.bundleFlags;
  const ran = await scene.run(['policy', command, ...args, ...bundle, ...scene.storeFlags], env);
  return { code: ran.code, out: stable(ran.out, scene), err: stable(ran.err, scene) };
}

const edited = (name: string, edit: (text: string) => string): string => {
  const path = join(scene.dir, name);
  writeFileSync(path, edit(scene.policy));
  return path;
};

/** The table as it is in use, with a comment of its own. */
function commented(comment: string): string {
  writeFileSync(scene.table, `${readFileSync(scene.table, 'utf8')}# ${comment}\n`);
  return scene.table;
}

const quiet = { code: 0, out: '', err: '' };

test('nothing was pushed yet', async () => {
  expect(await policy('status')).toEqual({
    code: 3,
    out: 'policy "default" in DIR/store: nothing was pushed yet; "policy push" with the table does it\n',
    err: '',
  });
  expect(await policy('show')).toEqual({
    code: 3,
    out: '',
    err: 'error: policy "default" in DIR/store: nothing was pushed yet\n',
  });
});

describe('once pushed', () => {
  test('it says where to and how much', async () => {
    expect(await policy('push', [scene.table])).toEqual({
      code: 0,
      out: 'pushed policy "default" to DIR/store: version VERSION, 3 entries\n',
      err: '',
    });
  });

  test('again, it is in use already; for cron, without a word', async () => {
    const inUse = 'version VERSION is in use already: nothing to push\n';
    expect(await policy('push', [scene.table])).toEqual({ ...quiet, out: inUse });
    expect(await policy('push', [scene.table, '--if-changed'])).toEqual(quiet);
  });

  test('the table is printed back byte for byte, and so is every part', async () => {
    expect(await policy('show')).toEqual({ ...quiet, out: scene.policy });
    expect(await policy('show', ['--part', 'ca.pem'])).toEqual({ ...quiet, out: scene.anchors });
    expect(await policy('show', ['--part', 'main.cf'])).toEqual({
      code: 3,
      out: '',
      err: 'error: --part main.cf: the pushed policy has DIR/ca.pem, DIR/tls_policy, bundle.json\n',
    });
  });

  test('status says that it is the one in use', async () => {
    const { code, out } = await policy('status', [scene.table]);
    expect(out.replaceAll(/ +\d+ bytes/g, ' N bytes')).toBe(
      [
        'policy "default" in DIR/store',
        `  version VERSION, pushed by alice@HERE on WHEN`,
        '  DIR/ca.pem N bytes',
        '  DIR/tls_policy N bytes',
        '  bundle.json N bytes',
        '',
        'compared with the files here',
        '  DIR/ca.pem      the same',
        '  DIR/tls_policy  the same',
        '',
        'the pushed copy is the one in use here',
        '',
      ].join('\n'),
    );
    expect(code).toBe(0);
  });
});

describe('an edit', () => {
  test('that would stop mail which is delivered today is refused, with the difference', async () => {
    const path = edited('tls_policy', (text) => text.replace('match=gslb.pphosted.com', 'match=.pphosted.net'));
    const { code, out, err } = await policy('push', [path]);
    expect(out).toBe('');
    expect(err.split('\n').slice(0, 4)).toEqual([
      'error: policy push: 1 entry that delivers today would not, by what was last seen from HERE',
      '  hearst.com, line 2',
      '    - hearst.com secure match=gslb.pphosted.com ciphers=high',
      '    + hearst.com secure match=.pphosted.net ciphers=high',
    ]);
    expect(unwrapped(err)).toContain(
      'mail to hearst.com would be deferred: Postfix says "Server certificate not verified". The chain is trusted, but secure wants a name below pphosted.net and the certificate of mxa-000c7201.gslb.pphosted.com offers gslb.pphosted.com',
    );
    expect(err).toMatch(/^ {4}use instead: hearst\.com secure match=gslb\.pphosted\.com ciphers=high$/m);
    expect(err).toMatch(/^hint: nothing was pushed; --force pushes it all the same\n$/m);
    expect(code).toBe(2);
  });

  test('that leaves a line which defers mail is refused in Postfix its own words', async () => {
    const path = edited('tls_policy', (text) => `${text}new.example secure # by hand\n`);
    expect(await policy('push', [path])).toEqual({
      code: 2,
      out: '',
      err: [
        'error: policy push: a line that would defer mail',
        '  hash:DIR/tls_policy, line 4: new.example',
        '    all mail to this next hop would be deferred (4.7.5 client TLS configuration problem)',
        '    logged: smtp_tls_policy_maps, next-hop destination "new.example": malformed attribute/value pair',
        '    "#": missing \'=\' after attribute name',
        '    cure: put the comment on a line of its own: Postfix has no comments behind an entry',
        'hint: nothing was pushed; --force pushes it all the same',
        '',
      ].join('\n'),
    });
  });

  test('is told by status: the entries, and that postmap was not run', async () => {
    const path = edited('tls_policy', (text) => text.replace('facebook.com    secure', 'facebook.com    verify'));
    writeFileSync(`${path}.db`, '');
    utimesSync(`${path}.db`, new Date(0), new Date(0));
    const { code, out } = await policy('status', [path]);
    expect(out.slice(out.indexOf('compared with'))).toBe(
      [
        'compared with the files here',
        '  DIR/ca.pem      the same',
        '  DIR/tls_policy  differs',
        '',
        'entries, pushed (-) and here (+)',
        '- facebook.com secure ciphers=high',
        '+ facebook.com verify ciphers=high',
        '',
        ...out.split('\n').slice(-4, -2),
        'the pushed copy is not the one in use here: push it again',
        '',
      ].join('\n'),
    );
    expect(unwrapped(out)).toContain(
      'postmap not run: DIR/tls_policy is newer than DIR/tls_policy.db, so Postfix on this host still uses the older table',
    );
    expect(code).toBe(1);

    const document = JSON.parse(
      (await scene.run(['policy', 'status', path, '--json', ...scene.bundleFlags, ...scene.storeFlags])).out,
    );
    expect(problemsOf('policy-status', document)).toEqual([]);
    expect(document.compared).toEqual({
      same: false,
      files: [
        { path: join(scene.dir, 'ca.pem'), standing: 'same' },
        { path, standing: 'differs' },
      ],
      bundle: ['tables'],
      entries: [
        { destination: 'facebook.com', pushed: 'facebook.com secure ciphers=high', here: 'facebook.com verify ciphers=high' },
      ],
      postmapNotRun: [{ path, database: `${path}.db` }],
    });
  });

  test('that changes nothing for the worse is pushed, and told entry by entry', async () => {
    const path = edited('tls_policy', (text) =>
      text.replace('fastmail.fm     secure', 'fastmail.fm     secure match=.messagingengine.com').replace(/^facebook.*\n/, ''),
    );
    const { code, out, err } = await policy('push', [path]);
    expect(out).toBe(
      [
        'pushed policy "default" to DIR/store: version VERSION, 2 entries',
        '  in place of version VERSION, pushed by alice@HERE on WHEN',
        '  - fastmail.fm secure ciphers=high',
        '  + fastmail.fm secure match=.messagingengine.com ciphers=high',
        '       fail (name mismatch) → pass',
        '  - facebook.com secure ciphers=high',
        '  judged on what was last seen from HERE: whatever delivers today still would',
        '',
      ].join('\n'),
    );
    expect({ code, err }).toEqual({ code: 0, err: '' });
  });
});

describe('what somebody else pushed', () => {
  const elsewhere = () => ({ STATE_DIRECTORY: join(scene.dir, 'elsewhere'), SUDO_USER: 'bob' });

  test('has to be looked at before it is replaced', async () => {
    const path = commented('theirs');
    const refused = await policy('push', [path], elsewhere());
    expect(unwrapped(refused.err)).toBe(
      'error: policy push: version VERSION, pushed by alice@HERE on WHEN, is in use and was never shown here: look at it with "policy status" or "policy show", or say --expect VERSION hint: nothing was pushed; --force pushes it all the same',
    );
    expect(refused.code).toBe(3);
    await policy('status', [], elsewhere());
    expect(await policy('push', [path], elsewhere())).toMatchObject({ code: 0, err: '' });

    const mine = await policy('push', [commented('mine')]);
    expect(unwrapped(mine.err)).toMatch(
      /^error: policy push: version VERSION, pushed by bob@HERE on WHEN, is in use; the one last shown here is VERSION: look at it /,
    );
    expect(mine.code).toBe(3);
  });

  test('can be named by hand, where no state is kept', async () => {
    const status = await scene.run(['policy', 'status', '--json', ...scene.storeFlags], elsewhere());
    const { pushed } = JSON.parse(status.out);
    const wrong = await policy('push', [scene.table, '--expect', 'abcdefabcdef']);
    expect(unwrapped(wrong.err)).toMatch(/ is in use, not the abcdefabcdef of --expect: look at it /);
    expect(await policy('push', [scene.table, '--expect', pushed.version.slice(0, 8)])).toMatchObject({ code: 0, err: '' });
    expect(await policy('push', [scene.table, '--expect', 'latest'])).toEqual({
      code: 3,
      out: '',
      err: 'error: --expect latest: a version is wanted, at least its first 8 digits, as "policy status" shows it\n',
    });
  });
});

test('main.cf and what it names are stored with the table that it names', async () => {
  const [mainCf, transport] = [join(scene.dir, 'main.cf'), join(scene.dir, 'transport')];
  writeFileSync(transport, 'hearst.com smtp:[mxa-000c7201.gslb.pphosted.com]\n');
  writeFileSync(
    mainCf,
    [
      `smtp_tls_policy_maps = hash:${scene.table}`,
      `transport_maps = hash:${transport}`,
      `smtp_tls_CAfile = ${join(scene.dir, 'ca.pem')}`,
      'smtp_tls_security_level = may',
      '',
    ].join('\n'),
  );
  const place = ['--store', join(scene.dir, 'store'), '--policy', 'second'];
  const pushed = await scene.run(['policy', 'push', '--main-cf', mainCf, '--force', ...place]);
  expect(pushed).toMatchObject({ code: 0, err: '' });
  const shown = async (part: string) => (await scene.run(['policy', 'show', '--part', part, ...place])).out;
  expect(await shown('main.cf')).toBe(readFileSync(mainCf, 'utf8'));
  expect(await shown('transport')).toBe(readFileSync(transport, 'utf8'));
  expect((await scene.run(['policy', 'show', ...place])).out).toBe(readFileSync(scene.table, 'utf8'));
});

describe('--env', () => {
  test('takes table, region, policy and vantage from what the deploy wrote', async () => {
    const cloud = await startDynalite('postfix-tls-watch');
    try {
      const outputs = join(scene.dir, 'cdk-outputs.json');
      writeFileSync(
        outputs,
        JSON.stringify({
          'tls-watch-prod': {
            Region: 'eu-central-1',
            TableName: 'postfix-tls-watch',
            PolicyName: 'mta1',
            VantageName: 'mail.example',
          },
        }),
      );
      const env = {
        AWS_ENDPOINT_URL_DYNAMODB: cloud.endpoint,
        AWS_ACCESS_KEY_ID: cloud.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: cloud.credentials.secretAccessKey,
      };
      const prod = ['--env', 'prod', '--outputs', outputs];
      const pushed = await scene.run(['policy', 'push', scene.table, ...scene.bundleFlags, ...prod], env);
      expect(stable(pushed.out, scene)).toBe(
        'pushed policy "mta1" to DynamoDB table postfix-tls-watch: version VERSION, 2 entries\n',
      );
      const status = JSON.parse((await scene.run(['status', '--json', ...prod], env)).out);
      expect(status).toMatchObject({ store: 'DynamoDB table postfix-tls-watch', policy: 'mta1', vantage: 'mail.example' });
      const restored = JSON.parse((await scene.run(['status', '--json', ...prod, '--vantage', 'mx2', ...scene.storeFlags])).out);
      expect(restored).toMatchObject({ store: join(scene.dir, 'store'), policy: 'mta1', vantage: 'mx2' });
    } finally {
      await cloud.close();
    }
  });

  test.each([
    {
      flags: ['--env', 'prod', '--outputs', '/no/such/file'],
      says: 'error: cannot read the outputs of the deployment, /no/such/file: No such file or directory; the deploy writes it, --outputs names it\n',
    },
    { flags: ['--env', 'dev'], says: 'error: --env dev: no environment of that name in OUTPUTS, it has prod, half\n' },
    {
      flags: ['--env', 'half'],
      says: 'error: --env half: OUTPUTS names no table; deploy again, so that its outputs are complete\n',
    },
    { flags: ['--outputs', 'x'], says: 'error: --outputs says nothing without --env, the name of an environment\n' },
  ])('$flags is wrong usage', async ({ flags, says }) => {
    const outputs = join(scene.dir, 'outputs.json');
    writeFileSync(outputs, JSON.stringify({ 'tls-watch-prod': { TableName: 't' }, 'tls-watch-half': {}, Other: {} }));
    const given = flags.includes('--outputs') ? flags : [...flags, '--outputs', outputs];
    const { code, err } = await scene.run(['policy', 'show', ...given]);
    expect(err.replaceAll(outputs, 'OUTPUTS')).toBe(says);
    expect(code).toBe(3);
  });
});
