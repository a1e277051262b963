/** `report` as a process: the page of a store, what it says, what it needs, and what it leaves alone. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Scene, sceneNow, stable, startScene } from '../scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
  await scene.watch();
});
afterAll(() => scene.close());

async function report(...args: readonly string[]) {
  const { code, out, err } = await scene.run(['report', ...args, ...scene.storeFlags]);
  return { code, out, err: stable(err, scene) };
}

/** The text of a page, as a person reads it. */
const textOf = (page: string): string =>
  page
    .replace(/<(style|script)>[\s\S]*?<\/\1>/g, ' ')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&quot;', '"')
    .replaceAll(/\s+/g, ' ');

/** What stands in each element of that name. */
const partsOf = (page: string, name: string): string[] =>
  [...page.matchAll(new RegExp(`<${name}>([\\s\\S]*?)</${name}>`, 'g'))].map(([, part = '']) => part);

test('the page is written, and says whether mail flows, what is open, and the line to use', async () => {
  const file = join(scene.dir, 'page.html');
  const { code, out, err } = await report(scene.table, ...scene.bundleFlags, '--output', file);
  expect({ code, out }).toEqual({ code: 0, out: '' });
  expect(err).toMatch(
    /^Mail flows to 2 of 3 watched entries; mail to fastmail\.fm would not be delivered\.\nwrote DIR\/page\.html, \d+ KB\n$/,
  );
  const text = textOf(readFileSync(file, 'utf8'));
  expect(text).toContain('Mail flows to 2 of 3 watched entries; mail to fastmail.fm would not be delivered.');
  expect(text).toContain('Failing fastmail.fm would defer: certificate lacks the name asked for');
  expect(text).toContain('Use instead fastmail.fm secure match=.messagingengine.com ciphers=high');
  expect(text).toContain('tls_policy, line 3');
  expect(text).toContain('asks level secure, match nexthop:dot-nexthop (by default), ciphers high');
  expect(text).toContain('postfix-tls-watch explain fastmail.fm');
  expect(text).toContain('messagingengine.com 1 entry leans on it: fastmail.fm');
  expect(text).toContain('No log was read.');
});

test('everything a browser needs is in the page, and its policy lets in nothing else', async () => {
  const { out } = await report('--output', '-');
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(out)?.[1] ?? '';
  const [script = ''] = partsOf(out, 'script');
  const [style = ''] = partsOf(out, 'style');
  const digest = (code: string) => `'sha256-${createHash('sha256').update(code).digest('base64')}'`;
  expect(policy.split('; ')).toEqual([
    "default-src 'none'",
    `style-src ${digest(style)}`,
    `script-src ${digest(script)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ]);
  expect([partsOf(out, 'script').length, partsOf(out, 'style').length]).toEqual([1, 1]);
  expect([...out.matchAll(/ (?:src|href|action|style|on\w+)="(?!#|data:image\/svg)/g)].map(([found]) => found)).toEqual([]);
  expect(style).not.toMatch(/url\((?!#)|@import/);
  expect(Buffer.byteLength(script)).toBeLessThan(20_000);
});

test('with a log: messages and recipients by destination, and what share is watched', async () => {
  const log = join(scene.dir, 'mail.log');
  const at = new Date(sceneNow() - 3_600_000).toISOString();
  const sent = (id: string, to: string) =>
    `${at} mx postfix/smtp[7]: ${id}: to=<${to}>, relay=mx.test[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok)\n`;
  writeFileSync(
    log,
    sent('A1', 'a@hearst.com') + sent('A1', 'b@hearst.com') + sent('A2', 'a@hearst.com') + sent('A3', 'x@other.test'),
  );
  const { code, out } = await report('--output', '-', '--log', log);
  const text = textOf(out);
  expect(code).toBe(0);
  expect(text).toContain('75.0 % of the mail is watched: 3 of 4 recipients of 3 messages');
  expect(text).toMatch(/Destination Messages Recipients Share Watched hearst\.com 2 3 yes other\.test 1 1 no/);
});

test('the store is read and nothing is made', async () => {
  const before = snapshot(join(scene.dir, 'store'));
  expect((await report('--output', '-')).code).toBe(0);
  expect(snapshot(join(scene.dir, 'store'))).toEqual(before);
  const missing = join(scene.dir, 'missing');
  const { code, out, err } = await scene.run(['report', '--output', join(scene.dir, 'none.html'), '--store', missing]);
  expect({ code, out, written: existsSync(join(scene.dir, 'none.html')), made: existsSync(missing) }).toEqual({
    ...{ code: 3, out: '', written: false, made: false },
  });
  expect(err).toMatch(/^error: /);
});

test('a page that cannot be written leaves what was there', async () => {
  const taken = join(scene.dir, 'taken');
  mkdirSync(join(taken, 'page.html'), { recursive: true });
  const { code, err } = await report('--output', join(taken, 'page.html'));
  expect({ code, err: err.replace(/^Mail.*\n/, '') }).toEqual({
    code: 3,
    err: 'error: --output DIR/taken/page.html: cannot be written: Is a directory; name a file in a directory that this user may write to\n',
  });
  expect(readdirSync(taken)).toEqual(['page.html']);
});

test.each([
  { what: 'the table', file: () => scene.table },
  { what: 'the store', file: () => join(scene.dir, 'store', 'store.sqlite') },
  { what: 'a page of somebody else', file: () => join(scene.dir, 'index.html') },
])('$what is not written over', async ({ file }) => {
  writeFileSync(join(scene.dir, 'index.html'), '<!doctype html><title>It works!</title>');
  const before = readFileSync(file());
  const { code, err } = await report('--output', file());
  expect({ code, err: err.replace(/^Mail.*\n/, '') }).toEqual({
    code: 3,
    err: `error: --output ${stable(file(), scene)}: this file is no page of report, and was left as it is; name another file, or remove this one before\n`,
  });
  expect(readFileSync(file())).toEqual(before);
});

test('a page is replaced where a link leads to, with the mode that it had', async () => {
  const place = join(scene.dir, 'served');
  mkdirSync(place);
  writeFileSync(join(place, 'tls.html'), '', { mode: 0o640 });
  chmodSync(join(place, 'tls.html'), 0o640);
  symlinkSync(join(place, 'tls.html'), join(scene.dir, 'link.html'));
  // Over nothing yet, and over the page before.
  expect((await report('--output', join(scene.dir, 'link.html'), '--vantage', 'elsewhere')).code).toBe(0);
  expect((await report('--output', join(scene.dir, 'link.html'))).code).toBe(0);
  expect(readFileSync(join(place, 'tls.html'), 'utf8')).toContain('Mail flows to 2 of 3');
  expect(statSync(join(place, 'tls.html')).mode & 0o777).toBe(0o640);
  expect(lstatSync(join(scene.dir, 'link.html')).isSymbolicLink()).toBe(true);
  expect(readdirSync(place)).toEqual(['tls.html']);
});

test('--open shows it in a browser, and says what to do where there is none', async () => {
  const bin = join(scene.dir, 'bin');
  mkdirSync(bin);
  const file = join(scene.dir, 'a page.html');
  const open = async () => {
    const { code, err } = await scene.run(['report', '--output', file, '--open', ...scene.storeFlags], { PATH: bin });
    return { code, err: stable(err, scene).replace(/^Mail.*\nwrote.*\n/, '') };
  };
  expect(await open()).toEqual({
    code: 0,
    err: 'no browser was opened: spawn xdg-open ENOENT; open DIR/a page.html in one\n',
  });
  writeFileSync(join(bin, 'xdg-open'), `#!/bin/sh\necho "$1" > '${bin}/shown'\n`, { mode: 0o755 });
  expect(await open()).toEqual({ code: 0, err: '' });
  expect(readFileSync(join(bin, 'shown'), 'utf8')).toBe(`${pathToFileURL(file).href}\n`);
});

test.each([
  { args: [], says: 'error: report: --output FILE is wanted, the page that is to be written\n' },
  { args: ['--output', '-', '--open'], says: 'error: report: --open shows a file, and --output - writes none\n' },
])('wrong usage: $args', async ({ args, says }) => {
  expect(await report(...args)).toEqual({ code: 3, out: '', err: says });
});

test('by a policy or vantage that has no run it says that nothing is known, and which has some', async () => {
  const { code, out } = await report('--output', '-', '--vantage', 'elsewhere');
  const text = textOf(out);
  expect(code).toBe(0);
  expect(text).toContain(
    `It is not known whether mail flows: no run of this policy and vantage is on record, but one with --policy default --vantage ${hostname()} is.`,
  );
  expect(text).toContain('No entry was judged yet.');
});

const snapshot = (directory: string) =>
  readdirSync(directory)
    .toSorted()
    .map((name) => ({ name, bytes: statSync(join(directory, name)).size }));
