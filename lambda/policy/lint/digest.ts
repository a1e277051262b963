/** Lint of fingerprints: digests that can never match, and ones that a renewal ends. */

import { atLeast, type PostfixVersion } from '../../postfix/version.ts';
import type { TlsDemand } from '../demand.ts';
import { killsSmtp, ONE_CHARACTER_DIGEST } from '../fingerprint.ts';
import { parseDigest } from '../match-pattern.ts';
import { defersFor, type Finding, type Judged, NOT_VERIFIED, whomOf } from './problem.ts';

export function lintDigests({ entry, level, attributes, demand, bundle }: Judged): Finding[] {
  if (level !== 'fingerprint') return [];
  const { settings } = bundle;
  const elements = attributes.match ?? [];
  const deadly = elements.find((element) => killsSmtp(element, settings));
  if (deadly !== undefined) return [panic(deadly, entry.key)];
  const malformed = elements
    .filter((element) => parseDigest(element, settings.version) === undefined)
    .map((element) => malformedDigest(element, settings.version));
  if (demand.kind !== 'demand') return malformed;
  const unusable = [...malformed, ...unusableDigests(demand, entry.key)];
  return unusable.some((finding) => finding.severity === 'defers')
    ? unusable
    : [...unusable, leafDigest(settings.fingerprintDigest)];
}

function panic(element: string, key: string): Finding {
  return {
    code: 'smtp-dies',
    severity: 'defers',
    postfixSays: ONE_CHARACTER_DIGEST,
    effect:
      `a digest of one character ("${element}") ends smtp(8) with a panic: mail to ` +
      `${whomOf(key)} stays in the queue, and other mail waits with it`,
    cure: `delete "${element}" from match=`,
  };
}

function malformedDigest(element: string, version: PostfixVersion): Finding {
  const modern = atLeast(version, '3.6');
  return {
    code: 'digest',
    severity: 'warning',
    ...(modern ? { postfixSays: `malformed fingerprint value: ${element}` } : {}),
    effect: modern
      ? `${element} is no digest, and is ignored`
      : `${element} is no digest with colons, and never matches`,
    cure:
      'write pairs of hex digits with colons between, ' +
      'as openssl x509 -fingerprint prints them',
  };
}

/** Digests of another length than the algorithm's, or none at all. */
function unusableDigests({ digests, digestAlgorithm }: TlsDemand, key: string): Finding[] {
  const bytes = DIGEST_BYTES[digestAlgorithm];
  const fitting = digests.filter((digest) => bytes === undefined || digest.length === 2 * bytes);
  const misfit = digests.find((digest) => !fitting.includes(digest));
  const deferred = defersFor(key, NOT_VERIFIED);
  if (misfit !== undefined) {
    const all = fitting.length === 0;
    return [
      {
        code: 'digest',
        severity: all ? 'defers' : 'warning',
        effect:
          `a digest of ${misfit.length / 2} bytes is no ${digestAlgorithm} (${bytes} bytes) ` +
          `and never matches${all ? `: ${deferred}` : ''}`,
        cure:
          `write the ${digestAlgorithm} digest, ` +
          'or set smtp_tls_fingerprint_digest to the algorithm it was made with',
      },
    ];
  }
  if (digests.length > 0) return [];
  return [
    {
      code: 'digest',
      severity: 'defers',
      effect: `no digest is usable: ${deferred}`,
      cure: 'write pairs of hex digits with colons between',
    },
  ];
}

function leafDigest(algorithm: string): Finding {
  return {
    code: 'leaf-digest',
    severity: 'note',
    effect:
      "a certificate's digest changes with each renewal, " +
      'and mail waits until the entry is changed ' +
      `(smtp_tls_fingerprint_digest = ${algorithm})`,
    cure:
      'pin the digest of the public key, which may outlive a renewal; ' +
      'list old and new with "|"',
  };
}

const DIGEST_BYTES: Readonly<Record<string, number>> = {
  md5: 16,
  sha1: 20,
  sha224: 28,
  sha256: 32,
  sha384: 48,
  sha512: 64,
};
