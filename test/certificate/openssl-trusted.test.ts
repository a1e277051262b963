/**
 * CA files with trust settings and revocation lists: random chains under anchors of which some are trusted or rejected
 * explicitly, and files of every make-up, loaded or not.
 */
import { expect, test } from 'vitest';
import { createAuthority, pemOf } from '../internet/authority.ts';
import { element, objectIdentifier } from '../internet/remint.ts';
import { AT, forYears } from './chains.ts';
import { askOpenssl, askUs, differences, isReference, NO_REFERENCE, PATIENCE_MS, type Question } from './openssl-verify.ts';
import { randomFrom } from './random.ts';
import { randomWorlds } from './random-chains.ts';

const count = Number(process.env.OPENSSL_COUNT ?? 300);
const seed = Number(process.env.OPENSSL_SEED ?? 20_261_124);
const random = randomFrom(seed);

const [SERVER, CLIENT, ANY] = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2', '2.5.29.37.0'];
const uses = (tag: number, oids: readonly string[]) => element(tag, ...oids.map(objectIdentifier));
const trusting = (...oids: readonly string[]) => uses(0x30, oids);
const rejecting = (...oids: readonly string[]) => uses(0xa0, oids);
const alias = element(0x0c, Buffer.from('An alias'));

const SETTINGS: readonly (readonly Buffer[] | undefined)[] = [
  undefined,
  [],
  [alias],
  [trusting(SERVER)],
  [trusting(SERVER)],
  [trusting(CLIENT, ANY)],
  [trusting(CLIENT)],
  [trusting()],
  [rejecting(SERVER)],
  [rejecting(CLIENT)],
  [rejecting(ANY), alias],
  [trusting(SERVER), rejecting(SERVER)],
  [trusting(SERVER), rejecting(CLIENT), alias],
];

const block = (der: string, settings: readonly Buffer[] | undefined) =>
  settings === undefined
    ? pemOf(der)
    : pemOf(Buffer.concat([Buffer.from(der, 'base64'), element(0x30, ...settings)]).toString('base64'), 'TRUSTED CERTIFICATE');

test(`random chains of seed ${seed} under anchors with trust settings`, async ({ skip }) => {
  skip(!isReference, NO_REFERENCE);
  const questions: (Question & { because: string[] })[] = [];
  let leaves = 0;
  for await (const { at, anchors, sent, leaves: own, authorities, depth } of randomWorlds(seed)) {
    // Intermediates too, and now and then a certificate twice: the first counts.
    const stored = [...anchors, ...authorities.map(({ certificate }) => certificate.der).filter(() => random.chance(0.4))];
    const blocks = stored.map((der) => block(der, random.chance(0.5) ? random.pick(SETTINGS) : undefined));
    questions.push({
      because: own.map((_, i) => `world ${questions.length} leaf ${i}`),
      caFile: blocks.join(''),
      sent,
      leaves: own.map(({ der }) => der),
      at,
      depth,
    });
    leaves += own.length;
    if (leaves >= count) break;
  }
  const { differing, trusted, asked } = await differences(questions);
  const rejected = questions
    .flatMap((question) => askUs(question) ?? [])
    .filter(({ problems }) => problems.some((one) => one.startsWith('CERT_REJECTED')));
  console.log(
    `counted: openssl verify on ${asked} chains under trust settings, ${trusted} trusted, ${rejected.length} with a rejected one, ${differing.length} differences`,
  );
  expect(differing).toEqual([]);
  expect(trusted / asked).toBeGreaterThan(0.15);
  expect(rejected.length / asked).toBeGreaterThan(0.05);
});

const root = await createAuthority('Root', forYears);
const { der, pem } = root.certificate;
const leaf = await root.issue({ ...forYears, dnsNames: ['mail.example.com'] });
/** Revokes nothing, signed by nobody: OpenSSL asks only whether it is a list. */
const crl = pemOf(
  element(
    0x30,
    element(
      0x30,
      element(0x30, objectIdentifier('1.2.840.10045.4.3.2')),
      element(0x30),
      element(0x17, Buffer.from('261101000000Z')),
    ),
    element(0x30, objectIdentifier('1.2.840.10045.4.3.2')),
    element(0x03, Buffer.of(0, 0)),
  ).toString('base64'),
  'X509 CRL',
);
const garbage = pemOf('MAMCAf8=', 'X509 CRL');
const aux = (...parts: readonly Buffer[]) =>
  pemOf(Buffer.concat([Buffer.from(der, 'base64'), ...parts]).toString('base64'), 'TRUSTED CERTIFICATE');

test.for([
  { because: 'a revocation list alone', caFile: crl },
  { because: 'a revocation list and a certificate', caFile: crl + pem },
  { because: 'a malformed revocation list', caFile: garbage },
  { because: 'only rejected certificates', caFile: block(der, [rejecting(SERVER)]) },
  { because: 'rejected, then plain', caFile: block(der, [rejecting(SERVER)]) + pem },
  { because: 'plain, then rejected', caFile: pem + block(der, [rejecting(SERVER)]) },
  { because: 'settings that are no sequence', caFile: aux(Buffer.of(0x02, 1, 0)) },
  { because: 'settings in the wrong order', caFile: aux(element(0x30, rejecting(CLIENT), trusting(SERVER))) },
  { because: 'settings that are cut short', caFile: aux(element(0x30, trusting(SERVER)).subarray(0, -2)) },
  { because: 'a use that is no identifier', caFile: aux(element(0x30, element(0x30, Buffer.of(0x02, 1, 0)))) },
  {
    because: 'a key identifier and other things',
    caFile: aux(element(0x30, trusting(SERVER), element(0x04, Buffer.of(1)), element(0xa1))),
  },
  { because: 'an unknown part', caFile: aux(element(0x30, trusting(SERVER), element(0xa2))) },
  { because: 'bytes behind the settings', caFile: aux(element(0x30, trusting(SERVER)), Buffer.of(0, 0)) },
  {
    because: 'settings in a plain block',
    caFile: pemOf(Buffer.concat([Buffer.from(der, 'base64'), element(0x30, rejecting(SERVER))]).toString('base64')),
  },
  { because: 'nothing', caFile: '' },
])('a CA file of $because', { timeout: PATIENCE_MS }, async ({ caFile }, { skip }) => {
  skip(!isReference, NO_REFERENCE);
  const question = { caFile, leaves: [leaf.der], at: AT };
  const [theirs, ours] = [await askOpenssl(question), askUs(question)];
  expect(ours?.map(({ ok, problems }) => ({ ok, first: problems[0] }))).toEqual(
    theirs?.map(({ ok, problems }) => ({ ok, first: problems[0] })),
  );
});
