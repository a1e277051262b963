/** A server with a certificate that the OpenSSL in Node does not read, and OpenSSL 3.0 does. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { openProbe } from '../../lambda/probe/connection.ts';
import { isReference, NO_REFERENCE } from '../certificate/openssl-verify.ts';
import { createAuthority, pemOf } from '../internet/authority.ts';
import { element, remint, utcTime } from '../internet/remint.ts';
import { conversationWith } from './demand.ts';

const home = mkdtempSync(join(tmpdir(), 'engine-'));
const children: ChildProcess[] = [];
const OPTIONS = {
  heloName: 'watch.example.test',
  greetingTimeoutMs: 30_000,
  stepTimeoutMs: 30_000,
  anchors: [],
  allowPrivateAddresses: true,
};
afterAll(() => {
  for (const child of children) child.kill();
  rmSync(home, { recursive: true });
});

test.for(['2001010000Z', '20200101000000'])(
  'a date %s ends the handshake here, and not with OpenSSL 3.0',
  async (date, { skip }) => {
    skip(!isReference, NO_REFERENCE);
    const root = await createAuthority();
    const leaf = await root.issue({ dnsNames: ['mx.example.test'] });
    const notBefore = date.endsWith('Z') ? utcTime(date) : element(0x18, Buffer.from(date));
    const der = remint(leaf.der, root.key, { validity: element(0x30, notBefore, utcTime('400101000000Z')) });
    const [cert, key] = [join(home, 'cert.pem'), join(home, 'key.pem')];
    writeFileSync(cert, pemOf(der));
    writeFileSync(key, leaf.keyPem);
    const port = await freePort();
    children.push(
      spawn('openssl', ['s_server', '-accept', `127.0.0.1:${port}`, '-cert', cert, '-key', key], {
        stdio: ['pipe', 'ignore', 'ignore'],
      }),
    );
    await listening(port);

    const { stdout } = spawnSync('openssl', ['s_client', '-connect', `127.0.0.1:${port}`], { input: '', encoding: 'utf8' });
    expect(stdout).toContain('Cipher is TLS_AES_256_GCM_SHA384');
    const probe = openProbe(OPTIONS);
    const conversation = conversationWith({ address: '127.0.0.1', port }, { wrapperMode: true });
    expect(await openProbe({ ...OPTIONS, openssl: '3.5' })(conversation)).toMatchObject({ kind: 'handshake-failed' });
    expect(await probe(conversation)).toEqual({
      kind: 'unseen',
      phase: 'handshake',
      reason: 'engine-differs',
      detail: date.endsWith('Z') ? 'utctime is too short' : 'generalizedtime is too short',
    });
  },
);

/** Of the machine's choosing, and given back at once. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

async function listening(port: number): Promise<void> {
  for (;;) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (open) return;
    await sleep(50);
  }
}
