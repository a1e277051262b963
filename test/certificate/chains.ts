/** Chains minted once for the tables of trust, all around one moment, and the question a row of such a table asks. */
import type { PathQuestion } from '../../lambda/certificate/trust/path.ts';
import { type Authority, type CertificateOptions, createAuthority, selfSigned } from '../internet/authority.ts';

export const DAY = 86_400_000;
export const AT = Date.UTC(2026, 10, 24, 12);
export const dated = { notBefore: AT - 10 * DAY, notAfter: AT + 80 * DAY };
export const ended = { notBefore: AT - 100 * DAY, notAfter: AT - DAY };
export const forYears = { notBefore: AT - 500 * DAY, notAfter: AT + 3000 * DAY };
export const host = { dnsNames: ['mail.example.com'] };

export const root = await createAuthority('Root', forYears);
export const issuing = await root.intermediate('Issuing', forYears);
export const other = await createAuthority('Other', forYears);
export const endedRoot = await createAuthority('Ended Root', ended);

/** A leaf in date, of any other shape. */
export const leafOf = (authority: Authority, options: CertificateOptions = {}) =>
  authority.issue({ ...host, ...dated, ...options });
/** An intermediate below the root, of any shape. */
export const under = (options: CertificateOptions) => root.intermediate('Odd', { ...forYears, ...options });

export const good = await leafOf(issuing);
export const alone = await selfSigned({ ...host, ...dated });
export const aloneEnded = await selfSigned({ ...host, ...ended });
export const fromEnded = await leafOf(await endedRoot.intermediate('Below', forYears));
export const endedIssuing = await under(ended);

/** Where a row says nothing: the root in a store, Postfix 3.11, verify depth 9, level 1, at the moment of the chains. */
export interface Row {
  readonly because: string;
  readonly chain: readonly string[];
  readonly anchors?: readonly string[];
  /** Whose public keys are anchors. */
  readonly keys?: readonly Pick<Authority, 'key'>[];
  readonly files?: true;
  readonly version?: string;
  readonly verifyDepth?: number;
  readonly level?: 0 | 1;
  readonly at?: number;
}

export interface Failure extends Row {
  readonly reason: string;
  readonly code: string;
  /** Default: the leaf. */
  readonly depth?: number;
  readonly detail: string;
}

export function questionOf({
  chain,
  anchors,
  keys = [],
  files,
  version = '3.11',
  verifyDepth = 9,
  level = 1,
  at = AT,
}: Row): PathQuestion {
  const publicKeys = keys.map(({ key }) => key.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'));
  const certificates = anchors ?? (keys.length > 0 ? [] : [root.certificate.der]);
  return {
    chain,
    anchors: { certificates, publicKeys },
    anchorKind: files ? 'files' : 'store',
    at,
    version,
    verifyDepth,
    securityLevel: level,
  };
}
