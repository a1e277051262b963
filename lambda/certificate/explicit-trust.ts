/**
 * Trust settings of a `TRUSTED CERTIFICATE` (X509_CERT_AUX), as far as they concern TLS servers.
 *
 * Follows obj_trust() in OpenSSL 3.0's crypto/x509/x509_trust.c: what is rejected goes before what
 * is trusted, and a list of uses without ours rejects it. Without a list a certificate is an anchor
 * where it is self-signed, as any other is. Pure.
 */
import { first, inside, MalformedDer, objectIdentifier, TAG } from './der.ts';
import type { Base64Der } from './pem.ts';

/** `trusted`: the chain ends here, whoever issued it and whatever its purpose. */
export type TrustSetting = 'trusted' | 'rejected';

/** Certificates of a store that have such a setting. */
export interface ExplicitTrust {
  readonly trusted: readonly Base64Der[];
  readonly rejected: readonly Base64Der[];
}

/** @throws MalformedDer */
export function trustSetting(settings: Buffer): TrustSetting | undefined {
  const parts = inside(first(settings, TAG.sequence).body);
  const tags = parts.map(({ tag }) => tag);
  // In this order: uses trusted and rejected, alias, key identifier, anything else.
  const order = [TAG.sequence, REJECTED, TAG.utf8String, TAG.octetString, OTHERS];
  const places = tags.map((tag) => order.indexOf(tag as (typeof order)[number]));
  if (places.some((place, i) => place < 0 || (i > 0 && place <= (places[i - 1] ?? 0))))
    throw new MalformedDer('trust settings');
  const uses = (tag: number) => {
    const list = parts.find((part) => part.tag === tag);
    return list === undefined
      ? undefined
      : inside(list.body).map((use) =>
          objectIdentifier(first(use.whole, TAG.objectIdentifier).body),
        );
  };
  const [trusted, rejected] = [uses(TAG.sequence), uses(REJECTED)];
  if (rejected?.some(concernsServers)) return 'rejected';
  if (trusted === undefined) return undefined;
  return trusted.some(concernsServers) ? 'trusted' : 'rejected';
}

/** To be spread: nothing where there are no settings. */
export function explicitTrust(settings: ReadonlyMap<Base64Der, TrustSetting>): {
  readonly explicit?: ExplicitTrust;
} {
  const having = (wanted: TrustSetting) =>
    [...settings].flatMap(([der, setting]) => (setting === wanted ? [der] : []));
  if (settings.size === 0) return {};
  return { explicit: { trusted: having('trusted'), rejected: having('rejected') } };
}

/** What is set for a certificate. */
export function settingIn(
  explicit: ExplicitTrust | undefined,
): (der: Base64Der) => TrustSetting | undefined {
  if (explicit === undefined) return () => undefined;
  const [trusted, rejected] = [new Set(explicit.trusted), new Set(explicit.rejected)];
  return (der) => (rejected.has(der) ? 'rejected' : trusted.has(der) ? 'trusted' : undefined);
}

const concernsServers = (use: string) => use === SERVER_AUTH || use === ANY_USE;

const REJECTED = 0xa0;
const OTHERS = 0xa1;
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const ANY_USE = '2.5.29.37.0';
