/** First process of the namespaces: network, resolver, mail servers, table daemons, then Postfix and our check per directory. Started by play.ts. */
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeRoomForPostlogd } from '../log-room.ts';
import type { Directory } from './directory.ts';
import { type PostfixRun, runPostfix } from './instance.ts';
import type { Asked, Played, PlayInput } from './play.ts';
import { type ProductRun, runProduct } from './product.ts';

/** Below the tmpfs of the mount namespace. */
const WORK = '/mnt';
const PRODUCT = '/mnt/product';
const ASKED = '/mnt/asked';

const [, , inputPath = '', output = ''] = process.argv;
const input = JSON.parse(readFileSync(inputPath, 'utf8')) as PlayInput;
setUpNamespace();
await once(fork(join(import.meta.dirname, '..', 'hosts.ts'), [inputPath]), 'message');
await once(fork(join(import.meta.dirname, 'daemons.ts'), [inputPath, ASKED]), 'message');
writeFileSync(output, JSON.stringify(await playAll()));
process.exit(0);

async function playAll(): Promise<Played[]> {
  const daemonDirectory = execFileSync('postconf', ['-d', '-h', 'daemon_directory'], { encoding: 'utf8' }).trim();
  const played: Played[] = [];
  const waiting = [...input.directories.entries()];
  // Several at a time: one waits on silent hosts while another works.
  await Promise.all(
    Array.from({ length: input.options.lanes }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [place, directory] = next;
        played[place] = await playOne(directory, daemonDirectory);
      }
    }),
  );
  return played;
}

async function playOne(directory: Directory, daemonDirectory: string): Promise<Played> {
  const begun = Date.now();
  let delivered = begun;
  const { run: postfix, meanwhile } = await runPostfix(directory, { daemonDirectory }, async (run) => {
    delivered = Date.now();
    return input.options.check ? checkTwice(directory, run) : undefined;
  });
  return {
    directory,
    postfix,
    product: meanwhile?.product,
    ...(meanwhile?.named === undefined ? {} : { named: meanwhile.named }),
    asked: askedOf(directory, begun, delivered),
    milliseconds: { postfix: delivered - begun, product: Date.now() - delivered },
  };
}

/** Our check as an operator runs it, and once more where Postfix went to next hops that it has no entry for. */
async function checkTwice(directory: Directory, postfix: PostfixRun): Promise<Pick<Played, 'product' | 'named'>> {
  const product = await runProduct(directory, PRODUCT);
  const others = nextHopsBesides(postfix, product);
  return others.length === 0 ? { product } : { product, named: await runProduct(directory, PRODUCT, others) };
}

/** Next hops of Postfix's that no entry was judged at: those of some senders, which are watched where they ask for more than `may`. */
function nextHopsBesides({ delivered }: PostfixRun, { entries }: ProductRun): string[] {
  const judged = new Set(entries.flatMap(({ nextHop }) => nextHop?.text ?? []));
  return [...new Set(delivered.flatMap(({ route }) => (route.kind === 'routed' ? route.nextHop : [])))].filter(
    (hop) => /^\[|:/.test(hop) && !judged.has(hop),
  );
}

/** What the directory's daemons were asked between two times, in order. */
function askedOf({ daemons }: Directory, from: number, to: number): Asked[] {
  if (!existsSync(ASKED)) return [];
  const own = new Set(daemons.map(({ address, port }) => `${address}:${port}`));
  return readFileSync(ASKED, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Asked & { readonly at: number })
    .filter(({ daemon, at }) => own.has(daemon) && at >= from && at <= to)
    .map(({ daemon, map, key }) => ({ daemon, map, key }));
}

/** Loopback up, our own resolv.conf (glibc hides AD without `trust-ad`), a tmpfs to work on, the checkout where every user may go. */
function setUpNamespace(): void {
  const run = (program: string, ...args: readonly string[]) =>
    execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  run('ip', 'link', 'set', 'lo', 'up');
  makeRoomForPostlogd();
  for (const { address } of input.scene.servers)
    if (address.includes(':')) run('ip', 'address', 'add', `${address}/128`, 'dev', 'lo', 'nodad');
  for (const address of input.directories.flatMap(({ localAddresses }) => localAddresses))
    run('ip', 'address', 'add', `${address}/32`, 'dev', 'lo');
  run('mount', '--make-rprivate', '/');
  run('mount', '-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', WORK);
  mkdirSync(PRODUCT);
  run('mount', '--rbind', input.options.checkout, PRODUCT);
  const resolvConf = join(WORK, 'resolv.conf');
  writeFileSync(resolvConf, 'nameserver 127.0.0.1\noptions timeout:3 attempts:3 edns0 trust-ad\n');
  run('mount', '--bind', resolvConf, '/etc/resolv.conf');
}
