/** Failing destinations drawn from a seed, and the scenes they are played in. */
import { keyPair } from '../../internet/authority.ts';
import type { RecordSet } from '../../internet/dns-server.ts';
import type { Identity } from '../../internet/tls-server.ts';
import { type Authorities, createAuthorities } from '../authorities.ts';
import { type Random, randomFrom } from '../random.ts';
import { CONTROL_HOST, type Configuration, type Scene, type SceneServer } from '../scene.ts';
import { addresses, CONTROL_ADDRESS, STANDING_ZONE } from '../standing.ts';
import { contactsOf, type Draw, type Failing, type FailingServer, type Maker, type SettingName, zoneOf } from './failing.ts';
import { WITH_LINE } from './with-line.ts';
import { WITHOUT_LINE } from './without-line.ts';

const KINDS = { ...WITH_LINE, ...WITHOUT_LINE };

export interface Drawn {
  readonly failing: readonly Failing[];
  readonly authorities: Authorities;
  /** Of the control host. */
  readonly standing: Identity;
  readonly interceptor: Interceptor;
}

/** Whoever answers in the place of a host. */
export interface Interceptor {
  /** Valid under the anchors of the scene, for its own names. */
  readonly valid: Identity;
  /** In the name of the host that is called. */
  readonly selfSigned: ReadonlyMap<string, Identity>;
}

/** Each kind once as far as the count goes, and the rest by chance. */
export async function drawFailing(seed: number, count: number): Promise<Drawn> {
  const random = randomFrom(seed);
  const authorities = await createAuthorities();
  const kinds = random.some(Object.keys(KINDS), count);
  const address = addresses();
  const failing: Failing[] = [];
  for (let number = 1; number <= count; number++) {
    const kind = kinds[number - 1] ?? random.pick(Object.keys(random.chance(0.8) ? WITH_LINE : WITHOUT_LINE));
    failing.push(await drawOne(kind, drawOf(random, authorities, number, address)));
  }
  const hosts = failing.flatMap((one) => one.hosts.map(({ host }) => ({ host, recipient: one.recipient })));
  const key = await keyPair('ec');
  const selfSigned = hosts.map(
    async ({ host, recipient }) =>
      [host, await authorities.present('self-signed', { dnsNames: [host, recipient], key })] as const,
  );
  const valid = await authorities.present('none', { dnsNames: [INTERCEPTOR, '*.interceptor.example'], key });
  return {
    failing,
    authorities,
    standing: await authorities.present('none', { dnsNames: [CONTROL_HOST] }),
    interceptor: { valid, selfSigned: new Map(await Promise.all(selfSigned)) },
  };
}

function drawOf(random: Random, authorities: Authorities, number: number, address: () => string): Draw {
  const suffix = random.pick(['test', 'net', 'com.au', 'co.uk', 'github.io']);
  return {
    random,
    authorities,
    number,
    address,
    domain: `d${number}.test`,
    provider: `p${number}.${suffix}`,
    trusted: (names) =>
      authorities.present(
        random.pick(['none', 'direct', 'two intermediates', 'root sent']),
        'length' in names ? { dnsNames: names } : names,
      ),
  };
}

async function drawOne(kind: string, draw: Draw): Promise<Failing> {
  const { domain } = draw;
  const make: Maker | undefined = KINDS[kind];
  if (make === undefined) throw new Error(`no kind "${kind}"`);
  const ordinary = {
    setting: 'plain',
    recipient: domain,
    policy: '',
    hop: '',
    others: [],
    signed: false,
    mxOf: domain,
  } as const;
  return { ...ordinary, kind, ...(await make(draw)) };
}

/** One line of the table for each destination that is delivered to. */
export interface Trial {
  readonly name: string;
  readonly lines: ReadonlyMap<Failing, string>;
}

/** What mail meets. */
export type Shown =
  /** Everything; who is silent today stays so. */
  | { readonly kind: 'all' }
  /** The n-th address of each alone, silent or not. */
  | { readonly kind: 'only'; readonly address: number }
  /** The interceptor at every address, or behind an MX record that it forged. */
  | { readonly kind: 'intercepted'; readonly by: 'valid' | 'self-signed' | 'forged MX' };

/** One Postfix for each setting, as somebody would have it. */
export function plainScene(drawn: Drawn, shown: Shown): Scene {
  const configurations = Object.entries(SETTINGS).flatMap(([setting, mainCf]): Configuration[] => {
    const own = drawn.failing.filter((one) => one.setting === setting);
    const service = setting === 'own service' ? 'partner' : 'smtp';
    if (own.length === 0) return [];
    return [
      {
        name: setting,
        ...(service === 'smtp' ? { mainCf: [CA_FILE, ...mainCf] } : { mainCf: [CA_FILE], services: serviceOf(service, mainCf) }),
        policy: own.map(({ policy }) => policy).join(''),
        transport: own
          .map(({ recipient, hop }) => (hop === '' && service === 'smtp' ? '' : `${recipient} ${service}:${hop}\n`))
          .join(''),
        recipients: own.map(({ recipient }) => recipient),
      },
    ];
  });
  return { ...worldOf(drawn, drawn.failing, shown), configurations };
}

/** One Postfix for all, with a service for each setting and trial: `t2@d7.test` is mail to d7.test under the lines of the third. */
export function trialScene(drawn: Drawn, trials: readonly Trial[], shown: Shown): Scene {
  const played = drawn.failing.filter((one) => shown.kind !== 'only' || contactsOf(one)[shown.address] !== undefined);
  const mail = trials.flatMap(({ lines }, i) =>
    played
      .filter((one) => lines.has(one))
      .map((one) => ({ ...one, address: addressOf(i, one), service: `t${i}-${serviceName(one)}` })),
  );
  const services = trials.flatMap((_, i) =>
    Object.entries(SETTINGS).map(([setting, mainCf]) =>
      serviceOf(`t${i}-${serviceName({ setting })}`, [`smtp_tls_policy_maps = texthash:@files@/trial-${i}`, ...mainCf]),
    ),
  );
  const world = worldOf(drawn, played, shown);
  return {
    ...world,
    files: {
      ...world.files,
      ...Object.fromEntries(trials.map(({ lines }, i) => [`trial-${i}`, [...lines.values()].join('')])),
    },
    configurations: [
      {
        name: 'trials',
        mainCf: [CA_FILE],
        services: services.join(''),
        policy: '',
        transport: mail.map(({ address, service, hop }) => `${address} ${service}:${hop}\n`).join(''),
        recipients: mail.map(({ address }) => address),
      },
    ],
  };
}

/** To whom mail goes that tries the lines of a trial, by its number. */
export const addressOf = (trial: number, { recipient }: Pick<Failing, 'recipient'>) => `t${trial}@${recipient}`;

const serviceName = ({ setting }: { readonly setting: string }) => setting.replace(/\W/g, '-');

const serviceOf = (name: string, mainCf: readonly string[]) =>
  `${name} unix - - n - 10 smtp${mainCf.map((line) => ` -o ${line.replace(/\s*=\s*/, '=').replaceAll(' ', '')}`).join('')}\n`;

/** What mail meets, whatever Postfix is configured with. */
function worldOf(
  { authorities, standing, interceptor }: Drawn,
  played: readonly Failing[],
  shown: Shown,
): Omit<Scene, 'configurations'> {
  const only = shown.kind === 'only' ? shown.address : undefined;
  const forged = shown.kind === 'intercepted' && shown.by === 'forged MX';
  return {
    dns: [...STANDING_ZONE, ...played.flatMap((one) => zoneOf(one, only)), ...(forged ? forgedSets(played) : [])],
    servers: [
      { address: CONTROL_ADDRESS, ...standing },
      { address: FORGED, ...interceptor.valid },
      ...played.flatMap((one) => contactsOf(one).map(({ host, server }) => serverOf(server, host, shown, interceptor))),
    ],
    files: authorities.files,
  };
}

function serverOf({ silent = false, ...server }: FailingServer, host: string, shown: Shown, by: Interceptor): SceneServer {
  switch (shown.kind) {
    case 'all':
      return silent ? { ...server, behaviour: 'refuse' } : server;
    case 'only':
      return server;
    case 'intercepted': {
      const { address, port = 25 } = server;
      return { address, port, ...(shown.by === 'self-signed' ? by.selfSigned.get(host) : by.valid) };
    }
  }
}

/** In place of those that stood there, and without AD. */
const forgedSets = (played: readonly Failing[]): RecordSet[] => [
  { name: INTERCEPTOR, type: 'A', data: [FORGED] },
  ...played.flatMap(({ mxOf }) => (mxOf === null ? [] : [{ name: mxOf, type: 'MX' as const, data: [`10 ${INTERCEPTOR}`] }])),
];

const CA_FILE = 'smtp_tls_CAfile = @files@/ca.pem';

const SETTINGS: Readonly<Record<SettingName, readonly string[]>> = {
  plain: [],
  dnssec: ['smtp_dns_support_level = dnssec'],
  'secure for all': ['smtp_tls_security_level = secure'],
  'list of main.cf': ['smtp_tls_secure_cert_match = nexthop, .old.test'],
  'own service': ['smtp_tls_CAfile = @files@/root-b.pem'],
  'sha1 pins': ['smtp_tls_fingerprint_digest = sha1'],
};

/** Of whoever answers in the place of another; valid, for names of its own. */
const INTERCEPTOR = 'mx.interceptor.example';

const FORGED = '127.71.0.2';
