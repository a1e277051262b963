/** `explain DESTINATION [TABLE]`: the whole story of one destination. */

import { isDeepStrictEqual } from 'node:util';
import { isBlind } from '../../alert/incident/run-facts.ts';
import type { UnderName } from '../../alert/message/partner-sni.ts';
import { partnerText } from '../../alert/message/partner-text.ts';
import { type Destination, destinationsOf } from '../../policy/destinations.ts';
import { readBundle } from '../../policy/gather/this-machine.ts';
import { clientOf } from '../../policy/service.ts';
import { bareAddress, typedDomain } from '../../postfix/hostname.ts';
import { beyondThisVersion, underServername } from '../../run/explain/with-servername.ts';
import { withProof } from '../../run/past/proof.ts';
import type { Store } from '../../store/keys.ts';
import { UsageError } from '../../usage-error.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import { impatience } from '../check/impatience.ts';
import type { BundleFlags, PatienceFlags, ProbeFlags } from '../flags.ts';
import { checkNow } from '../gather-and-check.ts';
import { withPolicySource } from '../own-postfix.ts';
import { exitCode, failsSoon } from '../summary.ts';
import type { Console } from '../terminal/console.ts';
import { type ConfirmFlags, remembering } from './confirm.ts';
import { newKeysOf } from './new-key.ts';
import { nameSourcesOf } from './sources.ts';
import { storyDocument, storyText, tellStory } from './story.ts';
import { withHostname, withoutMatchList } from './without-match-list.ts';

export interface ExplainFlags extends BundleFlags, ProbeFlags, PatienceFlags, ConfirmFlags {
  readonly json?: boolean;
  /** A text to send to the other side, instead of the story. */
  readonly forPartner?: boolean;
  /** Digests of keys or certificates that they gave. */
  readonly key?: readonly string[];
}

/**
 * Returns the exit status.
 *
 * @throws UsageError where the name is no destination, or the flags exclude one another
 */
export async function explain(
  name: string,
  table: string | undefined,
  given: ExplainFlags,
  console: Console,
): Promise<number> {
  const wanted = typedDomain(name);
  if (/\s/.test(wanted) || wanted === '') {
    throw new UsageError(
      `"${name}": a destination is a domain, or a next hop as the table has it, such as [host]:587`,
    );
  }
  if (given.json && given.forPartner)
    throw new UsageError('--for-partner is a text to send; it has no --json');
  const address = name.includes('@') ? bareAddress(name).toLowerCase() : undefined;
  const flags = await withPolicySource(table, given);
  const bundle = await readBundle({
    ...flags,
    destination: [
      ...(flags.destination ?? []),
      wanted,
      ...(address === undefined ? [] : [address]),
    ],
  });
  const found = destinationMeant(destinationsOf(bundle), wanted, address);
  if (found === undefined)
    throw new UsageError(
      `${name}: neither a key of the table nor a domain name that could be judged`,
    );
  const run = await checkNow(bundle, flags, console, new Set([found.id]));
  const [judged] = run.verdicts;
  if (judged === undefined) throw new Error(`no verdict for ${name}`);
  const keys = newKeysOf(found, judged, run.evidence, bundle, run.at, flags.key ?? []);
  const prove = async (one: EntryVerdict, store: Store): Promise<EntryVerdict> => {
    const only = { ...run, verdicts: [one] };
    const proved = await withProof(only, bundle, store, () => undefined, console.now());
    return proved.verdicts[0] ?? one;
  };
  const { queueLifetimeMs } = bundle.settings;
  const verdict = await remembering(
    keys.suggestion === null ? judged : { ...judged, suggestion: keys.suggestion },
    queueLifetimeMs,
    flags,
    console,
    { unproved: keys.unproved, prove },
  );
  if (flags.forPartner) {
    const under = underServername(found, verdict, run.evidence, bundle, run.at);
    printPartnerText(verdict, run.at, console, under);
  } else {
    // Of the service that delivers: its trust anchors and limits are what the story is about.
    const own = clientOf(bundle, found.hops[0]?.service);
    const evidence = [run.evidence, bundle, run.at] as const;
    const story = tellStory(verdict, found, own, {
      without: withoutMatchList(found, ...evidence),
      hostname: withHostname(found, ...evidence),
      sent: beyondThisVersion(found, verdict, ...evidence),
      sources: await nameSourcesOf(found, verdict, run, bundle, flags, console),
    });
    if (flags.json) console.json(storyDocument(story, run, own));
    else {
      console.out(storyText(story, own, run.at, console.paint, console.width));
      const hint = impatience([verdict], flags.patience, console.width);
      console.out(hint.map((line) => `${line}\n`).join(''));
    }
  }
  return exitCode(run.verdicts, {
    tolerate: 0,
    complete: run.complete,
    blind: isBlind({ name: '', ...run.vantage }),
    at: run.at,
  });
}

/**
 * The entry of that key speaks for the domain, unless it only covers what is below. An address
 * speaks for itself where its mail goes elsewhere than that of its domain.
 */
function destinationMeant(
  all: readonly Destination[],
  domain: string,
  address: string | undefined,
): Destination | undefined {
  const named = all.filter((one) => one.name === domain || one.entry?.key === domain);
  const found = named.find((one) => one.unchecked === undefined) ?? named[0];
  const own = all.find((one) => one.name === address);
  const same = own === undefined || isDeepStrictEqual(hopsOf(own), hopsOf(found));
  return same ? (found ?? own) : own;
}

const hopsOf = (destination: Destination | undefined) =>
  destination?.hops.map(({ nextHop, service }) => ({ text: nextHop.text, service }));

/** Alone on standard output, so that it can go into a mail as it is. */
function printPartnerText(
  verdict: EntryVerdict,
  at: number,
  console: Console,
  under: UnderName | undefined,
): void {
  // It is too early to ask about an end beyond the horizon, before which they usually renew.
  const early = verdict.verdict === 'pass' && !failsSoon(verdict, at);
  const text = early ? undefined : partnerText(verdict, at, under);
  if (text === undefined) console.err(`nothing to ask of them: ${verdict.sentence}\n`);
  else console.out(text);
}
