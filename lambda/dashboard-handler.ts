/**
 * The function behind the dashboard's widget: reads what is kept and answers with the first screen, as
 * markup for CloudWatch. It writes nothing, and what goes wrong is a sentence on the page: whoever looks
 * at a dashboard has no log before them.
 */

import { firstScreen } from './command/report/first-screen.ts';
import { readStatus } from './command/status/read.ts';
import { type DashboardConfig, readDashboardConfig, runbookIn } from './config.ts';
import { DESCRIPTION } from './dashboard/description.ts';
import { dashboardFailure, dashboardPage } from './dashboard/page.ts';
import { troubleOf } from './dashboard/runbook.ts';
import { recall } from './run/watch/recall.ts';
import { openDynamoDbReader } from './store/dynamodb-reads.ts';
import { type Reader, spaceOf } from './store/keys.ts';
import { notRetired } from './store/latest.ts';
import { StoreError } from './store/table-error.ts';
import { HOUR_MS } from './text/dates.ts';
import { commandsForTable } from './text/own-command.ts';

/** What we use of Lambda's own context. */
export interface Looking {
  readonly getRemainingTimeInMillis: () => number;
}

/**
 * CloudWatch asks with `describe` for what the widget is, as Markdown, and with anything else for the
 * widget, as HTML. What else stands in the event is the viewer's: nothing of it is read.
 */
export async function handler(event: unknown, looking: Looking): Promise<string> {
  if (isDescribe(event)) return DESCRIPTION;
  try {
    return await withinTime(lately(readDashboardConfig(process.env)), looking);
  } catch (error) {
    // A StoreError is for the reader as it stands; of anything else the log has the place.
    if (!(error instanceof StoreError || error instanceof LookTooLong)) console.error(error);
    const sentence = error instanceof Error ? error.message : String(error);
    return dashboardFailure(sentence, runbookIn(process.env));
  }
}

let last: { readonly page: string; readonly at: number } | undefined;

/** A dashboard on a wall asks every ten seconds, and each look is paid for by what it reads. */
async function lately(config: DashboardConfig): Promise<string> {
  const now = Date.now();
  if (last !== undefined && Math.abs(now - last.at) < KEPT_MS) return last.page;
  const page = await pageOf(config, now);
  last = { page, at: now };
  return page;
}

async function pageOf(config: DashboardConfig, now: number): Promise<string> {
  const { table: tableName, policy, vantage, runbook, silenceHours } = config;
  const table = openDynamoDbReader({ tableName, maxAttempts: TRIES, requestTimeoutMs: ANSWER_MS });
  const store: Reader = { table, space: spaceOf(policy, vantage) };
  try {
    const recalled = await recall(store, [], now);
    const silenceMs = silenceHours * HOUR_MS;
    const status = await readStatus(store, now, { notWatched: undefined, silenceMs }, recalled);
    const watched = notRetired(recalled.latest.entries).map(({ snapshot }) => snapshot);
    const region = process.env.AWS_REGION;
    const own = commandsForTable({ table: tableName, policy, vantage, region });
    return dashboardPage(firstScreen(status, watched), {
      runbook,
      command: own('status'),
      trouble: troubleOf(status.sight),
    });
  } finally {
    table.close();
  }
}

/** A time limit of Lambda's would be shown as an error of its own. */
async function withinTime(page: Promise<string>, looking: Looking): Promise<string> {
  const limitMs = looking.getRemainingTimeInMillis() - RESERVE_MS;
  const timer = Promise.withResolvers<never>();
  const handle = setTimeout(() => timer.reject(new LookTooLong(limitMs)), Math.max(0, limitMs));
  try {
    return await Promise.race([page, timer.promise]);
  } finally {
    clearTimeout(handle);
  }
}

class LookTooLong extends Error {
  override readonly name = 'LookTooLong';
  constructor(limitMs: number) {
    super(
      `the table gave no whole answer within ${Math.round(limitMs / 1000)} seconds; reload in a minute`,
    );
  }
}

const isDescribe = (event: unknown): boolean =>
  typeof event === 'object' && event !== null && 'describe' in event && event.describe === true;

const KEPT_MS = 60_000;
const TRIES = 4;
const ANSWER_MS = 8_000;
const RESERVE_MS = 2_000;
