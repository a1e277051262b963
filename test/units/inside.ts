/**
 * First process of the namespaces of units.test.ts: a private internet, a mail server, a Postfix configuration that root and the
 * group postfix may read; then the units' command lines, one after the other.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseUnit } from '../../lambda/command/doctor/unit-file.ts';
import { type Ran, runProgram } from '../command/run-command.ts';
import { foundingDomains } from '../internet/founding-domains.ts';
import { startInternet } from '../internet/internet.ts';
import { startMailSink } from '../internet/mail-sink.ts';
import { ROOT } from '../pages.ts';
import { runInSandbox, type Sandbox } from './sandbox.ts';

export interface Tried {
  readonly first: Ran;
  readonly second: Ran;
  readonly failed: Ran;
  /** A line of `watch` whose table is root's alone. */
  readonly forbidden: Ran;
  /**
   * `doctor --as-service`: without a unit, of the unit as it is, with flags of its own, with a wrong one, with a group that is not there,
   * and where the table is root's alone.
   */
  readonly asService: Readonly<Record<'none' | 'plain' | 'flags' | 'wrong' | 'stranger' | 'forbidden', Ran>>;
  /** What the sandbox lets a command do: `id`, and a file in each place. */
  readonly who: Ran;
  readonly written: Readonly<Record<string, boolean>>;
  readonly letters: readonly { readonly to: string; readonly subject: string; readonly text: string }[];
}

const DIRECTORY = '/mnt/units';
const PRODUCT = '/mnt/product';
const [, , examples = '', output = ''] = process.argv;
writeFileSync(output, JSON.stringify(await tryAll()));
process.exit(0);

async function tryAll(): Promise<Tried> {
  execFileSync('ip', ['link', 'set', 'lo', 'up']);
  execFileSync('mount', ['--make-rprivate', '/']);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', '/mnt']);
  for (const directory of [DIRECTORY, PRODUCT]) mkdirSync(directory);
  execFileSync('mount', ['--rbind', ROOT, PRODUCT]);
  const internet = await startInternet();
  const founding = await foundingDomains(internet);
  const sink = await startMailSink();
  const postfix = join(DIRECTORY, 'postfix');
  mkdirSync(postfix);
  const put = (name: string, text: string) => writeFileSync(join(postfix, name), text);
  put('ca.pem', founding.anchors);
  put('tls_policy', founding.policy);
  put(
    'main.cf',
    `smtp_tls_policy_maps = texthash:${postfix}/tls_policy\nsmtp_tls_CAfile = ${postfix}/ca.pem\ncompatibility_level = 3.6\n`,
  );
  put('master.cf', 'smtp unix - - n - - smtp\n');
  const group = Number(execFileSync('getent', ['group', 'postfix'], { encoding: 'utf8' }).split(':')[2]);
  const mayRead = (name: string, gid: number, mode: number) => {
    chownSync(join(postfix, name), 0, gid);
    chmodSync(join(postfix, name), mode);
  };
  mayRead('tls_policy', group, 0o640);
  const flags = join(DIRECTORY, 'flags.toml');
  writeFileSync(
    flags,
    [
      `resolver = ["${internet.resolver}"]`,
      `smtp-port = ${internet.smtpPort}`,
      'allow-private-addresses = true',
      'vantage = "mx1"',
      '[watch]',
      'confirm-after = 0',
      'mail-to = ["postmaster@example.com"]',
      `smtp = "127.0.0.1:${sink.port}"`,
    ].join('\n'),
  );
  const unit = (name: string) => parseUnit(name, [readFileSync(join(examples, name), 'utf8')]);
  const daily = unit('postfix-tls-watch.service');
  const sandbox: Sandbox = {
    product: PRODUCT,
    directory: DIRECTORY,
    env: { MAIL_CONFIG: postfix, POSTFIX_TLS_WATCH_CONFIG: flags },
  };
  const first = await runInSandbox(daily, sandbox);
  const second = await runInSandbox(daily, sandbox);
  const monitor = { MONITOR_UNIT: 'postfix-tls-watch.service', MONITOR_SERVICE_RESULT: 'exit-code', MONITOR_EXIT_STATUS: '3' };
  const failing = unit('postfix-tls-watch-failed.service');
  const failed = await runInSandbox(
    failing,
    { ...sandbox, env: { ...sandbox.env, ...monitor } },
    `${failing.command} --smtp 127.0.0.1:${sink.port} --vantage mx1`,
  );
  const asService = await doctorOf(flags, postfix, join(examples, daily.name), () => mayRead('tls_policy', 0, 0o600));
  const forbidden = await runInSandbox(daily, sandbox);
  const places = ['/etc', '/usr', '/var/lib', postfix, '/tmp', join(DIRECTORY, 'state')];
  const written = await Promise.all(
    places.map(async (place) => [place, (await runInSandbox(daily, sandbox, `touch ${place}/made-by-unit`)).code === 0] as const),
  );
  return {
    ...{ first, second, failed, forbidden, asService },
    who: await runInSandbox(daily, sandbox, 'id -G'),
    written: Object.fromEntries(written),
    letters: sink.letters.map(({ to, headers, text }) => ({ to, subject: headers.subject ?? '', text })),
  };
}

/** Of the unit as it is installed, and as an administrator edits it. */
async function doctorOf(flags: string, postfix: string, unit: string, forbid: () => void): Promise<Tried['asService']> {
  const system = '/etc/systemd/system';
  execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', system]);
  const args = [join(PRODUCT, 'lambda/cli.ts'), 'doctor', '--as-service', '--json'];
  const doctor = () => runProgram(process.execPath, args, { ...process.env, POSTFIX_TLS_WATCH_CONFIG: flags }, '/');
  const none = await doctor();
  copyFileSync(unit, join(system, 'postfix-tls-watch.service'));
  const dropIn = join(system, 'postfix-tls-watch.service.d');
  mkdirSync(dropIn);
  const run = (...lines: readonly string[]) => {
    writeFileSync(join(dropIn, 'test.conf'), ['[Service]', `Environment=MAIL_CONFIG=${postfix}`, ...lines].join('\n'));
    return doctor();
  };
  const running = (command: string) => run('ExecStart=', `ExecStart=${command}`);
  const program = '/usr/local/bin/postfix-tls-watch watch';
  const plain = await run();
  const own = await running(`${program} --timeout 7 --hook ${DIRECTORY}/none --no-config`);
  const wrong = await running(`${program} --tiemout 7`);
  const stranger = await run('SupplementaryGroups=no-such-group');
  forbid();
  return { none, plain, flags: own, wrong, stranger, forbidden: await run() };
}
