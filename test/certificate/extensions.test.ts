/** Extensions as OpenSSL takes them, one row per oddity: `openssl verify` says the same of a certificate that has it. */
import { expect, test } from 'vitest';
import { readCertificate } from '../../lambda/certificate/certificate.ts';
import { createAuthority } from '../internet/authority.ts';

const root = await createAuthority('Root');

test.each([
  { oid: '2.5.29.14', value: '040101', because: 'a plain one' },
  { oid: '2.5.29.14', value: '0401016a756e6b', because: 'bytes behind the value' },
  { oid: '2.5.29.17', value: '3003820161', because: 'a name' },
  { oid: '2.5.29.17', value: '1003820161', because: 'a list that is not marked as constructed' },
  { oid: '2.5.29.17', value: '3005a203160161', because: 'a name in pieces' },
  { oid: '2.5.29.30', value: '300780053003820161', because: 'subtrees that are not marked as constructed' },
  { oid: '2.5.29.37', value: '3003060155', because: 'a purpose of one octet' },
  { oid: '1.2.3.4', value: '', because: 'nothing at all, where nobody looks' },
])('$because: valid', async ({ oid, value }) => {
  expect(await isInvalid(oid, value)).toBe(false);
});

test.each([
  { oid: '2.5.29.14', value: '040201', because: 'cut short' },
  { oid: '2.5.29.15', value: '03020700', because: 'a key usage without any' },
  { oid: '2.5.29.17', value: '0203820161', because: 'a number for a list' },
  { oid: '2.5.29.17', value: '3003890161', because: 'a name of no kind' },
  { oid: '2.5.29.17', value: '30058503616263', because: 'a party without a name' },
  { oid: '2.5.29.19', value: '300401020101', because: 'a truth of two octets' },
  { oid: '2.5.29.19', value: '30030201ff', because: 'a negative path length' },
  { oid: '2.5.29.30', value: '3004a000a000', because: 'permitted subtrees twice' },
  { oid: '2.5.29.30', value: '3004a100a000', because: 'excluded subtrees before permitted ones' },
  { oid: '2.5.29.37', value: '300506032a8001', because: 'an object identifier with a leading zero' },
  { oid: '1.3.6.1.5.5.7.1.7', value: '0500', because: 'address blocks that are none' },
])('$because: invalid', async ({ oid, value }) => {
  expect(await isInvalid(oid, value)).toBe(true);
});

async function isInvalid(oid: string, hex: string): Promise<boolean> {
  const bare = { commonName: 'x', keyUsage: null, subjectKeyId: null, authorityKeyId: null } as const;
  const { der } = await root.issue({ ...bare, extensions: [{ oid, der: Buffer.from(hex, 'hex') }] });
  const certificate = readCertificate(der);
  if (certificate.kind === 'unreadable') throw new Error(certificate.because);
  return certificate.extensions.invalid;
}
