/**
 * What a run would go by, and where each of it comes from: the command line, the file of flags, the
 * environment, Postfix, this host, or a default of ours. Secrets are named and never shown. Pure.
 */
import type { Command } from 'commander';
import type { Bundle } from '../../policy/bundle.ts';
import { plain } from '../../text/strangers.ts';
import type { FlagsFile } from '../configuration/configure.ts';
import { longName, TABLE } from '../configuration/known-flags.ts';
import type { ServiceUser } from './service-user.ts';
import { FROM_UNIT, type UnitFlags } from './unit-flags.ts';

export const SOURCES = [
  'command-line',
  'unit',
  'file',
  'environment',
  'postfix',
  'system',
  'default',
] as const;

export interface InForce {
  readonly name: string;
  readonly value: string;
  readonly source: (typeof SOURCES)[number];
  readonly where: string | null;
}

/** What the command line, the unit's and the file of flags came to. */
export interface Given {
  readonly running: Command;
  readonly file?: FlagsFile | undefined;
  readonly service?: ServiceUser | undefined;
  readonly ofUnit?: UnitFlags | undefined;
  readonly table?: string | undefined;
}

/** What is known besides the flags that were given. */
export interface Circumstances {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly host: string;
  /** Where things are kept; undefined where that cannot be told. */
  readonly store: string | undefined;
  readonly resolvers: readonly string[];
  /** Undefined where it cannot be read. */
  readonly bundle: Bundle | undefined;
  /** That of this host's own Postfix, where nobody named a policy. */
  readonly ownPostfix: string | undefined;
}

/** Flags first, in the order of --help, then what counts for want of one. */
export function inForce(given: Given, known: Circumstances): readonly InForce[] {
  const flags = flagsGiven(given);
  const has = (name: string) => flags.some((row) => row.name === name);
  return [...flags, ...besides(known).filter(({ name }) => !has(name))];
}

function flagsGiven({ running, file, service, ofUnit, table }: Given): readonly InForce[] {
  const row = (name: string, value: string, source: unknown): readonly InForce[] => {
    switch (source) {
      case 'cli':
        return [{ name, value, source: 'command-line', where: null }];
      case FROM_UNIT:
        return [{ name, value, source: 'unit', where: service?.unit?.name ?? null }];
      case 'config':
        return [{ name, value, source: 'file', where: placeIn(file, name) }];
      default:
        return [];
    }
  };
  const isTyped = running.args[0] !== undefined;
  const fromUnit = ofUnit?.kind === 'taken' && ofUnit.table !== undefined;
  const tableFrom = isTyped ? 'cli' : fromUnit ? FROM_UNIT : 'config';
  return [
    ...(table === undefined ? [] : row(TABLE, plain(table), tableFrom)),
    ...running.options.flatMap((option) => {
      const name = longName(option);
      const key = option.attributeName();
      if (NOT_SHOWN.has(name)) return [];
      const value: unknown = running.getOptionValue(key);
      return row(name, shown(name, value), running.getOptionValueSource(key));
    }),
  ];
}

const placeIn = (file: FlagsFile | undefined, name: string): string | null =>
  file === undefined ? null : `${file.path}:${file.lines.get(name) ?? 0}`;

function besides(known: Circumstances): readonly InForce[] {
  const { env, host, store, resolvers, bundle, ownPostfix } = known;
  const settings = bundle?.settings;
  const fromHost = bundle?.mainCf !== undefined;
  const row = (
    name: string,
    value: string | undefined,
    source: InForce['source'],
    where: string | null = null,
  ): readonly InForce[] =>
    value === undefined ? [] : [{ name, value: plain(value), source, where }];
  const version = fromHost ? ('postfix' as const) : ('default' as const);
  const helo = settings?.heloName ?? settings?.myhostname;
  const state = (env.STATE_DIRECTORY ?? '') !== '';
  return [
    ...row('config-directory', ownPostfix, 'postfix', "this host's Postfix"),
    ...row('postfix', settings?.version, version),
    ...row('openssl', settings?.openssl, version),
    ...row(
      'helo',
      helo ?? host,
      helo === undefined ? 'system' : 'postfix',
      helo === undefined ? 'the name of this host' : 'main.cf',
    ),
    ...row('resolver', resolvers.join(', ') || undefined, 'system', '/etc/resolv.conf'),
    ...row('store', store, state ? 'environment' : 'default', state ? 'STATE_DIRECTORY' : null),
    ...row('policy', 'default', 'default'),
    ...row('vantage', host, 'system', 'the name of this host'),
    ...SECRETS.flatMap(({ name, variable }) =>
      (env[variable] ?? '') === '' ? [] : row(name, '(not shown)', 'environment', variable),
    ),
  ];
}

function shown(name: string, value: unknown): string {
  if (value === true) return 'true';
  const text = Array.isArray(value) ? value.join(', ') : String(value);
  if (!OF_SECRETS.has(name)) return plain(text);
  // What stands behind the host may be a secret, and so may a user.
  return URL.canParse(text) ? `${new URL(text).host} (the rest is not shown)` : '(not shown)';
}

const OF_SECRETS = new Set(['webhook', 'ping']);
const NOT_SHOWN = new Set(['as-service', 'config', 'json', 'no-config', 'test']);
const SECRETS = [
  { name: 'webhook-file', variable: 'POSTFIX_TLS_WATCH_WEBHOOK' },
  { name: 'webhook-token-file', variable: 'POSTFIX_TLS_WATCH_WEBHOOK_TOKEN' },
  { name: 'smtp-login-file', variable: 'POSTFIX_TLS_WATCH_SMTP_LOGIN' },
];
