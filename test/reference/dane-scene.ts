/** A scene of DANE destinations from a seed, spread over main.cf files that differ in what DANE depends on. */
import { createAuthorities } from './authorities.ts';
import { type DaneDestination, drawDane } from './dane-draw.ts';
import { deadly, hostile } from './dane-hostile.ts';
import { randomFrom } from './random.ts';
import { CONTROL_HOST, type Configuration, type Scene, type SceneServer } from './scene.ts';
import { addresses, CONTROL_ADDRESS, STANDING_ZONE } from './standing.ts';

export async function daneScene(seed: number, count: number): Promise<Scene> {
  const random = randomFrom(seed);
  const authorities = await createAuthorities();
  const address = addresses();
  const drawn = new Map<DaneSettings, DaneDestination[]>(SETTINGS.map((settings) => [settings, []]));
  for (let number = 1; number <= count; number++) {
    const settings = random.weighted(SETTINGS.map((one) => [one.weight, one] as const));
    drawn.get(settings)?.push(await drawDane(random, { number, address, authorities }));
  }
  drawn.get(SETTINGS[0])?.push(...(await hostile(authorities, address)));
  drawn.set(DEADLY, await deadly(authorities, address));
  const standing = await authorities.present('none', { dnsNames: [CONTROL_HOST] });
  const control: SceneServer = { address: CONTROL_ADDRESS, ...standing };
  const all = [...drawn.values()].flat();
  const configurations = [...drawn].map(
    ([{ name, mainCf }, destinations]): Configuration => ({
      name,
      mainCf: ['smtp_tls_CAfile = @files@/ca.pem', ...mainCf],
      policy: destinations.map(({ policy }) => policy).join(''),
      transport: destinations.map(({ transport }) => transport).join(''),
      recipients: destinations.map(({ recipient }) => recipient),
    }),
  );
  return {
    dns: [...STANDING_ZONE, ...all.flatMap(({ sets }) => sets)],
    servers: [control, ...all.flatMap(({ servers }) => servers)],
    files: authorities.files,
    configurations: configurations.filter(({ recipients }) => recipients.length > 0),
  };
}

const DNSSEC = 'smtp_dns_support_level = dnssec';

interface DaneSettings {
  readonly weight: number;
  readonly name: string;
  readonly mainCf: readonly string[];
}

const DEADLY: DaneSettings = { weight: 0, name: 'deadly', mainCf: [DNSSEC] };

/** The first one gets what is hostile, too. */
const SETTINGS = [
  { weight: 50, name: 'dnssec', mainCf: [DNSSEC] },
  { weight: 12, name: 'dane for all', mainCf: [DNSSEC, 'smtp_tls_security_level = dane'] },
  { weight: 8, name: 'insecure MX is may', mainCf: [DNSSEC, 'smtp_tls_dane_insecure_mx_policy = may'] },
  { weight: 8, name: 'insecure MX is encrypt', mainCf: [DNSSEC, 'smtp_tls_dane_insecure_mx_policy = encrypt'] },
  { weight: 8, name: 'insecure MX is dane', mainCf: [DNSSEC, 'smtp_tls_dane_insecure_mx_policy = dane'] },
  { weight: 5, name: 'sha256 first', mainCf: [DNSSEC, 'tls_dane_digests = sha256 sha512'] },
  { weight: 4, name: 'sha256 alone', mainCf: [DNSSEC, 'tls_dane_digests = sha256', 'smtp_tls_servername = other.example'] },
  { weight: 6, name: 'TLSA whatever the address', mainCf: [DNSSEC, 'smtp_tls_force_insecure_host_tlsa_lookup = yes'] },
  { weight: 3, name: 'without dnssec', mainCf: [] },
  { weight: 2, name: 'MX errors ignored', mainCf: [DNSSEC, 'ignore_mx_lookup_error = yes'] },
] as const satisfies readonly DaneSettings[];
