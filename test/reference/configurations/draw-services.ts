/** Draws the delivery agents of master.cf: smtp, relay, and up to two more smtp clients with settings of their own. */
import type { Draft } from './draft.ts';
import type { Place } from './draw-places.ts';
import { drawPolicyMaps } from './draw-policy-tables.ts';

/** Writes master.cf's lines, and names the services beside smtp and relay. */
export function drawServices(draft: Draft, places: readonly Place[]): string[] {
  const { random } = draft;
  const more = random.some(
    ['out', 'strict', 'smtp-tls'],
    random.weighted([
      [4, 0],
      [4, 1],
      [2, 2],
    ]),
  );
  for (const service of ['smtp', 'relay', ...more]) {
    const overrides = drawOverrides(draft, service, places);
    const chroot = random.weighted([
      [8, 'n'],
      [3, 'y'],
      [2, '-'],
    ]);
    draft.masterCf.push(`${service} unix - - ${chroot} - ${random.pick(['-', '10'])} smtp`);
    draft.masterCf.push(...overrides.map((override) => `  -o ${spelled(draft, override)}`));
  }
  draft.masterCf.push('lmtp unix - - n - 10 lmtp', 'pipe unix - n n - - pipe flags=R user=nobody argv=/bin/true');
  return more;
}

type Override = readonly [name: string, value: string];

function drawOverrides(draft: Draft, service: string, places: readonly Place[]): Override[] {
  const { random, etc } = draft;
  const overrides: Override[] = [['syslog_name', `postfix/${service}`]];
  const most = service === 'smtp' || service === 'relay' ? 0.12 : 0.8;
  if (!random.chance(most)) return overrides;
  const count = random.weighted([
    [4, 1],
    [3, 2],
    [1, 3],
  ]);
  for (const maker of random.some(MAKERS, count)) overrides.push(maker(draft, service, places, etc));
  draft.oddities.push(
    `${service}: ${overrides
      .slice(1)
      .map(([name, value]) => `${name}=${value.slice(0, 60)}`)
      .join(' ')}`,
  );
  return overrides;
}

type OverrideMaker = (draft: Draft, service: string, places: readonly Place[], etc: string) => Override;

const level: OverrideMaker = ({ random }) => [
  'smtp_tls_security_level',
  random.weighted([
    [3, 'encrypt'],
    [3, 'secure'],
    [2, 'may'],
    [1, 'none'],
    [1, 'verify'],
    [1, ''],
    [0.5, 'sekure'],
  ]),
];

const tables: OverrideMaker = (draft, service, places) => [
  'smtp_tls_policy_maps',
  draft.random.chance(0.2) ? '' : drawPolicyMaps(draft, places, `policy_${service.replace('-', '_')}_`),
];

const MAKERS: readonly OverrideMaker[] = [
  level,
  level,
  tables,
  tables,
  ({ random }) => ['smtp_tls_wrappermode', random.pick(['yes', 'no'])],
  (_draft, _service, _places, etc) => ['smtp_tls_CAfile', `${etc}/root-b.pem`],
  (_draft, _service, _places, etc) => ['smtp_tls_CAfile', `${etc}/gone.pem`],
  (_draft, _service, _places, etc) => ['smtp_tls_cert_file', `${etc}/gone.pem`],
  () => ['smtp_tls_secure_cert_match', 'hostname'],
  () => ['smtp_discard_ehlo_keywords', 'starttls'],
  (draft) => ['smtp_helo_name', draft.name('client')],
  (draft, _service, places) => ['smtp_fallback_relay', draft.random.pick(places).nextHop],
  () => ['smtp_tcp_port', '587'],
];

/** With braces where the value has blanks, and now and then anyway. */
function spelled({ random }: Draft, [name, value]: Override): string {
  if (/\s/.test(value) || random.chance(0.3)) return `{ ${name} = ${value} }`;
  return `${name}=${value}`;
}
