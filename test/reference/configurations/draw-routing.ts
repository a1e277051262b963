/** Draws how destinations become next hops: transport_maps, relayhost, sender maps, address classes, default transports. */
import type { Draft } from './draft.ts';
import type { Place } from './draw-places.ts';
import { drawTable, escaped, exactly, type TableRecord } from './draw-table.ts';

export interface RoutingParts {
  /** Recipient domains. */
  readonly domains: readonly Place[];
  /** Next hops that exist beside them. */
  readonly relays: readonly Place[];
  /** Names of smtp clients beside smtp and relay. */
  readonly services: readonly string[];
  /** Whole recipient addresses, by domain. */
  readonly recipients: ReadonlyMap<string, string>;
}

/** Two senders whose mail may go another way, and one that has no map. */
export const senders = (draft: Draft) => ({
  anna: `anna@${draft.name('s1')}`,
  bert: `bert@${draft.name('s2')}`,
});

export interface DrawnRouting {
  /** As meant: in tables of patterns they are patterns. */
  readonly transportKeys: readonly string[];
  /** Senders matter. */
  readonly bySender: boolean;
}

export function drawRouting(draft: Draft, parts: RoutingParts): DrawnRouting {
  const { random } = draft;
  const transportKeys = random.chance(0.5) ? drawTransportMaps(draft, parts) : [];
  if (random.chance(0.22)) drawRelayhost(draft, parts);
  if (random.chance(0.3)) drawClasses(draft, parts);
  if (random.chance(0.08)) drawDefaultTransports(draft, parts);
  return { transportKeys, bySender: random.chance(0.15) && drawSenderMaps(draft, parts) };
}

function drawTransportMaps(draft: Draft, { domains, services, relays, recipients }: RoutingParts): string[] {
  const { random } = draft;
  const records: TableRecord[] = [];
  for (const { domain } of random.some(domains, random.between(1, 4))) {
    const key = random.weighted<() => string>([
      [12, () => domain],
      [2, () => `.${domain.split('.').slice(1).join('.')}`],
      [1, () => domain.toUpperCase()],
      [1, () => recipients.get(domain) ?? domain],
      [0.5, () => '*'],
      [0.5, () => `@${domain}`],
      [0.5, () => domain.split('.').slice(1).join('.')],
    ])();
    records.push({ key, value: drawTransport(draft, services, relays) });
  }
  if (random.chance(0.08)) draft.mainCf.push('parent_domain_matches_subdomains = transport_maps');
  const maps = [drawTable(draft, unrepeated(records), { name: 'transport', pattern: patternOf(draft), proxied: true })];
  if (random.chance(0.1)) {
    maps.push(
      drawTable(draft, [{ key: random.pick(domains).domain, value: drawTransport(draft, services, relays) }], {
        name: 'transport_second',
        pattern: patternOf(draft),
        proxied: true,
      }),
    );
  }
  draft.mainCf.push(`transport_maps = ${maps.join(' ')}`);
  return records.map(({ key }) => key);
}

/** In patterns, people match the address, its end, or, in vain, the domain alone. */
const patternOf = (draft: Draft) => (key: string) =>
  key === '*'
    ? '.'
    : key.includes('@')
      ? exactly(key)
      : draft.random.pick([`@${escaped(key)}$`, `@(.*\\.)?${escaped(key)}$`, exactly(key)]);

function drawTransport(draft: Draft, services: readonly string[], relays: readonly Place[]): string {
  const { random } = draft;
  const service = () => random.pick(['smtp', 'relay', ...services, ...services]);
  const hop = () => random.pick(relays).nextHop;
  return random.weighted<() => string>([
    [6, () => `${service()}:`],
    [8, () => `${service()}:${hop()}`],
    [2, () => `:${hop()}`],
    [1, () => `${service()}:${hop()}, ${hop()}`],
    [1, () => random.pick(['local:', 'error:5.7.1 not here', 'discard:', 'pipe:', 'retry:later', 'lmtp:[127.0.0.1]'])],
    [0.5, () => service()],
    [0.5, () => ':'],
    [0.3, () => 'nosuch:'],
    [0.3, () => `${service()}:[${draft.name('gone')}]`],
    [0.2, () => hop()],
  ])();
}

function drawRelayhost(draft: Draft, { relays }: RoutingParts): void {
  const { random } = draft;
  const { nextHop, host } = random.pick(relays);
  const value = random.weighted<() => string>([
    [8, () => nextHop],
    [2, () => `[${host.split('.')[0]}.$mydomain]:587`],
    [1, () => `${nextHop}, ${random.pick(relays).nextHop}`],
    [1, () => `[${draft.name('gone')}] ${nextHop}`],
  ])();
  if (value.includes('$mydomain')) {
    draft.oddities.push('relayhost below $mydomain');
    draft.mainCf.push(...random.pick([[`myhostname = ${draft.name('mail')}`], [`mydomain = ${draft.name('x').slice(2)}`]]));
  }
  draft.mainCf.push(`relayhost = ${value}`);
}

function drawClasses(draft: Draft, { domains, relays, services }: RoutingParts): void {
  const { random } = draft;
  for (const parameter of random.some(
    CLASSES,
    random.weighted([
      [6, 1],
      [2, 2],
    ]),
  )) {
    const members = random.some(domains, random.between(1, 2)).map(({ domain }) => domain);
    const parent = random.chance(0.15) ? [domains[0]?.domain.split('.').slice(1).join('.') ?? ''] : [];
    const elements = [...members, ...parent];
    const form = random.weighted<'list' | 'table' | 'both' | 'file'>([
      [6, 'list'],
      [4, 'table'],
      [1, 'both'],
      [1, 'file'],
    ]);
    const records = elements.map((key) => ({ key, value: random.pick(['x', 'OK']) }));
    const table = () =>
      drawTable(draft, records, { name: parameter, pattern: (key) => random.pick([exactly(key), escaped(key)]), proxied: true });
    draft.oddities.push(`${parameter} as ${form}`);
    switch (form) {
      case 'list':
        draft.mainCf.push(`${parameter} = ${random.chance(0.1) ? `!${elements[0]}, ` : ''}${elements.join(', ')}`);
        break;
      case 'table':
        draft.mainCf.push(`${parameter} = ${table()}`);
        break;
      case 'both':
        draft.mainCf.push(`${parameter} = $mydomain, ${table()}, localhost`);
        break;
      case 'file':
        draft.files.push({ name: `${parameter}.list`, text: `# ours\n${elements.join('\n')}\n` });
        draft.mainCf.push(`${parameter} = ${draft.etc}/${parameter}.list`);
        break;
    }
    if (parameter === 'virtual_mailbox_domains') draft.mainCf.push('virtual_mailbox_base = /nowhere');
    if (parameter === 'relay_domains' && random.chance(0.3)) {
      draft.mainCf.push(
        `relay_transport = ${random.pick(['smtp', 'relay', ...services])}:${random.pick(['', random.pick(relays).nextHop])}`,
      );
    }
    if (parameter === 'mydestination' && random.chance(0.2))
      draft.mainCf.push(`local_transport = smtp:${random.pick(relays).nextHop}`);
  }
}

const CLASSES = ['mydestination', 'virtual_alias_domains', 'virtual_mailbox_domains', 'relay_domains'] as const;

function drawDefaultTransports(draft: Draft, { relays, services }: RoutingParts): void {
  const { random } = draft;
  const value = random.pick(['relay', 'smtp', ...services]);
  draft.mainCf.push(`default_transport = ${value}${random.pick(['', ':', `:${random.pick(relays).nextHop}`])}`);
}

function drawSenderMaps(draft: Draft, { relays, services }: RoutingParts): boolean {
  const { random } = draft;
  const { anna, bert } = senders(draft);
  const key = () => random.pick([anna, `@${draft.name('s1')}`, bert, `@${draft.name('s2')}`, '<>']);
  const draw = (parameter: string, value: () => string) => {
    const records = unrepeated([
      { key: key(), value: value() },
      { key: key(), value: value() },
    ]);
    const table = drawTable(draft, records, { name: parameter, pattern: (one) => `${escaped(one)}$`, proxied: true });
    draft.oddities.push(parameter);
    draft.mainCf.push(`${parameter} = ${table}`);
  };
  const both = random.chance(0.2);
  if (both || random.chance(0.7))
    draw('sender_dependent_relayhost_maps', () => (random.chance(0.1) ? 'DUNNO' : random.pick(relays).nextHop));
  else
    draw(
      'sender_dependent_default_transport_maps',
      () => `${random.pick(['smtp', ...services])}:${random.chance(0.6) ? random.pick(relays).nextHop : ''}`,
    );
  if (both) draw('sender_dependent_default_transport_maps', () => `${random.pick(['smtp', ...services])}:`);
  return true;
}

function unrepeated(records: readonly TableRecord[]): TableRecord[] {
  return records.filter(({ key }, i) => records.findIndex((other) => other.key.toLowerCase() === key.toLowerCase()) === i);
}
