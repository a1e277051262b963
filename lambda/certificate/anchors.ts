/**
 * Trust anchors as Postfix would load them: CAfile, CApath (only `hhhhhhhh.N` links count), tafile.
 *
 * Certificates travel as base64 DER, so that stages stay plain JSON. Node accepts garbage in `ca` silently, where
 * Postfix turns TLS off: every PEM block is parsed here.
 */

/** Base64 of a certificate's or SubjectPublicKeyInfo's DER. */
export type Base64Der = string;

export type TrustStore =
  /** `source` names file, directory or `Mozilla's roots` for people; no certificates means that everything is untrusted. */
  | { readonly kind: 'anchors'; readonly certificates: readonly Base64Der[]; readonly source: string }
  /** CAfile missing or without PEM: Postfix turns its TLS engine off (encrypt and above defer, may goes out in plaintext). */
  | { readonly kind: 'engine-off'; readonly because: string };

export type TrustAnchorFile =
  | { readonly kind: 'anchors'; readonly certificates: readonly Base64Der[]; readonly publicKeys: readonly Base64Der[] }
  /** Missing, unreadable for mail_owner, or no PEM inside: a broken entry at verify and secure. */
  | { readonly kind: 'broken'; readonly because: string };
