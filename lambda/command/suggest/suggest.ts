/**
 * `suggest [TABLE]`: the table rewritten where that helps, as a diff that patch(1) takes, or as a
 * whole in another file; every line judged today and over the days that are remembered.
 */

import type { Bundle } from '../../policy/bundle.ts';
import { readBundle, readHere } from '../../policy/gather/this-machine.ts';
import { changesBy } from '../../policy/rewrite/edit.ts';
import { encodeText } from '../../postfix/decode.ts';
import { openPolicyFetch } from '../../route/mta-sts/fetch.ts';
import { SERVERNAME } from '../../run/check/servername.ts';
import { type Change, editsOf } from '../../run/suggest/change.ts';
import { type Fresh, newLines } from '../../run/suggest/new.ts';
import {
  type SuggestDoors,
  type Suggested,
  type SuggestOptions,
  suggestChanges,
} from '../../run/suggest/suggest.ts';
import { unifiedDiff, withChanges } from '../../text/unified-diff.ts';
import { UsageError } from '../../usage-error.ts';
import type { BundleFlags, PatienceFlags, ProbeFlags } from '../flags.ts';
import { paceOf, worldOf } from '../gather-and-check.ts';
import { domainsOf, type MailLogFlags, readMailSent, withMail } from '../mail-log.ts';
import { withPolicySource } from '../own-postfix.ts';
import type { PlaceFlags } from '../place.ts';
import type { Console } from '../terminal/console.ts';
import { progressLine } from '../terminal/progress.ts';
import { suggestDocument } from './document.ts';
import { exitStatus } from './exit-status.ts';
import { type Remembered, rememberedBy } from './memory.ts';
import { askedFor, candidateMemory, namingNobody } from './new.ts';
import { headingOf } from './new-words.ts';
import { type TableFile, tableFiles } from './table-files.ts';
import { diffText, paintedDiff, type Rewritten, type Shown, suggestText } from './text.ts';
import { isSameFile, writeTable } from './write-table.ts';

export interface SuggestFlags
  extends BundleFlags,
    ProbeFlags,
    PatienceFlags,
    PlaceFlags,
    MailLogFlags {
  readonly json?: boolean;
  /** Stronger levels, and those alone. */
  readonly upgrade?: boolean;
  /** Lines for destinations that have none, and those alone. */
  readonly new?: boolean;
  /** With `new`: of these providers alone. */
  readonly provider?: readonly string[];
  /** The whole table to this file. */
  readonly output?: string;
  /** The whole table in its own place. */
  readonly inPlace?: boolean;
}

/**
 * 2 an entry fails and no line would help, else 1 something is proposed, else 3 something could not
 * be seen, else 0.
 */
export async function suggestCommand(
  table: string | undefined,
  given: SuggestFlags,
  console: Console,
): Promise<number> {
  refuseTogether(given);
  const flags = await withPolicySource(table, given);
  const sent = await readMailSent(flags, console.now());
  const known = flags.new ? await candidateMemory(flags, console) : undefined;
  const listed = await readBundle({
    ...flags,
    alsoAsk: [...domainsOf(sent), ...(known?.observed ?? [])],
  });
  const bundle = flags.new ? listed : withMail(listed, sent, console.now()).bundle;
  const files = await tableFiles(bundle, flags.table !== undefined);
  await refuseTheTable(given, files);
  const asked = known && askedFor(bundle, sent, known.observed);
  const memory = known?.memory ?? (await rememberedBy(flags, console));
  const suggested = await look(bundle, flags, files, memory, console, (doors, options) =>
    asked === undefined || known === undefined
      ? suggestChanges(bundle, doors, { ...options, upgrade: flags.upgrade ?? false })
      : newLines(namingNobody(bundle), asked, doors, {
          ...options,
          pastOf: known.pastOf,
          ...(asked.recipients === undefined ? {} : { recipients: asked.recipients.byDomain }),
          ...(flags.provider === undefined ? {} : { providers: flags.provider }),
          headingOf: (group) => headingOf(group, options.at),
        }),
  );
  const rewritten = rewrittenBy(suggested.changes, bundle, files);
  const written = await write(rewritten, bundle, files, given);
  const shown: Shown = {
    ...{ suggested, bundle, memory, rewritten, written },
    upgrade: given.upgrade ?? false,
    ...(asked === undefined ? {} : { fresh: { asked, groups: suggested.groups ?? [] } }),
  };
  if (flags.json) console.json(suggestDocument(shown));
  else {
    console.out(suggestText(shown, console.paint, console.width));
    const diff = diffText(shown);
    // Every byte of the table is to come through a pipe as it is.
    if (diff !== '') console.piped(encodeText(diff), paintedDiff(diff, console.paint));
  }
  return exitStatus(suggested);
}

type Found = Suggested & Partial<Pick<Fresh, 'groups'>>;

async function look(
  bundle: Bundle,
  flags: SuggestFlags,
  files: ReadonlyMap<string, TableFile>,
  memory: Remembered,
  console: Console,
  find: (doors: SuggestDoors, options: Omit<SuggestOptions, 'upgrade'>) => Promise<Found>,
): Promise<Found> {
  const pace = { ...paceOf(bundle, flags, console), patienceMs: flags.patience * 1000 };
  const line = progressLine(console, flags.verbose ?? false);
  const fetchPolicy = openPolicyFetch({
    allowPrivateAddresses: flags.allowPrivateAddresses ?? false,
    deadlineMs: Math.max(1, Math.min(POLICY_MS, pace.stopAt - console.now())),
    ...(pace.signal === undefined ? {} : { signal: pace.signal }),
  });
  const doors = { ...worldOf(flags, bundle, console, pace, line), fetchPolicy };
  try {
    return await console.interruption.during(() =>
      find(doors, {
        at: flags.at ?? console.now(),
        now: console.now,
        pace,
        servername: SERVERNAME,
        isText: (table) => files.has(table),
        own: console.own,
        ...(memory.kind === 'remembered'
          ? { past: memory.past, around: memory.around, keptPolicies: memory.policies }
          : {}),
        ...(flags.controlHost === undefined ? {} : { controlHosts: flags.controlHost }),
      }),
    );
  } finally {
    line?.clear();
  }
}

function rewrittenBy(
  changes: readonly Change[],
  bundle: Bundle,
  files: ReadonlyMap<string, TableFile>,
): Rewritten[] {
  const { version } = bundle.settings;
  return bundle.policyTables.flatMap(({ name, text }) => {
    const file = files.get(name);
    const edits = changes.flatMap((change) => (change.table === name ? editsOf(change) : []));
    if (file === undefined || edits.length === 0) return [];
    const made = changesBy(edits, text, version);
    const diff = unifiedDiff(file.path, text, made);
    return diff === '' ? [] : [{ table: name, file, text: withChanges(text, made), diff }];
  });
}

/** @throws UsageError */
function refuseTogether({ output, inPlace, upgrade, provider, ...given }: SuggestFlags): void {
  if (output !== undefined && inPlace)
    throw new UsageError('--output and --in-place both say where the table goes: give one of them');
  if (upgrade && given.new)
    throw new UsageError(
      '--upgrade is for lines that are there, --new for destinations without one: give one of them',
    );
  if (provider !== undefined && !given.new)
    throw new UsageError('--provider says nothing without --new');
}

/** Before anything is asked of anybody. @throws UsageError */
async function refuseTheTable(
  { output, inPlace }: SuggestFlags,
  files: ReadonlyMap<string, TableFile>,
): Promise<void> {
  const [only, ...others] = [...files.values()];
  const flag = inPlace ? '--in-place' : '--output';
  if (output === undefined && !inPlace) return;
  if (only === undefined)
    throw new UsageError(
      `${flag}: no table here is a text that could be written; without it the lines are told one ` +
        'by one',
    );
  if (others.length > 0)
    throw new UsageError(
      `${flag} writes one table, and there are ${files.size}: name one as an argument`,
    );
  if (output !== undefined && (await isSameFile(output, only.path)))
    throw new UsageError(
      `--output ${output} is the table itself: name another file, or say --in-place to have the ` +
        'table replaced',
    );
}

/** Where it was written to; undefined where that was not asked for, or nothing changes in place. */
async function write(
  [changed]: readonly Rewritten[],
  before: Pick<Bundle, 'policyTables'>,
  files: ReadonlyMap<string, TableFile>,
  { output, inPlace }: SuggestFlags,
): Promise<string | undefined> {
  if (inPlace) {
    if (changed === undefined) return undefined;
    await refuseChanged(changed, before);
    await writeTable(changed.file.path, encodeText(changed.text));
    return changed.file.path;
  }
  if (output === undefined) return undefined;
  const [file] = [...files.values()];
  if (file === undefined) return undefined;
  const text = changed?.text;
  await writeTable(output, text === undefined ? await same(file.path) : encodeText(text));
  return output;
}

/** A look takes its time: what somebody wrote meanwhile is not lost. @throws UsageError */
async function refuseChanged(
  { table, file }: Rewritten,
  { policyTables }: Pick<Bundle, 'policyTables'>,
): Promise<void> {
  const judged = policyTables.find(({ name }) => name === table);
  const read = await readHere(file.path);
  const isSame =
    read.kind === 'read' && Buffer.from(read.bytes).equals(encodeText(judged?.text ?? ''));
  if (!isSame)
    throw new UsageError(
      `--in-place: ${file.path} was changed while it was looked at, and is left as it is now; ` +
        'run it again',
    );
}

/** A table in which nothing changes, as it is. */
async function same(path: string): Promise<Uint8Array> {
  const read = await readHere(path);
  if (read.kind === 'read') return read.bytes;
  throw new UsageError(`cannot read the table ${path}: ${read.because}`);
}

const POLICY_MS = 15_000;
