/** `watch` under test: a bundle, a clock that a test sets, and messages collected. */

import type { Channel, Delivery } from '../../lambda/alert/channel/channel.ts';
import { type anchorFileFromPem, trustStoreFromPem } from '../../lambda/certificate/anchors.ts';
import type { Bundle } from '../../lambda/policy/bundle.ts';
import { defaultSettings } from '../../lambda/policy/settings.ts';
import type { CheckDoors } from '../../lambda/run/check/check.ts';
import type { WatchDoors, WatchOptions } from '../../lambda/run/watch/options.ts';
import { digestsUnder } from '../../lambda/run/watch/run-digests.ts';
import type { Confirmation } from '../../lambda/run/watch/second-look.ts';
import { type Watched, watch } from '../../lambda/run/watch/watch.ts';
import type { Store } from '../../lambda/store/keys.ts';

export const DAY_MS = 86_400_000;

export function bundleOf(table: string, anchorsPem: string): Bundle {
  return {
    settings: defaultSettings('3.11'),
    policyTables: [{ name: 'hash:/etc/postfix/tls_policy', text: table }],
    transportTables: [],
    problems: [],
    trust: trustStoreFromPem(anchorsPem, 'test root'),
    anchorFiles: {} satisfies Readonly<Record<string, ReturnType<typeof anchorFileFromPem>>>,
    destinations: [],
    assumed: [],
  };
}

export interface Run {
  readonly bundle: Bundle;
  readonly store: Store;
  readonly memory?: WatchDoors['memory'];
  readonly world: () => CheckDoors;
  /** Epoch ms. */
  readonly at: number;
  /** Absent: the clock stands still but for what is slept. */
  readonly now?: () => number;
  readonly runId?: string;
  readonly holder?: string;
  readonly confirm?: Confirmation;
  readonly tell?: Channel['tell'];
  /** In place of the one that `tell` makes. */
  readonly channels?: readonly Channel[];
  readonly sleep?: WatchDoors['sleep'];
  readonly handOver?: WatchDoors['handOver'] | undefined;
  readonly only?: WatchOptions['only'];
  readonly fetchPolicy?: WatchDoors['fetchPolicy'] | undefined;
  readonly pace?: Partial<WatchOptions['pace']>;
}

/** One run at that time; messages go to `subjects`. */
export async function runOnce(run: Run, subjects: string[] = []): Promise<Watched> {
  let skipped = 0;
  const now = run.now ?? (() => run.at + skipped);
  return watch(
    run.bundle,
    {
      openWorld: run.world,
      store: run.store,
      ...(run.fetchPolicy === undefined ? {} : { fetchPolicy: run.fetchPolicy }),
      ...(run.memory === undefined ? {} : { memory: run.memory }),
      channels: run.channels ?? [
        {
          kind: 'test',
          name: 'a test',
          tell:
            run.tell ??
            (async ({ subject }): Promise<Delivery> => {
              subjects.push(subject);
              return { kind: 'told' };
            }),
        },
      ],
      now,
      sleep:
        run.sleep ??
        (async (ms) => {
          skipped += ms;
        }),
      ...(run.handOver === undefined ? {} : { handOver: run.handOver }),
    },
    {
      runId: run.runId ?? new Date(run.at).toISOString(),
      holder: run.holder ?? 'test',
      intervalMs: DAY_MS,
      confirm: run.confirm ?? { kind: 'next-run' },
      pace: { concurrency: 16, perAddress: 2, perNetwork: 16, restAfter421Ms: 1, stopAt: run.at + 3_600_000, ...run.pace },
      controlHosts: [],
      historyMs: 400 * DAY_MS,
      digests: digestsUnder(run.bundle, 'v24'),
      ...(run.only === undefined ? {} : { only: run.only }),
    },
  );
}
