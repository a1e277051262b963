/**
 * `node test/bench/scale.ts [--entries N] [--providers N]`: the installed `watch` as a process, over many entries behind fewer providers,
 * with real DNS, SMTP and TLS on loopback: the first run, an unchanged one, and one in which a provider in a hundred renewed.
 *
 * Figures are printed as `measured: …`. The mail servers run on the same processors, so the wall clock tells less than the CPU
 * time. `--check` fails where a goal is missed.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../../infra/bundle.ts';
import { pack } from '../../infra/pack.ts';
import { createAuthority } from '../internet/authority.ts';
import { type MailHost, startInternet } from '../internet/internet.ts';
import type { Taken } from './counting.ts';

const { values } = parseArgs({
  options: {
    entries: { type: 'string', default: '20000' },
    providers: { type: 'string' },
    check: { type: 'boolean', default: false },
    /** A folder for CPU profiles of the command, one per process. */
    profile: { type: 'string' },
  },
});
const ENTRIES = Number(values.entries);
const PROVIDERS = Number(values.providers ?? Math.ceil(ENTRIES / 10));
const COUNTING = new URL('./counting.ts', import.meta.url).href;
const GOAL_MB = 300;

/** Below the checkout, for what is packed finds its dependencies by the folders above it. */
const built = join(ROOT, 'dist', `scale-${process.pid}`);
mkdirSync(built, { recursive: true });
await pack(built);
const COMMAND = join(built, 'package', 'postfix-tls-watch.cjs');

const dir = mkdtempSync(join(tmpdir(), 'scale-'));
const internet = await startInternet();
const hosts: MailHost[] = [];
try {
  const root = await createAuthority('Scale Root');
  const under = await root.intermediate('Scale Intermediate');
  writeFileSync(join(dir, 'ca.pem'), root.certificate.pem);
  const identityOf = async (i: number) => {
    const names = [`*.provider${i}.example`, `provider${i}.example`, `mail.provider${i}.example`];
    const { chainPem, keyPem } = await under.issue({ dnsNames: names });
    return { chain: chainPem, key: keyPem };
  };
  for (let i = 0; i < PROVIDERS; i++) {
    const address = `127.${130 + (i >> 14)}.${(i >> 6) & 255}.${1 + (i & 63)}`;
    hosts.push(await internet.mailHost({ host: `mx.provider${i}.example`, addresses: [address], ...(await identityOf(i)) }));
  }
  const entries = Array.from({ length: ENTRIES }, (_, i) => ({ name: `customer${i}.example`, provider: i % PROVIDERS }));
  for (const { name, provider } of entries) internet.domain(name, `mx.provider${provider}.example`);
  const line = ({ name, provider }: (typeof entries)[number]) => `${name} secure match=.provider${provider}.example\n`;
  writeFileSync(join(dir, 'tls_policy'), entries.map(line).join(''));

  await run('first', `Subject: Now watching ${ENTRIES} entries: all deliver`);
  const unchanged = await run('unchanged', '');
  for (const [i, host] of hosts.entries()) if (i % 100 === 0) host.present(await identityOf(i));
  await run('1 in 100 providers renewed', '');
  if (values.check && unchanged.peakMb >= GOAL_MB) throw new Error(`${unchanged.peakMb} MB, wanted below ${GOAL_MB}`);
} finally {
  await internet.close();
  rmSync(dir, { recursive: true, force: true });
  rmSync(built, { recursive: true, force: true });
}

/** One run of the command to its end. @throws Error where it did not say what it should */
async function run(title: string, subject: string): Promise<Taken> {
  const began = performance.now();
  const args = ['watch', join(dir, 'tls_policy'), '--store', join(dir, 'store'), '--confirm-after', '0', '--per-network', '64'];
  const anchors = ['--ca-file', join(dir, 'ca.pem'), '--postfix-version', '3.11'];
  const profile =
    values.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${join(values.profile, title.replaceAll(' ', '-'))}`];
  const child = spawn(process.execPath, [...profile, COMMAND, ...args, ...anchors, ...internet.flags], {
    env: { ...process.env, NODE_OPTIONS: `--import=${COUNTING}`, SCALE_DIR: dir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const seconds = (performance.now() - began) / 1000;
  if (code !== 0 || !(subject === '' ? out === '' : out.startsWith(`${subject}\n`)))
    throw new Error(`the ${title} run ended with ${code} and said: ${out.slice(0, 2_000)}`);
  const taken = takenBy('cli.js');
  console.log(
    `measured: ${ENTRIES} entries at ${PROVIDERS} providers, ${title} run: ${seconds.toFixed(1)} s, ` +
      `CPU ${taken.cpuSeconds.toFixed(1)} s, peak ${taken.peakMb} MB`,
  );
  return taken;
}

function takenBy(program: string): Taken {
  const files = readdirSync(dir).filter((name) => /^\d+\.json$/.test(name));
  for (const name of files) {
    const taken = JSON.parse(readFileSync(join(dir, name), 'utf8')) as Taken;
    if (!taken.program.endsWith(program)) continue;
    rmSync(join(dir, name));
    return taken;
  }
  throw new Error(`nothing is known of ${program}`);
}
