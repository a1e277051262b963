/**
 * Where a chain that reaches no anchor ends, and whether Mozilla's store would have known what
 * comes next.
 */
import { mozillaRoots } from '../anchors.ts';
import { type Certificate, readCertificates } from '../certificate.ts';
import { byName, type CertificatesByName } from './chain.ts';
import { likelyIssued, selfSigned } from './issuer.ts';
import { verifies } from './signature.ts';

export interface Ending {
  /** Of the last certificate of the chain, or of the root in Mozilla's store that issued it. */
  readonly subject: string;
  readonly issuer: string;
  readonly sha256: string;
  readonly inMozilla: boolean;
}

export function endOfChain(certificates: readonly Certificate[]): Ending | undefined {
  const last = certificates.at(-1);
  if (last === undefined) return undefined;
  const root = rootOf(last);
  const { subject, issuer, sha256 } = root ?? last;
  return { subject, issuer, sha256, inMozilla: root !== undefined };
}

/** The root in Mozilla's store that a certificate is, or is issued by. */
function rootOf(certificate: Certificate): Certificate | undefined {
  roots ??= byName(readCertificates(mozillaRoots()));
  const candidates = roots.get(certificate.names.issuer.canonical) ?? [];
  if (selfSigned(certificate))
    return candidates.find(({ sha256 }) => sha256 === certificate.sha256);
  return candidates.find((root) => likelyIssued(root, certificate) && verifies(certificate, root));
}

let roots: CertificatesByName | undefined;
