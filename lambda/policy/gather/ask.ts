/**
 * Tables that cannot be listed, asked through `postmap -q` about every key that Postfix would try,
 * so that Postfix's own code answers.
 *
 * Found, not found and error are three answers. Keys are asked some at a time, each with the
 * deadline of the machine's door; a table that does not answer is given up.
 */
import { byName } from '../../named-record.ts';
import { isUtf8Hostname } from '../../postfix/hostname.ts';
import { tableName } from '../../postfix/lookup-table.ts';
import { type Answer, SILENT } from '../answer.ts';
import type { Bundle, TableProblem } from '../bundle.ts';
import { listKeys, tablesIn } from '../domain-list.ts';
import { lookupKeys } from '../lookup.ts';
import { nextHopElements } from '../next-hop.ts';
import type { Settings } from '../settings.ts';
import { hasFixedKeys, type TableSources } from '../table-set.ts';
import {
  classLists,
  namedNextHops,
  routeDomain,
  routingOf,
  SOME_SENDER,
  senderMaps,
  transportKeys,
  UNLISTED_DOMAIN,
} from '../transport.ts';
import { fatalIn } from './fatal-line.ts';
import type { Machine } from './machine.ts';
import type { Gathered } from './settings.ts';
import { configOf, isOurs, NO_KEY, ours } from './tables.ts';

/** Answers by table and key, each key asked once. */
export type Asked = Record<string, Record<string, Answer>>;

/**
 * Asks what decides where mail for each domain goes, then what the policy tables say of every next
 * hop that comes of it.
 *
 * @param domains recipients, as domains or addresses, and next hops
 */
export async function askTables(
  bundle: Pick<Bundle, 'settings' | 'transportTables' | 'problems'> & TableSources,
  domains: readonly string[],
  clients: readonly Settings[],
  gathered: Gathered,
  machine: Machine,
): Promise<Asked> {
  const routing = gathered.routingSettings ?? bundle.settings;
  const asked = byName<Record<string, Answer>>();
  const ask = asker(bundle.problems, asked, gathered, machine);
  const { version } = bundle.settings;
  const recipients = domains.filter((name) => name.includes('@') || isUtf8Hostname(name, version));
  const isRecipient = new Set(recipients);

  for (const list of classLists(routing)) {
    for (const table of tablesIn(list)) {
      await ask(table, () =>
        recipients.flatMap((name) => listKeys(domainOf(name), list.parents, hasFixedKeys(table))),
      );
    }
  }
  for (const map of routing.transportMaps) {
    const name = tableName(map);
    const fixed = hasFixedKeys(name);
    await ask(name, () =>
      [...recipients, UNLISTED_DOMAIN].flatMap((recipient) =>
        transportKeys(recipient, routing).flatMap(({ key, fixedOnly }) =>
          fixedOnly && !fixed ? [] : key,
        ),
      ),
    );
  }
  for (const { map } of senderMaps(routing)) await ask(tableName(map), () => [SOME_SENDER]);

  const routes = routingOf({ ...bundle, routingSettings: routing, answers: asked });
  const nextHops = [
    ...domains.flatMap((name) => {
      if (!isRecipient.has(name)) return [name];
      const routed = routeDomain(name, routes);
      return routed.kind === 'smtp' ? routed.nextHop : [];
    }),
    ...namedNextHops(routes).map(({ text }) => text),
    ...clients.flatMap(({ fallbackRelay }) => fallbackRelay),
  ].flatMap((list) => nextHopElements(list, version));
  const keys = [...new Set(nextHops)].flatMap((hop) => lookupKeys(hop, version));
  const tables = new Set(clients.flatMap(({ policyMaps }) => policyMaps.map(tableName)));
  // A key that nobody has tells whether anything is answered at all.
  for (const name of tables) await ask(name, () => [...keys, NO_KEY]);
  return asked;
}

/**
 * Asks a table about keys, if it is one that must be asked; answers are kept by name. Most need
 * not, and for them no keys are made.
 */
function asker(
  problems: readonly TableProblem[],
  asked: Record<string, Record<string, Answer>>,
  gathered: Gathered,
  machine: Machine,
): (table: string, keys: () => readonly string[]) => Promise<void> {
  const must = new Set(
    problems.filter(({ kind }) => kind === 'not-listable').map(({ name }) => name),
  );
  return async (table, keys) => {
    if (!must.has(table)) return;
    const answers = asked[table] ?? byName<Answer>();
    await askKeys(table, keys(), answers, gathered, machine);
    if (Object.keys(answers).length > 0) asked[table] = answers;
  };
}

/** Asks about keys that have no answer yet, some at a time, and adds what is answered. */
export async function askKeys(
  table: string,
  keys: readonly string[],
  answers: Record<string, Answer>,
  gathered: Pick<Gathered, 'configDirectory'>,
  machine: Machine,
): Promise<void> {
  const waiting = [...new Set(keys)].filter((key) => !Object.hasOwn(answers, key));
  let silent = 0;
  const worker = async () => {
    for (let key = waiting.shift(); key !== undefined; key = waiting.shift()) {
      if (silent >= SILENT_AFTER) {
        answers[key] = { kind: 'unreadable', because: `${table} ${SILENT}` };
        continue;
      }
      const answer = await answerOf(table, key, gathered, machine);
      if (answer === 'not-installed') return;
      silent = answer === 'silent' ? silent + 1 : 0;
      answers[key] =
        answer === 'silent' ? { kind: 'unreadable', because: `${table} ${SILENT}` } : answer;
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
}

async function answerOf(
  table: string,
  key: string,
  gathered: Pick<Gathered, 'configDirectory'>,
  machine: Machine,
): Promise<Answer | 'silent' | 'not-installed'> {
  const opened = openedHere(table, machine);
  const ran = await machine.run('postmap', [...configOf(gathered), '-q', key, opened]);
  if (ran.kind === 'not-installed') return 'not-installed';
  if (ran.status === 0) return { kind: 'found', value: ran.output.replace(/\n$/, '') };
  const says = fatalIn(ran.errors);
  if (says === undefined) return ran.status === 1 ? { kind: 'not-found' } : 'silent';
  return isOurs(says, machine)
    ? { kind: 'unreadable', because: ours(table, says, machine) }
    : { kind: 'error', says };
}

/**
 * proxymap(8) reads a file of patterns as anybody does who may. A user besides root may not reach
 * its socket, for which postmap(1) waits longer than we do, and asks what it would ask.
 */
const openedHere = (table: string, { uid }: Machine): string =>
  uid === undefined || uid === 0
    ? table.replace(PROXIED_PATTERNS, '$1')
    : table.replace(/^proxy:/, '');
const PROXIED_PATTERNS = /^proxy:((?:regexp|pcre|cidr):)/;

const domainOf = (name: string): string => name.slice(name.lastIndexOf('@') + 1);

/** Keys asked at the same time: a daemon that takes a second for each must not take minutes. */
const AT_A_TIME = 16;

/** Keys in a row without an answer, after which a table is asked no more. */
const SILENT_AFTER = AT_A_TIME;
