/** `check [TABLE]`: judges every entry now and prints it; keeps nothing. */
import { isBlind } from '../../alert/incident/run-facts.ts';
import { readDistrustFile } from '../../policy/gather/distrust-file.ts';
import { readBundle, thisMachine } from '../../policy/gather/this-machine.ts';
import type { CheckRun } from '../../run/check/check.ts';
import { type DistrustList, type Roots, rootsOf } from '../../run/check/roots.ts';
import type { BundleFlags, PatienceFlags, ProbeFlags, WorkerFlags } from '../flags.ts';
import { checkNow } from '../gather-and-check.ts';
import { domainsOf, type MailLogFlags, readMailSent, withMail } from '../mail-log.ts';
import { eitherWay, pluginText } from '../monitor/plugin.ts';
import { withPolicySource } from '../own-postfix.ts';
import { exitCode } from '../summary.ts';
import type { Console } from '../terminal/console.ts';
import { byRootText, rootsDocument } from './by-root.ts';
import { checkDocument } from './document.ts';
import { checkPlugin } from './nagios.ts';
import { overview } from './overview.ts';

export interface CheckFlags
  extends BundleFlags,
    ProbeFlags,
    WorkerFlags,
    PatienceFlags,
    MailLogFlags {
  readonly json?: boolean;
  readonly nagios?: boolean;
  readonly tolerate: number;
  /** Only what is not well. */
  readonly problems?: boolean;
  /** Each entry by itself. */
  readonly all?: boolean;
  /** By the trust anchors that entries lean on. */
  readonly byRoot?: boolean;
  /** File: anchors that are to go; shows by anchors, too. */
  readonly distrust?: string;
}

export async function check(
  table: string | undefined,
  given: CheckFlags,
  console: Console,
): Promise<number> {
  eitherWay(given);
  const flags = await withPolicySource(table, given);
  const list = await listBy(flags);
  const sent = await readMailSent(flags, console.now());
  const listed = await readBundle({ ...flags, alsoAsk: domainsOf(sent) });
  const { bundle, mail } = withMail(listed, sent, console.now());
  const run = await checkNow(bundle, flags, console);
  for (const problem of run.problems) console.err(`warning: ${problem}\n`);
  const roots = list === undefined ? undefined : rootsOf(run, bundle, list.anchors);
  const code = exitStatus(run, flags, roots);
  const seen = mail === undefined ? {} : { mail };
  if (flags.nagios) {
    const seconds = (console.now() - console.started) / 1000;
    console.out(pluginText(checkPlugin(run, { bundle, code, seconds, ...seen })));
  } else if (flags.json)
    console.json(checkDocument(run, bundle, mail, roots && rootsDocument(roots)));
  else if (roots !== undefined)
    console.out(
      byRootText(run, bundle, console.paint, console.width, { roots, all: flags.all, ...seen }),
    );
  else
    console.out(
      overview(run, bundle, console.paint, console.width, {
        ...flags,
        ...seen,
        ...(console.drawing === undefined ? {} : { drawing: console.drawing }),
      }),
    );
  return code;
}

/** That of the verdicts; 1 also where an entry does worse once anchors are gone. */
function exitStatus(
  { verdicts, complete, vantage, at }: CheckRun,
  { tolerate }: CheckFlags,
  roots: Roots | undefined,
): 0 | 1 | 2 | 3 {
  const blind = isBlind({ name: '', ...vantage });
  const code = exitCode(verdicts, { tolerate, complete, blind, at });
  return code !== 2 && roots !== undefined && roots.worse.length > 0 ? 1 : code;
}

/**
 * Undefined where nobody asks for anchors; `anchors` undefined: none is said to go.
 *
 * @throws UsageError for a list that is none
 */
async function listBy({
  byRoot = false,
  distrust,
}: CheckFlags): Promise<{ readonly anchors: DistrustList | undefined } | undefined> {
  if (distrust === undefined) return byRoot ? { anchors: undefined } : undefined;
  const list = await readDistrustFile(distrust, thisMachine);
  return { anchors: new Map(list.map(({ sha256, from }) => [sha256, { from }])) };
}
