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
import { inBatches } from './put-many.ts';
import type { Item, NotPut, Table } from './table.ts';

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

export interface NotKept {
  /** What the table had no capacity for. */
  readonly refused: readonly CertificateDigest[];
  readonly problems: readonly string[];
}

/**
 * Stores certificates (base64 DER by digest); one that is there is only kept longer. What this
 * process stored through the same table is not written again: most hosts share their intermediates.
 */
export async function keepCertificates(
  { table }: Pick<Store, 'table'>,
  ders: ReadonlyMap<CertificateDigest, string>,
  until: number,
): Promise<NotKept> {
  const kept = keptBy.get(table) ?? new Map<CertificateDigest, number>();
  keptBy.set(table, kept);
  const wanted = [...ders.keys()].filter((sha256) => (kept.get(sha256) ?? 0) < until);
  const expiresAt = Math.ceil(until / 1000);
  const notKept: NotPut[] = [];
  await inParallel(
    inBatches(wanted, LOOKED_UP_AT_ONCE),
    async (digests) => {
      const stored = new Map(
        (await table.getMany(digests.map(keys.certificate))).map((item) => [
          item.pk,
          typeof item.expiresAt === 'number' ? item.expiresAt : 0,
        ]),
      );
      const endOf = (sha256: CertificateDigest) => stored.get(keys.certificate(sha256).pk);
      const ending = digests.filter((sha256) => (endOf(sha256) ?? expiresAt) < expiresAt);
      const absent = [
        ...digests.filter((sha256) => endOf(sha256) === undefined),
        ...(await prolongCertificates({ table }, ending, until)),
      ];
      notKept.push(...(await table.putMany(itemsOf(absent, ders, until))));
      for (const sha256 of digests) kept.set(sha256, until);
    },
    LOOK_UPS_AT_ONCE,
  );
  for (const { item } of notKept) kept.delete(digestOf(item));
  const refused = notKept.flatMap(({ kind, item }) => (kind === 'refused' ? [digestOf(item)] : []));
  return { refused, problems: notKept.map(({ because }) => because) };
}

/** Under its digest everybody writes the same, so that two who find it absent do no harm. */
function* itemsOf(
  digests: readonly CertificateDigest[],
  ders: ReadonlyMap<CertificateDigest, string>,
  until: number,
): Iterable<Item> {
  for (const sha256 of digests) {
    const der = ders.get(sha256);
    if (der !== undefined)
      yield toItem(kind, keys.certificate(sha256), storedCertificate(der), { expiresAt: until });
  }
}

const digestOf = ({ pk }: Item): CertificateDigest => pk.slice('cert#'.length);

/**
 * Keeps certificates that are stored already. Answers those that are not, to be stored from what a
 * probe saw.
 */
export async function prolongCertificates(
  { table }: Pick<Store, 'table'>,
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
    if (read.kind === 'held') der[digestOf(item)] = Buffer.from(read.value.der).toString('base64');
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

const LOOKED_UP_AT_ONCE = 100;
const LOOK_UPS_AT_ONCE = 4;
const MARGIN_MS = 180 * 86_400_000;
