/**
 * CApath as a list of directories, and what hides what: the store that readBundle() makes of real files, against
 * `openssl verify` on the same ones.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { hashedName } from '../../../lambda/certificate/anchors.ts';
import { judgePath } from '../../../lambda/certificate/trust/path.ts';
import { readBundle } from '../../../lambda/policy/gather/this-machine.ts';
import { AT, forYears } from '../../certificate/chains.ts';
import { isReference } from '../../certificate/openssl-verify.ts';
import { createAuthority, pemOf } from '../../internet/authority.ts';
import { element, objectIdentifier } from '../../internet/remint.ts';

const home = mkdtempSync(join(tmpdir(), 'capath-'));
afterAll(() => rmSync(home, { recursive: true }));

const [one, two, namesake] = [
  await createAuthority('One', forYears),
  await createAuthority('Two', forYears),
  await createAuthority('One', forYears),
];
const leaves = await Promise.all([one, two, namesake].map((root) => root.issue({ ...forYears, dnsNames: ['mail.example.com'] })));
const rejected = (der: string) =>
  pemOf(
    Buffer.concat([Buffer.from(der, 'base64'), element(0x30, element(0xa0, objectIdentifier('1.3.6.1.5.5.7.3.1')))]).toString(
      'base64',
    ),
    'TRUSTED CERTIFICATE',
  );

let made = 0;
function directory(...pems: readonly (readonly [der: string, pem: string])[]): string {
  const path = join(home, `d${++made}`);
  mkdirSync(path);
  for (const [i, [der, pem]] of pems.entries()) writeFileSync(join(path, `${hashedName(der)}.${i}`), pem);
  return path;
}
function file(...pems: readonly string[]): string {
  const path = join(home, `f${++made}.pem`);
  writeFileSync(path, pems.join(''));
  return path;
}
const plain = ({ certificate }: { certificate: { der: string; pem: string } }) => [certificate.der, certificate.pem] as const;
const [d1, d2, d3] = [directory(plain(one)), directory(plain(two)), directory(plain(namesake))];
const dRejected = directory([two.certificate.der, rejected(two.certificate.der)]);

test.each<{ because: string; caFile?: string; caPath: string; trusts: boolean[] }>([
  { because: 'one directory', caPath: d1, trusts: [true, false, false] },
  { because: 'a list', caPath: `${d1}:${d2}`, trusts: [true, true, false] },
  { because: 'a list with nothing between colons', caPath: `:${d1}::${d2}:`, trusts: [true, true, false] },
  { because: 'a namesake in a later directory, which is not looked for', caPath: `${d1}:${d3}`, trusts: [true, false, false] },
  { because: 'the namesake first', caPath: `${d3}:${d1}`, trusts: [false, false, true] },
  {
    because: 'a namesake in the file, which hides the directory',
    caFile: file(one.certificate.pem),
    caPath: d3,
    trusts: [true, false, false],
  },
  { because: 'another in the file', caFile: file(two.certificate.pem), caPath: d3, trusts: [false, true, true] },
  { because: 'a rejected one in a directory', caPath: `${d1}:${dRejected}`, trusts: [true, false, false] },
  {
    because: 'a rejected one in the file, plain in the directory',
    caFile: file(rejected(two.certificate.der)),
    caPath: d2,
    trusts: [false, false, false],
  },
])('$because', async ({ caFile, caPath, trusts }) => {
  const table = file('a.test secure\n');
  const { trust } = await readBundle({ table, caPath, ...(caFile === undefined ? {} : { caFile }) });
  if (trust.kind !== 'anchors') throw new Error(trust.because);
  const judged = leaves.map(({ der }) =>
    judgePath({
      chain: [der],
      anchors: { ...trust, publicKeys: [] },
      anchorKind: 'store',
      at: AT,
      version: '3.11',
      verifyDepth: 9,
      securityLevel: 1,
    }),
  );
  // The command wants a directory of that very name, and the library takes it for a list.
  const list = caPath.replaceAll(`${home}/`, '');
  mkdirSync(join(home, list), { recursive: true });
  const theirs = leaves.map(({ pem }) => {
    const named = [...(caFile === undefined ? ['-no-CAfile'] : ['-CAfile', caFile]), '-CApath', list];
    const asked = ['verify', '-purpose', 'sslserver', '-no-CAstore', '-attime', String(AT / 1000), ...named];
    return spawnSync('openssl', asked, { cwd: home, input: pem, encoding: 'utf8' }).stdout.includes('OK');
  });
  expect(judged.map(({ kind }) => kind === 'trusted')).toEqual(trusts);
  if (isReference) expect(theirs).toEqual(trusts);
});
