/**
 * Certificates, each stored once, as DER under its SHA-256, shared by all policies and vantages of
 * a table.
 *
 * They are kept longer than what refers to them: a host's snapshot says until when its certificates
 * are kept, and when less than the retention of history is left they are renewed together.
 */
import { readCertificate } from '../certificate/certificate.ts';
import { BOUNDS } from '../limits.ts';
import type { CertificateDigest } from '../snapshot/host-snapshot.ts';
import { HISTORY_MS } from './history.ts';
import { inParallel } from './in-parallel.ts';
import { fromItem, type ItemProblem, toItem } from './item.ts';
import { certificate as kind } from './item-kinds.ts';
import { keys, type Store } from './keys.ts';
import type { Table } from './table.ts';

export interface Certificates {
  /** Base64 DER by digest. */
  readonly der: Readonly<Record<CertificateDigest, string>>;
  readonly missing: readonly CertificateDigest[];
  readonly problems: readonly ItemProblem[];
}

/** Until when a certificate that is stored at `at` is kept. */
export const certificatesKeptUntil = (at: number, historyMs: number = HISTORY_MS): number =>
  at + historyMs + MARGIN_MS;

/**
 * Whether certificates kept until then must be renewed at `at`, so that an event written now cannot
 * outlive them.
 */
export const certificatesDue = (
  until: number,
  at: number,
  historyMs: number = HISTORY_MS,
): boolean => until < at + historyMs + 2 * 86_400_000;

/**
 * Stores certificates (base64 DER by digest); one that is there is only kept longer. What this
 * process stored through the same table is not written again: most hosts share their intermediates.
 */
export async function keepCertificates(
  { table }: Store,
  ders: Readonly<Record<CertificateDigest, string>>,
  until: number,
): Promise<void> {
  const kept = keptBy.get(table) ?? new Map<CertificateDigest, number>();
  keptBy.set(table, kept);
  const expiresAt = Math.ceil(until / 1000);
  await inParallel(Object.entries(ders), async ([sha256, der]) => {
    if ((kept.get(sha256) ?? 0) >= until) return;
    const key = keys.certificate(sha256);
    const item = toItem(kind, key, storedCertificate(der), { expiresAt: until });
    if ((await table.put(item, { kind: 'absent' })) === 'lost') {
      const stored = (await table.get(key))?.expiresAt;
      if (typeof stored !== 'number' || stored < expiresAt)
        await table.update(key, { expiresAt }, { kind: 'present' });
    }
    kept.set(sha256, until);
  });
}

/**
 * Keeps certificates that are stored already. Answers those that are not, to be stored from what a
 * probe saw.
 */
export async function prolongCertificates(
  { table }: Store,
  digests: readonly CertificateDigest[],
  until: number,
): Promise<CertificateDigest[]> {
  const gone: CertificateDigest[] = [];
  await inParallel(digests, async (sha256) => {
    const written = await table.update(
      keys.certificate(sha256),
      { expiresAt: Math.ceil(until / 1000) },
      { kind: 'present' },
    );
    if (written === 'lost') gone.push(sha256);
  });
  return gone;
}

/** Reads certificates by digest, a hundred to a request. */
export async function readCertificates(
  { table }: Store,
  digests: readonly CertificateDigest[],
): Promise<Certificates> {
  const wanted = [...new Set(digests)];
  const der: Record<CertificateDigest, string> = {};
  const problems: ItemProblem[] = [];
  for (const item of await table.getMany(wanted.map(keys.certificate))) {
    // Whatever its expiry says, it is used while something refers to it and it is still there.
    const read = fromItem(kind, item, 0);
    if (read.kind === 'held')
      der[item.pk.slice('cert#'.length)] = Buffer.from(read.value.der).toString('base64');
    else if (read.kind !== 'absent') problems.push(read);
  }
  return { der, missing: wanted.filter((sha256) => der[sha256] === undefined), problems };
}

function storedCertificate(base64: string) {
  const der = Buffer.from(base64, 'base64');
  const read = readCertificate(base64);
  if (read.kind === 'unreadable') {
    return {
      der,
      commonName: null,
      dnsNames: [],
      issuer: '',
      notBefore: 0,
      notAfter: 0,
      spkiSha256: '',
    };
  }
  const { commonNames, dnsNames, issuer, notBefore, notAfter, spkiSha256 } = read;
  return {
    der,
    commonName: commonNames[0]?.slice(0, BOUNDS.shownTextChars) ?? null,
    dnsNames: dnsNames
      .slice(0, BOUNDS.shownNames)
      .map((name) => name.slice(0, BOUNDS.shownTextChars)),
    issuer: issuer.slice(0, BOUNDS.shownTextChars),
    notBefore: Number.isFinite(notBefore) ? notBefore : 0,
    notAfter: Number.isFinite(notAfter) ? notAfter : 0,
    spkiSha256,
  };
}

/** Until when certificates were stored through a table by this process. */
const keptBy = new WeakMap<Table, Map<CertificateDigest, number>>();

const MARGIN_MS = 180 * 86_400_000;
