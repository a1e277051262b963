/**
 * Which entries lean on which trust anchor, and which of them would not deliver without those that
 * are to go: these are taken away and everything is judged again, since a chain may reach another
 * anchor, and a message another host. Pure.
 */
import type { TrustAnchorFile, TrustStore } from '../../certificate/anchors.ts';
import { type Certificate, readCertificates } from '../../certificate/certificate.ts';
import type { Bundle } from '../../policy/bundle.ts';
import type { Destination } from '../../policy/destinations.ts';
import { judgeOnce } from '../../verdict/judge.ts';
import type { EntryVerdict, Verdict } from '../../verdict/verdict.ts';
import type { CheckRun } from './check.ts';

/** What a list says of anchors that are to go, by lower-case hex of their SHA-256. */
export type DistrustList = ReadonlyMap<string, Leaving>;

export interface Leaving {
  /** Epoch ms of the day; null where the list gives none: as good as gone. */
  readonly from: number | null;
}

/** A trust anchor, and who leans on it. */
export interface Root {
  /** Lower-case hex; of a bare public key, that of the key. */
  readonly sha256: string;
  /** Neither cut nor neutralised; `public key` for a bare one. */
  readonly subject: string;
  /** Epoch ms; null for a bare public key, which has no end. */
  readonly notAfter: number | null;
  /**
   * Of smtp_tls_CAfile, CApath or the system; false: of a `tafile=` or smtp_tls_trust_anchor_file
   * alone, which goes by nobody's list.
   */
  readonly inStore: boolean;
  /** Absent where no list names it. */
  readonly leaving?: Leaving;
  /** In the order of the table; at least one. */
  readonly entries: readonly Leaning[];
}

export interface Leaning {
  readonly entry: EntryVerdict;
  /**
   * What it comes to once the anchor is gone, and with it those that go no later. Absent where the
   * anchor stays.
   */
  readonly without?: Verdict;
}

export interface Roots {
  /** Those that are to go first, then by the number of entries. */
  readonly roots: readonly Root[];
  /** Entries that do worse once all anchors of the list are gone. */
  readonly worse: readonly EntryVerdict[];
  /** Of the list, how many nothing here trusts anyway; null where no list was given. */
  readonly notTrusted: number | null;
}

/**
 * An entry leans on an anchor where an address that counts passes by a chain that ends there: at
 * `verify` and `secure`. Elsewhere no anchor is asked for, or the receiver's own records say which.
 */
export function rootsOf(run: CheckRun, bundle: Bundle, list: DistrustList | undefined): Roots {
  const stored = bySha256(clientsOf(bundle).flatMap(({ trust }) => certificatesIn(trust)));
  const own = bySha256(clientsOf(bundle).flatMap(ownAnchors));
  const lesser = lesserBundles(bundle, list ?? new Map());
  const found = new Map<string, Omit<Root, 'entries'> & { readonly entries: Leaning[] }>();
  const worse: EntryVerdict[] = [];
  for (const { destination, entry } of judgedIn(run)) {
    const anchors = anchorsOf(destination, run, bundle);
    const goes = (sha256: string) => (stored.has(sha256) ? list?.get(sha256) : undefined);
    const comesTo = (leaving: Leaving) => verdictUnder(lesser(leaving), destination, run);
    for (const { sha256, subject } of anchors) {
      const leaving = list?.get(sha256);
      const root = found.get(sha256) ?? {
        sha256,
        subject,
        notAfter: (stored.get(sha256) ?? own.get(sha256))?.notAfter ?? null,
        inStore: stored.has(sha256),
        ...(leaving === undefined ? {} : { leaving }),
        entries: [],
      };
      found.set(sha256, root);
      const gone = goes(sha256);
      root.entries.push({ entry, ...(gone === undefined ? {} : { without: comesTo(gone) }) });
    }
    const isConcerned = anchors.some(({ sha256 }) => goes(sha256) !== undefined);
    if (isConcerned && isWorse(comesTo(LAST), entry.verdict)) worse.push(entry);
  }
  return {
    roots: [...found.values()].toSorted(leavingFirst),
    worse,
    notTrusted:
      list === undefined
        ? null
        : [...list.keys()].filter((sha256) => !stored.has(sha256) && !own.has(sha256)).length,
  };
}

/** Whether an entry does worse by the second; what cannot be told then is not. */
export const isWorse = (then: Verdict, now: Verdict): boolean =>
  then !== now && (then === 'fail' || (then === 'degraded' && now === 'pass'));

function judgedIn({ destinations, verdicts }: CheckRun) {
  const byId = new Map(verdicts.map((verdict) => [verdict.id, verdict]));
  return destinations.flatMap((destination) => {
    const entry = byId.get(destination.id);
    return entry === undefined ? [] : [{ destination, entry }];
  });
}

/** Where the chains end by which addresses that count pass, each once. */
function anchorsOf(destination: Destination, run: CheckRun, bundle: Bundle) {
  const reached = orNone(() => judgeOnce(destination, run.evidence, bundle, run.at))?.reached ?? [];
  const anchors = reached.flatMap(({ attempt, verdict, trust }) =>
    verdict.outcome === 'pass' && trust?.kind === 'trusted' && ASKS.has(attempt.demand.level)
      ? [trust.anchor]
      : [],
  );
  return [...new Map(anchors.map((anchor) => [anchor.sha256, anchor])).values()];
}

const ASKS: ReadonlySet<string> = new Set(['verify', 'secure']);

const verdictUnder = (bundle: Bundle, destination: Destination, run: CheckRun): Verdict =>
  orNone(() => judgeOnce(destination, run.evidence, bundle, run.at))?.verdict ?? 'undetermined';

/** An exception of ours is told as the verdict of its entry; here it has nothing to lean on. */
function orNone<Value>(judge: () => Value): Value | undefined {
  try {
    return judge();
  } catch {
    return undefined;
  }
}

/** The bundle when anchors go: without those of the list that go no later. Each is made once. */
function lesserBundles(bundle: Bundle, list: DistrustList): (leaving: Leaving) => Bundle {
  const made = new Map<number, Bundle>();
  return (leaving) => {
    const time = timeOf(leaving);
    const lesser =
      made.get(time) ??
      without(bundle, (sha256) => {
        const one = list.get(sha256);
        return one !== undefined && timeOf(one) <= time;
      });
    made.set(time, lesser);
    return lesser;
  };
}

const timeOf = ({ from }: Leaving): number => from ?? Number.NEGATIVE_INFINITY;
const LAST: Leaving = { from: Number.POSITIVE_INFINITY };

/** The bundle whose stores lack those; files that single entries name are the administrator's. */
function without(bundle: Bundle, isGone: (sha256: string) => boolean): Bundle {
  const lesser = (trust: TrustStore): TrustStore => {
    if (trust.kind === 'engine-off') return trust;
    const stays = readCertificates(trust.certificates).filter(({ sha256 }) => !isGone(sha256));
    return { ...trust, certificates: stays.map(({ der }) => der) };
  };
  const services = Object.entries(bundle.services ?? {}).map(
    ([name, service]) => [name, { ...service, trust: lesser(service.trust) }] as const,
  );
  return {
    ...bundle,
    trust: lesser(bundle.trust),
    // What OpenSSL said in the handshake was said with all of them.
    otherTrust: true,
    ...(bundle.services === undefined ? {} : { services: Object.fromEntries(services) }),
  };
}

const clientsOf = (bundle: Bundle) => [bundle, ...Object.values(bundle.services ?? {})];

/** Of trust anchor files. */
const ownAnchors = ({ anchorFiles }: Pick<Bundle, 'anchorFiles'>) =>
  Object.values(anchorFiles).flatMap(certificatesIn);

const certificatesIn = (from: TrustStore | TrustAnchorFile) =>
  from.kind === 'anchors' ? from.certificates : [];

const bySha256 = (ders: readonly string[]): ReadonlyMap<string, Certificate> =>
  new Map(readCertificates([...new Set(ders)]).map((one) => [one.sha256, one]));

/** Those that go, the first to go first; then those with most entries. */
function leavingFirst(a: Root, b: Root): number {
  const day = ({ leaving }: Root) =>
    leaving === undefined ? Number.MAX_SAFE_INTEGER : (leaving.from ?? 0);
  return day(a) - day(b) || b.entries.length - a.entries.length || (a.subject < b.subject ? -1 : 1);
}
