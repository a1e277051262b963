/**
 * The look at the MTA-STS policies of domains whose lines ask for names of their hosts: one question
 * to DNS a domain, and a policy where its id is another or it is about to run out. It comes after
 * all probing, bounded in number and time, and what it has no time for waits for the next run.
 */

import type { StsMemory } from '../../alert/sts/memory.ts';
import type { NamedEntry } from '../../alert/sts/names.ts';
import { BOUNDS, DEFAULTS } from '../../limits.ts';
import type { Dns } from '../../route/dns-answer.ts';
import { type FetchPolicy, fetchSts } from '../../route/mta-sts/find.ts';
import { readNotice, type StsLook } from '../../route/mta-sts/look-again.ts';
import { namesHost } from '../../route/mta-sts/policy.ts';
import { inParallel } from '../../store/in-parallel.ts';
import { DAY_MS, HOUR_MS } from '../../text/dates.ts';

/** One domain, and what is known before it is asked. */
export interface StsSubject {
  readonly domain: string;
  readonly entries: readonly NamedEntry[];
  /** MX hosts of today; undefined where DNS gave none. */
  readonly hosts: readonly string[] | undefined;
  readonly memory: StsMemory | undefined;
}

export interface StsLooking {
  readonly dns: Dns;
  readonly fetchPolicy: FetchPolicy;
  readonly now: () => number;
  /** Epoch ms, after which nothing more is asked. */
  readonly stopAt: number;
  readonly signal: AbortSignal;
  /** A policy that has no longer left is fetched anew. */
  readonly spareMs: number;
}

export interface StsLooked {
  /** By domain; those for which there was no time are absent. */
  readonly looks: ReadonlyMap<string, StsLook>;
  /** How many policies were tried to be fetched, and of how many no server was reached. */
  readonly fetched: number;
  readonly unreached: number;
}

export async function lookAtPolicies(
  subjects: readonly StsSubject[],
  looking: StsLooking,
): Promise<StsLooked> {
  const { dns, fetchPolicy, now, stopAt, signal, spareMs } = looking;
  const looks = new Map<string, StsLook>();
  const due: { readonly subject: StsSubject; readonly id: string; readonly urgent: boolean }[] = [];
  const isOver = () => signal.aborted || now() >= stopAt;
  await inParallel(
    turned(subjects, now()).slice(0, BOUNDS.stsDomains),
    async (subject) => {
      if (isOver()) return;
      const { domain, memory } = subject;
      const question = { at: now(), spareMs, wanted: isWanted(subject, now()) };
      const notice = await readNotice(domain, memory?.policy, dns, question);
      if (notice.kind === 'settled') looks.set(domain, notice.look);
      else
        due.push({ subject, id: notice.id, urgent: notice.isNew && memory?.policy !== undefined });
    },
    QUESTIONS_AT_ONCE,
  );
  due.sort((a, b) => Number(b.urgent) - Number(a.urgent) || untilOf(a) - untilOf(b));
  let fetched = 0;
  let unreached = 0;
  await inParallel(
    due,
    async ({ subject: { domain }, id }) => {
      // One that is begun may take all of its time.
      const isTooLate = isOver() || now() + DEFAULTS.stsPolicyMs > stopAt;
      if (isTooLate || fetched >= BOUNDS.stsFetches) {
        looks.set(domain, { kind: 'put-off' });
        return;
      }
      fetched++;
      const look = await fetchSts(domain, id, dns, fetchPolicy, now);
      if (look.kind === 'unfetched' && look.unreached === true) unreached++;
      looks.set(domain, look);
    },
    BOUNDS.stsFetchesAtOnce,
  );
  return { looks, fetched, unreached };
}

/** Where there are too many for one run, each day begins where the day before ended. */
function turned(subjects: readonly StsSubject[], at: number): readonly StsSubject[] {
  if (subjects.length <= BOUNDS.stsDomains) return subjects;
  const from = (Math.floor(at / DAY_MS) * BOUNDS.stsDomains) % subjects.length;
  return [...subjects.slice(from), ...subjects.slice(0, from)];
}

/**
 * Where hosts of today are not in the policy that is held, it is looked at again before that is
 * said (RFC 8461 §5.1); not again once it was told.
 */
function isWanted({ hosts, memory }: StsSubject, at: number): boolean {
  const { policy, findings = [] } = memory ?? {};
  if (policy === undefined || policy.mode === 'none' || at - policy.fetchedAt < AGAIN_MS)
    return false;
  const isTold = findings.some(({ kind, toldAt }) => kind === 'unfit' && toldAt !== undefined);
  return !isTold && (hosts ?? []).some((host) => !namesHost(policy, host));
}

const untilOf = ({ subject }: { readonly subject: StsSubject }): number =>
  subject.memory?.policy?.until ?? Number.POSITIVE_INFINITY;

const QUESTIONS_AT_ONCE = 32;
const AGAIN_MS = 20 * HOUR_MS;
