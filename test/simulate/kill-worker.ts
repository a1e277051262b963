/** One run in a process of its own, which kills itself (SIGKILL) at a step the parent chose: before or after the nth step. */
import { appendFileSync } from 'node:fs';
import { type Store, spaceOf } from '../../lambda/store/keys.ts';
import { openToWatch } from '../../lambda/store/sqlite/open.ts';
import type { Table } from '../../lambda/store/table.ts';
import { SmallWorld } from '../run/small-world.ts';
import { bundleOf, runOnce } from '../run/watching.ts';
import { CHAT, MAIL } from './kill-channels.ts';

export interface KillOrder {
  /** Of the store, which the parent has open too. */
  readonly directory: string;
  readonly policy: string;
  readonly at: number;
  readonly runId: string;
  readonly table: string;
  readonly anchors: string;
  /** Presented chains by domain. */
  readonly chains: Readonly<Record<string, readonly string[]>>;
  /** Messages are appended here, one subject a line, at the moment they are out. */
  readonly told: string;
  readonly step: number;
  readonly moment: 'before' | 'after';
}

process.once('message', async (order: KillOrder) => {
  let steps = 0;
  const die = () => process.kill(process.pid, 'SIGKILL');
  const counted = async <T>(act: () => Promise<T>): Promise<T> => {
    const mine = ++steps === order.step;
    if (mine && order.moment === 'before') die();
    const done = await act();
    if (mine) die();
    return done;
  };
  const { table } = await openToWatch(order.directory, order.at);
  const store: Store = { table: countedTable(table, counted), space: spaceOf(order.policy, 'mx1') };
  const world = new SmallWorld();
  for (const [domain, chain] of Object.entries(order.chains)) world.domain(domain, world.host(`mail.${domain}`, chain));
  await runOnce({
    bundle: bundleOf(order.table, order.anchors),
    store,
    world: () => world.doors(),
    at: order.at,
    runId: order.runId,
    channels: [
      {
        ...MAIL,
        tell: ({ subject }) =>
          counted(async () => {
            appendFileSync(order.told, `${subject}\n`);
            return { kind: 'told' };
          }),
      },
      { ...CHAT, tell: () => counted(async () => ({ kind: 'untold', because: 'the chat is down' })) },
    ],
  });
  // The step lay beyond the end of the run.
  process.exit(0);
});

function countedTable(table: Table, counted: <T>(act: () => Promise<T>) => Promise<T>): Table {
  return {
    ...table,
    get: (key) => counted(() => table.get(key)),
    getMany: (keys) => counted(() => table.getMany(keys)),
    query: async function* (pk, range) {
      await counted(async () => undefined);
      yield* table.query(pk, range);
    },
    put: (item, condition) => counted(() => table.put(item, condition)),
    putMany: (items) => counted(() => table.putMany(items)),
    update: (key, set, condition) => counted(() => table.update(key, set, condition)),
    delete: (key, condition) => counted(() => table.delete(key, condition)),
  };
}
