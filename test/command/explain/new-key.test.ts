/** A pin whose host presents another key: no line until the digest of the new one is given, and then the one that it is. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CheckDocument } from '../../../lambda/command/check/verdict-schema.ts';
import type { ExplainDocument } from '../../../lambda/command/explain/schema.ts';
import type { SuggestDocument } from '../../../lambda/command/suggest/schema.ts';
import { createAuthority, type Issued, selfSigned } from '../../internet/authority.ts';
import { type Internet, type MailHost, startInternet } from '../../internet/internet.ts';
import { runCommand } from '../run-command.ts';
import { problemsOf, unwrapped } from '../scene.ts';

let internet: Internet;
let dir: string;
let first: Issued;
let renewed: Issued;
let forged: Issued;
let vouchedFor: Issued;
let host: MailHost;

beforeAll(async () => {
  internet = await startInternet();
  dir = mkdtempSync(join(tmpdir(), 'new-key-'));
  [first, renewed, forged] = [await selfSigned(), await selfSigned(), await selfSigned()];
  const add = (name: string, { chainPem, keyPem }: Issued) => internet.mailHost({ host: name, chain: chainPem, key: keyPem });
  host = await add('mx.partner.test', renewed);
  internet.domain('partner.test', host);
  const silent = await add('mx2.half.test', first);
  await silent.shut();
  internet.domain('half.test', await add('mx.half.test', renewed), silent);
  internet.domain('both.test', await add('mx.both.test', renewed), await add('mx2.both.test', first));
  internet.domain('two.test', await add('mx.two.test', renewed), await add('mx2.two.test', forged));
  internet.domain('well.test', await add('mx.well.test', first));
  internet.domain('named.test', 'mx.well.test');
  const named = ['partner.test', 'half.test', 'both.test', 'two.test', 'well.test'];
  writeFileSync(
    join(dir, 'table'),
    `${named.map((name) => `${name} fingerprint match=${key(first)} ciphers=high\n`).join('')}named.test encrypt\n`,
  );
  writeFileSync(join(dir, 'main.cf'), 'smtp_tls_fingerprint_digest = sha256\n');
  const authority = await createAuthority();
  vouchedFor = await authority.issue({ dnsNames: ['mx.partner.test'] });
  writeFileSync(join(dir, 'ca.pem'), authority.certificate.pem);
});
afterAll(async () => {
  await internet.close();
  rmSync(dir, { recursive: true, force: true });
});

const colons = (hex: string) => hex.toUpperCase().replace(/..(?!$)/g, '$&:');
const digest = (algorithm: string, bytes: Uint8Array) => createHash(algorithm).update(bytes).digest('hex');
const keyHex = ({ key: { publicKey } }: Issued, algorithm = 'sha256') =>
  digest(algorithm, publicKey.export({ type: 'spki', format: 'der' }));
const key = (issued: Issued) => colons(keyHex(issued));
const certificate = ({ der }: Issued, algorithm = 'sha256') => digest(algorithm, Buffer.from(der, 'base64'));

const run = (command: string, ...more: readonly string[]) =>
  runCommand(
    [...[command, ...more, ...internet.flags], ...['--main-cf', join(dir, 'main.cf'), '--ca-file', join(dir, 'ca.pem')]],
    { STATE_DIRECTORY: join(dir, 'state') },
  );
const explain = (name: string, ...more: readonly string[]) => run('explain', name, join(dir, 'table'), ...more);
async function entryOf(name: string, ...keys: readonly string[]): Promise<ExplainDocument['entry']> {
  const { out, err } = await explain(name, '--json', ...keys.flatMap((one) => ['--key', one]));
  expect(err).toBe('');
  const found = JSON.parse(out) as ExplainDocument;
  expect(problemsOf('explain', found)).toEqual([]);
  return found.entry;
}
const present = ({ chainPem, keyPem }: Issued) => host.present({ chain: chainPem, key: keyPem });

test('suggest gives no line, and says how to find out whose key it is', async () => {
  const { out } = await run('suggest', join(dir, 'table'), '--json');
  const found = JSON.parse(out) as SuggestDocument;
  expect(problemsOf('suggest', found)).toEqual([]);
  expect(found.changes).toEqual([]);
  expect(found.unhelped.map(({ destination, caution }) => [destination, caution?.kind, caution?.hosts])).toEqual([
    ['partner.test', 'new-key', ['mx.partner.test']],
    ['half.test', 'new-key', ['mx.half.test']],
    ['both.test', 'new-key', ['mx.both.test']],
    ['two.test', 'new-key', ['mx.two.test', 'mx2.two.test']],
  ]);
  expect(out).not.toContain(`match=${key(renewed)}`);
});

test('in words: what may be behind it, until when mail waits, whom to ask, and the command that compares', async () => {
  writeFileSync(join(dir, 'one'), `partner.test fingerprint match=${key(first)}\n`);
  const { code, out, err } = await run('suggest', join(dir, 'one'));
  expect({ code, err }).toEqual({ code: 2, err: '' });
  const text = unwrapped(out.replaceAll(/^# ?/gm, ''));
  expect(text).toContain('1 entry looked at: 1 waits to be confirmed');
  expect(text).toContain(
    unwrapped(`
      caution: fingerprint may just have done its work: mx.partner.test presents a key that the line does not pin and that no
      authority of yours vouches for. A new installation at theirs looks like this, and so does somebody on the way there, to
      whom the line would deliver the mail. That it lasts proves nothing`),
  );
  expect(text).toMatch(
    /mail that waits for it bounces from .* on ask them by another way than DNS and mail, by telephone under a number that you had before, for the SHA-256 digest of the key or certificate that they present now; then this gives the line, if that is what they present: postfix-tls-watch explain partner\.test .*--main-cf .* --key "the digest that they gave you"/,
  );
  expect(out).not.toContain('+++');
});

test('explain says the same, and no line', async () => {
  const entry = await entryOf('partner.test');
  expect([entry.suggestion, entry.caution?.kind]).toEqual([null, 'new-key']);
  expect(unwrapped((await explain('partner.test')).out)).toContain('No line to use yet: caution: fingerprint may just');
  expect((await entryOf('well.test')).caution).toBeUndefined();
});

test('the digest that they gave gives the line, of the key or of the certificate, as it is printed', async () => {
  const line = `partner.test fingerprint match=${key(renewed)} ciphers=high`;
  for (const given of [
    key(renewed),
    keyHex(renewed),
    certificate(renewed),
    `sha256 Fingerprint=${colons(certificate(renewed))}`,
    certificate(renewed, 'sha512'),
    keyHex(renewed, 'sha384'),
  ]) {
    const { suggestion, caution } = await entryOf('partner.test', given);
    expect(caution).toBeUndefined();
    expect(suggestion).toEqual({
      line,
      restsOn: 'policy',
      because: 'its new key is the one that they gave you the digest of',
      verdict: 'pass',
    });
  }
  writeFileSync(join(dir, 'one'), `${line}\n`);
  const { entries } = JSON.parse((await run('check', join(dir, 'one'), '--json')).out) as CheckDocument;
  expect(entries.map(({ verdict }) => verdict)).toEqual(['pass']);
});

test('the old pin stays where some host has it, or was not seen', async () => {
  const both = `match=${key(first)}|${key(renewed)} ciphers=high`;
  expect((await entryOf('half.test', key(renewed))).suggestion?.line).toBe(`half.test fingerprint ${both}`);
  expect((await entryOf('both.test', key(renewed))).suggestion?.line).toBe(`both.test fingerprint ${both}`);
});

test('a key that an authority vouches for is compared as well, and rests on what they gave', async () => {
  present(vouchedFor);
  try {
    const before = await entryOf('partner.test');
    expect(before.suggestion?.because).toContain('an authority of yours vouches for');
    expect(before.caution).toBeUndefined();
    const { suggestion } = await entryOf('partner.test', key(vouchedFor));
    expect(suggestion).toEqual({
      line: `partner.test fingerprint match=${key(vouchedFor)} ciphers=high`,
      restsOn: 'policy',
      because: 'its new key is the one that they gave you the digest of',
      verdict: 'pass',
    });
    expect((await explain('partner.test', '--key', key(forged))).err).toBe(
      `error: explain partner.test --key: "${key(forged)}" is the digest of nothing that mx.partner.test presents. ` +
        'If it is theirs, somebody else may answer there: no line is given\n',
    );
  } finally {
    present(renewed);
  }
});

test('every new key has to be given', async () => {
  const some = await entryOf('two.test', key(renewed));
  expect([some.suggestion, some.caution?.hosts]).toEqual([null, ['mx2.two.test']]);
  expect((await entryOf('two.test', key(renewed), key(forged))).suggestion?.line).toBe(
    `two.test fingerprint match=${key(renewed)}|${key(forged)} ciphers=high`,
  );
});

test('a key that somebody on the way presents is not the one that was given', async () => {
  present(forged);
  try {
    expect(await explain('partner.test', '--key', key(renewed))).toEqual({
      code: 3,
      out: '',
      err:
        `error: explain partner.test --key: "${key(renewed)}" is the digest of nothing that mx.partner.test presents. ` +
        'If it is theirs, somebody else may answer there: no line is given\n',
    });
  } finally {
    present(renewed);
  }
});

test('of a key that was announced and that nobody presents yet the pin comes beside the old one', async () => {
  const { verdict, suggestion } = await entryOf('well.test', key(renewed));
  expect([verdict, suggestion]).toEqual([
    'pass',
    {
      line: `well.test fingerprint match=${key(first)}|${key(renewed)} ciphers=high`,
      restsOn: 'policy',
      because: 'nobody presents the key that they gave you the digest of yet: the old pin stays beside it until they do',
      verdict: 'pass',
    },
  ]);
  const again = await explain('well.test', '--key', key(first));
  expect(again.err).toBe('error: explain well.test --key: the line has that pin already\n');
});

test.each([
  {
    name: 'partner.test',
    given: 'AB:CD',
    says: '"AB:CD" is no digest by SHA-256, SHA-384 or SHA-512: 64, 96 or 128 hex digits are wanted, with colons or without',
  },
  {
    name: 'partner.test',
    given: 'ab'.repeat(20),
    says: `"${'ab'.repeat(20)}" is no digest by SHA-256, SHA-384 or SHA-512: 64, 96 or 128 hex digits are wanted, with colons or without`,
  },
  {
    name: 'well.test',
    given: 'ab'.repeat(64),
    says: 'nobody presents that yet, and as a pin it has to be by sha256 (smtp_tls_fingerprint_digest), not sha512: ask for that digest of the key',
  },
  { name: 'named.test', given: 'ab'.repeat(32), says: 'there is nothing to compare it with: no line waits for a key' },
])('$given for $name is an error', async ({ name, given, says }) => {
  const { code, err } = await explain(name, '--key', given);
  expect({ code, err }).toEqual({ code: 3, err: `error: explain ${name} --key: ${says}\n` });
});
