/** The bundled function behind the dashboard under Lambda's own runtime client, with the rights of its role and no more. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { dashboardActions, runActions } from '../../infra/calls.ts';
import { dashboardKeys } from '../../infra/permissions.ts';
import { VARIABLES } from '../../lambda/config.ts';
import { keys, spaceOf } from '../../lambda/store/keys.ts';
import type { Item } from '../../lambda/store/table.ts';
import { missingClient, type RunningFunction, startFunction } from './function.ts';
import { raiseWorld, VANTAGE, type World } from './world.ts';

const HOUR = 3_600_000;
const widget = { widgetContext: { dashboardName: 'TLS', theme: 'light', params: {} } };
const words = (page: unknown) =>
  String(page)
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ');

let world: World;
let running: RunningFunction | undefined;

beforeAll(async () => {
  if (missingClient !== undefined) throw new Error(missingClient);
  world = await raiseWorld();
});
afterAll(() => world?.close());
afterEach(async () => {
  await running?.stop();
  running = undefined;
  world.gatekeeper.turn('granted');
});

/** One run of the policy, with the rights of a run. */
async function runOnce(name: string): Promise<void> {
  world.gatekeeper.grant(runActions());
  await world.push(name, world.domains.policy);
  const runner = await startFunction(world.variables(name));
  try {
    const scheduledTime = `${new Date().toISOString().slice(0, 19)}Z`;
    expect(await runner.invoke({ scheduledTime })).toMatchObject({
      value: { outcome: 'complete', counts: { pass: 2, fail: 1 } },
    });
  } finally {
    await runner.stop();
  }
}

/** With the rights of its role alone. */
async function open(
  name: string,
  { later = 0, changes = {} }: { later?: number; changes?: Readonly<Record<string, string>> } = {},
) {
  await running?.stop();
  world.gatekeeper.grant(dashboardActions(), dashboardKeys(spaceOf(name, VANTAGE)));
  const { [VARIABLES.topic]: _, [VARIABLES.chatTopic]: __, ...variables } = world.variables(name);
  running = await startFunction({ ...variables, ...changes }, later, 'dashboard');
  return running;
}

test('what a run found is on the page: that mail does not flow, to whom, and the line to use', async () => {
  await runOnce('seen');
  const opened = await open('seen', { changes: { [VARIABLES.runbook]: 'https://wiki.example.com/runbook' } });
  const answer = await opened.invoke(widget, 30_000);
  expect(answer).toMatchObject({ kind: 'returned' });
  const page = (answer as { value: string }).value;
  expect(words(page)).toContain('Mail flows to 2 of 3 watched entries; mail to fastmail.fm would not be delivered.');
  expect(words(page)).toMatch(
    /Open Failing: fastmail\.fm .*Use instead: fastmail\.fm secure match=\.messagingengine\.com ciphers=high/,
  );
  expect(page).toContain('<a href="https://wiki.example.com/runbook"');
  expect(opened.output()).not.toContain('ERROR');

  const asked = world.gatekeeper.count();
  expect(await opened.invoke({ ...widget, anything: 'else' }, 30_000)).toEqual(answer);
  expect(world.gatekeeper.count(), 'a second look within a minute costs nothing').toBe(asked);
});

test('the next day without a run it says that nothing is known any more', async () => {
  await runOnce('silent');
  const opened = await open('silent', { later: 27 * HOUR });
  const { value } = (await opened.invoke(widget, 30_000)) as { value: string };
  expect(words(value)).toContain('Mail flows to 2 of 3 watched entries; mail to fastmail.fm would not be delivered.');
  expect(words(value)).toContain('no complete run from function for 27 hours');
  expect(words(value)).toContain('What to do: docs/runbook.md, entry &quot;Run missed&quot;.');
});

test('asked what it is, it answers in Markdown and asks nobody', async () => {
  const opened = await open('seen');
  const asked = world.gatekeeper.count();
  expect(await opened.invoke({ describe: true }, 30_000)).toMatchObject({
    value: expect.stringMatching(/^## TLS watch: does mail flow\?\n/),
  });
  expect(world.gatekeeper.count()).toBe(asked);
});

test.each([
  {
    because: 'denied',
    mood: 'denied' as const,
    says: 'table watch: AWS denied access: User: watch is not authorized to perform:',
  },
  { because: 'throttled', mood: 'throttled' as const, says: 'table watch: DynamoDB still throttles after repeated tries' },
])('$because: a sentence in the widget, and no error of the function', async ({ mood, says }) => {
  const opened = await open('seen');
  world.gatekeeper.turn(mood);
  const { value } = (await opened.invoke(widget, 60_000)) as { value: string };
  expect(words(value)).toContain('It is not known whether mail flows.');
  expect(words(value)).toContain(says);
});

test('with the rights for one policy it reads no other', async () => {
  await open('seen');
  await running?.stop();
  running = await startFunction(world.variables('silent'), 0, 'dashboard');
  const { value } = (await running.invoke(widget, 30_000)) as { value: string };
  expect(words(value)).toContain('AWS denied access');
});

test('all in all, every partition that the role allows was read, and both actions were needed', async () => {
  const space = spaceOf('untold', VANTAGE);
  await runOnce('untold');
  // A run that died between telling and storing: what it told is read from beside it.
  const pages: (readonly Item[])[] = [];
  for await (const page of world.store('untold').table.query(keys.runs(space))) pages.push(page);
  const run = pages[0]?.[0];
  if (run === undefined) throw new Error('no run on record');
  await world.store('untold').table.put({ ...run, value: { ...(run.value as object), stage: 'told' } });
  const before = new Set(world.gatekeeper.partitions);
  const opened = await open('untold');
  await opened.invoke(widget, 30_000);
  const read = [...world.gatekeeper.partitions].filter((pk) => pk.startsWith('untold/'));
  for (const like of dashboardKeys(space)) {
    const pattern = new RegExp(`^${like.replaceAll('.', '\\.').replaceAll('?', '.').replaceAll('*', '.*')}$`);
    expect(
      read.filter((pk) => pattern.test(pk)),
      like,
    ).not.toEqual([]);
  }
  expect(before.size).toBeGreaterThan(0);
});
