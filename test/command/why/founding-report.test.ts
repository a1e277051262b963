/**
 * The report that it all started with: three lines of policy, main.cf of 2016 and the log of a Postfix 2.11 at loglevel 2,
 * and the two questions asked of them. Answered offline.
 */
import { cpSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommand } from '../run-command.ts';

let dir: string;
let run: (args: readonly string[]) => ReturnType<typeof runCommand>;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'report-'));
  cpSync('test/cases/founding-report', dir, { recursive: true });
  // A classic log has no year: its last line is about as old as the file.
  const written = new Date('2016-02-26T00:00Z');
  utimesSync(join(dir, 'mail.log'), written, written);
  run = (args) => runCommand(['why', ...args], { TZ: 'UTC', STATE_DIRECTORY: join(dir, 'none') }, dir);
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

const ANSWER = `fastmail.fm: certificate lacks the name asked for  (mail waits)

  mail          1 message for 1 recipient: 1 waits
  ids           D33A02504112
  tried         once, Thu 2016-02-25 21:57Z
  given up      Tue 2016-03-01 21:57Z at the earliest: what still waited then has gone back to its
                sender
  Postfix says  4.7.5 Server certificate not verified
  means         the certificate does not meet the level: up to Postfix 3.5 its names or digest,
                since 3.6 possibly its chain
  policy        hash:tls_policy line 4: fastmail.fm secure ciphers=high
  server        in1-smtp.messagingengine.com[66.111.4.74]:25, chain trusted, names not as asked,
                issued by DigiCert SHA2 High Assurance Server CA
  wanted        fastmail.fm, .fastmail.fm
  offered       *.messagingengine.com, messagingengine.com, mail.messagingengine.com,
                dav.messagingengine.com, caldav.messagingengine.com, carddav.messagingengine.com
  why           The chain is trusted, but secure wants fastmail.fm or a name below it, because DNS
                may not choose the name, and the certificate of in1-smtp.messagingengine.com offers
                *.messagingengine.com, messagingengine.com and 4 more

  Before you change the line:
    its names were found through DNS, which is not signed here: check that mail for fastmail.fm is
    meant to go to messagingengine.com, in their documentation or with fastmail.fm

  Use instead:
    fastmail.fm secure match=.messagingengine.com ciphers=high

  Would verify or match=hostname do?
    They would deliver, but protect less: the name to verify then comes from the MX record, and
    without DNSSEC anybody who forges that answer chooses the name, and has a valid certificate for
    it. Name the provider in the match list instead.

  Can I have secure without a match list?
    Not today: by default secure asks for fastmail.fm or a name below it, and the certificates seen
    have none. That is up to whoever runs in1-smtp.messagingengine.com: they would have to present
    certificates that cover fastmail.fm. No match list is needed where DANE authenticates the names:
    at dane and dane-only, TLSA records say which certificate is right, and DNSSEC signs them and
    the MX records. Where it does not, the names have to be listed.

  Once the cause is gone, for the mail that waits:
    postmap hash:tls_policy    after the line is changed, so that it counts
    postqueue -i D33A02504112  tries that message at once
    postqueue -f               tries all that waits at once, for every destination
    postsuper -h D33A02504112  puts it on hold: neither tried nor given up until postsuper -H
    postsuper -d D33A02504112  deletes it; nobody is told
    Each is tried again by itself in its turn, and looks its policy up anew: postsuper -r, which
    queues it as if it had just come, is not needed.

  What it presents today:
    postfix-tls-watch explain fastmail.fm DIR/tls_policy --main-cf DIR/main.cf --postfix-version 2.11.0

read: mail.log, Thu 2016-02-25 21:57Z to Thu 2016-02-25 21:57Z: 10 lines, 10 of Postfix, 0
  recipients delivered
policy read as Postfix 2.11.0 would
  assumed: the rules of Postfix 2.11.0 come from its sources; below 3.5 none was compared with real
  deliveries
  assumed: the mail host's OpenSSL is 3.0, as Debian 12 has it (--openssl-version names yours)
  assumed: no domain here is one of virtual_alias_domains = hash:/etc/postfix/valias, which is not
  on this machine
  assumed: no domain here is one of virtual_mailbox_domains = /etc/postfix/virtual_mailbox_domains,
  which is not on this machine
`;

test('the whole answer, of the three lines, main.cf and the log', async () => {
  const { code, out, err } = await run([
    'mail.log',
    '--table',
    'tls_policy',
    '--main-cf',
    'main.cf',
    '--postfix-version',
    '2.11.0',
  ]);
  expect(err).toBe('');
  expect(out.replaceAll(dir, 'DIR')).toBe(ANSWER);
  expect(code).toBe(2);
});

test('with neither table nor main.cf it says what the log alone tells', async () => {
  const { code, out } = await run(['mail.log']);
  expect(out).toContain(`  why           The chain is trusted, but the policy asks for another name: the certificate of
                in1-smtp.messagingengine.com offers *.messagingengine.com, messagingengine.com and 4
                more
`);
  expect(out).not.toMatch(/Use instead|cure/);
  expect(out).toMatch(
    /\nnote: no policy was read; --config-directory DIR of a Postfix here, or --table with --main-cf, shows\n {2}the line that asks, and the one to use\n$/,
  );
  expect(code).toBe(2);
});
