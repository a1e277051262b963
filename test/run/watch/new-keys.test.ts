/** A run on a real store, day by day: of a pin whose host presents another key the message says what to ask, and gives no line. */
import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Mail } from '../../../lambda/alert/message/mail.ts';
import { readStatus } from '../../../lambda/command/status/read.ts';
import { type Store, spaceOf } from '../../../lambda/store/keys.ts';
import { createAuthority, type Issued, selfSigned } from '../../internet/authority.ts';
import { type StoreOnDisk, storeOnDisk } from '../../store/on-disk.ts';
import { SmallWorld } from '../small-world.ts';
import { bundleOf, DAY_MS, runOnce } from '../watching.ts';

const START = Date.UTC(2026, 8, 1, 6);
const root = await createAuthority('Root');
const [pinned, strange] = [
  await selfSigned({ dnsNames: ['mx.partner.test'] }),
  await selfSigned({ dnsNames: ['mx.partner.test'] }),
];
const vouchedFor = await root.issue({ dnsNames: ['mx.partner.test'] });
const pin = ({ key: { publicKey } }: Issued) =>
  createHash('md5')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .replace(/..(?!$)/g, '$&:');

let disk: StoreOnDisk;
beforeAll(async () => {
  disk = await storeOnDisk(START);
});
afterAll(() => disk.close());

async function overDays(shown: readonly Issued[]) {
  const store: Store = { table: disk.table, space: spaceOf(`p${randomUUID()}`, 'mx1') };
  const world = new SmallWorld();
  const host = world.host('mx.partner.test', []);
  world.domain('partner.test', host);
  const { settings, ...rest } = bundleOf(`partner.test fingerprint match=${pin(pinned)}\n`, root.certificate.pem);
  const bundle = { ...rest, settings: { ...settings, fingerprintDigest: 'md5' as const } };
  let mail: Mail | undefined;
  let kind: string | undefined;
  for (const [day, issued] of shown.entries()) {
    host.chain = issued.chain;
    const watched = await runOnce({ bundle, store, world: () => world.doors(), at: START + day * DAY_MS });
    if (watched.kind !== 'done') throw new Error(watched.kind);
    mail = watched.mail;
    kind = watched.verdicts[0]?.caution?.kind;
  }
  const { incidents } = await readStatus(store, START + shown.length * DAY_MS, { notWatched: [] });
  const [entry] = incidents.flatMap(({ entries }) => entries);
  return { text: mail?.text.replaceAll(/\s+/g, ' ') ?? '', kind, entry };
}

test('a key that nothing vouches for: whom to ask for what, the command that follows, and no line', async () => {
  const { text, kind, entry } = await overDays([pinned, strange, strange]);
  expect(kind).toBe('new-key');
  expect(text).toContain('Fingerprint may just have done its work: mx.partner.test presents a key that the line does not pin');
  expect(text).toContain('There is no line to use yet: ask them by another way than DNS and mail, by telephone');
  expect(text).toContain('postfix-tls-watch explain partner.test --key "the digest that they gave you"');
  expect(text).not.toContain(pin(strange));
  expect(entry).toMatchObject({ suggestion: null, caution: expect.stringContaining('fingerprint may just have done its work') });
});

test('mail that waits for it bounces from the day on which it began', async () => {
  const { text } = await overDays([pinned, strange, strange]);
  expect(text).toContain('Mail that waits for it bounces from Mon 2026-09-07 06:00Z');
});

test('one that an authority vouches for has a line, and no such caution', async () => {
  const { kind, entry } = await overDays([pinned, vouchedFor, vouchedFor]);
  expect(kind).toBeUndefined();
  expect(entry?.suggestion).toContain('partner.test fingerprint match=');
});
