/**
 * Trust in a store, one row per rule of X509_verify_cert() and of the verify depth in src/tls/tls_verify.c. Examples are
 * numbered as in test/verdict/worked-examples.test.ts.
 */
import { describe, expect, test } from 'vitest';
import { ALWAYS, judgePath } from '../../../lambda/certificate/trust/path.ts';
import { createAuthority, selfSigned } from '../../internet/authority.ts';
import {
  AT,
  alone,
  aloneEnded,
  DAY,
  dated,
  ended,
  endedIssuing,
  endedRoot,
  type Failure,
  forYears,
  fromEnded,
  good,
  issuing,
  leafOf,
  other,
  questionOf,
  type Row,
  root,
  under,
} from '../chains.ts';

const later = { notBefore: AT + DAY, notAfter: AT + 80 * DAY };
const crossed = await other.crossSign(root, forYears);
const renewed = await root.crossSign(issuing, { ...forYears, notAfter: AT - DAY });
/** The root's name and key under a SHA-1 signature of its own. */
const sha1Root = await createAuthority('Root', { ...forYears, key: root.key, signatureHash: 'sha1' });
const rsaRoot = await createAuthority('RSA Root', { ...forYears, keyType: 'rsa' });
const shortRoot = await createAuthority('Short', { ...forYears, pathLength: 1 });
const second = await (await shortRoot.intermediate('First', forYears)).intermediate('Second', forYears);
const unknown = (critical: boolean) => ({ oid: '1.2.3.4', critical, der: Uint8Array.of(5, 0) });
const mimic = () => selfSigned({ ...dated, subject: [['CN', 'mimicked']], subjectKeyId: null, authorityKeyId: null });

const PASSES: readonly Row[] = [
  { because: 'leaf and intermediate sent, root in the store', chain: good.chain },
  { because: 'the root may be sent too', chain: [...good.chain, root.certificate.der] },
  { because: 'order does not matter behind the leaf', chain: [good.der, root.certificate.der, issuing.certificate.der] },
  { because: 'aliens do no harm', chain: [good.der, other.certificate.der, issuing.certificate.der, alone.der] },
  { because: 'a certificate sent twice does no harm', chain: [...good.chain, ...good.chain] },
  {
    because: 'an intermediate from the store need not be sent',
    chain: [good.der],
    anchors: [root.certificate.der, issuing.certificate.der],
  },
  {
    because: 'a cross-signed root leads to the anchor of the other',
    chain: [...good.chain, crossed.certificate.der],
    anchors: [other.certificate.der],
  },
  {
    because: 'of two certificates for one issuer the one in date is taken',
    chain: [good.der, renewed.certificate.der, issuing.certificate.der],
  },
  { because: 'self-signed, itself in CAfile (example 31)', chain: alone.chain, anchors: [alone.der] },
  { because: 'RSA 1024 is 80 bits, which is level 1 (example 30)', chain: (await leafOf(issuing, { keyType: 'rsa1024' })).chain },
  { because: 'no extended key usage is any', chain: (await leafOf(issuing, { keyUsage: null })).chain },
  { because: 'serverAuth among others', chain: (await leafOf(issuing, { eku: ['clientAuth', 'serverAuth'] })).chain },
  {
    because: 'key encipherment alone is a server usage',
    chain: (await leafOf(issuing, { keyUsage: ['keyEncipherment'] })).chain,
  },
  { because: 'the signature of an anchor is not looked at', chain: good.chain, anchors: [sha1Root.certificate.der] },
  { because: 'SHA-1 is fine at level 0', chain: (await leafOf(issuing, { signatureHash: 'sha1' })).chain, level: 0 },
  { because: 'a first second of validity counts', chain: good.chain, at: dated.notBefore },
  { because: 'so does the last', chain: good.chain, at: dated.notAfter - 1 },
  { because: 'an uncritical extension nobody knows', chain: (await leafOf(issuing, { extensions: [unknown(false)] })).chain },
  {
    because: 'names within permitted ones',
    chain: (await leafOf(await under({ nameConstraints: { permitted: { dns: ['example.com'] } } }))).chain,
  },
  { because: 'verify depth 0 allows one intermediate from 3.6 on', chain: good.chain, verifyDepth: 0 },
  { because: 'verify depth 2 reaches the root over one intermediate in ≤3.5', chain: good.chain, verifyDepth: 2, version: '3.5' },
];

const FAILS: readonly Failure[] = [
  {
    because: 'expired (example 25)',
    chain: (await leafOf(issuing, ended)).chain,
    reason: 'expired',
    code: 'CERT_HAS_EXPIRED',
    detail: 'certificate has expired (2026-11-23 12:00Z)',
  },
  {
    because: 'validity ends at notAfter, not behind it',
    chain: good.chain,
    at: dated.notAfter,
    reason: 'expired',
    code: 'CERT_HAS_EXPIRED',
    detail: 'certificate has expired (2027-02-12 12:00Z)',
  },
  {
    because: 'not yet valid',
    chain: (await leafOf(issuing, later)).chain,
    reason: 'not-yet-valid',
    code: 'CERT_NOT_YET_VALID',
    detail: 'certificate is not valid before 2026-11-25 12:00Z',
  },
  {
    because: 'self-signed (example 26)',
    chain: alone.chain,
    reason: 'self-signed',
    code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    detail: 'self-signed certificate',
  },
  {
    because: 'expired and self-signed is told as self-signed',
    chain: aloneEnded.chain,
    reason: 'self-signed',
    code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    detail: 'self-signed certificate',
  },
  {
    because: 'the root sent, but unknown (example 27)',
    chain: [...good.chain, root.certificate.der],
    anchors: [other.certificate.der],
    reason: 'untrusted-issuer',
    code: 'SELF_SIGNED_CERT_IN_CHAIN',
    depth: 2,
    detail: 'chain ends at /O=Test Authority/CN=Root, which is not among the trust anchors',
  },
  {
    because: 'the root neither sent nor known',
    chain: good.chain,
    anchors: [other.certificate.der],
    reason: 'untrusted-issuer',
    code: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    depth: 1,
    detail:
      'chain ends at /O=Test Authority/CN=Issuing, whose issuer /O=Test Authority/CN=Root was not sent and is not among the trust anchors',
  },
  {
    because: 'the intermediate forgotten (example 27)',
    chain: [good.der],
    reason: 'missing-intermediate',
    code: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    detail: 'issuer /O=Test Authority/CN=Issuing was not sent and is not among the trust anchors',
  },
  {
    because: 'an empty store (example 32)',
    chain: good.chain,
    anchors: [],
    reason: 'untrusted-issuer',
    code: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    depth: 1,
    detail:
      'chain ends at /O=Test Authority/CN=Issuing, whose issuer /O=Test Authority/CN=Root was not sent and is not among the trust anchors',
  },
  {
    because: 'only the intermediate in CAfile: no partial chains (example 33)',
    chain: good.chain,
    anchors: [issuing.certificate.der],
    reason: 'untrusted-issuer',
    code: 'UNABLE_TO_GET_ISSUER_CERT',
    depth: 1,
    detail: 'issuer /O=Test Authority/CN=Root is not among the trust anchors, only a certificate below it is',
  },
  {
    because: 'only the leaf in CAfile, where it is not self-signed',
    chain: good.chain,
    anchors: [good.der],
    reason: 'untrusted-issuer',
    code: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    depth: 1,
    detail:
      'chain ends at /O=Test Authority/CN=Issuing, whose issuer /O=Test Authority/CN=Root was not sent and is not among the trust anchors',
  },
  {
    because: 'a mimic of a self-signed anchor',
    chain: (await mimic()).chain,
    anchors: [(await mimic()).der],
    reason: 'self-signed',
    code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    detail: 'self-signed certificate',
  },
  {
    because: 'an expired intermediate (example 27)',
    chain: (await leafOf(endedIssuing)).chain,
    reason: 'issuer-expired',
    code: 'CERT_HAS_EXPIRED',
    depth: 1,
    detail: 'issuer certificate /O=Test Authority/CN=Odd has expired (2026-11-23 12:00Z)',
  },
  {
    because: 'an expired root',
    chain: fromEnded.chain,
    anchors: [endedRoot.certificate.der],
    reason: 'issuer-expired',
    code: 'CERT_HAS_EXPIRED',
    depth: 2,
    detail: 'issuer certificate /O=Test Authority/CN=Ended Root has expired (2026-11-23 12:00Z)',
  },
  {
    because: 'the error nearest the leaf is told',
    chain: (await leafOf(endedIssuing, { eku: ['clientAuth'] })).chain,
    reason: 'wrong-purpose',
    code: 'INVALID_PURPOSE',
    detail: 'certificate is not designated for use as a server certificate (extended key usage)',
  },
  {
    because: 'clientAuth only (example 28)',
    chain: (await leafOf(issuing, { eku: ['clientAuth'] })).chain,
    reason: 'wrong-purpose',
    code: 'INVALID_PURPOSE',
    detail: 'certificate is not designated for use as a server certificate (extended key usage)',
  },
  {
    because: 'anyExtendedKeyUsage is not serverAuth',
    chain: (await leafOf(issuing, { eku: ['anyExtendedKeyUsage'] })).chain,
    reason: 'wrong-purpose',
    code: 'INVALID_PURPOSE',
    detail: 'certificate is not designated for use as a server certificate (extended key usage)',
  },
  {
    because: 'an intermediate for clients only',
    chain: (await leafOf(await under({ eku: ['clientAuth'] }))).chain,
    reason: 'wrong-purpose',
    code: 'INVALID_PURPOSE',
    depth: 1,
    detail: 'issuer certificate /O=Test Authority/CN=Odd is not designated for use as a server certificate (extended key usage)',
  },
  {
    because: 'key usage without signature, encipherment or agreement',
    chain: (await leafOf(issuing, { keyUsage: ['dataEncipherment'] })).chain,
    reason: 'wrong-purpose',
    code: 'INVALID_PURPOSE',
    detail: 'certificate is not designated for use as a server certificate (key usage)',
  },
  {
    because: 'SHA-1 on the leaf (example 29)',
    chain: (await leafOf(issuing, { signatureHash: 'sha1' })).chain,
    reason: 'weak-signature',
    code: 'CA_MD_TOO_WEAK',
    detail: 'certificate is signed with SHA-1, which is too weak',
  },
  {
    because: 'MD5 on an intermediate',
    chain: (await leafOf(await rsaRoot.intermediate('Weak', { ...forYears, signatureHash: 'md5' }))).chain,
    anchors: [rsaRoot.certificate.der],
    reason: 'weak-signature',
    code: 'CA_MD_TOO_WEAK',
    depth: 1,
    detail: 'issuer certificate /O=Test Authority/CN=Weak is signed with MD5, which is too weak',
  },
  {
    because: 'RSA 512',
    chain: (await leafOf(issuing, { keyType: 'rsa512' })).chain,
    reason: 'weak-signature',
    code: 'EE_KEY_TOO_SMALL',
    detail: 'certificate has a key of 512 bits, which is too small',
  },
  {
    because: 'RSA 512 in an intermediate',
    chain: (await leafOf(await under({ keyType: 'rsa512' }))).chain,
    reason: 'weak-signature',
    code: 'CA_KEY_TOO_SMALL',
    depth: 1,
    detail: 'issuer certificate /O=Test Authority/CN=Odd has a key of 512 bits, which is too small',
  },
  {
    because: 'an intermediate that is no CA',
    chain: (await leafOf(await under({ ca: false }))).chain,
    reason: 'invalid-ca',
    code: 'INVALID_CA',
    depth: 1,
    detail: 'issuer certificate /O=Test Authority/CN=Odd is not a certification authority',
  },
  {
    because: 'an intermediate without basic constraints',
    chain: (await leafOf(await under({ ca: null }))).chain,
    reason: 'invalid-ca',
    code: 'INVALID_CA',
    depth: 1,
    detail: 'issuer certificate /O=Test Authority/CN=Odd is not a certification authority',
  },
  {
    because: 'an intermediate that may not sign',
    chain: (await leafOf(await under({ keyUsage: ['digitalSignature'] }))).chain,
    reason: 'invalid-ca',
    code: 'INVALID_CA',
    depth: 1,
    detail: 'issuer certificate /O=Test Authority/CN=Odd is not a certification authority',
  },
  {
    because: 'a path longer than the root allows',
    chain: (await leafOf(second)).chain,
    anchors: [shortRoot.certificate.der],
    reason: 'invalid-ca',
    code: 'PATH_LENGTH_EXCEEDED',
    depth: 3,
    detail: 'issuer certificate /O=Test Authority/CN=Short allows at most 1 authorities below it',
  },
  {
    because: 'a signature that is not the issuer’s',
    chain: (await leafOf(issuing, { breakSignature: true })).chain,
    reason: 'bad-signature',
    code: 'CERT_SIGNATURE_FAILURE',
    detail: 'certificate does not carry the signature of its issuer',
  },
  {
    because: 'a critical extension nobody knows',
    chain: (await leafOf(issuing, { extensions: [unknown(true)] })).chain,
    reason: 'wrong-purpose',
    code: 'UNHANDLED_CRITICAL_EXTENSION',
    detail: 'certificate has a critical extension that OpenSSL does not know (1.2.3.4)',
  },
  {
    because: 'a name outside the permitted ones',
    chain: (await leafOf(await under({ nameConstraints: { permitted: { dns: ['example.net'] } } }))).chain,
    reason: 'not-permitted-name',
    code: 'PERMITTED_VIOLATION',
    detail: 'certificate has a name that its issuers may not certify (mail.example.com)',
  },
  {
    because: 'an issuer found by name, but not by key identifier',
    chain: (await leafOf(issuing, { authorityKeyId: Uint8Array.of(1) })).chain,
    reason: 'missing-intermediate',
    code: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    detail:
      'issuer /O=Test Authority/CN=Issuing was not sent, only one of that name that cannot have issued it, and is not among the trust anchors',
  },
  {
    because: 'an extension that OpenSSL cannot read',
    chain: (await leafOf(issuing, { extensions: [{ oid: '2.5.29.31', der: Uint8Array.of(5, 0) }] })).chain,
    reason: 'bad-signature',
    code: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    detail: 'certificate has an extension that is malformed or occurs twice, and OpenSSL takes it for issued by nobody',
  },
  {
    because: 'verify depth 1 does not reach the root over one intermediate in ≤3.5',
    chain: good.chain,
    verifyDepth: 1,
    version: '3.5',
    reason: 'chain-too-long',
    code: 'CERT_CHAIN_TOO_LONG',
    depth: 2,
    detail: 'certificate chain is longer than the limit (smtp_tls_scert_verifydepth)',
  },
  {
    because: 'verify depth 0 does not allow two intermediates from 3.6 on',
    chain: (await leafOf(await issuing.intermediate('Second', forYears))).chain,
    verifyDepth: 0,
    reason: 'chain-too-long',
    code: 'CERT_CHAIN_TOO_LONG',
    depth: 2,
    detail: 'certificate chain is longer than the limit (smtp_tls_scert_verifydepth)',
  },
];

test.each(PASSES)('trusted: $because', (row) => {
  expect(judgePath(questionOf(row))).toMatchObject({ kind: 'trusted' });
});

test.each(FAILS)('untrusted: $because', (row) => {
  const { reason, code, depth = 0, detail } = row;
  expect(judgePath(questionOf(row))).toMatchObject({ kind: 'untrusted', reason, opensslCode: code, depth, detail });
});

describe('what is told of a trusted chain', () => {
  test('its path, its anchor, and the dates that bound it', () => {
    expect(judgePath(questionOf({ because: '', chain: good.chain }))).toEqual({
      kind: 'trusted',
      anchor: { subject: '/O=Test Authority/CN=Root', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      path: [good.der, issuing.certificate.der, root.certificate.der],
      validFrom: dated.notBefore,
      validUntil: dated.notAfter,
    });
  });

  test('the end of the intermediate, where that comes first', async () => {
    const soon = await under({ ...forYears, notAfter: AT + DAY });
    expect(judgePath(questionOf({ because: '', chain: (await leafOf(soon)).chain }))).toMatchObject({ validUntil: AT + DAY });
  });

  test('no end where the leaf itself is the anchor', () => {
    const row = { because: '', chain: aloneEnded.chain, anchors: [aloneEnded.der], files: true } as const;
    expect(judgePath(questionOf(row))).toMatchObject({ validFrom: ALWAYS.from, validUntil: ALWAYS.until });
  });

  test('a bare key as an anchor has its digest', () => {
    const row = { because: '', chain: good.chain, keys: [root], files: true } as const;
    expect(judgePath(questionOf(row))).toMatchObject({
      anchor: { subject: 'public key', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
  });
});

describe('where a chain ends that leads nowhere', () => {
  test('at the last certificate sent', () => {
    expect(judgePath(questionOf({ because: '', chain: good.chain, anchors: [] }))).toMatchObject({
      endsAt: { subject: '/O=Test Authority/CN=Issuing', issuer: '/O=Test Authority/CN=Root', inMozilla: false },
    });
  });

  test('nowhere in particular, where the chain is anchored and fails for other reasons', async () => {
    const trust = judgePath(questionOf({ because: '', chain: (await leafOf(issuing, ended)).chain }));
    expect(trust).not.toHaveProperty('endsAt');
  });
});

test('a chain without a readable leaf is untrusted', () => {
  expect(judgePath(questionOf({ because: '', chain: ['MAMCAf8=', ...good.chain] }))).toMatchObject({
    kind: 'untrusted',
    detail: 'certificate cannot be read',
  });
});
