/**
 * Another line in place of the one that counts, put to the proof: the conversations that it needs
 * and nobody had, and the product's own verdict on them.
 */
import { attributesWhere } from '../../policy/attribute.ts';
import type { Bundle } from '../../policy/bundle.ts';
import { demandContext, demandFor } from '../../policy/demand.ts';
import type { Destination, Hop } from '../../policy/destinations.ts';
import { clientOf } from '../../policy/service.ts';
import { bracedTokens, tokens } from '../../postfix/token.ts';
import { atLeast } from '../../postfix/version.ts';
import { contactsOf } from '../../probe/contact.ts';
import { type PaceOptions, type Probe, probeBatch } from '../../probe/pace.ts';
import { conversationsInTurn, turnAt } from '../../probe/turn.ts';
import type { Evidence } from '../../verdict/judge.ts';
import { judgeSafely } from '../../verdict/judge-safely.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';

export interface OtherLine {
  readonly line: string;
  /** The first hop, as it would then be. */
  readonly hop: Hop;
}

/**
 * The line that begins with `value`; what the entry has beside, and means the same at any level,
 * stays. Undefined where Postfix would not read the line as a policy.
 */
export function otherLine(
  value: string,
  { entry, hops: [hop] }: Pick<Destination, 'entry' | 'hops'>,
  bundle: Bundle,
): OtherLine | undefined {
  if (hop?.demand.kind !== 'demand') return undefined;
  const { settings } = bundle;
  const isOwn = entry !== undefined && !entry.key.startsWith('.') && entry.key !== '*';
  const key = isOwn ? entry.key : hop.nextHop.text;
  const split = atLeast(settings.version, '3.10') ? bracedTokens : tokens;
  const [, ...attributes] = split(hop.demand.entry?.value ?? '');
  const line = [key, value, ...attributes.filter((one) => STAYS.test(one))].join(' ');
  const then = hopUnder(line, hop, bundle);
  return then === undefined ? undefined : { line, hop: then };
}

/** The destination with that line in place of its own; undefined as of `hopUnder`. */
export function destinationUnder(
  line: string,
  destination: Destination,
  bundle: Bundle,
): Destination | undefined {
  const [hop, ...others] = destination.hops;
  const other = hop === undefined ? hop : hopUnder(line, hop, clientOf(bundle, hop.service));
  return other === undefined ? undefined : { ...destination, hops: [other, ...others] };
}

/** The hop as that line makes it; undefined where Postfix would not read the line as a policy. */
function hopUnder(line: string, hop: Hop, bundle: Bundle): Hop | undefined {
  const { settings } = bundle;
  // The table of this line alone is what is asked, in place of those that are set.
  const context = demandContext({
    ...bundle,
    settings: { ...settings, policyMaps: [{ type: 'hash', path: 'proposed' }] },
    policyTables: [{ name: 'hash:proposed', text: `${line}\n` }],
  });
  const demand = demandFor(hop.nextHop, context);
  return demand.kind === 'demand' && demand.entry !== undefined ? { ...hop, demand } : undefined;
}

export interface Tried {
  readonly destination: Destination;
  readonly bundle: Bundle;
  /** What was seen today. */
  readonly evidence: Evidence;
  /** Epoch ms. */
  readonly at: number;
}

/** What the destination would come to with `hop` as its first. */
export async function tryHop(
  hop: Hop,
  tried: Tried,
  probe: Probe,
  pace: PaceOptions & { readonly now: () => number },
): Promise<EntryVerdict> {
  const { destination, bundle, at } = tried;
  return judgeSafely(
    { ...destination, hops: [hop, ...destination.hops.slice(1)] },
    await withMet(hop, tried, probe, pace),
    bundle,
    at,
  );
}

/** What was seen, with the conversations that this hop needs and nobody had. */
export async function withMet(
  hop: Hop,
  { bundle, evidence }: Pick<Tried, 'bundle' | 'evidence'>,
  probe: Probe,
  pace: PaceOptions & { readonly now: () => number },
): Promise<Evidence> {
  const { settings } = clientOf(bundle, hop.service);
  const contacts = contactsOf(hop, evidence, settings);
  const { conversations } = conversationsInTurn(
    contacts,
    settings,
    turnAt(evidence.probedAt ?? pace.now()),
  );
  const missing = conversations.filter(({ id }) => evidence.results[id] === undefined);
  if (missing.length === 0) return evidence;
  const results = await probeBatch(missing, probe, pace);
  return { ...evidence, results: { ...evidence.results, ...results } };
}

const STAYS = new RegExp(
  `^(?:\\{\\s*)?(?:${attributesWhere((row) => row.sameAtDaneOnly === true).join('|')})\\s*=`,
  'i',
);
