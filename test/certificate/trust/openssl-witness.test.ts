/** The witness: OpenSSL inside Node, in real handshakes with servers that send random chains, and where it may differ. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import { expect, test } from 'vitest';
import { agreesWithHandshake } from '../../../lambda/certificate/trust/openssl-witness.ts';
import { judgePath, type Trust } from '../../../lambda/certificate/trust/path.ts';
import { type Issued, pemOf } from '../../internet/authority.ts';
import { randomWorlds, type World } from '../random-chains.ts';

const count = Number(process.env.HANDSHAKE_COUNT ?? 120);
const seed = Number(process.env.HANDSHAKE_SEED ?? 20_261_124);

test(`agrees with ${count} handshakes of seed ${seed}`, async () => {
  const differences: object[] = [];
  let [asked, trusted, excused] = [0, 0, 0];
  for await (const world of randomWorlds(seed, Date.now())) {
    for (const leaf of world.leaves) {
      const verify = await handshake(world, leaf);
      if (verify === undefined) continue;
      asked++;
      const trust = judgePath({
        chain: [leaf.der, ...world.sent],
        anchors: { certificates: world.anchors, publicKeys: [] },
        anchorKind: 'store',
        at: Date.now(),
        version: '3.11',
        verifyDepth: 9,
        securityLevel: 1,
      });
      if (verify === 'OK') trusted++;
      if (!agreesWithHandshake(trust, verify)) differences.push({ asked, verify, trust });
      if ((trust.kind === 'trusted') !== (verify === 'OK')) excused++;
    }
    if (asked >= count) break;
  }
  console.log(`counted: ${asked} handshakes of seed ${seed}, ${trusted} trusted, ${differences.length} differences in trust`);
  expect(differences).toEqual([]);
  expect(excused).toBe(0);
  expect(trusted / asked).toBeGreaterThan(0.15);
});

const trusted: Trust = { kind: 'trusted', anchor: { subject: '/CN=Root', sha256: '' }, path: [], validFrom: 0, validUntil: 1 };
const untrusted = (reason: Extract<Trust, { kind: 'untrusted' }>['reason']): Trust => ({
  kind: 'untrusted',
  reason,
  depth: 0,
  opensslCode: 'UNSPECIFIED',
  subject: '',
  issuer: '',
  detail: '',
});

test.each([
  { trust: trusted, verify: 'OK', agrees: true, because: 'both trust' },
  { trust: untrusted('expired'), verify: 'CERT_HAS_EXPIRED', agrees: true, because: 'neither does' },
  {
    trust: untrusted('self-signed'),
    verify: 'CERT_HAS_EXPIRED',
    agrees: true,
    because: 'Node tells the last error, Postfix the nearest',
  },
  { trust: untrusted('chain-too-long'), verify: 'OK', agrees: true, because: 'Node allows a hundred certificates' },
  { trust: untrusted('weak-signature'), verify: 'OK', agrees: true, because: 'the handshake may have been at level 0' },
  { trust: untrusted('expired'), verify: 'OK', agrees: false, because: 'an end of validity is no matter of opinion' },
  { trust: untrusted('missing-intermediate'), verify: 'OK', agrees: false, because: 'OpenSSL found a path that we did not' },
  { trust: trusted, verify: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', agrees: false, because: 'we found one that it did not' },
])('$verify: $because', ({ trust, verify, agrees }) => {
  expect(agreesWithHandshake(trust, verify)).toBe(agrees);
});

/** `OK` or Node's code; undefined where there is no handshake at all, as with a leaf whose key usage forbids it. */
async function handshake(world: World, leaf: Issued): Promise<string | undefined> {
  const chain = [leaf.der, ...world.sent];
  const server = createServer({
    cert: chain.map((der) => pemOf(der)).join(''),
    key: leaf.keyPem,
    ciphers: 'DEFAULT:@SECLEVEL=0',
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connect({
    host: '127.0.0.1',
    port,
    ca: world.anchors.map((der) => pemOf(der)),
    ciphers: 'DEFAULT:@SECLEVEL=1',
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  });
  try {
    await once(client, 'secureConnect');
    return client.authorized ? 'OK' : String(client.authorizationError);
  } catch {
    return undefined;
  } finally {
    client.destroy();
    server.close();
  }
}
