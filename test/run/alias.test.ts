/**
 * Days over real DNS, SMTP and TLS of an MX host that is an alias, with its target as the `hostname` and without: what is
 * remembered of it, and whose change is told when the certificate of the target changes.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readTimeline } from '../../lambda/command/history/timeline.ts';
import { openWorld } from '../../lambda/doors.ts';
import type { Bundle } from '../../lambda/policy/bundle.ts';
import { readSettings } from '../../lambda/policy/settings.ts';
import { readMainCf } from '../../lambda/postfix/main-cf.ts';
import { type Store, spaceOf } from '../../lambda/store/keys.ts';
import { readLatest } from '../../lambda/store/latest.ts';
import { type Authority, createAuthority, type Issued } from '../internet/authority.ts';
import { type Internet, type MailHost, startInternet } from '../internet/internet.ts';
import { type StoreOnDisk, storeOnDisk } from '../store/on-disk.ts';
import { bundleOf, DAY_MS, runOnce } from './watching.ts';

const START = Date.UTC(2026, 10, 24, 6);
/** Handshakes go by the clock of this machine, the judge by that of the test: valid under both. */
const LONG = { notBefore: Date.UTC(2020, 0), notAfter: Date.UTC(2090, 0) };
const PUBLISHED = 'mx.a.test';
const TARGET = 'in1.provider.test';

let dir: string;
let disk: StoreOnDisk;
let internet: Internet;
let root: Authority;
let host: MailHost;
let certificates: Readonly<Record<'first' | 'renewed' | 'alien' | 'nameless', Issued>>;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'alias-watch-'));
  disk = await storeOnDisk(START);
  internet = await startInternet();
  root = await createAuthority('Alias Root', LONG);
  const other = await createAuthority('Other Root', LONG);
  const names = { ...LONG, dnsNames: [PUBLISHED, TARGET] };
  certificates = {
    first: await root.issue(names),
    renewed: await root.issue(names),
    alien: await other.issue(names),
    nameless: await root.issue({ ...LONG, dnsNames: ['new.provider.test'] }),
  };
  host = await internet.mailHost({ host: TARGET, chain: certificates.first.chainPem, key: certificates.first.keyPem });
  internet.dns.set({ name: PUBLISHED, type: 'CNAME', data: [TARGET] });
  internet.domain('a.test', PUBLISHED);
  // Always well: the proof that the way out is open.
  const { chainPem, keyPem } = await root.issue({ ...LONG, dnsNames: ['mx.well.test'] });
  internet.domain('well.test', await internet.mailHost({ host: 'mx.well.test', chain: chainPem, key: keyPem }));
});

afterAll(async () => {
  await internet.close();
  disk.close();
  rmSync(dir, { recursive: true, force: true });
});

describe.each([
  { overrides: 'no', shown: PUBLISHED },
  { overrides: 'yes', shown: TARGET },
])('smtp_cname_overrides_servername = $overrides', ({ overrides, shown }) => {
  let store: Store;
  let bundle: Bundle;
  let texts: string[];
  let subjects: string[];

  beforeEach(() => {
    store = { table: disk.table, space: spaceOf(`p${randomUUID()}`, 'mx1') };
    const mainCf = `smtp_cname_overrides_servername = ${overrides}\n`;
    const { settings } = readSettings(readMainCf(mainCf, '3.11').parameters, '3.11');
    bundle = {
      ...bundleOf('a.test secure match=hostname\nwell.test encrypt\n', root.certificate.pem),
      settings: { ...settings, tcpPort: internet.smtpPort },
    };
    [subjects, texts] = [[], []];
  });

  async function on(day: number, presented: keyof typeof certificates) {
    const { chainPem, keyPem } = certificates[presented];
    host.present({ chain: chainPem, key: keyPem });
    const watched = await runOnce({
      bundle,
      store,
      world: () => openWorld({ resolvers: [internet.resolver], helo: 'client.test', allowPrivateAddresses: true }, bundle),
      at: START + day * DAY_MS,
      tell: async ({ subject, text }) => {
        subjects.push(subject);
        texts.push(text.replace(/\s+/g, ' '));
        return { kind: 'told' };
      },
    });
    if (watched.kind !== 'done') throw new Error(watched.kind);
    const verdict = watched.verdicts.find(({ id }) => id === 'a.test');
    const [one] = verdict?.hosts ?? [];
    return { shown: one?.host, verdict: `${verdict?.verdict} ${verdict?.reason}` };
  }

  /** What is remembered of the host, freshest first. */
  async function remembered() {
    const { hosts } = await readLatest(store, START);
    return [...hosts.values()].flatMap(({ value }) =>
      value.host === 'mx.well.test' ? [] : value.sightings.map(({ trust, missed }) => ({ host: value.host, trust, missed })),
    );
  }

  /** Whose change the message says it was, and what. */
  const changed = (text: string | undefined) => /What changed on their side: (.*?\)\.)/.exec(text ?? '')?.[1];

  const ours = { kind: 'anchored', anchor: '/O=Test Authority/CN=Alias Root' };

  test('trust is remembered, and a change of issuer is told as theirs', async () => {
    expect(await on(0, 'first')).toEqual({ shown, verdict: 'pass null' });
    expect(await remembered()).toEqual([{ host: PUBLISHED, trust: ours, missed: 0 }]);

    expect(await on(1, 'alien')).toEqual({ shown, verdict: 'fail missing-intermediate' });
    await on(2, 'alien');
    expect(await remembered()).toEqual([
      { host: PUBLISHED, trust: { kind: 'untrusted', reason: 'missing-intermediate' }, missed: 0 },
      { host: PUBLISHED, trust: ours, missed: 2 },
    ]);
    expect(subjects).toEqual(['Now watching 2 entries: all deliver', 'a.test would defer: certificate chain is incomplete']);
    expect(changed(texts[1])).toBe(
      'the chain of mx.a.test was trusted and is no longer; mx.a.test has a new key (seen Wed 2026-11-25 06:00Z).',
    );

    expect(await on(3, 'first')).toEqual({ shown, verdict: 'pass null' });
    await on(4, 'first');
    expect(subjects.at(-1)).toBe('a.test delivers again');
    expect((await remembered())[0]).toEqual({ host: PUBLISHED, trust: ours, missed: 0 });
  });

  test('a name that the certificate lost is told as theirs', async () => {
    await on(0, 'first');
    expect(await on(1, 'nameless')).toEqual({ shown, verdict: 'fail name-mismatch' });
    await on(2, 'nameless');
    expect(changed(texts[1])).toBe(
      'mx.a.test no longer presents in1.provider.test and mx.a.test, presents new.provider.test as well, and has a new key ' +
        '(seen Wed 2026-11-25 06:00Z).',
    );
  });

  test('its history is found by the name that messages show', async () => {
    await on(0, 'first');
    await on(1, 'alien');
    const timeline = await readTimeline(store, { name: shown }, START + 2 * DAY_MS);
    expect(timeline?.happened.map(({ event }) => event.name.split('#')[0])).toEqual([
      `${PUBLISHED}:${internet.smtpPort}`,
      `${PUBLISHED}:${internet.smtpPort}`,
    ]);
    expect(await readTimeline(store, { name: 'other.provider.test' }, START + 2 * DAY_MS)).toBeUndefined();
  });

  test('a renewal is no news', async () => {
    await on(0, 'first');
    expect(await on(1, 'renewed')).toEqual({ shown, verdict: 'pass null' });
    await on(2, 'renewed');
    expect(await remembered()).toEqual([
      { host: PUBLISHED, trust: ours, missed: 0 },
      { host: PUBLISHED, trust: ours, missed: 2 },
    ]);
    expect(subjects).toEqual(['Now watching 2 entries: all deliver']);
  });
});
