/** `metrics`: how things stand, for Prometheus, from the store alone; to a file or standard output. */
import { type OpenStore, openStore } from '../../local-doors.ts';
import { recall } from '../../run/watch/recall.ts';
import { currentLeaves } from '../../snapshot/host-snapshot.ts';
import { readCertificates } from '../../store/certificates.ts';
import type { Store } from '../../store/keys.ts';
import { notRetired } from '../../store/latest.ts';
import { StoreError } from '../../store/table-error.ts';
import { UsageError } from '../../usage-error.ts';
import { type PlaceFlags, placeOf } from '../place.ts';
import { readStatus } from '../status/read.ts';
import type { Console } from '../terminal/console.ts';
import { expositionText } from './exposition.ts';
import { replaceFile } from './replace-file.ts';
import { samplesOf } from './samples.ts';

export interface MetricsFlags extends PlaceFlags {
  readonly output?: string;
}

/** 0 once they are written. */
export async function metricsCommand(flags: MetricsFlags, console: Console): Promise<number> {
  const place = await placeOf(flags);
  const open = await openStore(place, 'read', console.env);
  try {
    const text = await metricsText(open.store, console.now());
    if (flags.output === undefined) console.bytes(Buffer.from(text));
    else await replaceFile(flags.output, text, '--output');
    return 0;
  } finally {
    open.close();
  }
}

/** After a run, whatever it came to: a sentence where they could not be written. */
export async function metricsAfterRun(
  path: string,
  { store }: Pick<OpenStore, 'store'>,
  now: number,
): Promise<string | undefined> {
  try {
    await replaceFile(path, await metricsText(store, now), '--metrics-file');
    return undefined;
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    if (error instanceof StoreError) return `--metrics-file ${path}: ${error.message}`;
    throw error;
  }
}

async function metricsText(store: Store, now: number): Promise<string> {
  const recalled = await recall(store, [], now);
  const status = await readStatus(store, now, { notWatched: undefined }, recalled);
  const hosts = notRetired(recalled.latest.hosts);
  const { der } = await readCertificates(store, hosts.flatMap(currentLeaves));
  return expositionText(
    samplesOf({
      status,
      entries: notRetired(recalled.latest.entries).map(({ snapshot }) => snapshot),
      hosts,
      find: (digest) => der[digest],
      node: process.versions.node,
    }),
    { ...store.space },
  );
}
