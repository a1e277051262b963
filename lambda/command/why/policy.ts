/** The policy that `why` holds a log against. */
import type { LogReport } from '../../log/report.ts';
import type { Bundle } from '../../policy/bundle.ts';
import { namesPolicy } from '../../policy/gather/own-postfix.ts';
import { readBundle } from '../../policy/gather/this-machine.ts';
import { isHostname, toAscii } from '../../postfix/hostname.ts';
import { UsageError } from '../../usage-error.ts';
import { withPolicyIfAny } from '../own-postfix.ts';
import type { WhyFlags } from './flags.ts';

export interface Policy {
  /** Absent where none is named, and there is no Postfix on this host or it cannot be read. */
  readonly bundle?: Bundle;
  /** Why that of this host could not be read. */
  readonly unread?: string;
  /** With the directory of this host's Postfix, where it is that. */
  readonly flags: WhyFlags;
}

/**
 * @param domains of the mail that is asked about
 * @throws UsageError where one is named and cannot be read
 */
export async function policyFor(
  given: WhyFlags,
  log: Pick<LogReport, 'version'> | undefined,
  domains: readonly string[],
): Promise<Policy> {
  const flags = await withPolicyIfAny(given.table, given);
  if (!namesPolicy(flags)) return { flags };
  // As master(8) logged it; the Postfix that is asked knows better.
  const logged = flags.configDirectory === undefined ? log?.version : undefined;
  const postfixVersion = flags.postfixVersion ?? logged;
  // `policy` is a name in the store, and `log` none of a bundle's.
  const { policy: _policy, log: _log, ...options } = flags;
  try {
    const bundle = await readBundle({
      ...options,
      // Whoever may send mail chooses them, and tables are asked about them.
      destination: domains.filter((domain) => isHostname(toAscii(domain))),
      ...(flags.live ? {} : { withoutAnchors: true as const }),
      ...(postfixVersion === undefined ? {} : { postfixVersion }),
    });
    return { bundle, flags };
  } catch (error) {
    if (!flags.isOwnPostfix || !(error instanceof UsageError)) throw error;
    return { unread: error.message, flags };
  }
}
