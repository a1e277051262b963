/**
 * The line that takes a failing domain out of what a daemon or the global level asks of it: the
 * strongest level without any name that delivers today.
 */
import { exemptionPlace } from '../../policy/exemption.ts';
import { clientOf } from '../../policy/service.ts';
import { type Case, delivers, type Meeting, tryLine } from './case.ts';
import type { Exemption } from './change.ts';

/**
 * Undefined where a line decides that can be edited, or would once the table before it can be asked
 * again, and where nothing would deliver.
 */
export async function exemptionFor(one: Case, meeting: Meeting): Promise<Exemption | undefined> {
  const { destination, bundle, isText } = one;
  const [hop] = destination.hops;
  const entry = hop?.demand.entry;
  if (hop === undefined || (entry !== undefined && isText(entry.table) && entry.line > 0))
    return undefined;
  const own = clientOf(bundle, hop.service);
  const silent = hop.demand.kind === 'broken' ? hop.demand.lookup?.table : undefined;
  if (silent !== undefined && destination.entry !== undefined) return undefined;
  for (const level of ['encrypt', 'may'] as const) {
    const line = `${hop.nextHop.text} ${level}`;
    const tried = await tryLine(line, one, meeting);
    if (tried !== undefined && delivers(tried.verdict))
      return { line, ...exemptionPlace(entry?.table ?? silent, own) };
  }
  return undefined;
}
