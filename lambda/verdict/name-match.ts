/**
 * The names a policy entry asks for, and the name in the certificate that satisfies one.
 *
 * Expansion follows add_namechecks() in Postfix's src/tls/tls_client.c. From 3.6 the comparison is
 * OpenSSL's own, with the one flag Postfix sets; up to 3.5 it is Postfix's match_servername(),
 * written out here. tls.checkServerIdentity() is another matcher still, with no form for "any
 * subdomain".
 */
import type { X509Certificate } from 'node:crypto';
import type { MatchPattern } from '../policy/entry.ts';
import type { Settings } from '../policy/settings.ts';
import { familyOf, toAscii } from '../postfix/hostname.ts';
import { atLeast } from '../postfix/version.ts';

/** One attempt to deliver: the next hop's domain, and the MX host that was reached for it. */
export interface Attempt {
  readonly nextHop: string;
  readonly mxHost: string;
}

/**
 * A name the certificate must present: `mx.example.com` is that name alone; `.example.com` is every
 * name below it, at any depth, but not `example.com` itself. An address literal is a name up to
 * 3.5; see `matchNames` for what it is since.
 */
export type ReferenceIdentifier = string & { readonly brand: 'ReferenceIdentifier' };

/**
 * What a certificate says about its holder. `dnsNames` as encoded, a NUL or a blank inside
 * included.
 */
export interface PresentedNames {
  readonly x509: X509Certificate;
  readonly dnsNames: readonly string[];
  /** Every CN of the subject, in order; empty for one of a type without text. */
  readonly commonNames: readonly string[];
}

/** A mismatch carries both sides, so that an alert can show what was asked and what was offered. */
export type NameMatch =
  | {
      readonly kind: 'matched';
      readonly reference: ReferenceIdentifier;
      readonly presented: string;
    }
  | {
      readonly kind: 'mismatch';
      readonly references: readonly ReferenceIdentifier[];
      readonly presented: readonly string[];
      /**
       * The names were satisfied, but this address literal among them was not (OpenSSL 3 wants
       * both).
       */
      readonly lacksAddress?: string;
    };

/**
 * Expands match patterns for one attempt: what `nexthop` and `hostname` stand for is known only
 * here. A bare `.` drops out.
 */
export function referenceIdentifiers(
  patterns: readonly MatchPattern[],
  attempt: Attempt,
): ReferenceIdentifier[] {
  return patterns.flatMap((pattern) => {
    switch (pattern.kind) {
      case 'nexthop':
        return [exactly(attempt.nextHop)];
      case 'dot-nexthop':
        return [below(attempt.nextHop)];
      case 'hostname':
        return [exactly(attempt.mxHost)];
      case 'name':
        return [exactly(pattern.name)];
      case 'subdomains':
        return pattern.parent === '' ? [] : [below(pattern.parent)];
    }
  });
}

/**
 * Finds the first reference identifier, in policy order, that the certificate satisfies.
 *
 * From 3.6, on OpenSSL 3, SSL_add1_host() takes an address literal out of the names and into an
 * iPAddress check of its own, which must hold beside the names; a second literal is ignored. No
 * reference at all never matches.
 */
export function matchNames(
  certificate: PresentedNames,
  references: readonly ReferenceIdentifier[],
  settings: Pick<Settings, 'version' | 'wildcardMatchesMultipleLabels'>,
): NameMatch {
  const mismatch: NameMatch = {
    kind: 'mismatch',
    references,
    presented: presentedNames(certificate),
  };
  if (!atLeast(settings.version, '3.6')) {
    const multipleLabels = settings.wildcardMatchesMultipleLabels;
    return (
      matchedBy((reference) => matchServername(certificate, reference, multipleLabels)) ?? mismatch
    );
  }
  const address = references.find(isAddress);
  const names = references.filter((reference) => !isAddress(reference));
  const { x509 } = certificate;
  const nameMatch =
    names.length === 0 ? undefined : matchedBy((name) => checkHost(x509, name), names);
  if (address === undefined || (names.length > 0 && nameMatch === undefined))
    return nameMatch ?? mismatch;
  if (!quietly(() => x509.checkIP(address))) return { ...mismatch, lacksAddress: address };
  return nameMatch ?? { kind: 'matched', reference: address, presented: address };

  function matchedBy(
    presentedFor: (reference: ReferenceIdentifier) => string | undefined,
    among: readonly ReferenceIdentifier[] = references,
  ): NameMatch | undefined {
    for (const reference of among) {
      const presented = presentedFor(reference);
      if (presented !== undefined) return { kind: 'matched', reference, presented };
    }
    return undefined;
  }
}

/**
 * OpenSSL's answer, asked once: one certificate of thousands of names may stand behind a hundred
 * addresses.
 */
function checkHost(x509: X509Certificate, name: string): string | undefined {
  const known = answers.get(x509) ?? new Map<string, string | undefined>();
  answers.set(x509, known);
  if (!known.has(name))
    known.set(
      name,
      quietly(() => x509.checkHost(name, POSTFIX_CHECK)),
    );
  return known.get(name);
}

/**
 * X509_check_host() fails over a common name of a type without text, which is no match for OpenSSL
 * and a throw in Node: a stranger chooses the type.
 */
function quietly(check: () => string | undefined): string | undefined {
  try {
    return check();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_CRYPTO_OPERATION_FAILED')
      return undefined;
    throw error;
  }
}

const answers = new WeakMap<X509Certificate, Map<string, string | undefined>>();

/**
 * The names that count: dNSNames, or the subject's CNs where there is no dNSName at all, malformed
 * ones included.
 */
export function presentedNames(
  certificate: Pick<PresentedNames, 'dnsNames' | 'commonNames'>,
): readonly string[] {
  return certificate.dnsNames.length > 0
    ? certificate.dnsNames
    : certificate.commonNames.filter((name) => name !== '');
}

/**
 * match_servername() of Postfix ≤3.5: a wildcard covers several labels if so set, and only the
 * first CN counts.
 */
export function matchServername(
  certificate: Pick<PresentedNames, 'dnsNames' | 'commonNames'>,
  reference: string,
  multipleLabels: boolean,
): string | undefined {
  const candidates =
    certificate.dnsNames.length > 0 ? certificate.dnsNames : certificate.commonNames.slice(0, 1);
  return candidates.find((presented) => {
    const name = lower(presented.replace(/\0+$/, ''));
    if (name === '' || name.includes('\0')) return false;
    const wanted = lower(reference);
    if (wanted.startsWith('.')) return name.length > wanted.length && name.endsWith(wanted);
    if (name === wanted) return true;
    const dot = wanted.indexOf('.');
    if (!/^\*\../s.test(name) || dot < 0) return false;
    const [parent, suffix] = [wanted.slice(dot), name.slice(1)];
    return multipleLabels ? parent.endsWith(suffix) : parent === suffix;
  });
}

const exactly = (name: string) => toAscii(name) as ReferenceIdentifier;
const below = (parent: string) => `.${toAscii(parent)}` as ReferenceIdentifier;

const isAddress = (reference: string) => familyOf(reference) !== undefined;

/** ASCII only, as strcasecmp() in the C locale. */
const lower = (text: string) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS: `mx*.example.com` covers nothing. */
const POSTFIX_CHECK = { subject: 'default', partialWildcards: false } as const;
