/**
 * The main.cf parameters that change a verdict (postfix-tls-watch judges by these and by nothing else), with the
 * defaults of each Postfix version. Plain JSON, so that a stored policy carries them.
 */
import type { SecurityLevel } from './entry.ts';
import type { PostfixVersion } from './version.ts';

export type AddressFamily = 'ipv4' | 'ipv6';

/** `hash:/etc/postfix/tls_policy`, taken apart. */
export interface TableName {
  readonly type: string;
  /** Path, or the inline text of `inline:{…}` and `static:…`. */
  readonly path: string;
}

/** Values after expansion and typing; names follow the parameters. Lists are split as Postfix splits them. */
export interface Settings {
  readonly version: PostfixVersion;
  /** smtp_tls_security_level after the legacy parameters; empty is `none`, or `may` with ≥3.11 and compatibility_level ≥3.11. */
  readonly securityLevel: SecurityLevel;
  readonly policyMaps: readonly TableName[];
  readonly secureCertMatch: readonly string[];
  readonly verifyCertMatch: readonly string[];
  readonly fingerprintCertMatch: readonly string[];
  readonly fingerprintDigest: string;
  readonly caFile?: string;
  readonly caPath?: string;
  readonly appendDefaultCa: boolean;
  readonly trustAnchorFiles: readonly string[];
  readonly verifyDepth: number;
  readonly mandatoryProtocols: string;
  readonly protocols: string;
  readonly mandatoryCiphers: string;
  readonly ciphers: string;
  readonly mandatoryExcludeCiphers: string;
  readonly excludeCiphers: string;
  readonly highCipherlist: string;
  readonly mediumCipherlist: string;
  readonly nullCipherlist: string;
  readonly eecdhAutoCurves: string;
  /** Empty: no SNI. */
  readonly servername: string;
  readonly wrapperMode: boolean;
  readonly daneInsecureMxPolicy: 'may' | 'encrypt' | 'dane';
  readonly daneDigests: string;
  readonly dnsSupportLevel: 'disabled' | 'enabled' | 'dnssec';
  /** Order of `smtp_host_lookup`. */
  readonly hostLookup: readonly ('dns' | 'native')[];
  readonly mxAddressLimit: number;
  readonly mxSessionLimit: number;
  readonly randomizeAddresses: boolean;
  readonly addressPreference: 'any' | AddressFamily;
  readonly balanceInetProtocols: boolean;
  readonly inetProtocols: readonly AddressFamily[];
  readonly ignoreMxLookupError: boolean;
  readonly deferIfNoMxAddressFound: boolean;
  readonly cnameOverridesServername: boolean;
  readonly relayhost: string;
  readonly fallbackRelay: readonly string[];
  readonly transportMaps: readonly TableName[];
  readonly defaultTransport: string;
  readonly tcpPort: number;
  readonly discardEhloKeywords: readonly string[];
  readonly skip5xxGreeting: boolean;
  readonly softBounce: boolean;
  readonly wildcardMatchesMultipleLabels: boolean;
  readonly enforceStsMxPatterns: boolean;
  readonly heloName?: string;
  readonly myhostname?: string;
  /** Addresses that are this host's own (inet_interfaces, proxy_interfaces), where literal: MX loops end at them. */
  readonly ownAddresses: readonly string[];
  /** master.cf or a `-o` override runs this service in a chroot: files are looked up below queueDirectory. */
  readonly chroot: boolean;
  readonly queueDirectory: string;
  /** smtp(8) dies at start with this message and nothing is delivered at all; absent when it starts. */
  readonly fatal?: string;
}
