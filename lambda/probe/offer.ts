/**
 * What Postfix would offer in its ClientHello: protocols, ciphers, groups, security level, SNI.
 *
 * Follows tls_set_ciphers() in src/tls/tls_misc.c and tls_client_start() in src/tls/tls_client.c. Pure.
 */

export type TlsProtocol = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

export type TlsOffer =
  | {
      readonly kind: 'offer';
      readonly protocols: readonly TlsProtocol[];
      /** An OpenSSL cipher string, `@SECLEVEL=` included. */
      readonly ciphers: string;
      readonly groups: string;
    }
  /** Postfix's own TLS set-up fails (unknown grade or protocol word, nothing left): a handshake failure at every host. */
  | { readonly kind: 'impossible'; readonly because: string };
