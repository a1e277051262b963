/** First process of the reference's namespaces: network, resolver, mail servers, each Postfix in turn, our own check. Started by reference.ts. */
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Instance, startInstance } from './instance.ts';
import { makeRoomForPostlogd } from './log-room.ts';
import { ourVerdicts } from './our-verdicts.ts';
import type { Played, PlayOptions } from './reference.ts';
import type { Configuration, Scene } from './scene.ts';

/** Under the tmpfs of the mount namespace: the same path in every play, since suggested lines may name files. */
const DIRECTORY = '/mnt';

/** Postfix instances at work at the same time. */
const LANES = 4;

const [, , input = '', output = ''] = process.argv;
const { scene, options } = JSON.parse(readFileSync(input, 'utf8')) as { scene: Scene; options: PlayOptions };
writeFileSync(output, JSON.stringify(await playInside(scene, options)));
process.exit(0);

async function playInside(played: Scene, options: PlayOptions): Promise<Played[]> {
  setUpNamespace(played);
  const files = writeFiles(join(DIRECTORY, 'files'), played.files);
  await once(fork(join(import.meta.dirname, 'hosts.ts'), [input]), 'message');
  const results: Played[] = [];
  // Several at a time: one instance waits on silent hosts while another works.
  await Promise.all(
    Array.from({ length: LANES }, async (_, lane) => {
      for (const [i, configuration] of played.configurations.entries()) {
        if (i % LANES !== lane) continue;
        results[i] = await playOne(
          configuration,
          { directory: join(DIRECTORY, `postfix-${i}`), files, smtpdPort: 10_025 + i },
          options,
        );
      }
    }),
  );
  return results;
}

async function playOne(
  configuration: Configuration,
  place: { readonly directory: string; readonly files: string; readonly smtpdPort: number },
  { check, stsPolicies, newLines }: PlayOptions,
): Promise<Played> {
  mkdirSync(place.directory);
  const started = Date.now();
  const instance: Instance = await startInstance(configuration, place);
  const deliveries = await instance.deliver();
  const queue = instance.queue();
  await instance.stop();
  const delivered = Date.now();
  const ours = check
    ? await ourVerdicts(instance.configDirectory, configuration.recipients, stsPolicies, newLines)
    : { verdicts: [], proposals: {}, newLines: {} };
  return {
    name: configuration.name,
    deliveries,
    ...ours,
    log: instance.log(),
    queue,
    milliseconds: { postfix: delivered - started, check: Date.now() - delivered },
  };
}

/** Loopback up, our own resolv.conf (glibc hides AD without `trust-ad`), a tmpfs to work on. */
function setUpNamespace({ servers }: Scene): void {
  const run = (program: string, ...args: readonly string[]) =>
    execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  run('ip', 'link', 'set', 'lo', 'up');
  makeRoomForPostlogd();
  for (const { address } of servers)
    if (address.includes(':')) run('ip', 'address', 'add', `${address}/128`, 'dev', 'lo', 'nodad');
  run('mount', '--make-rprivate', '/');
  run('mount', '-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', DIRECTORY);
  const resolvConf = join(DIRECTORY, 'resolv.conf');
  writeFileSync(resolvConf, 'nameserver 127.0.0.1\noptions timeout:3 attempts:3 edns0 trust-ad\n');
  run('mount', '--bind', resolvConf, '/etc/resolv.conf');
}

/** A name with `0600` in it is readable by root only. */
function writeFiles(directory: string, files: Readonly<Record<string, string>>): string {
  mkdirSync(directory);
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(directory, name), text.replaceAll('@files@', directory));
    chownSync(join(directory, name), 0, 0);
    chmodSync(join(directory, name), name.includes('0600') ? 0o600 : 0o644);
  }
  return directory;
}
