/** The command: what it reads, what it prints, how it ends. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { processConsole } from '../../../lambda/command/terminal/console.ts';
import type { WhyFlags } from '../../../lambda/command/why/flags.ts';
import type { WhyDocument } from '../../../lambda/command/why/schema.ts';
import { whyCommand } from '../../../lambda/command/why/why.ts';
import { bareCommand } from '../../../lambda/text/own-command.ts';
import { ended, smtp } from '../../log/log.ts';
import { CLI, HANGS_MS } from '../run-command.ts';
import { PUBLISHED, schemaText } from '../schemas.ts';

let dir: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'why-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const PROCESS = processConsole();
const NOW = Date.UTC(2026, 10, 26);
const TRUSTED = 'Trusted TLS connection established to mx.a.test[192.0.2.1]:25: TLSv1.3 with cipher X (256/256 bits)';
const NOT_VERIFIED = 'deferred 4.7.5 Server certificate not verified';
const WAITS = `${smtp('10:00:00', 1, TRUSTED)}\n${smtp('10:00:01', 1, ended('A1', 'r@a.test', NOT_VERIFIED))}\n`;
const DELIVERED = `${smtp('11:00:00', 2, ended('A1', 'r@a.test', 'sent 2.0.0 250 ok'))}\n`;
const BOUNCED = `${smtp('11:00:00', 2, ended('A1', 'r@a.test', 'bounced 5.7.5 Cannot start TLS: handshake failure'))}\n`;
const REFUSED = `${smtp('11:00:00', 2, ended('A1', 'r@a.test', 'deferred 4.4.1 connect to mx.a.test[192.0.2.1]:25: Connection refused'))}\n`;

function file(name: string, content: string | Buffer): string {
  const path = join(dir, name);
  writeFileSync(path, content);
  utimesSync(path, NOW / 1000, NOW / 1000);
  return path;
}

async function why(paths: readonly string[], flags: Partial<WhyFlags> = {}) {
  let [out, document]: [string, WhyDocument | undefined] = ['', undefined];
  const code = await whyCommand(
    paths,
    { concurrency: 1, perNetwork: 1, deadline: 60, patience: 0, ...flags },
    {
      ...PROCESS,
      out: (text) => {
        out += text;
      },
      json: (made) => {
        document = made as WhyDocument;
      },
      env: { STATE_DIRECTORY: join(dir, 'none') },
      now: () => NOW,
      own: bareCommand,
      paint: (_style, text) => text,
      width: 100,
    },
  );
  return { code, out, document: document as WhyDocument | undefined };
}

test.each([
  { log: WAITS, code: 2, says: 'a.test: certificate lacks the name asked for  (mail waits)', because: 'mail waits' },
  { log: BOUNCED, code: 2, says: 'a.test: TLS handshake fails  (mail bounced)', because: 'mail bounced' },
  { log: WAITS + DELIVERED, code: 1, says: 'a.test: certificate lacks the name asked for  (over)', because: 'it is over' },
  { log: DELIVERED, code: 0, says: 'No mail was held up for TLS.', because: 'all is well' },
  { log: REFUSED, code: 0, says: '  not TLS: 1 attempt (1 no connection)', because: 'what is not TLS is counted apart' },
  {
    log: '',
    code: 3,
    says: 'note: no line of Postfix was found: is this its log, and may this user read it all?',
    because: 'an empty log',
  },
])('$because: exit $code', async ({ log, code, says }) => {
  const ran = await why([file('mail.log', log)]);
  expect(ran.out.split('\n').map((line) => line.trimEnd())).toContain(says);
  expect(ran.code).toBe(code);
});

test('rotated files count in the order in which they were written, packed or not', async () => {
  const paths = [
    file('mail.log', DELIVERED.replace('11:00:00', '13:00:00')),
    file('mail.log.1', ''),
    file('mail.log.2.gz', gzipSync(WAITS)),
    file('mail.log.3.zst', zstdCompressSync(REFUSED)),
  ];
  const { code, document } = await why(paths, { json: true });
  expect(code).toBe(1);
  expect(document?.log?.sources.map((path) => path.slice(dir.length + 1))).toEqual([
    'mail.log.3.zst',
    'mail.log.2.gz',
    'mail.log.1',
    'mail.log',
  ]);
  expect(document?.answers).toMatchObject([{ domain: 'a.test', delivered: 1, deliversAgain: true }]);
});

test('a packed file that was cut is read as far as it goes', async () => {
  // What cannot be packed well, so that the cut leaves lines before it.
  const lines = Array.from({ length: 20_000 }, (_, i) =>
    smtp('10:00:01', 1, ended(`A${(i * 2_654_435_761) % 4_294_967_291}`, `r${i}@a.test`, NOT_VERIFIED)),
  );
  const packed = gzipSync(lines.join('\n'));
  const { code, out } = await why([file('cut.log.gz', packed.subarray(0, packed.length / 2))]);
  expect(code).toBe(2);
  expect(out.replaceAll(/\n {2}/g, ' ')).toContain(
    `cut.log.gz ends in the middle of its packed text: what follows is not counted\n`,
  );
});

test.each([
  { path: 'none.log', says: (path: string) => `cannot read the log ${path}: No such file or directory` },
  { path: '.', says: (path: string) => `cannot read the log ${path}: it is a directory; name the files in it` },
])('$path cannot be read', async ({ path, says }) => {
  await expect(why([join(dir, path)])).rejects.toThrow(says(join(dir, path)));
});

test('what is packed otherwise is named with the way to read it', async () => {
  const path = file('mail.log.xz', Buffer.from('fd377a585a0000', 'hex'));
  await expect(why([path])).rejects.toThrow(
    `cannot read the log ${path}: it is packed by xz; give it as xzcat ${path} | postfix-tls-watch why -`,
  );
});

test('a log that is none, in one line without end, takes no memory', async () => {
  const { code, document } = await why([file('endless.log', Buffer.alloc(20_000_000, 'x'))], { json: true });
  expect(code).toBe(3);
  expect(document?.log).toMatchObject({ lines: 1, postfixLines: 0 });
});

test('the queue alone, from a file', async () => {
  const one = {
    queue_name: 'deferred',
    queue_id: 'Q1',
    arrival_time: NOW / 1000 - 60,
    message_size: 1,
    forced_expire: false,
    sender: 's@b.test',
    recipients: [{ orig_address: '', address: 'r@a.test', delay_reason: 'Server certificate not verified' }],
  };
  const { code, document } = await why([], { queue: file('queue.json', `${JSON.stringify(one)}\n`), json: true });
  expect(code).toBe(2);
  expect(document?.log).toBeNull();
  expect(document?.answers).toMatchObject([
    { domain: 'a.test', state: 'waits', waiting: { messages: 1, queueIds: ['Q1'], givenUpFrom: '2026-11-30T23:59:00.000Z' } },
  ]);
});

test('--json is one document that the published schema takes', async () => {
  const table = file('tls_policy', 'a.test secure\n');
  const names = smtp('10:00:00', 1, 'mx.a.test[192.0.2.1]:25: subjectAltName: mx.a.test');
  const { document } = await why([file('mail.log', `${names}\n${WAITS}`)], { table, postfixVersion: '3.5', json: true });
  const ajv = new Ajv({ strict: false, allErrors: true, formats: { 'date-time': true } });
  const schema = PUBLISHED.why;
  if (schema === undefined) throw new Error('no schema for why');
  const validate = ajv.compile(JSON.parse(schemaText('why', schema)));
  validate(document);
  expect(validate.errors ?? []).toEqual([]);
  expect(document?.answers[0]).toMatchObject({
    reasons: ['name-mismatch'],
    policy: `hash:${table} line 1: a.test secure`,
    level: 'secure',
    namesAsked: ['a.test', '.a.test'],
    servers: [{ host: 'mx.a.test', trust: 'Trusted', names: ['mx.a.test'] }],
    look: 'postfix-tls-watch explain a.test',
  });
});

test('standard input, and the version that the log tells', () => {
  const table = file('tls_policy', 'a.test secure\n');
  const started = 'Nov 25 09:00:00 mail postfix/master[1]: daemon started -- version 3.4.13, configuration /etc/postfix';
  const ran = spawnSync(process.execPath, [CLI, 'why', '-', '--table', table, '--json', '--store', join(dir, 'store')], {
    input: `${started}\n${WAITS}`,
    encoding: 'utf8',
    timeout: HANGS_MS,
  });
  expect(ran.stderr).toBe('');
  expect(JSON.parse(ran.stdout)).toMatchObject({ run: { postfixVersion: '3.4.13' }, answers: [{ state: 'waits' }] });
  expect(ran.status).toBe(2);
});

test('wrong usage is an error of its own', () => {
  const ran = spawnSync(process.execPath, [CLI, 'why', '--log', 'syslog'], { encoding: 'utf8', timeout: HANGS_MS });
  expect(ran.stderr).toBe('error: --log syslog: journal is the only log with a name; give files as they are\n');
  expect(ran.status).toBe(3);
});
