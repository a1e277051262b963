/** The function behind the dashboard, called as Lambda calls it, against a table over HTTP. */
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { VARIABLES } from '../../lambda/config.ts';
import { keys, spaceOf } from '../../lambda/store/keys.ts';
import { advanceRun, beginRun } from '../../lambda/store/runs.ts';
import { type Dynalite, startDynalite } from '../store/dynalite.ts';

const LOOKING = { getRemainingTimeInMillis: () => 30_000 };
let database: Dynalite;

beforeAll(async () => {
  database = await startDynalite('watch');
});
afterAll(() => database.close());
beforeEach(() => {
  vi.resetModules();
  vi.unstubAllEnvs();
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', database.endpoint);
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', database.credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', database.credentials.secretAccessKey);
  vi.stubEnv(VARIABLES.table, 'watch');
  vi.stubEnv(VARIABLES.vantage, 'function');
});

/** As after a cold start: nothing is kept of an earlier look. */
async function look(event: unknown, looking = LOOKING): Promise<string> {
  const { handler } = await import('../../lambda/dashboard-handler.ts');
  return handler(event, looking);
}
const widget = { widgetContext: { dashboardName: 'TLS', theme: 'dark', params: {} } };
const words = (page: string) => page.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');

test('where no run was yet, it says that nothing is known, and what to look at', async () => {
  vi.stubEnv(VARIABLES.policy, 'never-ran');
  const page = words(await look(widget));
  expect(page).toContain('? It is not known whether mail flows: there was no run yet.');
  expect(page).toContain('no run from function is on record: is its timer enabled, and is --vantage function?');
  expect(page).toContain('What to do: docs/runbook.md, entry &quot;Run missed&quot;.');
  expect(page).toContain(
    'All of it: AWS_REGION=eu-central-1 postfix-tls-watch status --store dynamodb:watch --policy never-ran --vantage function',
  );
});

test('after a run it tells what the run left, and an item that is damaged beside it', async () => {
  vi.stubEnv(VARIABLES.policy, 'ran');
  const store = { table: database.table, space: spaceOf('ran', 'function') };
  const at = Date.now() - 3 * 3_600_000;
  const begun = await beginRun(store, { runId: 'r', scope: 'all', holder: 'test', digests: {} }, at);
  if (begun.kind !== 'new') throw new Error(begun.kind);
  await advanceRun(store, begun.run, 'complete', { counts: { notWatched: 0 } }, at);
  await database.table.put({ ...keys.entry(store.space, 'tls_policy <b>x</b>'), v: 1, rev: 1, value: { no: 'entry' } });
  const page = words(await look(widget));
  expect(page).toContain('Nothing is watched, so that nobody knows whether mail flows.');
  expect(page).toContain('3 hours ago');
  expect(page).toMatch(/Could not be read item ran\/now#function#\w \/ entry#tls_policy &lt;b>x&lt;\/b>: cannot be read/);
});

test.each([
  ['nothing', undefined],
  ['null', null],
  ['a text', 'describe'],
  ['a list', [{ describe: true }]],
  ['another word for it', { describe: 'true' }],
  ['parameters of a viewer', { table: 'other', policy: '../x', vantage: '*', WATCH_TABLE: 'other', html: '<script>' }],
  ['megabytes', { describe: false, params: 'x'.repeat(5_000_000) }],
])('an event is never read but for the question what it is: %s', async (_, event) => {
  vi.stubEnv(VARIABLES.policy, 'never-ran');
  expect(words(await look(event))).toContain('there was no run yet');
});

test('asked what it is, it answers in Markdown, even where nothing is configured', async () => {
  vi.stubEnv(VARIABLES.table, '');
  expect(await look({ describe: true })).toMatch(/^## TLS watch: does mail flow\?\n\nOne sentence on whether mail flows/);
});

test('what goes wrong is a sentence in the widget', async () => {
  vi.stubEnv(VARIABLES.table, 'gone');
  expect(words(await look(widget))).toContain(
    'This page could not be made: table gone: no such table; check the name and the region, or deploy the stack that creates it. ' +
      'See docs/runbook.md, entry &quot;The dashboard cannot say&quot;.',
  );
});

test('so is a variable of ours that is missing, which the log has too', async () => {
  const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  vi.stubEnv(VARIABLES.vantage, '');
  vi.stubEnv(VARIABLES.runbook, 'https://wiki.example.com/runbook');
  const page = await look(widget);
  expect(words(page)).toContain('environment variable WATCH_VANTAGE is not set: the stack of this function sets it');
  expect(page).toContain('href="https://wiki.example.com/runbook#the-dashboard-cannot-say"');
  expect(logged).toHaveBeenCalledOnce();
  logged.mockRestore();
});

test('it answers before its time limit, whatever the table does', async () => {
  expect(words(await look(widget, { getRemainingTimeInMillis: () => 2_000 }))).toContain(
    'the table gave no whole answer within 0 seconds; reload in a minute',
  );
});
