/**
 * A systemd service as its files have it: systemd.syntax(7), with drop-ins. Only what says as whom
 * and where it runs is read. Pure.
 */
import type { Machine } from '../../policy/gather/machine.ts';
import { decodeText } from '../../postfix/decode.ts';
import { tokens } from '../../postfix/token.ts';

export interface Unit {
  readonly name: string;
  /** Absent: root, or with `dynamicUser` a user of its own. */
  readonly user?: string;
  /** Absent: the user's own. */
  readonly group?: string;
  readonly supplementaryGroups: readonly string[];
  readonly dynamicUser: boolean;
  /** Below /var/lib; absent: none. */
  readonly stateDirectory?: string;
  /** Of ProtectSystem=strict, which a user of its own brings along: nothing but these may be written. */
  readonly writable?: readonly string[];
  /** `NAME=value`, as Environment= has them. */
  readonly environment: readonly string[];
  /** Of EnvironmentFile=, those that need not be there with their dash. */
  readonly environmentFiles: readonly string[];
  /** `ID:PATH`, as LoadCredential= has them. */
  readonly credentials: readonly string[];
  /** The last ExecStart=. */
  readonly command: string;
}

/** Where an administrator's unit goes before a package's (systemd.unit(5)). */
const FOLDERS = [
  '/etc/systemd/system',
  '/run/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
];

/** Undefined where there is no such unit. */
export async function findUnit(
  name: string,
  machine: Pick<Machine, 'read' | 'list'>,
): Promise<Unit | undefined> {
  const text = async (path: string) => {
    const read = await machine.read(path);
    return read.kind === 'read' ? decodeText(read.bytes) : undefined;
  };
  const texts = await Promise.all(FOLDERS.map((folder) => text(`${folder}/${name}`)));
  const main = texts.find((found) => found !== undefined);
  if (main === undefined) return undefined;
  // By file name over all folders; one in /etc goes before its namesakes.
  const dropIns = new Map<string, string>();
  for (const folder of FOLDERS.map((one) => `${one}/${name}.d`))
    for (const file of (await machine.list(folder)) ?? [])
      if (file.endsWith('.conf') && !dropIns.has(file)) dropIns.set(file, `${folder}/${file}`);
  const paths = [...dropIns].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
  const more = await Promise.all(paths.map(text));
  return parseUnit(name, [main, ...more.flatMap((found) => found ?? [])]);
}

export function parseUnit(name: string, texts: readonly string[]): Unit {
  const service = texts.flatMap(serviceSettings);
  const last = (key: string) => service.findLast((one) => one.key === key)?.value || undefined;
  const all = (key: string) => {
    const values = service.filter((one) => one.key === key).map(({ value }) => value);
    // An empty one takes back what was said before.
    return values.slice(values.lastIndexOf('') + 1);
  };
  const [stateDirectory] = all('StateDirectory').flatMap((list) => tokens(list));
  const [user, group] = [last('User'), last('Group')];
  const dynamicUser = /^(?:1|yes|true|on)$/i.test(last('DynamicUser') ?? '');
  const writable = [
    ...all('ReadWritePaths').flatMap((list) =>
      tokens(list).map((path) => path.replace(/^[-+]+/, '')),
    ),
    ...(stateDirectory === undefined ? [] : [`/var/lib/${stateDirectory}`]),
  ];
  return {
    name,
    ...(user === undefined ? {} : { user }),
    ...(group === undefined ? {} : { group }),
    supplementaryGroups: all('SupplementaryGroups').flatMap((list) => tokens(list)),
    dynamicUser,
    ...(stateDirectory === undefined ? {} : { stateDirectory }),
    ...(dynamicUser || last('ProtectSystem') === 'strict' ? { writable } : {}),
    environment: all('Environment').flatMap(quotedWords),
    environmentFiles: all('EnvironmentFile'),
    credentials: all('LoadCredential'),
    command: last('ExecStart') ?? '',
  };
}

/**
 * The words of ExecStart=, with variables as systemd has them; a credential is the file that it is
 * made of.
 */
export function commandWords(
  { command, credentials }: Unit,
  environment: Readonly<Record<string, string>>,
): readonly string[] {
  const files = new Map(
    credentials.map((one) => {
      const at = one.indexOf(':');
      return [one.slice(0, at), one.slice(at + 1)] as const;
    }),
  );
  // Before the program may stand what changes how it is started (systemd.service(5)).
  return quotedWords(command.replace(/^[-@:+!|]+/, '')).map((word) =>
    word
      .replace(/^\$\{CREDENTIALS_DIRECTORY\}\/(.+)$/, (_, id: string) => files.get(id) ?? '')
      .replaceAll(/\$\{(\w+)\}/g, (_, name: string) => environment[name] ?? ''),
  );
}

interface ServiceSetting {
  readonly key: string;
  readonly value: string;
}

function serviceSettings(text: string): readonly ServiceSetting[] {
  let section = '';
  return text
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .flatMap((line) => {
      const found = /^\[(.*)\]\s*$/.exec(line);
      if (found !== null) section = found[1] ?? '';
      const setting = /^\s*([A-Za-z]+)\s*=\s*(.*?)\s*$/.exec(line);
      if (section !== 'Service' || setting === null) return [];
      return [{ key: setting[1] ?? '', value: setting[2] ?? '' }];
    });
}

/** `A=1 "B=2 3"`. */
const quotedWords = (text: string): readonly string[] =>
  [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  );

/** `NAME=value` lines of an environment file, comments left out (systemd.exec(5)). */
export function environmentOf(lines: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    lines.flatMap((line) => {
      const found = /^\s*([A-Za-z_]\w*)=(.*?)\s*$/.exec(line);
      if (found === null) return [];
      const [, name = '', value = ''] = found;
      return [[name, value.replace(/^(["'])(.*)\1$/, '$2')] as const];
    }),
  );
}
