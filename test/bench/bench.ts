/**
 * `npm run bench [-- --entries N --megabytes N]`: how long and how much, as ratios measured in one run on one machine.
 *
 * `check` over N entries on N hosts against `xargs -P16 posttls-finger` on the same addresses (which is spared the DNS and the
 * policy: it gets addresses and names), conversations for many entries behind few providers, `report`
 * over a year of them, and `why` over a large log beside grep.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { CheckDocument } from '../../lambda/command/check/verdict-schema.ts';
import { createAuthority } from '../internet/authority.ts';
import { type MailHost, startInternet } from '../internet/internet.ts';
import { type Cost, cost, quoted, ratio, report } from './cost.ts';
import { benchReport } from './report-year.ts';
import { benchWhy } from './why-log.ts';

const { values } = parseArgs({
  options: {
    entries: { type: 'string', default: '200' },
    megabytes: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '3' },
  },
});
const ENTRIES = Number(values.entries);
const ROUNDS = Number(values.rounds);
const CLI = fileURLToPath(new URL('../../lambda/cli.ts', import.meta.url));

const dir = mkdtempSync(join(tmpdir(), 'bench-'));
const internet = await startInternet();
try {
  const root = await createAuthority('Bench Root');
  writeFileSync(join(dir, 'ca.pem'), root.certificate.pem);
  const names = Array.from({ length: ENTRIES }, (_, i) => `d${i}.example`);
  const targets: string[] = [];
  const hosts: MailHost[] = [];
  for (const name of names) {
    const { chainPem, keyPem } = await root.issue({ dnsNames: [`mx.${name}`] });
    const host = await internet.mailHost({ host: `mx.${name}`, chain: chainPem, key: keyPem });
    hosts.push(host);
    internet.domain(name, host);
    targets.push(`[${host.addresses[0]}]:${internet.smtpPort} ${name} .${name}`);
  }
  writeFileSync(join(dir, 'table'), names.map((name) => `${name} secure\n`).join(''));
  writeFileSync(join(dir, 'targets'), `${targets.join('\n')}\n`);

  const flags = [...internet.flags, '--ca-file', join(dir, 'ca.pem'), '--per-network', '64', '--postfix-version', '3.11'];
  const check = [process.execPath, CLI, 'check', join(dir, 'table'), '--no-config', '--json', ...flags];
  const finger = `xargs -P16 -L1 posttls-finger -c -l secure -F ${join(dir, 'ca.pem')} -L summary < ${join(dir, 'targets')}`;
  const hasFinger = spawnSync('sh', ['-c', 'command -v posttls-finger']).status === 0;

  console.log(`check: ${ENTRIES} entries on ${ENTRIES} hosts, ${ROUNDS} rounds in turn, medians`);
  const ours: Cost[] = [];
  const theirs: Cost[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    ours.push(await cost(check.map(quoted).join(' ')));
    if (hasFinger) theirs.push(await cost(finger));
  }
  report('check', ours);
  if (hasFinger) {
    report('xargs -P16 posttls-finger', theirs);
    console.log(
      `measured: check / posttls-finger: wall ${ratio(ours, theirs, 'wall')}, CPU ${ratio(ours, theirs, 'cpu')} (below 1 is faster)`,
    );
  } else console.log('posttls-finger is not installed (Debian: postfix): no comparison');

  const providers = Math.max(1, Math.round((ENTRIES * 21) / 237));
  const shared = Array.from({ length: ENTRIES }, (_, i) => `s${i}.example`);
  shared.forEach((name, i) => {
    internet.domain(name, `mx.d${i % providers}.example`);
  });
  writeFileSync(join(dir, 'shared'), shared.map((name, i) => `${name} secure match=mx.d${i % providers}.example\n`).join(''));
  const conversations = () => hosts.reduce((sum, host) => sum + host.conversations.length, 0);
  const before = conversations();
  const { out, wall } = await cost(
    [process.execPath, CLI, 'check', join(dir, 'shared'), '--no-config', '--json', ...flags].map(quoted).join(' '),
  );
  const { summary } = JSON.parse(out) as CheckDocument;
  console.log(
    `measured: ${ENTRIES} entries behind ${providers} providers: ${summary.pass} pass, ${conversations() - before} conversations, ${wall.toFixed(2)} s`,
  );
  if (summary.pass !== ENTRIES) throw new Error(`only ${summary.pass} of ${ENTRIES} entries passed: the bench is broken`);
  await benchReport(dir, ENTRIES, ROUNDS);
  await benchWhy(dir, Number(values.megabytes), ROUNDS);
} finally {
  await internet.close();
  rmSync(dir, { recursive: true, force: true });
}
