/**
 * Asks the tables of smtp_delivery_status_filter that cannot be listed, once it is known how
 * deliveries end: what Postfix makes of an ending can be asked about that ending alone.
 */
import type { Answers } from '../../policy/answer.ts';
import type { Bundle } from '../../policy/bundle.ts';
import { repliesNotFollowed } from '../../policy/reply-tables.ts';
import { clientOf } from '../../policy/service.ts';
import { filterKey, filterTablesToAsk, notFollowed } from '../../policy/status-filter.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';

/** Asks one table about keys, through Postfix's own programs. */
export type AskTable = (table: string, keys: readonly string[]) => Promise<Answers>;

/** The bundle with what the filter says of these verdicts; undefined where nothing is asked. */
export async function withFilterAnswers(
  bundle: Bundle,
  verdicts: readonly EntryVerdict[],
  ask: AskTable | undefined,
): Promise<Bundle | undefined> {
  const tables = tablesToAsk(bundle);
  const keys = [...new Set(verdicts.flatMap(endingsOf))];
  if (ask === undefined || tables.length === 0 || keys.length === 0) return undefined;
  const answers: Record<string, Answers> = { ...bundle.answers };
  for (const table of tables) answers[table] = { ...answers[table], ...(await ask(table, keys)) };
  return { ...bundle, answers };
}

/** Sentences about each table that the mail host alone can ask, for wherever it is not asked. */
export const tablesNotFollowed = (bundle: Bundle): string[] => [
  ...tablesToAsk(bundle).map((table) => notFollowed(table, 'the mail host alone can ask it')),
  ...repliesNotFollowed(bundle),
];

function tablesToAsk(bundle: Bundle): string[] {
  const services = [undefined, ...Object.keys(bundle.services ?? {})];
  return [...new Set(services.flatMap((service) => filterTablesToAsk(clientOf(bundle, service))))];
}

/** What smtp(8) would ask the filter of. */
function endingsOf({ endings, postfixDsn: dsn, postfixSays: text }: EntryVerdict): string[] {
  const said = dsn === null || text === null ? [] : [{ dsn, text }];
  const failed = endings.filter(({ status }) => status !== 'sent');
  return [...failed, ...said].map(filterKey);
}
