/**
 * Trust anchor files, one row per rule of src/tls/tls_dane.c. Examples are numbered as in
 * test/verdict/worked-examples.test.ts.
 */
import { expect, test } from 'vitest';
import { judgePath } from '../../../lambda/certificate/trust/path.ts';
import { selfSigned } from '../../internet/authority.ts';
import {
  alone,
  aloneEnded,
  ended,
  endedIssuing,
  endedRoot,
  type Failure,
  fromEnded,
  good,
  host,
  issuing,
  leafOf,
  other,
  questionOf,
  type Row,
  root,
} from '../chains.ts';

/** Without key usage, as ≤3.5 asks a self-signed leaf whether it may sign itself. */
const ownSigner = await selfSigned({ ...host, ...ended, keyUsage: null });

const PASSES: readonly Row[] = [
  { because: 'the intermediate (example 33)', chain: good.chain, anchors: [issuing.certificate.der], files: true },
  {
    because: 'the intermediate, ≤3.5',
    chain: good.chain,
    anchors: [issuing.certificate.der],
    files: true,
    version: '3.5',
  },
  {
    because: 'the intermediate, which need not be sent',
    chain: [good.der],
    anchors: [issuing.certificate.der],
    files: true,
  },
  { because: 'the root, which need not be sent', chain: good.chain, anchors: [root.certificate.der], files: true },
  { because: 'the CA-issued leaf, ≥3.6 (example 34)', chain: good.chain, anchors: [good.der], files: true },
  { because: 'a self-signed leaf', chain: alone.chain, anchors: [alone.der], files: true },
  {
    because: 'a leaf that has expired, ≥3.6 (example 35)',
    chain: aloneEnded.chain,
    anchors: [aloneEnded.der],
    files: true,
  },
  {
    because: 'an expired intermediate',
    chain: (await leafOf(endedIssuing)).chain,
    anchors: [endedIssuing.certificate.der],
    files: true,
  },
  { because: 'key of the issuer, ≥3.6', chain: good.chain, keys: [issuing], files: true },
  { because: 'key of the root, not sent', chain: good.chain, keys: [root], files: true },
  { because: 'key of the root, not sent, ≤3.5', chain: good.chain, keys: [root], files: true, version: '3.5' },
  { because: 'key of the leaf, ≥3.6', chain: good.chain, keys: [good], files: true },
];

const FAILS: readonly Failure[] = [
  {
    because: 'the CA-issued leaf, ≤3.5 (example 34)',
    chain: [...good.chain, root.certificate.der],
    anchors: [good.der],
    files: true,
    version: '3.5',
    reason: 'untrusted-issuer',
    code: 'SELF_SIGNED_CERT_IN_CHAIN',
    depth: 2,
    detail: 'chain ends at /O=Test Authority/CN=Root, which is not among the trust anchors',
  },
  {
    because: 'a leaf that has expired, ≤3.5 (example 35)',
    chain: ownSigner.chain,
    anchors: [ownSigner.der],
    files: true,
    version: '3.5',
    reason: 'expired',
    code: 'CERT_HAS_EXPIRED',
    detail: 'certificate has expired (2026-11-23 12:00Z)',
  },
  {
    because: 'an expired root',
    chain: fromEnded.chain,
    anchors: [endedRoot.certificate.der],
    files: true,
    reason: 'issuer-expired',
    code: 'CERT_HAS_EXPIRED',
    depth: 2,
    detail: 'issuer certificate /O=Test Authority/CN=Ended Root has expired (2026-11-23 12:00Z)',
  },
  {
    because: 'another authority, while the store would do',
    chain: good.chain,
    anchors: [other.certificate.der],
    files: true,
    reason: 'untrusted-issuer',
    code: 'DANE_NO_MATCH',
    depth: 1,
    detail:
      'chain ends at /O=Test Authority/CN=Issuing, whose issuer /O=Test Authority/CN=Root was not sent and is not among the trust anchors',
  },
  {
    because: 'the key that issued the leaf, ≤3.5 on OpenSSL 3.0',
    chain: good.chain,
    keys: [issuing],
    files: true,
    version: '3.5',
    reason: 'missing-intermediate',
    code: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    detail: 'issuer /O=Test Authority/CN=Issuing was not sent and is not among the trust anchors',
  },
];

test.each(PASSES)('trusted: $because', (row) => {
  expect(judgePath(questionOf(row))).toMatchObject({ kind: 'trusted' });
});

test.each(FAILS)('untrusted: $because', (row) => {
  const { reason, code, depth = 0, detail } = row;
  expect(judgePath(questionOf(row))).toMatchObject({ kind: 'untrusted', reason, opensslCode: code, depth, detail });
});
