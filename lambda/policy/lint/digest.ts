/** Lint of fingerprints: digests that can never match, and ones that a renewal ends. */

import { atLeast } from '../../postfix/version.ts';
import { killsSmtp, ONE_CHARACTER_DIGEST } from '../fingerprint.ts';
import { parseDigest } from '../match-pattern.ts';
import { defersFor, type Finding, type Judged, NOT_VERIFIED, whomOf } from './problem.ts';

export function lintDigests({ entry, level, attributes, demand, bundle }: Judged): Finding[] {
  if (level !== 'fingerprint') return [];
  const { version, fingerprintDigest } = bundle.settings;
  const findings: Finding[] = [];
  const deadly = (attributes.match ?? []).find((element) => killsSmtp(element, bundle.settings));
  if (deadly !== undefined) {
    return [
      {
        code: 'smtp-dies',
        severity: 'defers',
        postfixSays: ONE_CHARACTER_DIGEST,
        effect: `a digest of one character ("${deadly}") ends smtp(8) with a panic: mail to ${whomOf(entry.key)} stays in the queue, and other mail waits with it`,
        cure: `delete "${deadly}" from match=`,
      },
    ];
  }
  for (const element of attributes.match ?? []) {
    if (parseDigest(element, version) !== undefined) continue;
    const modern = atLeast(version, '3.6');
    findings.push({
      code: 'digest',
      severity: 'warning',
      ...(modern ? { postfixSays: `malformed fingerprint value: ${element}` } : {}),
      effect: modern
        ? `${element} is no digest, and is ignored`
        : `${element} is no digest with colons, and never matches`,
      cure: 'write pairs of hex digits with colons between, as openssl x509 -fingerprint prints them',
    });
  }
  if (demand.kind !== 'demand') return findings;
  const algorithm = demand.digestAlgorithm;
  const bytes = DIGEST_BYTES[algorithm];
  const fitting = demand.digests.filter(
    (digest) => bytes === undefined || digest.length === 2 * bytes,
  );
  const misfit = demand.digests.find((digest) => !fitting.includes(digest));
  if (misfit !== undefined) {
    const all = fitting.length === 0;
    findings.push({
      code: 'digest',
      severity: all ? 'defers' : 'warning',
      effect: `a digest of ${misfit.length / 2} bytes is no ${algorithm} (${bytes} bytes) and never matches${all ? `: ${defersFor(entry.key, NOT_VERIFIED)}` : ''}`,
      cure: `write the ${algorithm} digest, or set smtp_tls_fingerprint_digest to the algorithm it was made with`,
    });
  } else if (demand.digests.length === 0) {
    const cure = 'write pairs of hex digits with colons between';
    findings.push({
      code: 'digest',
      severity: 'defers',
      effect: `no digest is usable: ${defersFor(entry.key, NOT_VERIFIED)}`,
      cure,
    });
  }
  if (findings.some((finding) => finding.severity === 'defers')) return findings;
  findings.push({
    code: 'leaf-digest',
    severity: 'note',
    effect: `a certificate's digest changes with each renewal, and mail waits until the entry is changed (smtp_tls_fingerprint_digest = ${fingerprintDigest})`,
    cure: 'pin the digest of the public key, which may outlive a renewal; list old and new with "|"',
  });
  return findings;
}

const DIGEST_BYTES: Readonly<Record<string, number>> = {
  md5: 16,
  sha1: 20,
  sha224: 28,
  sha256: 32,
  sha384: 48,
  sha512: 64,
};
