/**
 * Name constraints (RFC 5280 §4.2.1.10) as OpenSSL applies them: NAME_CONSTRAINTS_check() and
 * _check_CN() in crypto/x509/v3_ncons.c, oddities included. Text is one character per byte.
 */
import type { Certificate } from '../certificate.ts';
import type { NameConstraints } from '../extensions.ts';
import type { GeneralName } from '../general-name.ts';
import type { OpensslCode } from './problem.ts';
import { toULabels } from './u-label.ts';

type NameViolation = Extract<
  OpensslCode,
  | 'PERMITTED_VIOLATION'
  | 'EXCLUDED_VIOLATION'
  | 'SUBTREE_MINMAX'
  | 'UNSUPPORTED_CONSTRAINT_TYPE'
  | 'UNSUPPORTED_NAME_SYNTAX'
  | 'UNSPECIFIED'
>;

export interface Violation {
  readonly code: NameViolation;
  /** The name at fault, for people. */
  readonly name: string;
}

/**
 * The first name of `certificate` that `constraints` do not let pass; undefined when all may be
 * there. A leaf without dNSNames is also held to them by those common names that look like host
 * names.
 */
export function violation(
  certificate: Certificate,
  constraints: NameConstraints,
  isLeaf: boolean,
): Violation | undefined {
  const { subject } = certificate.names;
  const alternative = certificate.extensions.alternativeNames ?? [];
  const work =
    (subject.attributeCount + alternative.length) *
    (constraints.permitted.length + constraints.excluded.length);
  if (work > MAX_COMPARISONS) return { code: 'UNSPECIFIED', name: 'too many names' };

  if (subject.attributeCount > 0) {
    const problem = match({ kind: 'directory', name: subject }, constraints);
    if (problem) return { code: problem, name: subject.oneLine };
    for (const text of subject.emailAddresses) {
      if (text === null) return { code: 'UNSUPPORTED_NAME_SYNTAX', name: 'emailAddress' };
      const emailProblem = match({ kind: 'email', text }, constraints);
      if (emailProblem) return { code: emailProblem, name: text };
    }
  }
  for (const name of alternative) {
    const problem = match(name, constraints);
    if (problem) return { code: problem, name: describe(name) };
  }
  return isLeaf && !certificate.hasDnsNames
    ? commonNameViolation(certificate, constraints)
    : undefined;
}

function commonNameViolation(
  certificate: Certificate,
  constraints: NameConstraints,
): Violation | undefined {
  for (const commonName of certificate.names.subject.commonNames) {
    if (commonName === null) return { code: 'UNSPECIFIED', name: 'common name without text' };
    const text = Buffer.from(commonName.replace(/\0+$/, ''), 'utf8').toString('latin1');
    if (text.includes('\0')) return { code: 'UNSUPPORTED_NAME_SYNTAX', name: text };
    if (!looksLikeHost(text)) continue;
    const problem = match({ kind: 'dns', text }, constraints);
    if (problem) return { code: problem, name: text };
  }
  return undefined;
}

/** Two or more labels of letters, digits, `_` and inner hyphens (cn2dnsid). */
function looksLikeHost(text: string): boolean {
  return (
    /^[A-Za-z0-9_][A-Za-z0-9_.-]*[A-Za-z0-9_]$/.test(text) &&
    text.includes('.') &&
    !/\.\.|-\.|\.-/.test(text)
  );
}

function match(
  name: GeneralName,
  { permitted, excluded }: NameConstraints,
): NameViolation | undefined {
  let concerned = false;
  let allowed = false;
  for (const { base, hasBounds } of permitted) {
    if (!sameType(name, base)) continue;
    if (hasBounds) return 'SUBTREE_MINMAX';
    if (allowed) continue;
    concerned = true;
    const within = isWithin(name, base);
    if (typeof within === 'string') return within;
    allowed = within;
  }
  if (concerned && !allowed) return 'PERMITTED_VIOLATION';
  for (const { base, hasBounds } of excluded) {
    if (!sameType(name, base)) continue;
    if (hasBounds) return 'SUBTREE_MINMAX';
    const within = isWithin(name, base);
    if (typeof within === 'string') return within;
    if (within) return 'EXCLUDED_VIOLATION';
  }
  return undefined;
}

/** An SmtpUTF8Mailbox is held to constraints on addresses, never to those on mailboxes. */
function sameType(name: GeneralName, base: GeneralName): boolean {
  if (name.kind === 'mailbox') return base.kind === 'email';
  return (
    name.kind === base.kind &&
    (name.kind !== 'other' || base.kind !== 'other' || name.type === base.type)
  );
}

function isWithin(name: GeneralName, base: GeneralName): boolean | NameViolation {
  switch (name.kind) {
    case 'directory':
      return base.kind === 'directory' && name.name.canonical.startsWith(base.name.canonical);
    case 'dns':
      return base.kind === 'dns' && dnsWithin(name.text, base.text);
    case 'email':
      return base.kind === 'email' && emailWithin(name.text, base.text);
    case 'mailbox':
      return base.kind === 'email' && mailboxWithin(name.text, base.text);
    case 'uri':
      return base.kind === 'uri' && uriWithin(name.text, base.text);
    case 'ip':
      return base.kind === 'ip' && addressWithin(name.bytes, base.bytes);
    case 'other':
      return 'UNSUPPORTED_CONSTRAINT_TYPE';
  }
}

/** The base itself or anything below it; a leading dot is text like any other. */
function dnsWithin(name: string, base: string): boolean {
  if (base === '') return true;
  if (!endsWith(name, base)) return false;
  return name.length === base.length || base.startsWith('.') || name.at(-base.length - 1) === '.';
}

/** `user@host`, `host`, or `.parent`. */
function emailWithin(name: string, base: string): boolean | NameViolation {
  const at = name.lastIndexOf('@');
  if (at < 0) return 'UNSUPPORTED_NAME_SYNTAX';
  const baseAt = base.lastIndexOf('@');
  if (baseAt < 0 && base.startsWith('.')) return name.length > base.length && endsWith(name, base);
  if (baseAt > 0) {
    const [local, baseLocal] = [name.slice(0, at), base.slice(0, baseAt)];
    if (local.length !== baseLocal.length) return false;
    if (local.includes('\0') || baseLocal.includes('\0')) return 'UNSUPPORTED_NAME_SYNTAX';
    if (local !== baseLocal) return false;
  }
  return folded(name.slice(at + 1)) === folded(base.slice(baseAt + 1));
}

/**
 * nc_email_eai() of 3.0, which takes the base for a host whatever it is: an address is never one,
 * and `.parent` means names that end in two dots and the parent.
 */
function mailboxWithin(name: string | null, base: string): boolean | NameViolation {
  const at = name?.lastIndexOf('@') ?? -1;
  if (base.includes('\0') || name === null || at < 0) return 'UNSUPPORTED_NAME_SYNTAX';
  const host = toULabels(base);
  if (host === undefined) return 'UNSPECIFIED';
  if (base.startsWith('.')) return name.length > host.length + 1 && endsWith(name, `.${host}`);
  return folded(name.slice(at + 1)) === folded(host);
}

function uriWithin(uri: string, base: string): boolean | NameViolation {
  const colon = uri.indexOf(':');
  if (colon < 0 || uri.slice(colon + 1, colon + 3) !== '//') return 'UNSUPPORTED_NAME_SYNTAX';
  const rest = uri.slice(colon + 3);
  const end = rest.includes(':') ? rest.indexOf(':') : rest.indexOf('/');
  const host = end < 0 ? rest : rest.slice(0, end);
  if (host === '') return 'UNSUPPORTED_NAME_SYNTAX';
  if (base.startsWith('.')) return host.length > base.length && endsWith(host, base);
  return folded(host) === folded(base);
}

function addressWithin(
  address: readonly number[],
  base: readonly number[],
): boolean | NameViolation {
  if (
    (address.length !== 4 && address.length !== 16) ||
    (base.length !== 8 && base.length !== 32)
  ) {
    return 'UNSUPPORTED_NAME_SYNTAX';
  }
  if (base.length !== address.length * 2) return false;
  const mask = base.slice(address.length);
  return address.every((octet, at) => ((octet ^ (base[at] ?? 0)) & (mask[at] ?? 0)) === 0);
}

function describe(name: GeneralName): string {
  switch (name.kind) {
    case 'dns':
    case 'email':
    case 'uri':
      return name.text;
    case 'ip':
      return name.bytes.join('.');
    case 'directory':
      return name.name.oneLine;
    case 'mailbox':
      return Buffer.from(name.text ?? '', 'latin1').toString();
    case 'other':
      return name.type;
  }
}

const folded = (text: string) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
const endsWith = (text: string, end: string) => folded(text).endsWith(folded(end));

/** NAME_CHECK_MAX */
const MAX_COMPARISONS = 1 << 20;
