/** What stands in the world of a scene whose resolver validates, whatever is drawn. */
import type { RecordSet } from '../internet/dns-server.ts';
import { CONTROL_HOST } from './scene.ts';

export const CONTROL_ADDRESS = '127.71.0.1';

/** The control host, and what proves to our check that the resolver validates. */
export const STANDING_ZONE: readonly RecordSet[] = [
  { name: CONTROL_HOST, type: 'A', data: [CONTROL_ADDRESS] },
  { name: 'ietf.org', type: 'A', data: ['192.0.2.1'], ad: true },
  { name: 'dnssec-failed.org', type: 'A', fail: 'BOGUS' },
];

/** 127.72.0.2, 127.72.0.3, … */
export function addresses(): () => string {
  let next = 0;
  return () => {
    next++;
    return `127.${72 + Math.floor(next / 62_500)}.${Math.floor(next / 250) % 250}.${(next % 250) + 1}`;
  };
}
