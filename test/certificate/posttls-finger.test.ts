/**
 * Asks Postfix itself what it makes of a chain: posttls-finger, where it is installed, against a server that sends it.
 *
 * Stores and trust anchor files, certificates and bare keys. Compared are the word (Verified or not) and the line that
 * names the cause, which is the problem nearest the leaf. FINGER_COUNT and FINGER_SEED choose how many, and which;
 * POSTTLS_FINGER and POSTFIX_VERSION another build of the program than the installed one.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext, TLSSocket } from 'node:tls';
import { expect, test } from 'vitest';
import { readCertificate } from '../../lambda/certificate/certificate.ts';
import { judgePath, type PathQuestion, type Trust, weakLeaf } from '../../lambda/certificate/trust/path.ts';
import { OPENSSL_CODES } from '../../lambda/certificate/trust/problem.ts';
import { atLeast } from '../../lambda/postfix/version.ts';
import { createAuthority, type Issued, pemOf } from '../internet/authority.ts';
import { type Random, randomFrom } from './random.ts';
import { randomWorlds, type World } from './random-chains.ts';

const count = Number(process.env.FINGER_COUNT ?? 40);
const seed = Number(process.env.FINGER_SEED ?? 20_261_124);
const program = process.env.POSTTLS_FINGER ?? 'posttls-finger';
const version =
  process.env.POSTFIX_VERSION ?? spawnSync('postconf', ['-d', '-h', 'mail_version']).stdout?.toString().trim() ?? '';
/** From 3.6 on it is OpenSSL that compares digests. */
const BEFORE_36 = version !== '' && !atLeast(version, '3.6');

test(`posttls-finger ${version} agrees on ${count} random chains of seed ${seed}`, async ({ skip }) => {
  skip(!/^3\.\d+\.\d+/.test(version), 'there is no Postfix here');
  const folder = await mkdtemp(join(tmpdir(), 'finger-'));
  await writeFile(join(folder, 'main.cf'), 'compatibility_level = 2\n');
  const random = randomFrom(seed);
  const differences: object[] = [];
  let [asked, verified, unanswered] = [0, 0, 0];
  try {
    for await (const world of randomWorlds(seed, Date.now())) {
      for (const leaf of world.leaves) {
        const question = ask(random, world, leaf);
        const theirs = await finger(folder, question, leaf);
        if (theirs === undefined) {
          unanswered++;
          continue;
        }
        asked++;
        if (theirs.startsWith('Verified')) verified++;
        const ours = expectation(judgePath(question));
        const { anchorKind } = question;
        if (!theirs.startsWith(ours)) differences.push({ asked, anchorKind, theirs, ours });
      }
      if (asked >= count) break;
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  console.log(
    `counted: posttls-finger ${version} on ${asked} chains of seed ${seed}, ${verified} verified, ${differences.length} differences in trust or cause`,
  );
  expect(differences).toEqual([]);
  expect(verified / asked).toBeGreaterThan(0.15);
  expect(unanswered).toBeLessThan(asked / 4);
}, 600_000);

test.for([
  { keyType: 'rsa768', verified: BEFORE_36 },
  { keyType: 'rsa1024', verified: true },
  { keyType: 'ec', verified: true },
] as const)('a pinned key of kind $keyType is verified: $verified', async ({ keyType, verified }, { skip }) => {
  skip(!/^3\.\d+\.\d+/.test(version), 'there is no Postfix here');
  const folder = await mkdtemp(join(tmpdir(), 'finger-'));
  await writeFile(join(folder, 'main.cf'), 'compatibility_level = 2\n');
  const leaf = await (await createAuthority()).issue({ dnsNames: ['mail.example.com'], keyType });
  const certificate = readCertificate(leaf.der);
  if (certificate.kind === 'unreadable') throw new Error(certificate.because);
  const server = await serve(leaf.chain, leaf);
  try {
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const digest = certificate.sha256.toUpperCase().replace(/..(?!$)/g, '$&:');
    const output = await run(['-c', '-l', 'fingerprint', '-d', 'sha256', `[127.0.0.1]:${port}`, digest], folder);
    expect(output.includes('Verified TLS connection established')).toBe(verified);
    expect(weakLeaf(certificate) === undefined || BEFORE_36).toBe(verified);
  } finally {
    server.close();
    await rm(folder, { recursive: true });
  }
});

function ask(random: Random, world: World, leaf: Issued): PathQuestion {
  const chain = [leaf.der, ...world.sent];
  const common = { chain, at: world.at, version, verifyDepth: 9, securityLevel: 1 } as const;
  if (random.chance(0.3)) return { ...common, anchorKind: 'store', anchors: { certificates: world.anchors, publicKeys: [] } };
  const candidates = [...world.authorities.map(({ certificate, key }) => ({ der: certificate.der, key })), leaf];
  const chosen = random.several(candidates);
  const asKey = random.chance(0.4);
  const publicKeys = chosen.map(({ key }) => key.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'));
  return {
    ...common,
    anchorKind: 'files',
    anchors: asKey ? { certificates: [], publicKeys } : { certificates: chosen.map(({ der }) => der), publicKeys: [] },
  };
}

/** What Postfix should say: `Verified`, or the words of tls_log_verify_error(). */
function expectation(trust: Trust): string {
  if (trust.kind === 'trusted') return 'Verified';
  const { opensslCode, depth, issuer } = trust;
  const whose = `${depth > 0 ? 'CA' : 'server'} certificate verification failed`;
  switch (opensslCode) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return 'certificate verification failed: self-signed certificate';
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return `certificate verification failed: untrusted issuer ${issuer}`;
    case 'CERT_NOT_YET_VALID':
      return `${whose}: certificate not yet valid`;
    case 'CERT_HAS_EXPIRED':
      return `${whose}: certificate has expired`;
    case 'INVALID_PURPOSE':
      return 'certificate verification failed: not designated for use as a';
    default:
      return `${whose}: num=${OPENSSL_CODES[opensslCode]}:`;
  }
}

/** Undefined where there is no answer: a leaf without names, or one that no handshake takes. */
async function finger(folder: string, { anchors, anchorKind, chain }: PathQuestion, leaf: Issued): Promise<string | undefined> {
  const name = nameIn(leaf);
  if (name === undefined) return undefined;
  const file = join(folder, 'anchors.pem');
  const certificates = anchors.certificates.map((der) => pemOf(der));
  await writeFile(file, [...certificates, ...anchors.publicKeys.map((spki) => pemOf(spki, 'PUBLIC KEY'))].join(''));
  const server = await serve(chain, leaf);
  try {
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const option = anchorKind === 'store' ? '-F' : '-A';
    const output = await run(['-c', '-l', 'verify', option, file, `[127.0.0.1]:${port}`, name], folder);
    const lines = output
      .split('\n')
      .map((line) => line.replace(/^posttls-finger: /, '').replace(` for 127.0.0.1[127.0.0.1]:${port}`, ''));
    if (lines.some((line) => line.startsWith('Verified TLS connection'))) return 'Verified';
    return lines.find((line) => line.includes('certificate verification failed'));
  } finally {
    server.close();
  }
}

/** A reference identifier that the leaf satisfies. */
function nameIn(leaf: Issued): string | undefined {
  const certificate = readCertificate(leaf.der);
  if (certificate.kind === 'unreadable') return undefined;
  const [presented] = certificate.hasDnsNames ? certificate.dnsNames : certificate.commonNames;
  return presented?.replace('*', 'any').toLowerCase();
}

/** As much SMTP as it takes to get to a handshake. */
function serve(chain: readonly string[], leaf: Issued): Promise<Server> {
  const secureContext = createSecureContext({
    cert: chain.map((der) => pemOf(der)).join(''),
    key: leaf.keyPem,
    ciphers: 'DEFAULT:@SECLEVEL=0',
  });
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.write('220 mail.example.com ESMTP\r\n');
    socket.on('data', (data) => {
      if (/^EHLO/i.test(data.toString())) socket.write('250-mail.example.com\r\n250 STARTTLS\r\n');
      if (!/^STARTTLS/i.test(data.toString())) return;
      socket.removeAllListeners('data');
      socket.write('220 go\r\n');
      const secure = new TLSSocket(socket, { isServer: true, secureContext });
      secure.on('error', () => {});
      secure.on('data', (inner) => secure.write(/^QUIT/i.test(inner.toString()) ? '221 bye\r\n' : '250 mail.example.com\r\n'));
    });
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

function run(args: readonly string[], configuration: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, MAIL_CONFIG: configuration },
    });
    let output = '';
    const collect = (data: Buffer) => {
      output += data;
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', reject);
    child.on('close', () => resolve(output));
  });
}
