/**
 * How far a run came that takes several invocations: the parts that its records name, and what they
 * judged.
 *
 * A part is what one invocation judged and stored. What an earlier part judged is not asked again,
 * unless policy, settings, anchors or versions changed between, or too much time passed. Parts stand
 * in `more` of the run record, which an older release passes over: it begins such a run anew.
 */
import * as v from 'valibot';
import type { Digests } from '../../alert/incident/explanation.ts';
import type { RunFacts } from '../../alert/incident/run-facts.ts';
import { shareOf } from '../../alert/message/mail-share.ts';
import { firstWithin } from '../../first-within.ts';
import { type AddressFamily, familyOf } from '../../postfix/hostname.ts';
import type { Vantage } from '../../probe/vantage.ts';
import type { Store } from '../../store/keys.ts';
import { keepPart, readPart } from '../../store/progress.ts';
import type { RunRecord } from '../../store/stored-values.ts';
import { StoreError } from '../../store/table-error.ts';
import type { Json } from '../../store/value-schemas.ts';
import { DAY_MS, HOUR_MS } from '../../text/dates.ts';
import { type EntryVerdict, isUnfinished } from '../../verdict/verdict.ts';
import { notWatchedIn } from './not-watched.ts';
import type { StsTelling } from './sts-telling.ts';

export interface Progress {
  /** When the first part that counts began, epoch ms; absent where none does. */
  readonly startedAt?: number;
  /** Ids of the run's records, oldest first. */
  readonly records: readonly string[];
  /** How many parts the run has had, whether they count or not. */
  readonly parts: number;
  /** Those of the record that is written now, as they stand in `more`. */
  readonly own: readonly Part[];
  /** By destination id, in table order, as earlier parts left it; empty where no part counts. */
  readonly known: ReadonlyMap<string, EntryVerdict>;
  /** Ids that an earlier part judged; the others are left. */
  readonly judged: ReadonlySet<string>;
  /** Had in earlier parts. */
  readonly conversations: number;
  /** Absent where no part counts. */
  readonly vantage?: Vantage;
  /** `host:port` of hosts that proved in an earlier part that the way out is open. */
  readonly proved: readonly string[];
  /** When the looks of earlier parts began and ended, epoch ms. */
  readonly looks: readonly Span[];
  /** Whether an earlier part had looked at everything, and told what a whole run tells. */
  readonly saidWhole: boolean;
  /** Sentences about parts that cannot be read; what they judged is judged anew. */
  readonly problems: readonly string[];
}

export interface Span {
  readonly at: number;
  readonly until: number;
}

/** What a record says of one part. */
interface Part extends Span {
  readonly name: string;
  readonly chunks: number;
  /** Digest of what it was judged under. */
  readonly under: string;
  /** Everything had been looked at, and what was due was told. */
  readonly saidWhole?: boolean;
}

/** What is kept with one part: it stands for all parts before it. */
export interface PartContent {
  /** Of the whole run, in table order, those that were not looked at included. */
  readonly verdicts: readonly EntryVerdict[];
  /** Ids that this part judged. */
  readonly judged: ReadonlySet<string>;
  /** Of this part alone, as it saw them. */
  readonly looked: readonly EntryVerdict[];
  /** Of the whole run. */
  readonly conversations: number;
  readonly vantage: Vantage;
}

/**
 * Reads what the records of a run say, oldest first; the last is the one that is written now.
 * `now` is epoch ms.
 */
export async function readProgress(
  store: Store,
  records: readonly RunRecord[],
  digests: Digests,
  now: number,
): Promise<Progress> {
  const all = records.flatMap((record) =>
    partsOf(record).map((part) => ({ part, runId: record.runId })),
  );
  const counting = all.filter(
    ({ part }) => part.under === digestOf(digests) && Math.abs(now - part.at) < LONGEST_MS,
  );
  const looks = counting.map(({ part: { at, until } }) => ({ at, until }));
  const [first] = looks;
  const last = counting.at(-1);
  const problems: string[] = [];
  const content =
    last &&
    (await readContent(store, last.runId, last.part).catch((error: unknown) => {
      if (!(error instanceof StoreError && error.kind === 'damaged')) throw error;
      problems.push(`${error.message}; what this run has judged before is judged anew`);
      return undefined;
    }));
  return {
    ...(first === undefined ? {} : { startedAt: first.at }),
    records: records.map(({ runId }) => runId),
    parts: all.length,
    own: partsOf(records.at(-1)),
    known: new Map((content?.verdicts ?? []).map((verdict) => [verdict.id, verdict])),
    judged: new Set(content?.judged ?? []),
    conversations: content?.conversations ?? 0,
    ...(content === undefined ? {} : { vantage: content.vantage }),
    proved: content?.proved ?? [],
    looks,
    saidWhole: counting.some(({ part }) => part.saidWhole === true),
    problems,
  };
}

/** Stores how far the run has come; answers all parts of this record, for its `more`. */
export async function writePart(
  store: Store,
  runId: string,
  progress: Progress,
  content: PartContent,
  part: Omit<Part, 'name' | 'chunks' | 'under'> & {
    readonly digests: Digests;
    readonly now: number;
  },
): Promise<readonly Part[]> {
  const name = `seen${progress.parts + 1}`;
  const { verdicts, judged, looked, conversations, vantage } = content;
  const proved = progress.proved.length > 0 ? progress.proved : proofsIn(looked);
  const kept = {
    verdicts: slim(verdicts, part.at),
    judged: [...new Set([...progress.judged, ...judged])],
    conversations,
    vantage,
    proved,
  };
  const { digests, now, ...rest } = part;
  const chunks = await keepPart(store, { runId, name }, kept as unknown as Json, now);
  return [...progress.own, { name, chunks, under: digestOf(digests), ...rest }];
}

/**
 * What a run record keeps besides what its schema has.
 *
 * @param facts whether another part was to follow, and what a whole run tells was left to it; where
 *   mail went
 * @param sts what is about to be told of MTA-STS policies
 */
export const moreOf = (
  verdicts: readonly EntryVerdict[],
  parts: readonly Part[],
  { continues: goesOn, mail }: Pick<RunFacts, 'continues' | 'mail'>,
  sts: readonly StsTelling[] = [],
): Json =>
  ({
    notWatched: notWatchedIn(verdicts),
    ...(mail === undefined ? {} : { mail: shareOf(mail, verdicts) }),
    ...(parts.length === 0 ? {} : { parts }),
    ...(goesOn ? { goesOn } : {}),
    ...(sts.length === 0 ? {} : { sts }),
  }) as unknown as Json;

/** Whether what a whole run tells was left to another part when this record was written. */
export const wasGoingOn = ({ more }: RunRecord): boolean => v.is(GOING_ON, more);

/** What the later of two looks says, and where it had nothing to say, the earlier one. */
export function bothOf(later: Vantage, earlier: Vantage | undefined): Vantage {
  const of = (family: AddressFamily) =>
    later[family] === 'untried' ? (earlier?.[family] ?? 'untried') : later[family];
  return { ipv4: of('ipv4'), ipv6: of('ipv6') };
}

async function readContent(store: Store, runId: string, { name, chunks }: Part) {
  const read = v.safeParse(CONTENT, await readPart(store, { runId, name }, chunks));
  if (!read.success)
    throw new StoreError('damaged', `${store.table.title}: ${name} of run ${runId} is corrupt`);
  return read.output;
}

/**
 * What a message may want of an entry that it names: hosts and chains are kept where an entry does
 * not pass or ends soon, as far as there is room.
 */
function slim(verdicts: readonly EntryVerdict[], at: number): readonly EntryVerdict[] {
  const wanted = verdicts.filter(
    (verdict) =>
      verdict.verdict !== 'pass' ||
      isUnfinished(verdict) ||
      (verdict.failsFrom !== null && Date.parse(verdict.failsFrom) - at < SOON_MS),
  );
  const whole = new Set(firstWithin(wanted, { chars: HOSTS_CHARS }));
  return verdicts.map((verdict) => (whole.has(verdict) ? verdict : { ...verdict, hosts: [] }));
}

/** Hosts with a chain that led to an anchor, a few of each address family. */
function proofsIn(verdicts: readonly EntryVerdict[]): readonly string[] {
  const found: Record<AddressFamily, string[]> = { ipv4: [], ipv6: [] };
  for (const { hosts } of verdicts)
    for (const { host, addresses } of hosts)
      for (const { outcome, anchor, address, port } of addresses) {
        const family = familyOf(address);
        const name = `${host}:${port}`;
        if (outcome !== 'pass' || anchor === null || family === undefined) continue;
        const own = found[family];
        if (own.length < PROVED_PER_FAMILY && !own.includes(name)) own.push(name);
      }
  return [...new Set([...found.ipv4, ...found.ipv6])];
}

const digestOf = ({ table, settings, anchors, product, node }: Digests) =>
  [table, settings, anchors, product, node].join(' ');

function partsOf(record: RunRecord | undefined): readonly Part[] {
  const read = v.safeParse(MORE, record?.more);
  return read.success ? read.output.parts : [];
}

const MORE = v.object({
  parts: v.array(
    v.object({
      name: v.string(),
      chunks: v.number(),
      under: v.string(),
      at: v.number(),
      until: v.number(),
      saidWhole: v.exactOptional(v.boolean()),
    }),
  ),
});

const GOING_ON = v.object({ goesOn: v.literal(true) });

/** Verdicts are as this very version wrote them: `under` names it. */
const CONTENT = v.object({
  verdicts: v.array(
    v.looseObject({ id: v.string(), verdict: v.string(), hosts: v.array(v.unknown()) }),
  ) as unknown as v.GenericSchema<unknown, readonly EntryVerdict[]>,
  judged: v.array(v.string()),
  conversations: v.number(),
  vantage: v.looseObject({}) as unknown as v.GenericSchema<unknown, Vantage>,
  proved: v.array(v.string()),
});

/** As long as Lambda and a queue try again. What was seen before is no sighting of today. */
const LONGEST_MS = 6 * HOUR_MS;
/** Beyond the horizon of any forecast. */
const SOON_MS = 60 * DAY_MS;
const HOSTS_CHARS = 20_000_000;
const PROVED_PER_FAMILY = 2;
