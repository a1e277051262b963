/** `check --by-root` and `--distrust`: what it says of a world without an anchor is what `check` finds in one. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { byRootText } from '../../../lambda/command/check/by-root.ts';
import type { CheckDocument } from '../../../lambda/command/check/verdict-schema.ts';
import { unpainted } from '../../../lambda/command/terminal/colour.ts';
import type { Root } from '../../../lambda/run/check/roots.ts';
import type { EntryVerdict } from '../../../lambda/verdict/verdict.ts';
import { type Authority, createAuthority, type Issued, selfSigned } from '../../internet/authority.ts';
import { type Internet, type MailHost, startInternet } from '../../internet/internet.ts';
import { bundleOf } from '../../policy/bundle-of.ts';
import { runCommand } from '../run-command.ts';
import { problemsOf, unwrapped } from '../scene.ts';

let internet: Internet;
let dir: string;
const roots: Record<string, Authority> = {};

const TABLE = [
  ['old.test', 'secure match=.test'],
  ['two.test', 'secure match=.test'],
  ['crossed.test', 'secure match=.test'],
  ['reissued.test', 'verify match=hostname'],
  ['later.test', 'secure match=.test'],
  ['mixed.test', 'secure match=.test'],
  ['new.test', 'secure match=.test'],
  ['half.test', 'secure match=.test'],
  ['own.test', 'secure match=.test tafile=DIR/own.pem'],
  ['misnamed.test', 'secure match=elsewhere.invalid'],
  ['pinned.test', 'fingerprint match=PIN'],
  ['encrypted.test', 'encrypt'],
] as const;

beforeAll(async () => {
  internet = await startInternet();
  dir = mkdtempSync(join(tmpdir(), 'by-root-'));
  const old = await createAuthority('Old Root');
  const kept = await createAuthority('New Root');
  const later = await createAuthority('Later Root');
  const own = await createAuthority('Own Root');
  // The same authority with another certificate, as roots that were made anew are.
  const again = await createAuthority('Twice Root');
  const anew = await createAuthority('Twice Root', { key: again.key, notAfter: Date.UTC(2089, 0) });
  Object.assign(roots, { old, kept, later, own, again, anew });

  const mx = (domain: string, { chainPem, keyPem }: Pick<Issued, 'chainPem' | 'keyPem'>, host = `mx.${domain}`) =>
    internet.mailHost({ host, chain: chainPem, key: keyPem });
  const put = async (domain: string, by: Authority, host = `mx.${domain}`): Promise<MailHost> => {
    const added = await mx(domain, await by.issue({ dnsNames: [host] }), host);
    internet.domain(domain, added);
    return added;
  };
  await put('old.test', old);
  internet.domain('two.test', await put('two.test', old), await put('two.test', kept, 'mx2.two.test'));
  // An intermediate that both have signed: OpenSSL goes by the first it meets, and on to nowhere.
  const middle = await old.intermediate('Middle');
  const other = await kept.crossSign(middle);
  const leaf = await middle.issue({ dnsNames: ['mx.crossed.test'] });
  const chainPem = [leaf.pem, middle.certificate.pem, other.certificate.pem].join('');
  internet.domain('crossed.test', await mx('crossed.test', { chainPem, keyPem: leaf.keyPem }));
  await put('reissued.test', again);
  await put('later.test', later);
  internet.domain('mixed.test', await put('mixed.test', old), await put('mixed.test', later, 'mx2.mixed.test'));
  await put('new.test', kept);
  const shut = await put('half.test', kept, 'mx2.half.test');
  await shut.shut();
  internet.domain('half.test', await put('half.test', old), shut);
  await put('own.test', own);
  await put('misnamed.test', old);
  const nobody = await selfSigned({ commonName: 'nobody' });
  internet.domain('pinned.test', await mx('pinned.test', nobody));
  await put('encrypted.test', old);

  const table = TABLE.map(([key, value]) => `${key} ${value.replace('DIR', dir).replace('PIN', sha1(nobody.der))}\n`);
  writeFileSync(join(dir, 'table'), table.join(''));
  writeFileSync(join(dir, 'main.cf'), 'smtp_tls_fingerprint_digest = sha1\n');
  writeFileSync(join(dir, 'own.pem'), own.certificate.pem);
  writeFileSync(join(dir, 'ca.pem'), pemOf('old', 'kept', 'later', 'again', 'anew'));
});
afterAll(async () => {
  await internet.close();
  rmSync(dir, { recursive: true, force: true });
});

const pemOf = (...names: string[]) => names.map((name) => roots[name]?.certificate.pem).join('');
const digest = (algorithm: string, der: string) => createHash(algorithm).update(Buffer.from(der, 'base64'));
const sha1 = (der: string) =>
  digest('sha1', der)
    .digest('hex')
    .toUpperCase()
    .replace(/..(?!$)/g, '$&:');
const sha256 = (name: string) => digest('sha256', roots[name]?.certificate.der ?? '').digest('hex');

function put(name: string, text: string): string {
  writeFileSync(join(dir, name), text);
  return join(dir, name);
}
const check = (caFile: string, ...more: readonly string[]) => checkTable(join(dir, 'table'), caFile, ...more);
const checkTable = (table: string, caFile: string, ...more: readonly string[]) =>
  runCommand([
    'check',
    table,
    ...internet.flags,
    ...['--main-cf', join(dir, 'main.cf'), '--ca-file', join(dir, caFile), '--at', '2027-01-15T12:00:00Z'],
    ...more,
  ]);
async function document(...more: readonly string[]): Promise<CheckDocument> {
  const { out, err } = await check('ca.pem', '--json', ...more);
  expect(err).toBe('');
  const found = JSON.parse(out) as CheckDocument;
  expect(problemsOf('check', found)).toEqual([]);
  return found;
}
type Anchor = NonNullable<CheckDocument['byRoot']>['anchors'][number];
const anchorsOf = ({ byRoot }: CheckDocument): readonly Anchor[] => byRoot?.anchors ?? [];
const nameOf = ({ subject }: Anchor) => subject.replace(/^.*CN=/, '');
/** `old.test fail`: by anchor, what each entry comes to without it. */
const fates = (found: CheckDocument) =>
  Object.fromEntries(
    anchorsOf(found).map((anchor) => [nameOf(anchor), anchor.entries.map(({ id, without }) => `${id} ${without}`)]),
  );
/** What `check` finds with such a CAfile, by destination. */
async function verdictsWith(...names: string[]): Promise<Record<string, string>> {
  put('some.pem', pemOf(...names));
  const { out } = await check('some.pem', '--json');
  const { entries } = JSON.parse(out) as CheckDocument;
  return Object.fromEntries(entries.map(({ destination, verdict }) => [destination, verdict]));
}

test('by the anchors that entries lean on, most entries first; an entry that is refused leans on none', async () => {
  const { out, code } = await check('ca.pem', '--by-root');
  expect(code).toBe(2);
  expect(unwrapped(out).split('12 entries: ')[0]).toBe(
    unwrapped(`
      /O=Test Authority/CN=Old Root: 5 entries; it ends on Sun 2090-01-01 SHA-256 ${sha256('old')}
      old.test (line 1), two.test (line 2), crossed.test (line 3), mixed.test (line 6) and half.test (line 8)
      /O=Test Authority/CN=Later Root: 2 entries; it ends on Sun 2090-01-01 SHA-256 ${sha256('later')}
      later.test (line 5) and mixed.test (line 6)
      /O=Test Authority/CN=New Root: 2 entries; it ends on Sun 2090-01-01 SHA-256 ${sha256('kept')}
      two.test (line 2) and new.test (line 7)
      /O=Test Authority/CN=Own Root: 1 entry; it ends on Sun 2090-01-01 SHA-256 ${sha256('own')}
      of a trust anchor file of yours (tafile) own.test (line 9)
      /O=Test Authority/CN=Twice Root: 1 entry; it ends on Sun 2090-01-01 SHA-256 ${sha256('again')} reissued.test (line 4)
      3 entries lean on none: below verify and at fingerprint and dane no authority is asked for, or no chain was accepted today
    `).concat(' '),
  );
});

test('without a list nothing goes', async () => {
  const found = await document('--by-root');
  expect(found.byRoot?.distrustedNotTrusted).toBeNull();
  expect(anchorsOf(found).map(({ distrusted }) => distrusted)).toEqual([null, null, null, null, null]);
  expect(
    Object.values(fates(found))
      .flat()
      .every((fate) => fate.endsWith(' null')),
  ).toBe(true);
  expect((await document()).byRoot).toBeNull();
});

test('without an anchor an entry comes to what check finds without it, also where it has another way', async () => {
  const list = put('list', `# going\n${sha256('old')}\n${sha256('again')}\n`);
  const found = fates(await document('--distrust', list));
  const then = await verdictsWith('kept', 'later', 'anew');
  for (const fate of [...(found['Old Root'] ?? []), ...(found['Twice Root'] ?? [])]) {
    const [id = '', without] = fate.split(' ');
    expect([id, without]).toEqual([id, then[id]]);
  }
  expect([found['Old Root'], found['Twice Root']]).toEqual([
    ['old.test fail', 'two.test degraded', 'crossed.test fail', 'mixed.test degraded', 'half.test fail'],
    ['reissued.test pass'],
  ]);
});

test('an anchor goes on its day, with those that went before', async () => {
  const list = put('list', `${sha256('later')} 2027-04-15 Later Root\n${sha256('old')} 2027-01-01\n${sha256('kept')} 2028-01-01`);
  const found = fates(await document('--distrust', list));
  expect([found['Old Root'], found['Later Root'], found['New Root']]).toEqual([
    ['old.test fail', 'two.test degraded', 'crossed.test fail', 'mixed.test degraded', 'half.test fail'],
    ['later.test fail', 'mixed.test fail'],
    ['two.test fail', 'new.test fail'],
  ]);
  const then = await verdictsWith('kept', 'again', 'anew');
  expect([then['later.test'], then['mixed.test'], then['two.test'], then['new.test']]).toEqual([
    'fail',
    'fail',
    'degraded',
    'pass',
  ]);
});

test('what is to go stands first, with its day and with whom it takes along', async () => {
  const list = put(
    'list',
    `${sha256('later')} 2027-04-15\n${sha256('again')}\n${sha256('own')} 2026-12-31\n${'ab'.repeat(32)}\n`,
  );
  const { out, code } = await check('ca.pem', '--distrust', list);
  expect(code).toBe(2);
  expect(out.split('/O=Test Authority/CN=Old Root')[0]).toBe(
    [
      ...['/O=Test Authority/CN=Twice Root: 1 entry; it ends on Sun 2090-01-01', `  SHA-256 ${sha256('again')}`],
      ...['  ON THE LIST', '  fare as today without it: reissued.test (line 4)', ''],
      ...['/O=Test Authority/CN=Own Root: 1 entry; it ends on Sun 2090-01-01', `  SHA-256 ${sha256('own')}`],
      '  of a trust anchor file of yours (tafile)',
      '  on the list, gone since Thu 2026-12-31: your file trusts it for as long as it stands there',
      ...['  own.test (line 9)', ''],
      ...['/O=Test Authority/CN=Later Root: 2 entries; it ends on Sun 2090-01-01', `  SHA-256 ${sha256('later')}`],
      '  ON THE LIST, to go from Thu 2027-04-15 on (90 days)',
      '  would fail without it: later.test (line 5)',
      ...['  would be delivered to some of their hosts alone: mixed.test (line 6)', '', ''],
    ].join('\n'),
  );
  expect(out).toContain('once all anchors of the list are gone, 2 entries do worse; 1 of the list is not trusted here anyway\n');
});

test('the exit status says whether anything does worse', async () => {
  const codeOf = async (gone: string, line: string) => {
    const list = put('list', `${gone}\n`);
    const { code, out } = await checkTable(put('one', `${line}\n`), 'ca.pem', '--distrust', list);
    expect(out).not.toContain('\n\n\n');
    return code;
  };
  expect(await codeOf(sha256('old'), 'old.test secure match=.test')).toBe(1);
  expect(await codeOf(sha256('old'), 'two.test secure match=.test')).toBe(1);
  expect(await codeOf(sha256('again'), 'reissued.test secure match=.test')).toBe(0);
  expect(await codeOf('ab'.repeat(32), 'old.test secure match=.test')).toBe(0);
});

test('a file of the list that names nothing is an error before anybody is met', async () => {
  const list = put('list', `${sha256('old')}\nISRG Root X1\n`);
  expect(await check('ca.pem', '--distrust', list)).toEqual({
    code: 3,
    out: '',
    err:
      `error: --distrust ${list} line 2: "ISRG" is no SHA-256 fingerprint, which has 64 hex digits; write it as ` +
      '"openssl x509 -noout -fingerprint -sha256" prints it, and # before a comment\n',
  });
});

test('what was not seen may be the other way', () => {
  const [old, other] = ['a.test', 'b.test'].map((destination) => ({ destination, line: 1, verdict: 'pass' }) as EntryVerdict);
  if (old === undefined || other === undefined) throw new Error('two entries are needed');
  const run = { at: 0, verdicts: [], vantage: { ipv4: 'clear', ipv6: 'clear' }, complete: true } as const;
  const root: Root = {
    ...{ sha256: 'ab', subject: 'CN=Old', notAfter: null, inStore: true, leaving: { from: null } },
    entries: [
      { entry: old, without: 'undetermined' },
      { entry: other, without: 'pass' },
    ],
  };
  const shown = { roots: { roots: [root], worse: [], notTrusted: 0 } };
  expect(byRootText(run, bundleOf('a.test secure\n'), unpainted, 100, shown).split('\n').slice(0, 5)).toEqual([
    'CN=Old: 2 entries',
    '  SHA-256 ab',
    '  ON THE LIST',
    '  cannot be told, for what was not seen: a.test (line 1)',
    '  fare as today without it: b.test (line 1)',
  ]);
});
