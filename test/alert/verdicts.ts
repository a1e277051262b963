/** Verdicts for alert's tests: what a check would have said of an entry, with only the part under test spelt out. */
import type { Reason } from '../../lambda/verdict/reason.ts';
import type { AddressVerdict, EntryVerdict, HostVerdict, ShownCertificate } from '../../lambda/verdict/verdict.ts';

export const DAY = 86_400_000;
export const HOUR = 3_600_000;
/** Tue 2026-11-24 06:00Z. */
export const START = Date.UTC(2026, 10, 24, 6);

export function certificate(overrides: Partial<ShownCertificate> = {}): ShownCertificate {
  return {
    subject: 'CN=mx.provider.example',
    issuer: 'C=XX, O=Example CA, CN=Example CA R1',
    commonName: 'mx.provider.example',
    dnsNames: ['mx.provider.example'],
    notBefore: '2026-10-01T00:00:00Z',
    notAfter: '2026-12-30T00:00:00Z',
    sha256: 'aa',
    spkiSha256: 'bb',
    ...overrides,
  };
}

export function address(overrides: Partial<AddressVerdict> = {}): AddressVerdict {
  return {
    address: '192.0.2.1',
    port: 25,
    outcome: 'pass',
    reason: null,
    detail: null,
    phase: null,
    reply: null,
    tls: { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' },
    asked: ['.provider.example'],
    matched: 'mx.provider.example',
    anchor: 'CN=Example Root',
    tlsa: null,
    chain: [certificate()],
    says: null,
    ...overrides,
  };
}

export const host = (name: string, ...addresses: AddressVerdict[]): HostVerdict => ({ host: name, preference: 10, addresses });

/** The same hosts as aliases that Postfix knows by their target. */
export const aliased = (hosts: readonly HostVerdict[]): HostVerdict[] =>
  hosts.map((one) => ({ ...one, host: 'target.example', published: one.host }));

/** An entry behind `mx.provider.example` that delivers. */
export function passing(key: string, overrides: Partial<EntryVerdict> = {}): EntryVerdict {
  return {
    id: key,
    table: 'hash:/etc/postfix/tls_policy',
    line: 3,
    key,
    destination: key,
    nextHop: { text: key, host: key, port: 25, mx: true, via: 'recipient' },
    level: 'secure',
    match: ['.provider.example'],
    verdict: 'pass',
    reason: null,
    sentence: `Mail to ${key} is delivered to an authenticated host.`,
    protection: 'authenticated',
    postfixWould: 'deliver',
    postfixSays: null,
    postfixDsn: null,
    endings: [],
    failsFrom: null,
    degradedFrom: null,
    failsBecause: null,
    suggestion: null,
    hosts: [host('mx.provider.example', address())],
    ...overrides,
  };
}

/** The same entry where the certificate does not carry the name asked for, or fails for another reason. */
export function failing(key: string, overrides: Partial<EntryVerdict> & { mx?: string; reason?: Reason } = {}): EntryVerdict {
  const { mx = 'mx.provider.example', reason = 'name-mismatch', ...rest } = overrides;
  const failed = address({ outcome: 'fail', reason: reason as AddressVerdict['reason'], matched: null });
  return passing(key, {
    verdict: 'fail',
    reason,
    sentence: `Mail to ${key} would wait: secure asks for a name below provider.example; ${mx} presents mx.other.example.`,
    protection: 'encrypted',
    postfixWould: 'defer',
    postfixSays: 'Server certificate not verified',
    postfixDsn: '4.7.5',
    hosts: [host(mx, failed)],
    ...rest,
  });
}

export function unseen(key: string, reason: Reason = 'timed-out', overrides: Partial<EntryVerdict> = {}): EntryVerdict {
  return passing(key, {
    verdict: 'undetermined',
    reason,
    sentence: `${key} could not be judged: the connection timed out.`,
    postfixWould: null,
    hosts: [host('mx.provider.example', address({ outcome: 'unseen', reason: 'timed-out', matched: null, chain: [] }))],
    ...overrides,
  });
}

/** Delivers today, and fails from the end of its certificate. */
export function ending(key: string, notAfter: number, lifetimeDays = 90, overrides: Partial<EntryVerdict> = {}): EntryVerdict {
  const leaf = certificate({ notBefore: iso(notAfter - lifetimeDays * DAY), notAfter: iso(notAfter) });
  return passing(key, {
    failsFrom: iso(notAfter),
    failsBecause: 'the certificate expires',
    hosts: [host('mx.provider.example', address({ chain: [leaf] }))],
    ...overrides,
  });
}

const iso = (at: number): string => new Date(at).toISOString().replace('.000Z', 'Z');
