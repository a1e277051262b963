/** What real Postfix said where DNS alone decided, replayed at the door: `test/cases/postfix-settings.json` and `-deliveries.json`. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseNextHop } from '../../lambda/policy/next-hop.ts';
import { readSettings } from '../../lambda/policy/settings.ts';
import { readMainCf } from '../../lambda/postfix/main-cf.ts';
import { resolveRoute } from '../../lambda/route/resolve.ts';
import type { DnsFailure } from '../../lambda/route/route.ts';
import { type Said, zone } from './zone.ts';

interface Recorded {
  readonly mainCf: readonly string[];
  readonly destinations: readonly {
    readonly destination: string;
    readonly recipient?: string;
    readonly mainCf?: readonly string[];
    readonly mx?: readonly { readonly preference: number; readonly host: string; readonly addresses: readonly string[] }[];
    readonly note: string;
    readonly postfix: Readonly<Record<string, { readonly status: string; readonly dsn: string; readonly text: string }>>;
  }[];
  readonly dns?: readonly {
    readonly name: string;
    readonly type: string;
    readonly data?: readonly string[];
    readonly fail?: string;
  }[];
}

/** The texts that speak of names alone. */
const BY_DNS = /^(Host or domain name not found|Domain \S+ does not accept mail|unable to look up host|mail for \S+ loops back)/;

describe.each(['postfix-settings', 'postfix-deliveries'])('%s', (file) => {
  const { mainCf, destinations, dns = [] } = JSON.parse(readFileSync(`test/cases/${file}.json`, 'utf8')) as Recorded;
  const sets: Record<string, Said> = {};
  for (const { name, type, data = [], fail } of dns) sets[`${name} ${type}`] = fail === undefined ? data : failure(fail);
  for (const { destination, mx = [] } of dns.length > 0 ? [] : destinations)
    if (mx.length > 0) sets[`${destination} MX`] = mx.map(({ preference, host }) => `${preference} ${host === '' ? '.' : host}`);

  const cases = destinations.flatMap(({ destination, mainCf: own = [], note, postfix }) =>
    Object.entries(postfix)
      .filter(([, said]) => BY_DNS.test(said.text))
      .map(([version, { dsn, text }]) => ({ destination, own, note, version, dsn, text })),
  );

  test('some are about DNS alone', () => {
    expect(cases.length).toBeGreaterThan(5);
  });

  test.each(cases)('$destination by $version: $text', async ({ destination, own, version, dsn, text }) => {
    // The recording network spoke IPv4 unless a delivery said otherwise, and its own address was 127.0.0.1.
    const lines = ['inet_protocols = ipv4', 'inet_interfaces = 127.0.0.1', ...mainCf, ...own].join('\n');
    const { settings } = readSettings(readMainCf(lines, version).parameters, version);
    const nextHop = parseNextHop(destination, 'recipient', settings);
    if (!('host' in nextHop)) throw new Error(`${destination}: not a next hop`);
    const route = await resolveRoute(nextHop, settings, zone(sets).dns);
    expect(route).toMatchObject({ dsn, text });
  });
});

function failure(fail: string): DnsFailure {
  if (fail === 'TIMEOUT') return 'timeout';
  return fail === 'REFUSED' ? 'refused' : 'servfail';
}
