/**
 * postlogd logs to its own socket while it starts; where many daemons have filled that socket already (ten datagrams, by
 * Linux's default), it waits for itself, and every other daemon for it. Inside a network namespace of its own alone.
 */
import { writeFileSync } from 'node:fs';

export const makeRoomForPostlogd = (): void => writeFileSync('/proc/sys/net/unix/max_dgram_qlen', '1000\n');
