/** `check [TABLE]`: judges every entry now and prints it; keeps nothing. */
import { isBlind } from '../../alert/incident/run-facts.ts';
import { readBundle } from '../../policy/gather/this-machine.ts';
import type { BundleFlags, PatienceFlags, ProbeFlags } from '../flags.ts';
import { checkNow } from '../gather-and-check.ts';
import { domainsOf, type MailLogFlags, readMailSent, withMail } from '../mail-log.ts';
import { eitherWay, pluginText } from '../monitor/plugin.ts';
import { withPolicySource } from '../own-postfix.ts';
import { exitCode } from '../summary.ts';
import type { Console } from '../terminal/console.ts';
import { checkDocument } from './document.ts';
import { checkPlugin } from './nagios.ts';
import { overview } from './overview.ts';

export interface CheckFlags extends BundleFlags, ProbeFlags, PatienceFlags, MailLogFlags {
  readonly json?: boolean;
  readonly nagios?: boolean;
  readonly tolerate: number;
  /** Only what is not well. */
  readonly problems?: boolean;
  /** Each entry by itself. */
  readonly all?: boolean;
}

export async function check(
  table: string | undefined,
  given: CheckFlags,
  console: Console,
): Promise<number> {
  eitherWay(given);
  const flags = await withPolicySource(table, given);
  const sent = await readMailSent(flags, console.now());
  const listed = await readBundle({ ...flags, alsoAsk: domainsOf(sent) });
  const { bundle, mail } = withMail(listed, sent, console.now());
  const run = await checkNow(bundle, flags, console);
  const code = exitCode(run.verdicts, {
    tolerate: flags.tolerate,
    complete: run.complete,
    blind: isBlind({ name: '', ...run.vantage }),
    at: run.at,
  });
  const seen = mail === undefined ? {} : { mail };
  if (flags.nagios) {
    const seconds = (console.now() - console.started) / 1000;
    console.out(pluginText(checkPlugin(run, { bundle, code, seconds, ...seen })));
  } else if (flags.json) console.json(checkDocument(run, bundle, mail));
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
