/**
 * `npm run demo`: a private internet on loopback and ten days of it. Real sockets, real certificates, a real store on disk;
 * only the clock is an argument. No network, no AWS, no root; nothing is left behind but, with `--report FILE`, the page of it.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { newMute } from '../../lambda/alert/incident/mute.ts';
import { push } from '../../lambda/command/policy/push.ts';
import { page } from '../../lambda/command/report/page/page.ts';
import { writePage } from '../../lambda/command/report/page-file.ts';
import { readReport } from '../../lambda/command/report/read.ts';
import { countVerdicts, summarySentence } from '../../lambda/command/summary.ts';
import { openWorld, paceFor } from '../../lambda/doors.ts';
import type { Bundle } from '../../lambda/policy/bundle.ts';
import { readSources } from '../../lambda/policy/gather/this-machine.ts';
import { digestsUnder } from '../../lambda/run/watch/run-digests.ts';
import { bundleOfPolicy } from '../../lambda/run/watch/stored-policy.ts';
import { watch } from '../../lambda/run/watch/watch.ts';
import { saveConfirmation } from '../../lambda/store/confirmations.ts';
import { type Store, spaceOf } from '../../lambda/store/keys.ts';
import { readLatest } from '../../lambda/store/latest.ts';
import { saveMute } from '../../lambda/store/mutes.ts';
import { policyState, readPolicy } from '../../lambda/store/policies.ts';
import { openToWatch } from '../../lambda/store/sqlite/open.ts';
import { moment } from '../../lambda/text/dates.ts';
import { bareCommand } from '../../lambda/text/own-command.ts';
import { openScene, type Scene } from './scene.ts';

const DAY_MS = 86_400_000;
const FIRST_DAY = Date.now();
const TITLE_WIDTH = 78;

if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(
    `error: Node ${process.version} is too old for the demo: run it with npm run demo, which uses the Node 24 that npm ci brought`,
  );
  process.exit(3);
}

const { report } = parseArgs({ options: { report: { type: 'string' } } }).values;
const dir = mkdtempSync(join(tmpdir(), 'postfix-tls-watch-demo-'));
const scene = await openScene(FIRST_DAY);
const { table } = await openToWatch(join(dir, 'store'), FIRST_DAY);
const store: Store = { table, space: spaceOf('default', 'mx.demo.example') };

try {
  say(`A private internet on loopback: a resolver, mail servers with STARTTLS, certificates minted just now.
The administrator's table has ${scene.table.trim().split('\n').length} lines; three of them:

${scene.table
  .split('\n')
  .slice(0, 3)
  .map((line) => `    ${line}`)
  .join('\n')}

Each day "postfix-tls-watch watch" runs once. Only the clock is made up.`);

  await day(1, 'the first run tells how things stand', async () => undefined);
  await day(2, 'you accept fastmail.fm for a while; hearst.com renews, same names, same CA', async () => {
    await mute('fastmail.fm', 30, 'ticket 4711: waiting for an answer from their postmaster');
    await scene.renewHearst();
  });
  await day(3, 'facebook.com moves to servers with a certificate of another name', () => scene.moveFacebook());
  await day(4, 'you ask by telephone, confirm, and put in the line that is given then', async () => {
    await confirm('facebook.com', ['smtpin.fb-delivery.net'], 'their postmaster, by telephone');
    editLine('facebook.com', 'facebook.com    secure match=.fb-delivery.net ciphers=high');
  });
  await day(5, 'a provider of twelve domains drops a name from its certificate', () => scene.dropName());
  await day(6, 'harbour.example has two weeks left, and nobody renews', async () => undefined);
  await day(7, 'our own firewall drops connections to port 25', async () => scene.shutPort25(true));
  await day(8, 'the firewall is put right; the provider has put its name back', async () => {
    scene.shutPort25(false);
    await scene.restoreName();
  });
  await day(9, 'one pass is no all-clear; two, twenty hours apart, are', async () => undefined);
  await day(10, 'nothing happens', async () => undefined);

  if (report !== undefined) await writeReport(report);
  say('That was all. On a mail host: npm start -- watch TABLE, from cron or a systemd timer; README says how.');
} finally {
  table.close();
  await scene.close();
  rmSync(dir, { recursive: true, force: true });
}

async function day(n: number, news: string, happens: () => Promise<void>): Promise<void> {
  const morning = FIRST_DAY + (n - 1) * DAY_MS;
  let skipped = morning - Date.now();
  console.log(`\n${`=== Day ${n}: ${news} `.padEnd(TITLE_WIDTH, '=')}\n`);
  await happens();
  const now = () => Date.now() + skipped;
  await pushWhereEdited(now());
  const stored = await readPolicy(store);
  if (stored === undefined) throw new Error('no policy was pushed');
  const bundle = bundleOfPolicy(stored);
  const watched = await watch(
    shownAs(bundle),
    {
      openWorld: () =>
        openWorld(
          { resolvers: [scene.internet.resolver], allowPrivateAddresses: true, stepTimeoutMs: 1_500, helo: 'mx.demo.example' },
          bundle,
        ),
      store,
      channels: [
        {
          kind: 'terminal',
          name: 'the terminal',
          tell: async ({ subject, text }) => {
            console.log(mailBox(subject, text));
            return { kind: 'told' };
          },
        },
      ],
      now,
      // The ten minutes before the second look pass in no time.
      sleep: async (ms) => {
        skipped += ms;
      },
    },
    {
      runId: new Date(now()).toISOString(),
      holder: 'mx.demo.example',
      intervalMs: DAY_MS,
      confirm: { kind: 'same-run', afterMs: 10 * 60_000 },
      pace: paceFor({ perNetwork: 64, stopAt: now() + 3_600_000 }),
      controlHosts: [],
      historyMs: 400 * DAY_MS,
      digests: digestsUnder(bundle, process.version),
    },
  );
  if (watched.kind !== 'done') throw new Error(`the run of day ${n} did not run: ${watched.kind}`);
  const told = watched.mail === undefined ? 'no message' : 'one message';
  console.log(`[${moment(watched.check.at)}] ${summarySentence(countVerdicts(watched.verdicts))}; ${told}`);
}

/** `report --output FILE`, some hours after the last run. */
async function writeReport(path: string): Promise<void> {
  const stored = await readPolicy(store);
  const bundle = stored === undefined ? undefined : shownAs(bundleOfPolicy(stored));
  const now = FIRST_DAY + 9 * DAY_MS + 3 * 3_600_000;
  const of = { place: '/var/lib/postfix-tls-watch', ...store.space };
  const made = await readReport(store, { bundle, of, onDisk: true, log: undefined, own: bareCommand }, now);
  await writePage(path, page(made));
  say(`The page of these days: ${path}`);
}

/** As the table is called on a mail host. */
function shownAs(bundle: Bundle): Bundle {
  const named = bundle.policyTables.map((one) => ({ ...one, name: 'hash:/etc/postfix/tls_policy' }));
  return { ...bundle, policyTables: named };
}

/** `policy push`: what the runs judge by is read from the store, as the scheduled function does. */
async function pushWhereEdited(at: number): Promise<void> {
  writeFileSync(join(dir, 'tls_policy'), scene.table);
  writeFileSync(join(dir, 'ca.pem'), scene.anchors);
  const sources = await readSources({
    table: `hash:${join(dir, 'tls_policy')}`,
    postfixVersion: '3.11',
    caFile: join(dir, 'ca.pem'),
    smtpPort: scene.internet.smtpPort,
  });
  const expected = (await policyState(store)).head?.current;
  const pushed = await push(store, sources, { by: 'you', at, expected, insisted: false, force: false });
  if (pushed.kind === 'refused') throw new Error(`the push was refused: ${JSON.stringify(pushed.refusals)}`);
  if (pushed.kind === 'pushed') console.log(`pushed the policy, version ${pushed.version.slice(0, 12)}\n`);
}

async function mute(key: string, days: number, reason: string): Promise<void> {
  const now = FIRST_DAY + DAY_MS - 3_600_000;
  const { entries } = await readLatest(store, now);
  const states = [...entries.values()].flatMap(({ value }) => value.state ?? []);
  const made = newMute(key, { until: now + days * DAY_MS, reason, by: 'you' }, states, now);
  if (made.kind === 'refused') throw new Error(made.because);
  await saveMute(store, made.mute);
}

/** `explain DESTINATION --confirmed HOW`. */
async function confirm(destination: string, hosts: readonly string[], how: string): Promise<void> {
  const at = FIRST_DAY + 3 * DAY_MS - 3_600_000;
  await saveConfirmation(store, { id: destination, destination, hosts, how, by: 'you', at, until: at + 90 * DAY_MS });
}

function editLine(key: string, line: string): void {
  (scene as Scene).table = scene.table.replace(new RegExp(`^${key.replaceAll('.', '\\.')}\\s.*$`, 'm'), line);
}

function mailBox(subject: string, text: string): string {
  const lines = [`Subject: ${subject}`, '', ...text.trimEnd().split('\n')];
  return lines.map((line) => `  | ${line}`.trimEnd()).join('\n');
}

function say(text: string): void {
  console.log(`\n${text}`);
}
