/** What makers of failing destinations share. */
import { type Draw, type Failing, type FailingHost, hostOf } from './failing.ts';

export type Cured = Omit<Partial<Failing>, 'expects'> & Pick<Failing, 'hosts'>;

/** Attributes that stay as they are. */
export const more = ({ random }: Draw) => random.pick(['', '', ' ciphers=high', ' protocols=>=TLSv1.2', ' exclude=MD5']);

export const secure = (draw: Draw, key = draw.domain) =>
  `${key} secure${draw.random.pick(['', '', ' match=.old.test', ' match=nexthop:old.test'])}${more(draw)}\n`;

export async function hostsOf(
  draw: Draw,
  count: number,
  parent: string,
  names: (host: string, all: readonly string[]) => readonly string[],
): Promise<FailingHost[]> {
  const all = Array.from({ length: count }, (_, i) => `mx${i + 1}.${parent}`);
  return Promise.all(all.map(async (host, i) => hostOf(draw, host, 10 * (i + 1), [await draw.trusted(names(host, all))])));
}
