/** First process of the demo's namespaces: three days of a mail host. Started by host.ts; ends with an error where a day goes otherwise. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ran } from '../command/run-command.ts';
import { foundingDomains } from '../internet/founding-domains.ts';
import { startInternet } from '../internet/internet.ts';
import { ending, FLAGS_FILE, HOST, newMail, PLACE, queued, send, settle, startPostfix, typed } from './host-machine.ts';

const TITLE_WIDTH = 78;
const OPS = 'ops@harbour.example';
const PAGER = join(PLACE, 'pager');

settle();
const internet = await startInternet({ dns: 53, smtp: 25 });
const { issue, policy, anchors } = await foundingDomains(internet);
const named = (name: string) => issue({ commonName: name, dnsNames: [name] });
const harbour = await internet.mailHost({ host: 'mail.harbour.example', ...(await named('mail.harbour.example')) });
internet.domain('harbour.example', harbour);
const table = `${policy.replace(/^fastmail.*\n/m, '')}harbour.example secure\n`;
const postfix = await startPostfix(table, anchors);
const vantage = ['store = "/mnt/host/store"', 'allow-private-addresses = true'];
flags('confirm-after = 0');
let read = 0;

try {
  say(`A mail host, ${HOST}, in namespaces of its own: Debian's Postfix, a private internet behind it, and

${indented(table)}
Only the clock is made up, and a failure is told at the first look (confirm-after = 0).`);

  title('Before: is all in place?');
  await command(['doctor'], 1, 2, 'there was no run yet');

  title('Day 1: a channel, and the first run');
  flags('confirm-after = 0', `mail-to = ["postmaster@${HOST}"]`);
  console.log(`${indented(readFileSync(FLAGS_FILE, 'utf8'))}`);
  await command(['watch'], 1, 0);
  await arrives('Now watching 3 entries: all deliver');
  await command(['doctor'], 1, 0, 'ok       all is well', /^Way out to port 25/m);

  title('Day 2: facebook.com moves to servers with a certificate of another name');
  const moved = await internet.mailHost({ host: 'smtpin.fb-delivery.net', ...(await named('*.fb-delivery.net')) });
  internet.domain('facebook.com', moved);
  shows('somebody writes there, and the log of Postfix says', await send('facebook.com'), 'Server certificate not verified');
  await command(['watch'], 2, 0);
  await arrives('facebook.com would defer: certificate lacks the name asked for');

  title('Day 3: messages go to harbour.example, whose certificate loses its name');
  flags('confirm-after = 0', `mail-to = ["${OPS}"]`);
  harbour.present(await named('mail.elsewhere.example'));
  await command(['doctor'], 3, 2, `mail to ${OPS} leaves by the Postfix that is watched, and would wait there`, /^Channels/m);
  await command(['watch'], 3, 3, `mail to ${OPS} leaves by the Postfix that is watched, and would wait there`);
  shows('it was sent all the same, and waits', await ending('harbour.example'), 'status=deferred');
  shows(
    'what waits',
    beginning(letter(queued(OPS)), 12),
    `Mail to ${OPS} leaves by the Postfix that is watched, and would wait there`,
  );

  title('Day 3, a second channel that does without that Postfix');
  writeFileSync(PAGER, `#!/bin/sh\ncat > ${PAGER}.text\n`);
  chmodSync(PAGER, 0o755);
  flags('confirm-after = 0', `mail-to = ["${OPS}"]`, `hook = "${PAGER}"`);
  await command(['watch'], 3, 0);
  shows('the pager got', beginning(readFileSync(`${PAGER}.text`, 'utf8'), 12), 'harbour.example');

  say('That was all. The units and the crontab for a host of yours: docs/mail-host.md.');
} finally {
  await postfix.stop();
}
process.exit(0);

/** Those of the daily run. */
function flags(...ofWatch: readonly string[]): void {
  writeFileSync(FLAGS_FILE, [...vantage, '', '[watch]', ...ofWatch, ''].join('\n'), { mode: 0o644 });
}

/** Runs it as typed, prints it from a line on, and holds it to its status and to some words. */
async function command(args: readonly string[], day: number, code: number, words?: string, from?: RegExp): Promise<void> {
  const ran = await typed(args, day);
  const text = `${ran.out}${ran.err}`;
  const shown = from === undefined ? text : text.slice(Math.max(0, text.search(from)));
  console.log(`$ postfix-tls-watch ${args.join(' ')}\n${from === undefined ? '' : '…\n'}${shown}[exit status ${ran.code}]\n`);
  expectCode(ran, code, args);
  if (words !== undefined) expectWords(text, words);
}

/** The next letter in root's mailbox, through Postfix. */
async function arrives(subject: string): Promise<void> {
  const text = await newMail('root', read);
  read += text.length;
  shows(`in the mailbox of postmaster@${HOST}`, letter(text), `Subject: ${subject}`);
}

function shows(where: string, text: string, words: string): void {
  console.log(
    `${where}:\n\n${text
      .trimEnd()
      .split('\n')
      .map((line) => `  | ${line}`.trimEnd())
      .join('\n')}\n`,
  );
  expectWords(text, words);
}

/** As a mail program shows it. */
function letter(raw: string): string {
  const end = raw.indexOf('\n\n');
  const header = raw.slice(0, end).replaceAll(/\n[ \t]+/g, ' ');
  const shown = header.split('\n').filter((line) => /^(?:From|To|Subject|Received): /.test(line));
  const body = raw.slice(end).replaceAll(/^>(?=From )/gm, '');
  const isQuoted = /^Content-Transfer-Encoding: quoted-printable$/m.test(header);
  return `${shown.join('\n')}${isQuoted ? unquoted(body) : body}`;
}

/** Of quoted-printable, where all is ASCII. */
function unquoted(body: string): string {
  return body
    .replaceAll('=\n', '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function beginning(text: string, lines: number): string {
  const all = text.trimEnd().split('\n');
  return all.length > lines ? [...all.slice(0, lines), '…'].join('\n') : text;
}

function expectCode({ code }: Ran, wanted: number, args: readonly string[]): void {
  if (code !== wanted) throw new Error(`${args.join(' ')} ended with status ${code}, and not ${wanted}`);
}

function expectWords(text: string, words: string): void {
  const flat = (one: string) => one.replaceAll(/\s+/g, ' ');
  if (!flat(text).includes(flat(words))) throw new Error(`"${words}" is not in what was shown:\n${text}`);
}

function title(words: string): void {
  console.log(`\n${`=== ${words} `.padEnd(TITLE_WIDTH, '=')}\n`);
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '    ');
}

function say(text: string): void {
  console.log(`\n${text}`);
}
