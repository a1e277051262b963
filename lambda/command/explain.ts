/** `explain DESTINATION [TABLE]`: the whole story of one destination. */
import { isBlind } from '../alert/run-facts.ts';
import { destinationsOf } from '../policy/destinations.ts';
import { readBundle } from '../policy/files.ts';
import { UsageError } from '../policy/usage-error.ts';
import { withoutMatchList } from '../run/what-if.ts';
import { storyDocument, storyText, tellStory } from '../show/story.ts';
import { exitCode } from '../show/summary.ts';
import type { Console } from './console.ts';
import type { BundleFlags, ProbeFlags } from './flags.ts';
import { lookAt } from './look.ts';

export interface ExplainFlags extends BundleFlags, ProbeFlags {
  readonly json?: boolean;
}

export async function explain(name: string, table: string | undefined, flags: ExplainFlags, console: Console): Promise<number> {
  if (/\s/.test(name) || name === '') {
    throw new UsageError(`"${name}": a destination is a domain, or a next hop as the table has it, such as [host]:587`);
  }
  const wanted = name.toLowerCase();
  const bundle = await readBundle({
    ...flags,
    ...(table === undefined ? {} : { table }),
    destination: [...(flags.destination ?? []), wanted],
  });
  // The entry of that key speaks for it, unless it only covers what is below.
  const found =
    destinationsOf(bundle).find((one) => one.unchecked === undefined && (one.name === wanted || one.entry?.key === wanted)) ??
    destinationsOf(bundle).find((one) => one.name === wanted || one.entry?.key === wanted);
  if (found === undefined) throw new UsageError(`${name}: neither a key of the table nor a domain name that could be judged`);
  const run = await lookAt(bundle, flags, console, new Set([found.id]));
  const verdict = run.verdicts[0];
  if (verdict === undefined) throw new Error(`no verdict for ${name}`);
  const story = tellStory(verdict, found, bundle, withoutMatchList(found, run.evidence, bundle, run.at));
  console.out(
    flags.json
      ? `${JSON.stringify(storyDocument(story, run, bundle), null, 2)}\n`
      : storyText(story, bundle, console.paint, console.width),
  );
  return exitCode(run.verdicts, {
    tolerate: 0,
    complete: run.complete,
    blind: isBlind({ name: '', ...run.vantage }),
    at: run.at,
  });
}
