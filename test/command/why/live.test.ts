/**
 * `why --live` against the founding domains on a private internet: whether it is over, and what the second question comes to
 * (which of the three have DANE or an MTA-STS policy).
 */
import { cpSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { WhyDocument } from '../../../lambda/command/why/schema.ts';
import { ended, smtp } from '../../log/log.ts';
import { problemsOf, type Scene, startScene, unwrapped } from '../scene.ts';

let scene: Scene;

beforeAll(async () => {
  scene = await startScene();
  const { dns, smtpPort } = scene.internet;
  // fastmail.fm has DANE, hearst.com announces MTA-STS, facebook.com neither: as this world has it, not as the Internet does.
  const hosts = scene.fastmail.map(({ host }) => host);
  dns.set(
    { name: 'signed.test', type: 'A', data: ['192.0.2.1'], ad: true },
    { name: 'unsigned.test', type: 'A', data: ['192.0.2.1'] },
    { name: 'broken.test', type: 'A', data: ['192.0.2.1'], fail: 'BOGUS' },
    { name: 'fastmail.fm', type: 'MX', data: hosts.map((host, i) => `${(i + 1) * 10} ${host}`), ad: true },
    ...scene.fastmail.flatMap(({ host, addresses }) => [
      { name: host, type: 'A' as const, data: addresses, ad: true },
      { name: `_${smtpPort}._tcp.${host}`, type: 'TLSA' as const, data: [`3 1 1 ${'ab'.repeat(32)}`], ad: true },
    ]),
    { name: '_mta-sts.hearst.com', type: 'TXT', data: ['v=STSv1; id=20160225;'] },
  );
  cpSync('test/cases/founding-report/mail.log', join(scene.dir, 'mail.log'));
  const written = new Date('2016-02-26T00:00Z');
  utimesSync(join(scene.dir, 'mail.log'), written, written);
});
afterAll(() => scene.close());

const why = (log: string, ...more: readonly string[]) =>
  scene.run([
    'why',
    join(scene.dir, log),
    '--live',
    '--table',
    scene.table,
    '--ca-file',
    join(scene.dir, 'ca.pem'),
    ...scene.internet.flags,
    '--dnssec-signed-name',
    'signed.test',
    '--dnssec-broken-name',
    'broken.test',
    ...more,
  ]);

/** Labelled parts of an answer, and its paragraphs, unwrapped. */
const part = (out: string, label: string) =>
  unwrapped(new RegExp(`^ {2}${label} +(.*(?:\\n {16}.*)*)`, 'm').exec(out)?.[1] ?? '');
const paragraph = (out: string, question: string) =>
  unwrapped(new RegExp(`^ {2}${question}\\n((?: {4}.*\\n)+)`, 'm').exec(out)?.[1] ?? '');

test('the founding case as it is today: still, with what the second question comes to', async () => {
  const { code, out, err } = await why('mail.log');
  expect(err).toBe('');
  expect(out).toMatch(/^fastmail\.fm: certificate lacks the name asked for {2}\(mail waits, still so today\)$/m);
  expect(part(out, 'today')).toBe(
    'still: mail to fastmail.fm would be deferred: Postfix says "Server certificate not verified". The chain is trusted, but secure ' +
      'wants fastmail.fm or a name below it and the certificate of in1-smtp.messagingengine.com offers *.messagingengine.com, ' +
      'messagingengine.com and 4 more',
  );
  expect(out).toContain('  Use instead:\n    fastmail.fm secure match=.messagingengine.com ciphers=high\n');
  expect(paragraph(out, 'Can I have secure without a match list\\?')).toBe(
    'Not today: by default secure asks for fastmail.fm or a name below it, and the certificates seen have none. That is up to ' +
      'whoever runs in1-smtp.messagingengine.com: they would have to present certificates that cover fastmail.fm. No match list is ' +
      'needed where DANE authenticates the names: at dane and dane-only, TLSA records say which certificate is right, and DNSSEC ' +
      'signs them and the MX records. Today, DNSSEC signs the MX records of fastmail.fm, and every MX host has signed TLSA records: ' +
      'dane-only needs no match list there, if these match what the hosts present, and smtp_dns_support_level = dnssec is set, ' +
      'which it is not. It announces no MTA-STS policy.',
  );
  expect(paragraph(out, 'Would verify or match=hostname do\\?')).toMatch(/^They would deliver, but protect less: /);
  expect(out).toContain(
    'What could take the place of a match list for other entries at secure, by the DNS of today:\n' +
      '  facebook.com  no DANE: the MX records are not signed; no MTA-STS policy\n' +
      '  hearst.com    no DANE: the MX records are not signed; announces an MTA-STS policy\n',
  );
  expect(code).toBe(2);
});

test('--json is one document that the published schema takes', async () => {
  const { out } = await why('mail.log', '--json');
  const document = JSON.parse(out) as WhyDocument;
  expect(problemsOf('why', document)).toEqual([]);
  expect(document.live).toMatchObject({
    complete: true,
    vantage: { ipv4: 'clear', ipv6: 'untried' },
    noDnssec: null,
    names: [
      { nextHop: 'fastmail.fm', dane: 'everywhere', daneAsked: false, mtaSts: 'none' },
      { nextHop: 'facebook.com', dane: 'mx-unsigned', mtaSts: 'none' },
      { nextHop: 'hearst.com', dane: 'mx-unsigned', mtaSts: 'announced' },
    ],
  });
  expect(document.answers[0]?.today).toMatchObject({ is: 'still', verdict: 'fail', reason: 'name-mismatch' });
});

test('who cannot ask for signatures says so, and denies nothing', async () => {
  const { out } = await why('mail.log', '--dnssec-signed-name', 'unsigned.test');
  expect(paragraph(out, 'Can I have secure without a match list\\?')).toMatch(
    /Today, whether fastmail\.fm has DANE cannot be told: the resolver 127\.0\.0\.1:\d+ does not validate: it does not vouch for unsigned\.test, which is signed\. It announces no MTA-STS policy\. So the names have to be listed\.$/,
  );
  expect(out).toContain('  facebook.com  DANE not known; no MTA-STS policy\n');
});

describe('another day', () => {
  const OTHER = 'mx.old.test[192.0.2.1]:25';
  const VERIFIED = `Verified TLS connection established to ${OTHER}: TLSv1.3 with cipher X (256/256 bits)`;
  const log = (name: string, ...lines: readonly string[]) => writeFileSync(join(scene.dir, name), `${lines.join('\n')}\n`);
  const waits = (domain: string, end = 'deferred 4.7.5 Server certificate not verified') =>
    smtp('10:00:01', 1, ended('A1', `r@${domain}`, end, `mx.${domain}[192.0.2.1]:25`));

  test('mail waits for what is over: exit 1, and no line to use', async () => {
    log('over.log', waits('facebook.com'));
    const { code, out } = await why('over.log');
    expect(out).toMatch(/^facebook\.com: .* {2}\(mail waits, over today\)$/m);
    expect(part(out, 'today')).toBe("over: today's look delivers: mail to facebook.com is delivered encrypted and authenticated");
    expect(out).toContain('  The cause is gone, for the mail that waits:\n');
    expect(out).not.toMatch(/Use instead|Would verify|Can I have/);
    expect(code).toBe(1);
  });

  test('what fails today otherwise is told as that', async () => {
    log('other.log', waits('fastmail.fm', 'deferred 4.7.5 Cannot start TLS: handshake failure'));
    const { code, out } = await why('other.log');
    expect(part(out, 'today')).toMatch(/^still, for another reason: mail to fastmail\.fm would be deferred: /);
    expect(out).toContain('    fastmail.fm secure match=.messagingengine.com ciphers=high\n');
    expect(code).toBe(2);
  });

  test('what nobody asks for any more is not looked at', async () => {
    log('none.log', waits('nopolicy.test'));
    const { code, out } = await why('none.log');
    expect(part(out, 'today')).toBe('cannot be told: nothing was looked at: level none asks nothing of TLS');
    expect(code).toBe(2);
  });

  test('whether verify would deliver is told by the look where the log has no names', async () => {
    log('names.log', waits('fastmail.fm'));
    const { out } = await why('names.log', '--postfix-version', '3.7');
    expect(paragraph(out, 'Would verify or match=hostname do\\?')).toMatch(/^They would deliver, but protect less: /);
  });

  test('mail that was delivered since, and fails today, is not over', async () => {
    const sent = smtp('11:00:00', 2, ended('A1', 'r@fastmail.fm', 'sent 2.0.0 250 ok', 'mx.fastmail.fm[192.0.2.1]:25'));
    log('again.log', waits('fastmail.fm'), sent);
    const { code, out } = await why('again.log');
    expect(out).toMatch(/^fastmail\.fm: .* {2}\(over, still so today\)$/m);
    expect(code).toBe(2);
  });

  test('the line of today comes under the caution of the log', async () => {
    const before = smtp('09:00:01', 1, ended('A0', 'r@fastmail.fm', 'sent 2.0.0 250 ok', OTHER));
    log('moved.log', smtp('09:00:00', 1, VERIFIED), before, waits('fastmail.fm'));
    const { out } = await why('moved.log');
    expect(unwrapped(out)).toContain(
      'caution: secure may just have done its work: fastmail.fm was authenticated at mx.old.test before, and DNS, which is not ' +
        'signed here, now names in1-smtp.messagingengine.com and in2-smtp.messagingengine.com',
    );
    expect(out).not.toContain('Use instead');
  });

  test('nothing seen is nothing known: what the log says stays', async () => {
    await scene.hearst.shut();
    log('unseen.log', waits('hearst.com'));
    const { code, out } = await why('unseen.log');
    expect(out).toMatch(/^hearst\.com: .* {2}\(mail waits, today cannot be told\)$/m);
    expect(part(out, 'today')).toMatch(/^cannot be told: /);
    expect(code).toBe(2);
  });
});

test('without a policy nothing is looked at, and that is said', async () => {
  const { code, out } = await scene.run(['why', join(scene.dir, 'mail.log'), '--live', ...scene.internet.flags]);
  expect(unwrapped(out)).toContain('shows the line that asks, and the one to use; --live looks at nothing without one');
  expect(code).toBe(2);
});
