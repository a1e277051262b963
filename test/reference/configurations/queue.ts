/** The folders that Postfix wants to find, each with its owner. */
import { chmodSync, chownSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Makes `queue` and `data` below `place`. */
export function makeQueue(place: string): void {
  const postfix = numericId('passwd', 'postfix');
  const postdrop = numericId('group', 'postdrop');
  const make = (path: string, mode: number, user: number, group: number) => {
    mkdirSync(path, { recursive: true });
    chownSync(path, user, group);
    chmodSync(path, mode);
  };
  make(join(place, 'data'), 0o700, postfix, postfix);
  const queue = join(place, 'queue');
  make(queue, 0o755, 0, 0);
  for (const name of OF_POSTFIX) make(join(queue, name), 0o700, postfix, 0);
  make(join(queue, 'pid'), 0o755, 0, 0);
  make(join(queue, 'maildrop'), 0o730, postfix, postdrop);
  make(join(queue, 'public'), 0o710, postfix, postdrop);
}

const OF_POSTFIX = [
  'active',
  'bounce',
  'corrupt',
  'defer',
  'deferred',
  'flush',
  'hold',
  'incoming',
  'private',
  'saved',
  'trace',
] as const;

function numericId(database: 'passwd' | 'group', name: string): number {
  const line = readFileSync(`/etc/${database}`, 'utf8')
    .split('\n')
    .find((each) => each.startsWith(`${name}:`));
  if (line === undefined) throw new Error(`/etc/${database} has no "${name}", is postfix installed?`);
  return Number(line.split(':')[2]);
}
