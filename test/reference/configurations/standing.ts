/** What every directory may reach: the control host that proves the way out. */

import { DEFAULTS } from '../../../lambda/limits.ts';
import type { Identity } from '../../internet/tls-server.ts';
import { CONTROL_HOST } from '../scene.ts';
import type { PlayInput } from './play.ts';

export function standingScene(identity: Identity): PlayInput['scene'] {
  return {
    dns: [
      { name: CONTROL_HOST, type: 'A', data: [CONTROL_ADDRESS] },
      // No resolver of a mail host that vouches for names nobody signed.
      { name: DEFAULTS.dnssecSignedName, type: 'A', data: [CONTROL_ADDRESS], ad: false },
    ],
    servers: [{ address: CONTROL_ADDRESS, ...identity }],
  };
}

const CONTROL_ADDRESS = '127.71.0.1';
