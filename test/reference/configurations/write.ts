/** Writes a configuration directory to disk, with its tables built and its files as unreadable as they were drawn. */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { configDirectoryOf, type Directory, type DirectoryFile, placeOf } from './directory.ts';
import { makeQueue } from './queue.ts';

export interface Programs {
  readonly daemonDirectory: string;
}

/** Everything but the processes: `master -d -c` can start afterwards. */
export function writeDirectory(directory: Directory, programs: Programs): void {
  const place = placeOf(directory);
  const etc = configDirectoryOf(directory);
  mkdirSync(etc, { recursive: true });
  writeFileSync(join(etc, 'main.cf'), mainCf(directory, programs));
  writeFileSync(join(etc, 'master.cf'), masterCf(directory));
  for (const file of directory.files) writeOne(etc, file);
  makeQueue(place);
  // As Debian's own start script fills the chroot.
  const chroot = join(place, 'queue', 'etc');
  mkdirSync(chroot);
  for (const name of ['resolv.conf', 'services', 'hosts', 'nsswitch.conf'])
    if (existsSync(join('/etc', name))) copyFileSync(join('/etc', name), join(chroot, name));
}

function writeOne(etc: string, file: DirectoryFile): void {
  const path = join(etc, file.name);
  mkdirSync(dirname(path), { recursive: true });
  if (file.sqlite === true) writeSqlite(path, file.text);
  else writeFileSync(path, file.text);
  chownSync(path, 0, 0);
  const database = file.build === undefined ? undefined : `${path}${SUFFIXES[file.build]}`;
  if (file.build !== undefined) build(etc, file.build, path, database);
  if (file.later === 'text-gone') rmSync(path);
  if (file.later === 'database-gone' && database !== undefined) rmSync(database, { force: true });
  if (typeof file.later === 'object') {
    writeFileSync(path, file.later.text);
    const newer = new Date(Date.now() + 10_000);
    utimesSync(path, newer, newer);
  }
  for (const each of [path, database]) {
    if (each === undefined || !existsSync(each)) continue;
    chmodSync(each, file.mode ?? 0o644);
  }
  if (file.folderMode !== undefined) chmodSync(dirname(path), file.folderMode);
}

/** With a configuration of its own: that of the directory may be broken. */
function build(etc: string, type: keyof typeof SUFFIXES, path: string, database: string | undefined): void {
  const ran = spawnSync('postmap', ['-c', '/etc/postfix', `${type}:${path}`], { encoding: 'utf8' });
  if (database === undefined || !existsSync(database))
    throw new Error(`postmap ${type}:${path} below ${etc} made no table: ${ran.stderr}`);
}

function writeSqlite(path: string, text: string): void {
  const database = new DatabaseSync(path);
  database.exec('CREATE TABLE policy (key TEXT, value TEXT)');
  const insert = database.prepare('INSERT INTO policy VALUES (?, ?)');
  for (const line of text.split('\n').filter((each) => each !== '')) insert.run(...line.split('\t', 2));
  database.close();
}

const SUFFIXES = { hash: '.db', btree: '.db', lmdb: '.lmdb', cdb: '.cdb' } as const;

/** Short waits, long backoff: one attempt per message. What was drawn comes last, so that it counts. */
function mainCf(directory: Directory, { daemonDirectory }: Programs): string {
  const place = placeOf(directory);
  const own = [
    'compatibility_level = 3.6',
    `queue_directory = ${place}/queue`,
    `data_directory = ${place}/data`,
    `daemon_directory = ${daemonDirectory}`,
    `maillog_file = ${place}/maillog`,
    `maillog_file_prefixes = ${place}`,
    'myhostname = sender.test',
    'mydestination =',
    'local_recipient_maps =',
    'alias_maps =',
    'mynetworks = 127.0.0.0/8',
    'inet_interfaces = 127.0.0.1',
    'inet_protocols = all',
    'smtp_host_lookup = dns',
    'smtp_connect_timeout = 8s',
    'smtp_helo_timeout = 8s',
    'smtp_starttls_timeout = 8s',
    'smtp_connection_cache_on_demand = no',
    'default_destination_concurrency_failed_cohort_limit = 1000',
    'minimal_backoff_time = 4000s',
    'queue_run_delay = 4000s',
    'smtp_tls_loglevel = 1',
  ];
  // A parameter set twice makes every program warn: that may be drawn, but comes not from here.
  const drawn = new Set(directory.mainCf.map(parameterOf));
  return [...own.filter((line) => !drawn.has(parameterOf(line))), ...directory.mainCf, ''].join('\n');
}

const parameterOf = (line: string) => line.split('=', 1)[0]?.trim() ?? '';

/** What every Postfix has; the delivery agents are drawn. */
function masterCf({ masterCf: drawn }: Directory): string {
  return [
    'pickup unix n - n 60 1 pickup',
    'cleanup unix n - n - 0 cleanup',
    'qmgr unix n - n 300 1 qmgr',
    'rewrite unix - - n - 4 trivial-rewrite',
    'bounce unix - - n - 0 bounce',
    'defer unix - - n - 0 bounce',
    'trace unix - - n - 0 bounce',
    'verify unix - - n - 1 verify',
    'flush unix n - n 1000? 0 flush',
    'proxymap unix - - n - 10 proxymap',
    'proxywrite unix - - n - 1 proxymap',
    'tlsmgr unix - - n 1000? 1 tlsmgr',
    'tlsproxy unix - - n - 0 tlsproxy',
    'anvil unix - - n - 1 anvil',
    'scache unix - - n - 1 scache',
    'postlog unix-dgram n - n - 1 postlogd',
    'error unix - - n - 10 error',
    'retry unix - - n - 10 error',
    'discard unix - - n - 10 discard',
    'local unix - n n - 10 local',
    'virtual unix - n n - 10 virtual',
    ...drawn,
    '',
  ].join('\n');
}
