/** Strangers' malice and slips through the whole command: names, certificates, banners, DNS answers, tables, closed pipes, signals. */

import { spawn } from 'node:child_process';
import { generateKeyPairSync, type KeyPairKeyObjectResult } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CheckDocument } from '../../lambda/command/check/verdict-schema.ts';
import { ALONE } from '../alone.ts';
import { type Authority, createAuthority, pemOf } from '../internet/authority.ts';
import { type Internet, startInternet } from '../internet/internet.ts';
import { element, remint, utcTime } from '../internet/remint.ts';
import type { Identity } from '../internet/tls-server.ts';
import { CLI, CLOCK, HANGS_MS, type Ran, runCommand } from './run-command.ts';

let internet: Internet;
let dir: string;

beforeAll(async () => {
  internet = await startInternet();
  dir = mkdtempSync(join(tmpdir(), 'hostile-'));
});

afterAll(async () => {
  await internet.close();
  rmSync(dir, { recursive: true, force: true });
});

/** A file in the test's own directory. */
function file(name: string, content: string | Uint8Array): string {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
}

const documentOf = (out: string) => JSON.parse(out) as CheckDocument;

describe('names that every object has', () => {
  const POLICY = 'constructor secure\n__proto__ secure\n[constructor]:constructor secure\na.test secure tafile=__proto__\n';

  test('check judges them as any other', async () => {
    const { code, out, err } = await runCommand(['check', file('names', POLICY), '--json', ...internet.flags]);
    expect(err).toBe('');
    expect(documentOf(out).entries.map(({ key, verdict, reason }) => `${key} ${verdict} ${reason}`)).toEqual([
      'constructor fail nxdomain',
      '__proto__ fail nxdomain',
      '[constructor]:constructor unchecked never-looked-up',
      'a.test fail nxdomain',
    ]);
    expect(code).toBe(2);
  });

  test('watch remembers them: told once', async () => {
    const run = () =>
      runCommand([
        'watch',
        file('names', POLICY),
        '--store',
        join(dir, 'names-store'),
        '--confirm-after',
        '0',
        ...internet.flags,
      ]);
    const first = await run();
    expect(first.err).toBe('');
    expect(first.out).toMatch(/^Subject: Now watching 3 entries: 3 would fail$/m);
    expect(await run()).toEqual({ code: 0, out: '', err: '' });
  });
});

describe('certificates', () => {
  const NASTY =
    '\u001b[2J\u001b]0;title\u0007 \u202eevil\u202c\r\nInjected: yes\u0085\u009b2J <!channel> @everyone `x` http://evil.test/ \u200b';
  let authority: Authority;
  let policy: string;
  let flags: readonly string[];

  /** One mail host each, under a domain named after the row. */
  const ROWS: readonly {
    readonly name: string;
    readonly verdict: string;
    readonly make: () => Promise<Identity>;
  }[] = [
    { name: 'common-name', verdict: 'fail name-mismatch', make: () => leaf({ subject: [['CN', NASTY]] }) },
    {
      name: 'dns-names',
      verdict: 'fail name-mismatch',
      make: () => leaf({ dnsNames: [NASTY, 'dns-names.test\0.evil.test', '<!channel>.test'], commonName: null }),
    },
    {
      name: 'name-bytes',
      verdict: 'fail name-mismatch',
      make: () => alternativeNames(element(0x30, element(0x82, Buffer.from('ff1b9b80', 'hex')), element(0x82))),
    },
    { name: 'names-no-list', verdict: 'fail bad-signature', make: () => alternativeNames(element(0x02, Buffer.of(1))) },
    { name: 'names-cut', verdict: 'fail bad-signature', make: () => alternativeNames(Buffer.from('3082ffff', 'hex')) },
    { name: 'name-60k', verdict: 'fail name-mismatch', make: () => leaf({ dnsNames: [`${'a'.repeat(60_000)}.test`] }) },
    {
      name: 'names-3000',
      verdict: 'fail name-mismatch',
      make: () => leaf({ dnsNames: Array.from({ length: 3_000 }, (_, i) => `h${i}.test`) }),
    },
    { name: 'serial', verdict: 'pass null', make: () => leaf({ dnsNames: ['serial.test'], serial: Uint8Array.of(0x80, 1) }) },
    {
      name: 'serial-5k',
      verdict: 'pass null',
      make: () => leaf({ dnsNames: ['serial-5k.test'], serial: new Uint8Array(5_000).fill(0x7f) }),
    },
    {
      // OpenSSL 3.0, which is assumed of the mail host, offers no signature that its key could make in TLS 1.3.
      name: 'brainpool',
      verdict: 'fail handshake-failed',
      make: () => keyed('brainpool.test', generateKeyPairSync('ec', { namedCurve: 'brainpoolP256r1' })),
    },
    { name: 'ed448', verdict: 'pass null', make: () => keyed('ed448.test', generateKeyPairSync('ed448')) },
    {
      name: 'year-9999',
      verdict: 'pass null',
      make: () => dated('year-9999.test', element(0x18, Buffer.from('99991231235959Z'))),
    },
    { name: 'year-1950', verdict: 'fail expired', make: () => dated('year-1950.test', utcTime('500101000000Z')) },
    { name: 'no-such-day', verdict: 'fail expired', make: () => dated('no-such-day.test', utcTime('300230000000Z')) },
    { name: 'repeated', verdict: 'pass null', make: () => repeated('repeated.test') },
  ];

  const leaf = async (options: Parameters<Authority['issue']>[0]): Promise<Identity> => {
    const { chainPem, keyPem } = await authority.issue({ eku: ['serverAuth'], ...options });
    return { chain: chainPem, key: keyPem };
  };
  const alternativeNames = (der: Uint8Array) => leaf({ commonName: null, extensions: [{ oid: '2.5.29.17', der }] });
  const keyed = (name: string, pair: KeyPairKeyObjectResult) => leaf({ dnsNames: [name], key: { type: 'ec', ...pair } });
  const dated = async (name: string, notAfter: Buffer): Promise<Identity> => {
    const { der, keyPem } = await authority.issue({ dnsNames: [name] });
    const validity = element(0x30, utcTime('200101000000Z'), notAfter);
    return {
      chain: pemOf(remint(der, authority.key, { validity })) + authority.chain.map((one) => pemOf(one)).join(''),
      key: keyPem,
    };
  };
  const repeated = async (name: string): Promise<Identity> => {
    const { chain, key } = await leaf({ dnsNames: [name] });
    return { chain: chain + pemOf(authority.certificate.der).repeat(120), key };
  };

  beforeAll(async () => {
    const root = await createAuthority('Hostile Root');
    authority = await root.intermediate('Hostile Intermediate');
    for (const { name, make } of ROWS) {
      const host = await internet.mailHost({ host: `mx.${name}.test`, ...(await make()) });
      internet.domain(`${name}.test`, host);
    }
    policy = file('certificates', ROWS.map(({ name }) => `${name}.test secure\n`).join(''));
    flags = [...internet.flags, '--ca-file', file('ca.pem', root.certificate.pem)];
  });

  test('each comes to a verdict of its own', async () => {
    const { code, out, err } = await runCommand(['check', policy, '--json', ...flags]);
    expect(err).toBe('');
    expect(documentOf(out).entries.map(({ key, verdict, reason }) => `${key} ${verdict} ${reason}`)).toEqual(
      ROWS.map(({ name, verdict }) => `${name}.test ${verdict}`),
    );
    expect(code).toBe(2);
  });

  test.each([
    ['check', () => ['check', policy]],
    ['check --json', () => ['check', policy, '--json']],
    ['explain of a common name', () => ['explain', 'common-name.test', policy]],
    ['explain of DNS names', () => ['explain', 'dns-names.test', policy]],
    ['explain --json', () => ['explain', 'dns-names.test', policy, '--json']],
    ['explain --for-partner', () => ['explain', 'common-name.test', policy, '--for-partner']],
    ['watch', () => ['watch', policy, '--store', join(dir, 'certificates-store'), '--confirm-after', '0']],
  ])('%s prints nothing that a terminal obeys', async (_, command) => {
    const { code, out, err } = await runCommand([...command(), ...flags]);
    expect(err).toBe('');
    expect(out).toContain('evil');
    expect(obeyed(out)).toEqual([]);
    expect(code === 0 || code === 2).toBe(true);
  });
});

describe('tables', () => {
  const ODD = [
    'a\u200b.test secure',
    'b\u202e.test secure',
    'c\u001b[2J.test secure',
    'd.test secure match=\u001b[2J\u202e',
    'e.test secure tafile=/\u001b[2J\u202e',
    'f.test \u001b[2J',
    '"g \u009b2J.test" secure',
    'h.test secure servername=\u009b',
    'i.test fingerprint match=\u009b\u202e',
    'j.test encrypt protocols=\u009b31m\u202e ciphers=\u009b exclude=\u202e\u001b',
    'k\0.test secure',
  ].join('\n');

  test.each([
    ['lint', () => ['lint', file('odd', ODD)]],
    ['lint --json', () => ['lint', file('odd', ODD), '--json']],
    ['check', () => ['check', file('odd', ODD), ...internet.flags]],
    ['explain', () => ['explain', 'e.test', file('odd', ODD), ...internet.flags]],
  ])('%s prints nothing of an odd one that a terminal obeys', async (_, command) => {
    const { code, out, err } = await runCommand(command());
    expect(err).toBe('');
    expect(obeyed(out)).toEqual([]);
    expect(code).toBe(2);
  });
});

describe('the end of a command', () => {
  const POLICY = 'a.test encrypt\nb.test encrypt\n';

  test('a resolver that says nothing does not outlast the deadline', async () => {
    for (const name of ['silent-a.test', 'silent-b.test']) internet.dns.set({ name, type: 'MX', fail: 'TIMEOUT' });
    const policy = file('silent', 'silent-a.test encrypt\nsilent-b.test encrypt\n');
    const { code, out, err } = await runCommand(['check', policy, '--json', '--deadline', '4', ...internet.flags]);
    expect(err).toBe('');
    expect(documentOf(out).run.complete).toBe(false);
    expect(documentOf(out).entries.map(({ verdict }) => verdict)).toEqual(['undetermined', 'undetermined']);
    // 3 tries of 1, 2 and 5 seconds for each of MX, A and AAAA otherwise.
    const asked = internet.dns.queries.filter(({ name }) => name === 'silent-a.test').map(({ type }) => type);
    expect(new Set(asked)).toEqual(new Set(['MX']));
    expect(asked.length).toBeLessThanOrEqual(3);
    expect(code).toBe(3);
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('check ends at a %s, with 3', async (signal) => {
    const name = `${signal.toLowerCase()}.test`;
    internet.dns.set({ name, type: 'MX', fail: 'TIMEOUT' });
    const command = startCommand(['check', file('waiting', `${name} encrypt\n`), ...internet.flags]);
    await untilAsked(name);
    command.kill(signal);
    expect(await command.ended).toEqual({ code: 3, out: '', err: `error: interrupted (${signal})\n` });
  });

  test('a plugin that is ended says so in its line', async () => {
    internet.dns.set({ name: 'plugin.test', type: 'MX', fail: 'TIMEOUT' });
    const command = startCommand(['check', file('waiting', 'plugin.test encrypt\n'), '--nagios', ...internet.flags]);
    await untilAsked('plugin.test');
    command.kill('SIGTERM');
    expect(await command.ended).toEqual({ code: 3, out: 'POSTFIX-TLS UNKNOWN - interrupted (SIGTERM)\n', err: '' });
  });

  // What is left to the system cannot be kept waiting by what is computed.
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('lint ends at a %s while it computes', async (signal) => {
    const table = file('endless', 'a.test secur match=x\n'.repeat(600_000));
    const command = startCommand(['lint', table]);
    await expect.poll(() => command.hasRead(table), { timeout: 120_000, interval: 200 }).toBe(true);
    command.kill(signal);
    expect(await command.ended).toEqual({ code: null, signal, out: '', err: '' });
  });

  test('watch gives back the store, and the next run goes on', async () => {
    const host = await internet.mailHost({ host: 'mx.slow.test', behaviour: 'silent' });
    internet.domain('slow.test', host);
    const metrics = join(dir, 'signal.prom');
    const place = ['--store', join(dir, 'signal-store'), '--metrics-file', metrics];
    const args = ['watch', file('slow', 'slow.test encrypt\n'), ...place, ...internet.flags];
    const command = startCommand(args);
    await expect.poll(() => host.conversations.length, { timeout: 120_000 }).toBe(1);
    command.kill('SIGTERM');
    command.kill('SIGTERM');
    expect(await command.ended).toEqual({ code: 3, out: '', err: 'error: interrupted (SIGTERM)\n' });
    expect(readFileSync(metrics, 'utf8')).toMatch(/^postfix_tls_watch_last_run_timestamp_seconds\{/m);
    expect(readFileSync(metrics, 'utf8')).not.toContain('last_complete_run');
    const next = await runCommand([...args, '--timeout', '0.2', '--confirm-after', '0']);
    expect(next.err).toBe('');
    expect(next.out).toContain('Subject: ');
    expect(next.code).toBe(0);
    expect(readFileSync(metrics, 'utf8')).toMatch(/^postfix_tls_watch_last_complete_run_timestamp_seconds\{/m);
  });

  test('a reader that has seen enough is no fault', async () => {
    const { code, err } = await startCommand(['lint', file('long', 'a.test secur\n'.repeat(20_000))], 'closed').ended;
    expect({ code, err }).toEqual({ code: 2, err: '' });
  });

  test('a full disk is one', async () => {
    const { code, err } = await startCommand(['check', file('two', POLICY), ...internet.flags], 'full').ended;
    expect(err).toBe('error: cannot write to standard output: ENOSPC: no space left on device, write\n');
    expect(code).toBe(3);
  });

  test('a message that nobody took is due again', async () => {
    const args = ['watch', file('two', POLICY), '--store', join(dir, 'untold-store'), '--confirm-after', '0', ...internet.flags];
    const { code, err } = await startCommand(args, 'full').ended;
    expect(err).toContain(
      'error: the message was not told and is due again in the next run: nobody takes what is written: ENOSPC',
    );
    expect(code).toBe(3);
    expect((await runCommand(args)).out).toMatch(/^Subject: Now watching 2 entries: 2 would fail$/m);
  });

  test('what a hook leaves behind does not hold the command', async () => {
    const left = join(dir, 'left.pid');
    const hook = file('hook', `#!/bin/sh\nsleep 600 &\necho $! > ${left}\n`);
    chmodSync(hook, 0o755);
    const args = ['watch', file('two', POLICY), '--store', join(dir, 'hook-store'), '--hook', hook, '--confirm-after', '0'];
    const ran = await runCommand([...args, ...internet.flags]);
    process.kill(Number(readFileSync(left, 'utf8')));
    expect(ran).toEqual({ code: 0, out: '', err: '' });
  });

  test('watch --json prints one document, and the message beside it', async () => {
    const args = ['watch', file('two', POLICY), '--store', join(dir, 'json-store'), '--confirm-after', '0', ...internet.flags];
    const { code, out, err } = await runCommand([...args, '--json']);
    expect(JSON.parse(out)).toMatchObject({ outcome: 'complete', message: { told: true } });
    expect(err).toMatch(/^Subject: Now watching 2 entries: 2 would fail$/m);
    expect(code).toBe(0);
  });

  const untilAsked = (name: string) =>
    expect.poll(() => internet.dns.queries.some((query) => query.name === name), { timeout: 120_000 }).toBe(true);
});

describe('flags', () => {
  test.each(['2026-02-30', '2027-02-29', '2026-13-01', '2026-11-24T25:00', '+275760-09-13', 'today'])(
    '--at %s is no date',
    async (at) => {
      const { code, err } = await runCommand(['check', file('any', 'a.test may\n'), '--at', at, ...internet.flags]);
      expect(err).toContain('a date such as 2027-01-03 or 2027-01-03T12:00:00Z is wanted');
      expect(code).toBe(3);
    },
  );
});

describe('a user that no passwd file knows, without HOME', () => {
  // Only root can become somebody else.
  test.runIf(process.getuid?.() === 0)('watches all the same', async () => {
    const store = join(dir, 'nobody-store');
    mkdirSync(store);
    chownSync(store, 54_321, 54_321);
    chmodSync(dir, 0o755);
    const args = ['watch', file('nobody', 'a.test encrypt\n'), '--store', store, '--confirm-after', '0', ...internet.flags];
    const child = spawn(process.execPath, [CLI, ...args], {
      uid: 54_321,
      gid: 54_321,
      env: { ...CLOCK, ...ALONE },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let out = '';
    child.stdout.on('data', (bytes: Buffer) => {
      out += bytes.toString();
    });
    const [code] = (await once(child, 'close')) as [number | null];
    expect(out).toMatch(/^Subject: Now watching 1 entry: 1 would fail$/m);
    expect(code).toBe(0);
  });
});

/** A command whose end a test decides. `stdout`: a pipe that is read, one that is closed at the first byte, or a full disk. */
function startCommand(args: readonly string[], stdout: 'read' | 'closed' | 'full' = 'read') {
  const full = stdout === 'full' ? openSync('/dev/full', 'w') : undefined;
  const child = spawn(process.execPath, [CLI, ...args], {
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', full ?? 'pipe', 'pipe'],
  });
  if (full !== undefined) closeSync(full);
  const timer = setTimeout(() => child.kill('SIGKILL'), HANGS_MS);
  let out = '';
  let err = '';
  child.stdout?.on('data', (bytes: Buffer) => {
    if (stdout === 'closed') child.stdout?.destroy();
    out += bytes.toString();
  });
  child.stderr?.on('data', (bytes: Buffer) => {
    err += bytes.toString();
  });
  const ended = new Promise<Ran & { readonly signal?: NodeJS.Signals }>((resolve) => {
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, out, err, ...(signal === null ? {} : { signal }) });
    });
  });
  return {
    ended,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    /** Whether it has read as many bytes as the file has. */
    hasRead: (path: string) => {
      const bytes = /^rchar: (\d+)$/m.exec(readFileSync(`/proc/${child.pid}/io`, 'utf8'))?.[1];
      return Number(bytes) > statSync(path).size;
    },
  };
}

/** Characters that a terminal would act upon, or that hide. */
const obeyed = (text: string): string[] =>
  [...text.matchAll(/[^\P{C}\n]|[\p{Zl}\p{Zp}]/gu)].map(({ 0: found, index }) =>
    JSON.stringify(text.slice(index - 20, index) + found),
  );

describe('long tables', () => {
  test.each([
    ['a line that goes on for 100,000 lines', `a.test secure\n${' match=x\n'.repeat(100_000)}`, 0],
    ['a match list of 100,000 names', `a.test secure match=${Array.from({ length: 100_000 }, (_, i) => `x${i}`).join(':')}\n`, 0],
    ['a key of 1 MB', `${'k'.repeat(1_000_000)} secure\n`, 1],
    ['20,000 broken lines', 'a.test secur\n'.repeat(20_000), 2],
  ])('%s', async (_, policy, expected) => {
    const { code, err } = await runCommand(['lint', file('long', policy)]);
    expect(err).toBe('');
    expect(code).toBe(expected);
  });
});
