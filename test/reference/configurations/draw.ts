/** Draws configuration directories from a seed: any one of them can be drawn alone. */
import { type Authorities, createAuthorities } from '../authorities.ts';
import { randomFrom } from '../random.ts';
import type { Directory } from './directory.ts';
import { type Draft, startDraft } from './draft.ts';
import { drawDomain, drawRelay, type Place } from './draw-places.ts';
import { drawPolicyMaps } from './draw-policy-tables.ts';
import { drawRouting, senders } from './draw-routing.ts';
import { drawServices } from './draw-services.ts';
import { drawSettings } from './draw-settings.ts';

/** Recipient domains per directory. */
export const DESTINATIONS = 8;

/** Directories `from` to `from + count - 1` of a seed; certificates apart, always the same. */
export async function drawDirectories(seed: number, from: number, count: number): Promise<Directory[]> {
  const authorities = await createAuthorities();
  const directories: Directory[] = [];
  for (let index = from; index < from + count; index++) directories.push(await drawDirectory(seed, index, authorities));
  return directories;
}

async function drawDirectory(seed: number, index: number, authorities: Authorities): Promise<Directory> {
  const random = randomFrom(Math.imul(seed, 7_919) + index * 104_729);
  const draft = startDraft(random, authorities, index);
  const bound = random.chance(0.06) ? drawBinding(draft) : undefined;
  const domains: Place[] = [];
  for (let i = 1; i <= DESTINATIONS; i++) {
    const label = random.chance(0.2) ? `sub.d${i}` : `d${i}`;
    domains.push(await drawDomain(draft, draft.name(label), random.chance(0.5) ? bound : undefined));
  }
  const relays: Place[] = [...(await drawRelay(draft, draft.name('r1'))), ...(await drawRelay(draft, draft.name('r2')))];
  relays.push(await drawDomain(draft, draft.name('n1')));
  const places = [...domains, ...relays];

  await drawSettings(draft);
  const policy = drawPolicyMaps(draft, places, 'tls_policy');
  if (policy !== '')
    draft.mainCf.push(
      `smtp_tls_policy_maps = ${random.chance(0.2) ? policy.replaceAll(draft.etc, '$config_directory') : policy}`,
    );
  const services = drawServices(draft, places);
  const delimited = random.chance(0.2);
  if (delimited) draft.mainCf.push('recipient_delimiter = +');
  const recipients = new Map(domains.map(({ domain }, i) => [domain, `m${i + 1}${delimited ? '+x' : ''}@${domain}`]));
  const routing = drawRouting(draft, { domains, relays, services, recipients });
  drawMessages(draft, [...recipients.values()], routing.bySender);
  const { oddities, mainCf, masterCf, files, daemons, dns, servers, messages, localAddresses } = draft;
  const { transportKeys } = routing;
  const byAddress = transportKeys.some((key) => key.includes('@')) || random.chance(0.1);
  const asked = byAddress ? 'addresses' : 'domains';
  const watcher = random.chance(0.06) ? 'nobody' : 'root';
  return {
    index,
    oddities,
    mainCf: lastWins(mainCf),
    masterCf,
    files,
    daemons,
    dns,
    servers,
    messages,
    asked,
    watcher,
    localAddresses,
  };
}

/** Mail leaves from an address of its own, and some hosts welcome no other. */
function drawBinding(draft: Draft): string {
  const { random, index } = draft;
  const address = `10.${80 + Math.floor(index / 250)}.${index % 250}.1`;
  draft.oddities.push('mail leaves from an address of its own');
  draft.localAddresses.push(address);
  draft.mainCf.push(random.chance(0.5) ? `smtp_bind_address = ${address}` : `inet_interfaces = ${address}`);
  return address;
}

function drawMessages(draft: Draft, recipients: readonly string[], bySender: boolean): void {
  const { anna, bert } = senders(draft);
  for (const recipient of recipients) {
    draft.messages.push({ sender: draft.random.pick(['<>', anna, bert]), recipient });
    if (!bySender) continue;
    draft.messages.push({ sender: draft.random.pick([anna, bert]), recipient: `o${recipient}` });
  }
}

/** A parameter is set twice only on purpose. */
function lastWins(lines: readonly string[]): string[] {
  const name = (line: string) => line.split(' =', 1)[0] ?? '';
  return lines.filter((line, i) => name(line) === 'biff' || !lines.slice(i + 1).some((later) => name(later) === name(line)));
}
