/** The three domains it all started with, through the whole line: files, DNS, sockets, verdict, output, store. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CheckDocument } from '../../lambda/command/check/verdict-schema.ts';
import { type FoundingDomains, foundingDomains } from '../internet/founding-domains.ts';
import { type Internet, startInternet } from '../internet/internet.ts';
import { runCommand } from './run-command.ts';
import { PUBLISHED, schemaText } from './schemas.ts';

let internet: Internet;
let scene: FoundingDomains;
let dir: string;
let table: string;
let flags: string[];

beforeAll(async () => {
  internet = await startInternet();
  scene = await foundingDomains(internet);
  dir = mkdtempSync(join(tmpdir(), 'founding-'));
  table = join(dir, 'tls_policy');
  writeFileSync(table, scene.policy);
  writeFileSync(join(dir, 'ca.pem'), scene.anchors);
  flags = [...internet.flags, '--ca-file', join(dir, 'ca.pem')];
});

afterAll(async () => {
  await internet.close();
  rmSync(dir, { recursive: true, force: true });
});

const SENTENCE =
  'mail to fastmail.fm would be deferred: Postfix says "Server certificate not verified". The chain is trusted, but secure wants ' +
  'fastmail.fm or a name below it and the certificate of in1-smtp.messagingengine.com offers *.messagingengine.com, ' +
  'messagingengine.com and 4 more';

describe('check', () => {
  test('tells the one that fails first, with the line to use instead, and exits 2', async () => {
    const { code, out, err } = await runCommand(['check', table, ...flags]);
    expect(err).toBe('');
    expect(out.split('\n').slice(0, 3)).toEqual([
      'fail  line 3  fastmail.fm   secure  2 hosts  name mismatch',
      'pass  line 1  facebook.com  secure  1 host   authenticated',
      'pass  line 2  hearst.com    secure  1 host   authenticated',
    ]);
    expect(out).toContain('fastmail.fm secure match=.messagingengine.com ciphers=high');
    expect(out).toContain('\n3 entries: 1 fail, 2 pass\n');
    expect(code).toBe(2);
  });

  test('--json is one document that the published schema takes', async () => {
    const { code, out } = await runCommand(['check', table, '--json', ...flags]);
    const document = JSON.parse(out) as CheckDocument;
    expect(problemsOf('check', document)).toEqual([]);
    expect(document.summary).toEqual({ pass: 2, degraded: 0, fail: 1, undetermined: 0, unchecked: 0 });
    expect(document.vantage).toEqual({ ipv4: 'clear', ipv6: 'untried' });
    const fastmail = document.entries.find(({ destination }) => destination === 'fastmail.fm');
    expect(fastmail).toMatchObject({
      line: 3,
      verdict: 'fail',
      reason: 'name-mismatch',
      sentence: SENTENCE,
      postfixWould: 'defer',
      postfixSays: 'Server certificate not verified',
      postfixDsn: '4.7.5',
      suggestion: { line: 'fastmail.fm secure match=.messagingengine.com ciphers=high', restsOn: 'dns', verdict: 'pass' },
    });
    expect(fastmail?.hosts.map(({ host, preference }) => [host, preference])).toEqual([
      ['in1-smtp.messagingengine.com', 10],
      ['in2-smtp.messagingengine.com', 20],
    ]);
    const hearst = document.entries.find(({ destination }) => destination === 'hearst.com');
    expect(hearst?.hosts[0]?.addresses[0]).toMatchObject({
      outcome: 'pass',
      asked: ['gslb.pphosted.com'],
      matched: 'gslb.pphosted.com',
    });
    expect(code).toBe(2);
  });

  test('does not connect to loopback unless told so: nothing seen, exit 3', async () => {
    const private_ = flags.filter((flag) => flag !== '--allow-private-addresses');
    const { code, out } = await runCommand(['check', table, '--json', ...private_]);
    const document = JSON.parse(out) as CheckDocument;
    expect(document.entries.map(({ verdict, reason }) => `${verdict} ${reason}`)).toEqual(
      Array.from({ length: 3 }, () => 'unchecked private-addresses'),
    );
    expect(code).toBe(3);
  });
});

describe('explain', () => {
  test('tells the whole story, ending with the cure, its ground, and the command that shows the same', async () => {
    const { code, out } = await runCommand(['explain', 'fastmail.fm', table, ...flags]);
    for (const line of [
      '  10  in1-smtp.messagingengine.com',
      '        wanted    fastmail.fm, .fastmail.fm',
      'Use instead:',
      '  fastmail.fm secure match=.messagingengine.com ciphers=high',
      'Would verify or match=hostname do?',
      'Can I have secure without a match list?',
    ])
      expect(out.split('\n')).toContain(line);
    expect(out).toMatch(
      /^ {2}posttls-finger -c -l secure .*'\[in1-smtp\.messagingengine\.com\]:\d+' fastmail\.fm \.fastmail\.fm$/m,
    );
    expect(code).toBe(2);
  });

  test('--json is one document that the published schema takes', async () => {
    const { out } = await runCommand(['explain', 'facebook.com', table, '--json', ...flags]);
    const document = JSON.parse(out);
    expect(problemsOf('explain', document)).toEqual([]);
    expect(document).toMatchObject({ entry: { verdict: 'pass', protection: 'authenticated' }, hostnameAdvice: null });
  });

  test('a name that is no destination is wrong usage', async () => {
    const { code, err } = await runCommand(['explain', 'no such name', table, ...flags]);
    expect(err).toBe('error: "no such name": a destination is a domain, or a next hop as the table has it, such as [host]:587\n');
    expect(code).toBe(3);
  });
});

describe('lint', () => {
  test('finds nothing in the table of the question', async () => {
    const { code, out } = await runCommand(['lint', table, '--json', '--ca-file', join(dir, 'ca.pem')]);
    const document = JSON.parse(out);
    expect(problemsOf('lint', document)).toEqual([]);
    expect(document.summary.defers).toBe(0);
    expect(code).toBe(document.summary.warning === 0 ? 0 : 1);
  });

  test('a broken entry defers mail: exit 2, with its line', async () => {
    const broken = join(dir, 'broken');
    writeFileSync(broken, 'example.com secure # by hand\n');
    const { code, out } = await runCommand(['lint', broken, '--ca-file', join(dir, 'ca.pem')]);
    expect(out).toContain(`hash:${broken}, line 1: example.com`);
    expect(out).toContain("missing '=' after attribute name");
    expect(code).toBe(2);
  });
});

describe('watch', () => {
  test('day one tells, day two is silent, day three tells what changed', async () => {
    const run = () => runCommand(['watch', table, '--store', join(dir, 'store'), '--confirm-after', '0', ...flags]);
    const one = await run();
    expect(one.err).toBe('');
    expect(one.out).toMatch(/^Subject: Now watching 3 entries: 1 would fail$/m);
    expect(one.out).toContain('fastmail.fm secure match=.messagingengine.com ciphers=high');
    expect(one.code).toBe(0);

    const two = await run();
    expect(two).toEqual({ code: 0, out: '', err: '' });

    scene.facebook.present(await scene.issue({ commonName: '*.fbsbx.example', dnsNames: ['*.fbsbx.example'] }));
    const three = await run();
    expect(three.err).toBe('');
    expect(three.out).toMatch(/^Subject: facebook\.com /m);
    expect(three.out).toContain('*.fbsbx.example');
    expect(three.out).not.toMatch(/^Subject: .*fastmail/m);
    expect(three.code).toBe(0);
  });
});

describe('wrong usage', () => {
  test.each([
    [['check', '/no/such/table'], 'error: cannot read the table /no/such/table: No such file or directory'],
    [['check', '--smtp-port', '0', 'x'], 'a port from 1 to 65535 is wanted'],
    [['frobnicate'], "error: unknown command 'frobnicate'"],
  ])('%j exits 3 and says why', async (args, why) => {
    const { code, err } = await runCommand(args);
    expect(err).toContain(why);
    expect(code).toBe(3);
  });
});

/** What the published schema finds wrong with a document. */
function problemsOf(command: string, document: unknown): unknown[] {
  const schema = PUBLISHED[command];
  if (schema === undefined) throw new Error(`no schema for ${command}`);
  const ajv = new Ajv({ strict: false, allErrors: true, formats: { 'date-time': true } });
  const validate = ajv.compile(JSON.parse(schemaText(command, schema)));
  validate(document);
  return validate.errors ?? [];
}
