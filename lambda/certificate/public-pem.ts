/**
 * What of a PEM file may be kept elsewhere: certificates, revocation lists and public keys, each
 * written anew from what was parsed. Private keys, and whatever stands between the blocks, are left
 * out.
 */
import { isPublicKey, isSequence, wholeCertificate } from './anchors.ts';
import { first } from './der.ts';
import { type PemBlock, printPem, readPem } from './pem.ts';

export interface PublicPem {
  /** Empty where nothing of the file is public. */
  readonly text: string;
  /** How many blocks hold a private key, or are damaged or of no known kind. */
  readonly privateKeys: number;
  readonly otherBlocks: number;
}

/** Undefined where the text has no PEM block at all. Never throws. */
export function publicPem(text: string): PublicPem | undefined {
  const labels = [...text.matchAll(/^\uFEFF?-----BEGIN (.*)-----\s*$/gm)].map(([, label]) => label);
  if (labels.length === 0) return undefined;
  const kept = readPem(text).blocks.flatMap((block) => publicBlock(block) ?? []);
  const privateKeys = labels.filter((label) => label?.includes('PRIVATE KEY')).length;
  return {
    text: kept.join(''),
    privateKeys,
    otherBlocks: Math.max(0, labels.length - kept.length - privateKeys),
  };
}

function publicBlock(block: PemBlock): string | undefined {
  const { label, bytes, hasHeader } = block;
  if (hasHeader) return undefined;
  switch (label) {
    case 'CERTIFICATE':
    case 'X509 CERTIFICATE':
    case 'TRUSTED CERTIFICATE':
      return printed(label, wholeCertificate(block));
    case 'PUBLIC KEY':
      return printed(label, isPublicKey(bytes) ? bytes : undefined);
    case 'X509 CRL':
      return printed(label, isSequence(bytes) ? first(bytes).whole : undefined);
  }
  return undefined;
}

function printed(label: string, bytes: Uint8Array | undefined): string | undefined {
  if (bytes === undefined) return undefined;
  return printPem(label, Buffer.from(bytes).toString('base64'));
}
