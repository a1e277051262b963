/**
 * Draws a scene from a seed: destinations by the hundred, each with a policy entry, a route and hosts of its own, spread
 * over Postfix configurations that differ in what main.cf says.
 */
import type { RecordSet } from '../internet/dns-server.ts';
import { createAuthorities } from './authorities.ts';
import { type DrawnDestination, drawDestination } from './draw-destination.ts';
import { type DrawnSettings, drawSettings, PLAIN, SETTINGS_FILES } from './draw-settings.ts';
import { randomFrom } from './random.ts';
import { CONTROL_HOST, type Configuration, type Scene } from './scene.ts';

export async function generate(seed: number, count: number): Promise<Scene> {
  const random = randomFrom(seed);
  const authorities = await createAuthorities();
  const [address, address6] = [addresses(), addresses6()];
  // Half of all go to the plain configuration, the rest to some of the others.
  const settings = [PLAIN, ...drawSettings(random, Math.max(1, Math.min(8, Math.round(count / 20))))];
  const drawn: { readonly settings: DrawnSettings; readonly destination: DrawnDestination }[] = [];
  for (let i = 1; i <= count; i++) {
    const own = random.chance(0.5) ? PLAIN : random.pick(settings);
    drawn.push({
      settings: own,
      destination: await drawDestination(random, { number: i, address, address6, authorities, settings: own }),
    });
  }
  const standing = await authorities.present('none', { dnsNames: ['fallback.test'] });
  const configurations = settings.map((own): Configuration => {
    const destinations = drawn.filter((each) => each.settings === own).map((each) => each.destination);
    return {
      name: own.name,
      mainCf: own.mainCf,
      policy: destinations.map(({ policy }) => policy).join(''),
      transport: destinations.map(({ transport }) => transport).join(''),
      recipients: destinations.map(({ recipient }) => recipient),
    };
  });
  return {
    dns: [...STANDING_ZONE, ...drawn.flatMap(({ destination }) => destination.sets)],
    servers: [
      ...STANDING.map((each) => ({ address: each, ...standing })),
      ...drawn.flatMap(({ destination }) => destination.servers),
    ],
    files: { ...authorities.files, ...SETTINGS_FILES },
    configurations: configurations.filter(({ recipients }) => recipients.length > 0),
  };
}

/** The fallback relay, and the control host that proves the way out in both families. */
const STANDING = ['127.71.0.1', 'fd00:71::1'] as const;
const STANDING_ZONE: readonly RecordSet[] = [
  { name: 'fallback.test', type: 'A', data: [STANDING[0]] },
  { name: CONTROL_HOST, type: 'A', data: [STANDING[0]] },
  { name: CONTROL_HOST, type: 'AAAA', data: [STANDING[1]] },
];

/** 127.72.0.1, 127.72.0.2, … */
function addresses(): () => string {
  let next = 0;
  return () => {
    next++;
    return `127.${72 + Math.floor(next / 62_500)}.${Math.floor(next / 250) % 250}.${(next % 250) + 1}`;
  };
}

/** fd00:72::1, fd00:72::2, … */
function addresses6(): () => string {
  let next = 0;
  return () => {
    next++;
    return `fd00:72::${next.toString(16)}`;
  };
}
