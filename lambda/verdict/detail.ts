/**
 * What exactly was wrong at one address, in one clause for people. Strangers' texts are made
 * harmless here. Pure.
 */
import type { Certificate } from '../certificate/certificate.ts';
import { printTlsa, type TlsaRecord } from '../certificate/tlsa.ts';
import type { Trust } from '../certificate/trust/path.ts';
import type { TlsDemand } from '../policy/demand.ts';
import type { HidingSetting, ProbeResult, Reply } from '../probe/result.ts';
import type { DaneRefusal } from '../route/host-demand.ts';
import { listed } from '../text/listed.ts';
import { plain, plainName } from '../text/strangers.ts';
import { REASONS, type Reason } from './reason.ts';

/**
 * `example.com or a name below it`, `a name below example.net or mx.example.org`: match patterns as
 * people say them.
 */
export function namesWanted(references: readonly string[]): string {
  const said = references.flatMap((reference, i) => {
    if (references.indexOf(reference) !== i) return [];
    const name = plainName(reference);
    if (reference.startsWith('.'))
      return references.includes(reference.slice(1)) ? [] : [`a name below ${name.slice(1)}`];
    return references.includes(`.${reference}`) ? [`${name} or a name below it`] : [name];
  });
  return said.length === 0 ? 'no usable name' : listed(said, 4, 'or');
}

/** `*.example.net, example.net and 4 more`. */
export function namesOffered(presented: readonly string[]): string {
  return presented.length === 0
    ? 'no name at all'
    : listed(
        presented.map((name) => (name === '' ? '""' : plain(name, 80))),
        2,
      );
}

/**
 * A name that does not fit; `lacksAddress` where the names did, and the address literal beside them
 * did not.
 */
export function nameClause(
  references: readonly string[],
  presented: readonly string[],
  lacksAddress?: string,
): string {
  if (lacksAddress !== undefined && references.length > 1)
    return (
      `${lacksAddress} in the match list must be an IP address in the certificate, beside the ` +
      `names; it offers ${namesOffered(presented)}`
    );
  return `wants ${namesWanted(references)}, offers ${namesOffered(presented)}`;
}

/** Where a chain ends that reaches no anchor, or what else is wrong with it. */
export function trustClause(trust: Extract<Trust, { readonly kind: 'untrusted' }>): string {
  const { reason, opensslCode, endsAt } = trust;
  const detail = plain(trust.detail, 300);
  if (reason === 'self-signed') return 'the certificate is self-signed';
  if (reason === 'missing-intermediate')
    return `the intermediate certificate is missing: ${detail}`;
  if (
    reason !== 'untrusted-issuer' ||
    endsAt === undefined ||
    opensslCode === 'UNABLE_TO_GET_ISSUER_CERT'
  )
    return `the ${detail}`;
  const end = `the chain ends at ${plainName(endsAt.subject)}, sha256 ${endsAt.sha256},`;
  if (endsAt.inMozilla) return `${end} not among your anchors; it is in Mozilla's store`;
  if (endsAt.subject === endsAt.issuer) return `${end} not among your anchors`;
  return `${end} whose issuer ${plainName(endsAt.issuer)} is not among your anchors`;
}

/** What was presented against what is published; up to two records are shown. */
export function tlsaClause(records: readonly TlsaRecord[], leaf: Certificate): string {
  const published = listed(records.map(printTlsa), 2);
  const presented = `the certificate has sha256 ${leaf.sha256}, its key ${leaf.spkiSha256}`;
  return (
    `nothing that is presented matches the TLSA ${records.length === 1 ? 'record' : 'records'} ` +
    `${published}: ${presented}`
  );
}

/** Why an address is passed over unconnected at dane-only, or for a failed lookup. */
export function refusalClause(refusal: DaneRefusal): string {
  if (refusal.kind === 'refused') return clauseOf(refusal.reason);
  if (refusal.kind === 'deadly') return clauseOf('tlsa-kills-smtp');
  const query = plainName(refusal.query);
  return refusal.failure === 'bogus'
    ? `the signatures of ${query} are wrong`
    : `DNS gives no answer to ${query} (${refusal.failure})`;
}

export function digestClause(
  { digests, digestAlgorithm }: TlsDemand,
  certificate: string,
  key: string,
): string {
  const { length } = digests;
  const wanted =
    length === 0
      ? 'no usable digest is listed'
      : length === 1
        ? 'another one is listed'
        : `${length} others are listed`;
  return (
    `the ${digestAlgorithm} digest of the certificate is ${certificate}, that of its key ` +
    `${key}; ${wanted}`
  );
}

/** How the server ended the talk about TLS, or Postfix would not begin it. */
export function noTlsClause(
  result: Extract<ProbeResult, { readonly kind: 'no-tls' }>,
  hiddenBy: HidingSetting | undefined,
): string {
  switch (result.why) {
    case 'not-offered':
      if (result.heloBecause !== undefined) return HELO_BECAUSE[result.heloBecause];
      return hiddenBy !== undefined
        ? `our own ${hiddenBy} hides STARTTLS`
        : 'the server does not offer STARTTLS';
    case 'ehlo-refused':
      return `the server refuses EHLO, without which there is no STARTTLS${said(result.reply)}`;
    case 'refused-4xx':
      return `the server offers STARTTLS and then refuses it for now${said(result.reply)}`;
    case 'refused-5xx':
      return `the server offers STARTTLS and then refuses it for good${said(result.reply)}`;
  }
}

export function handshakeClause(
  result: Extract<ProbeResult, { readonly kind: 'handshake-failed' }>,
): string {
  const groups = result.dependsOnGroups
    ? '; with other key-exchange groups in the offer it succeeds'
    : '';
  return `the TLS handshake fails: ${plain(result.cause, 200)}${groups}`;
}

export function unseenClause(result: Extract<ProbeResult, { readonly kind: 'unseen' }>): string {
  const detail = result.detail === undefined ? '' : ` (${plain(result.detail, 200)})`;
  return `${clauseOf(result.reason)}${said(result.reply)}${detail}`;
}

const clauseOf = (reason: Reason) => REASONS[reason].why ?? REASONS[reason].words;

const HELO_BECAUSE = {
  'masked-greeting':
    'a firewall masks the greeting, Postfix says HELO then (smtp_pix_workarounds), and without ' +
    'EHLO there is no STARTTLS',
  setting:
    'our own settings have Postfix say HELO (smtp_never_send_ehlo, smtp_always_send_ehlo), and ' +
    'without EHLO there is no STARTTLS',
} as const;

const said = (reply: Reply | undefined) =>
  reply === undefined ? '' : `: "${plain(reply.text, 200)}"`;
