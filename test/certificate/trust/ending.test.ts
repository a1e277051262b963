import { expect, test } from 'vitest';
import { mozillaRoots } from '../../../lambda/certificate/anchors.ts';
import { readCertificates } from '../../../lambda/certificate/certificate.ts';
import { endOfChain } from '../../../lambda/certificate/trust/ending.ts';
import { judgePath } from '../../../lambda/certificate/trust/path.ts';
import { createAuthority } from '../../internet/authority.ts';

const [mozilla] = readCertificates(mozillaRoots());
if (mozilla === undefined) throw new Error('Node has no roots');
const root = await createAuthority('Root');
const issuing = await root.intermediate('Issuing');

test('a root of Mozilla’s is known as one', () => {
  expect(endOfChain([mozilla])).toEqual({
    subject: mozilla.subject,
    issuer: mozilla.subject,
    sha256: mozilla.sha256,
    inMozilla: true,
  });
});

test('another root of the same name is not', async () => {
  const subject = mozilla.names.subject.commonNames.map((name) => ['CN', name ?? ''] as const);
  const [mimic] = readCertificates([(await createAuthority('', { subject })).certificate.der]);
  expect(mimic && endOfChain([mimic])?.inMozilla).toBe(false);
});

test('the last certificate, where Mozilla does not know its issuer either', () => {
  const chain = readCertificates([issuing.certificate.der]);
  expect(endOfChain(chain)).toMatchObject({
    subject: '/O=Test Authority/CN=Issuing',
    issuer: '/O=Test Authority/CN=Root',
    inMozilla: false,
  });
});

test('no certificate is no end', () => {
  expect(endOfChain([])).toBeUndefined();
});

test('a chain that ends at a root of Mozilla’s, which is not an anchor here, says so', () => {
  const question = {
    anchors: { certificates: [root.certificate.der], publicKeys: [] },
    anchorKind: 'files',
    at: Date.UTC(2026, 10, 24),
  } as const;
  const trust = judgePath({ ...question, chain: [mozilla.der], version: '3.11', verifyDepth: 9, securityLevel: 1 });
  expect(trust).toMatchObject({ kind: 'untrusted', endsAt: { sha256: mozilla.sha256, inMozilla: true } });
});
