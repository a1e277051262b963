/** Postfix's word against ours, recipient by recipient. */
import type { EntryVerdict } from '../../lambda/verdict/verdict.ts';
import type { Played } from './reference.ts';
import type { Configuration, Delivery } from './scene.ts';

export interface Comparison {
  readonly recipient: string;
  /** The line of the table that counted, blanks folded; empty where none did. */
  readonly entry: string;
  readonly delivery: Delivery;
  /** Undefined: we made no verdict. */
  readonly verdict: EntryVerdict | undefined;
  /** What is wrong, for a person; undefined where both agree. */
  readonly disagreement: string | undefined;
}

export function compare(configuration: Configuration, { deliveries, verdicts }: Played): Comparison[] {
  return deliveries.map((delivery) => {
    const verdict = verdicts.find(({ destination, verdict: word, reason }) => {
      return destination === delivery.recipient && (word !== 'unchecked' || reason === 'level-none');
    });
    const disagreement = disagreementOf(delivery, verdict);
    return { recipient: delivery.recipient, entry: entryText(configuration, verdict), delivery, verdict, disagreement };
  });
}

function disagreementOf(delivery: Delivery, verdict: EntryVerdict | undefined): string | undefined {
  const postfix = `Postfix ${delivery.status} ${delivery.dsn} (${delivery.text}) at ${delivery.relay}`;
  if (verdict === undefined) return `${postfix}, and we have no verdict`;
  const ours = `we ${verdict.verdict} ${verdict.reason}, ${JSON.stringify(verdict.endings)}`;
  if (delivery.status === 'none') return verdict.reason === 'smtp-dies' ? undefined : `${postfix}, ${ours}`;
  // Level none: any ending is right, since nothing is asked of TLS.
  if (verdict.reason === 'level-none') return undefined;
  const predicted = verdict.endings.some(
    ({ status, dsn, text }) =>
      status === delivery.status && dsn === delivery.dsn && (status === 'sent' || text === delivery.text),
  );
  if (!predicted) return `${postfix}, ${ours}`;
  return verdict.endings.length === 1 || mayBeShuffled(verdict) ? undefined : `${ours}, though the order is certain`;
}

/** Several hosts of one preference, or several addresses of one host: Postfix draws lots. */
function mayBeShuffled({ hosts }: EntryVerdict): boolean {
  const reachable = hosts.filter(({ addresses }) => addresses.length > 0);
  return (
    reachable.some(({ addresses }) => addresses.length > 1) ||
    new Set(reachable.map(({ preference }) => preference)).size < reachable.length
  );
}

function entryText({ policy }: Configuration, verdict: EntryVerdict | undefined): string {
  if (verdict === undefined || verdict.line === null) return '';
  const [first = '', ...rest] = policy.split('\n').slice(verdict.line - 1);
  const end = rest.findIndex((line) => !/^\s+\S/.test(line));
  return [first, ...rest.slice(0, end)].join(' ').replace(/\s+/g, ' ');
}
