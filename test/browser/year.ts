/**
 * A store on disk with a year in it, written as runs write it: entries, each on a host of its own that renews its certificate
 * every sixty days, some that failed for a time, a run each day with a week without any.
 */
import { createHash } from 'node:crypto';
import type { EntrySnapshot } from '../../lambda/snapshot/entry-snapshot.ts';
import { type HostSnapshot, hostKey, type Sighting } from '../../lambda/snapshot/host-snapshot.ts';
import { keepCertificates } from '../../lambda/store/certificates.ts';
import { appendHistory } from '../../lambda/store/history.ts';
import { type Store, spaceOf } from '../../lambda/store/keys.ts';
import { saveEntry, saveHost } from '../../lambda/store/latest.ts';
import { advanceRun, beginRun } from '../../lambda/store/runs.ts';
import { openToWatch } from '../../lambda/store/sqlite/open.ts';
import type { HistoryEvent } from '../../lambda/store/stored-values.ts';
import { createAuthority, keyPair } from '../internet/authority.ts';

export const DAY = 86_400_000;

export interface Year {
  /** Names of the entries; each has a host below it. */
  readonly names: readonly string[];
  readonly days: number;
  /** Epoch ms: the last run. */
  readonly end: number;
  /** In every certificate, beside the name of its host. */
  readonly certificateNames?: readonly string[];
}

/** @param directory is made, with the store in it */
export async function writeYear(directory: string, { names, days, end, certificateNames = [] }: Year): Promise<void> {
  const { table } = await openToWatch(directory, end);
  const store: Store = { table, space: spaceOf('default', 'mx.demo.example') };
  try {
    const root = await createAuthority('A Year');
    const key = await keyPair();
    const begin = end - days * DAY;
    const ders = new Map<string, string>();
    const events: HistoryEvent[] = [];
    for (const [i, name] of names.entries()) {
      const host = `mx.${name}`;
      let before: HostSnapshot | null = null;
      let notAfter = 0;
      // Each host renews on days of its own.
      for (let at = begin + (i % RENEWAL_DAYS) * DAY; at < end; at += RENEWAL_DAYS * DAY) {
        const lasted = notAfter;
        notAfter = at + LIFETIME_DAYS * DAY;
        const dnsNames = [host, ...certificateNames];
        const { der } = await root.issue({ commonName: null, dnsNames, key, notBefore: at - DAY, notAfter });
        const sha256 = createHash('sha256').update(der, 'base64').digest('hex');
        ders.set(sha256, der);
        const after = hostSnapshot(host, sha256, begin, at, before === null ? undefined : lasted - at);
        const renewed = { kind: 'renewed', subject: host, before: [iso(lasted)], after: [iso(notAfter)], at };
        events.push({
          ...{ grain: 'host', name: hostKey(after), at, runId: iso(at) },
          ...{ changes: before === null ? [] : [renewed], before, after },
        });
        before = after;
      }
      if (before !== null) await saveHost(store, before, undefined, end);
      const fails = i % 10 === 3;
      const first = entrySnapshot(name, host, begin, begin, notAfter);
      const entries = [first];
      if (fails) {
        const lost = begin + ((40 + i) % Math.max(1, days - 20)) * DAY;
        entries.push({ ...first, ...FAILING, sentence: `mail to ${name} would be deferred: ${WHY}`, since: lost });
        if (i % 20 === 3) entries.push({ ...first, since: lost + 9 * DAY });
      }
      for (const [n, after] of entries.entries())
        events.push({
          ...{ grain: 'entry', name, at: after.since, runId: iso(after.since), changes: [] },
          ...{ before: entries[n - 1] ?? null, after },
        });
      const snapshot = entries.at(-1) ?? first;
      await saveEntry(store, { snapshot }, undefined, end);
    }
    await keepCertificates(store, ders, end + 400 * DAY);
    await appendHistory(store, events);
    await writeRuns(store, begin, days);
  } finally {
    table.close();
  }
}

async function writeRuns(store: Store, begin: number, days: number): Promise<void> {
  for (let day = 0; day <= days; day++) {
    const at = begin + day * DAY;
    if (day > days / 2 && day < days / 2 + 7) continue;
    const started = await beginRun(store, { runId: iso(at), scope: 'all', holder: 'mx#1', digests: {} }, at);
    if (started.kind !== 'new') throw new Error(`the run of ${iso(at)} is there already`);
    await advanceRun(
      store,
      started.run,
      'complete',
      { counts: { pass: 1, notWatched: 0 }, vantage: { ipv4: 'clear', ipv6: 'untried' }, more: { notWatched: [] } },
      at + 60_000,
    );
  }
}

function hostSnapshot(host: string, sha256: string, firstAt: number, at: number, leftMs: number | undefined): HostSnapshot {
  const sighting: Sighting = {
    result: { kind: 'presented', chain: [sha256], protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', verify: 'OK' } as never,
    ...{ addresses: ['192.0.2.1'], firstAt: at, lastAt: at, missed: 0 },
    ...(leftMs === undefined ? {} : { predecessorLeftMs: leftMs }),
  };
  return { host, port: 25, offer: '3f9a01c2', firstAt, sightings: [sighting], certificatesUntil: 0 };
}

function entrySnapshot(name: string, host: string, firstAt: number, since: number, notAfter: number): EntrySnapshot {
  return {
    ...{ id: name, destination: name, key: name, level: 'secure', firstAt, verdict: 'pass', reason: null, since },
    sentence: `mail to ${name} is delivered encrypted and authenticated`,
    ...{ protection: 'authenticated', postfixWould: 'deliver', failsFrom: iso(notAfter), degradedFrom: null },
    failsBecause: `at ${host} (192.0.2.1) the certificate expires (${iso(notAfter).slice(0, 10)} 06:00Z)`,
    suggestion: null,
    routes: [{ kind: 'hosts', nextHop: name, mx: true, hosts: [{ host, preference: 10, lookup: 'found' }] }],
  };
}

const FAILING: Partial<EntrySnapshot> = {
  ...{ verdict: 'fail', reason: 'name-mismatch', protection: 'none', postfixWould: 'defer', failsFrom: null, failsBecause: null },
};
const WHY = 'Postfix says "Server certificate not verified". The chain is trusted, but secure wants another name';
const iso = (at: number): string => new Date(at).toISOString();
const RENEWAL_DAYS = 60;
const LIFETIME_DAYS = 90;
