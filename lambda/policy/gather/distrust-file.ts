/** `--distrust FILE`: the trust anchors that browsers or the system are about to drop. */
import { parsePem } from '../../certificate/anchors.ts';
import { readCertificates } from '../../certificate/certificate.ts';
import { decodeText } from '../../postfix/decode.ts';
import { UsageError } from '../../usage-error.ts';
import type { Machine } from './machine.ts';

/** What the list says of one anchor. */
export interface Distrusted {
  /** Lower-case hex. */
  readonly sha256: string;
  /** Epoch ms of the day (UTC) from which it is to go; null where the list gives none. */
  readonly from: number | null;
}

/**
 * Certificates in PEM with whatever text stands around them, and lines of a SHA-256 fingerprint,
 * perhaps the day, and a name that is for people. Of an anchor that stands there twice the first
 * line with a day counts.
 *
 * @throws UsageError for a file that cannot be read, names none, or has a line that is neither
 */
export async function readDistrustFile(
  path: string,
  machine: Machine,
): Promise<readonly Distrusted[]> {
  const read = await machine.read(path);
  if (read.kind === 'failed')
    throw new UsageError(`cannot read --distrust ${path}: ${read.because}`);
  const text = decodeText(read.bytes).replace(/^\ufeff/, '');
  const { certificates, malformed } = parsePem(text);
  if (malformed !== undefined) throw new UsageError(`--distrust ${path}: ${malformed}`);
  const named = [
    ...inLines(text, path),
    ...readCertificates(certificates).map(({ sha256 }) => ({ sha256, from: null })),
  ];
  if (named.length === 0)
    throw new UsageError(
      `--distrust ${path}: it names no trust anchor; a certificate in PEM is wanted, or a SHA-256 ` +
        'fingerprint a line',
    );
  return [...Map.groupBy(named, ({ sha256 }) => sha256).values()].flatMap(
    (same) => same.find(({ from }) => from !== null) ?? same[0] ?? [],
  );
}

/** What stands outside of PEM blocks. */
function inLines(text: string, path: string): Distrusted[] {
  const hasBlocks = BEGINS.test(text);
  let inBlock = false;
  return text.split(/\r?\n/).flatMap((line, i) => {
    const isBlock = inBlock || BEGINS.test(line);
    inBlock = isBlock && !/^-----END /.test(line);
    // Around certificates people and programs write what they like.
    if (isBlock || (hasBlocks && !LIKE_A_DIGEST.test(line))) return [];
    return inLine(line, `--distrust ${path} line ${i + 1}`);
  });
}

function inLine(line: string, place: string): Distrusted[] {
  const bare = line
    .replace(/(?:^|\s)#.*$/, '')
    .replace(PRINTED_BY_OPENSSL, '')
    .trim();
  if (bare === '') return [];
  const [fingerprint = '', day = ''] = bare.split(/\s+/);
  const sha256 = fingerprint.replaceAll(':', '').toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(sha256)) {
    const shown = fingerprint.length > 80 ? `${fingerprint.slice(0, 80)}...` : fingerprint;
    throw new UsageError(
      `${place}: "${shown}" is no SHA-256 fingerprint, which has 64 hex digits; write it as ` +
        '"openssl x509 -noout -fingerprint -sha256" prints it, and # before a comment',
    );
  }
  if (!LIKE_A_DAY.test(day)) return [{ sha256, from: null }];
  const from = Date.parse(`${day}T00:00:00Z`);
  if (Number.isNaN(from) || new Date(from).toISOString().slice(0, 10) !== day)
    throw new UsageError(`${place}: "${day}" is no day; write it as 2026-11-30`);
  return [{ sha256, from }];
}

/** A day however it is written: as part of a name it would be passed over, and the anchor as good as gone. */
const LIKE_A_DAY = /^\d{4}-|^\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b|^\d{8}$/;
const BEGINS = /^-----BEGIN /m;
const PRINTED_BY_OPENSSL = /^\s*sha256 fingerprint\s*=/i;
/** A line that means a fingerprint, whole or not, of whatever kind. */
const LIKE_A_DIGEST = /^\s*(?:sha\d+ fingerprint\s*=|(?:[0-9a-f]{2}:?){16,}(?:\s|$))/i;
