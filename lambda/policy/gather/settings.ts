/**
 * Settings and version: from `postconf` of a config directory, from a main.cf, or Postfix's
 * defaults.
 */

import { isDeepStrictEqual } from 'node:util';
import { byName } from '../../named-record.ts';
import { decodeText } from '../../postfix/decode.ts';
import { OLDEST_KNOWN, OLDEST_PROVED, patchedParameters } from '../../postfix/defaults.ts';
import { isReadAtStart } from '../../postfix/global-parameter.ts';
import { type MainCf, readMainCf } from '../../postfix/main-cf.ts';
import {
  isChrooted,
  type MasterService,
  masterCfFatal,
  optionFatal,
  overridesOf,
  parseServices,
} from '../../postfix/postconf.ts';
import { bracedTokens, tokens } from '../../postfix/token.ts';
import { atLeast, NEWEST_PROVED, type PostfixVersion } from '../../postfix/version.ts';
import { listed } from '../../text/listed.ts';
import { UsageError } from '../../usage-error.ts';
import type { MainCfSource } from '../bundle.ts';
import { defaultSettings, endsEveryProgram, readSettings, type Settings } from '../settings.ts';
import type { BundleOptions, Machine } from './machine.ts';
import { ownPostfixTaken } from './own-postfix.ts';
import { postconf, readPostconf } from './postconf.ts';

/** Settings, and how far what they name must be on this machine. */
export interface Gathered {
  readonly settings: Settings;
  /**
   * `host`: this host's Postfix, so a missing file is missing for Postfix too. `file`: a main.cf,
   * perhaps of another host.
   */
  readonly from: 'host' | 'file' | 'nothing';
  /** What to call it in a message: `/etc/postfix/main.cf`. */
  readonly source: string;
  readonly configDirectory?: string;
  /** main.cf as trivial-rewrite(8) has it; absent where `settings` says all. */
  readonly routingSettings?: Settings;
  /** The other smtp(8) services that have settings of their own, by name. */
  readonly services?: Readonly<Record<string, Settings>>;
  /** Table types that this Postfix has; absent where it was not asked. */
  readonly tableTypes?: ReadonlySet<string>;
  /** Tables that proxymap(8) may open; absent where it was not asked. */
  readonly proxied?: ReadonlySet<string>;
  /** Line of a parameter in main.cf, where one was read as text. */
  readonly lines: Readonly<Record<string, number>>;
  readonly problems: MainCfSource['problems'];
  readonly assumed: readonly string[];
}

/** @throws UsageError */
export async function gatherSettings(options: BundleOptions, machine: Machine): Promise<Gathered> {
  if (options.configDirectory !== undefined && options.mainCf !== undefined) {
    throw new UsageError(
      '--config-directory and --main-cf both say where settings come from: give one of them',
    );
  }
  if (options.configDirectory !== undefined)
    return fromHost(options.configDirectory, options, machine);
  const { version, assumed } = chosenVersion(options.postfixVersion);
  if (options.mainCf === undefined) {
    const none =
      "every setting has Postfix's default, and mail goes to the recipient domain's MX hosts " +
      '(--main-cf or --config-directory read yours)';
    return {
      settings: defaultSettings(version),
      from: 'nothing',
      source: 'no main.cf',
      lines: {},
      problems: [],
      assumed: [...assumed, none],
    };
  }
  const read = await machine.read(options.mainCf);
  if (read.kind === 'failed')
    throw new UsageError(`cannot read --main-cf ${options.mainCf}: ${read.because}`);
  const hostname = machine.hostname?.();
  const mainCf = readMainCf(decodeText(read.bytes), version, hostname);
  const borrowed =
    mainCf.usesHostname === undefined
      ? []
      : [`myhostname is ${hostname}, the name of this host (${options.mainCf} sets none)`];
  return {
    ...settingsOf(mainCf, mainCf, version),
    from: 'file',
    source: options.mainCf,
    lines: mainCf.lines,
    assumed: [...assumed, ...borrowed],
  };
}

/**
 * Asks that host's postconf: raw values with the defaults as compiled there, and the service's
 * overrides on top.
 */
async function fromHost(
  directory: string,
  options: BundleOptions,
  machine: Machine,
): Promise<Gathered> {
  const installed = await postconf(directory, ['-d', '-h', 'mail_version'], machine);
  const { version, assumed } = chosenVersion(options.postfixVersion ?? installed.trim());
  const { main, overrides, masterServices, proxyReadMaps, types, ends } = await readPostconf(
    directory,
    version,
    machine,
  );
  const services = parseServices(masterServices);
  const clients = services.filter(({ type, command }) => type === 'unix' && command === 'smtp');
  const hostname = machine.hostname?.();
  const mainCf = readMainCf(main, version, hostname);
  const service = chosenService(clients, mainCf.parameters.default_transport, options.service);

  const read = await machine.read(`${directory}/main.cf`);
  const written = read.kind === 'read' ? readMainCf(decodeText(read.bytes), version) : undefined;
  const masterCf = await machine.read(`${directory}/master.cf`);
  const inMaster = masterCf.kind === 'read' ? decodeText(masterCf.bytes) : '';
  const noMaster = masterCfFatal(inMaster, `${directory}/master.cf`);
  const as = (one: MasterService | undefined) => {
    const own = one === undefined ? '' : overridesOf(overrides, one);
    const parameters = own === '' ? mainCf : readMainCf(`${main}\n${own}`, version, hostname);
    const read = settingsOf(parameters, written ?? mainCf, version);
    const fatal = noMaster ?? ends ?? (one === undefined ? undefined : optionFatal(inMaster, one));
    return fatal === undefined ? read : { ...read, settings: { ...read.settings, fatal } };
  };
  const smtpServices = [...new Set([service.name, ...clients.map((candidate) => candidate.name)])];
  const transports = services.filter(({ isTransport }) => isTransport).map(({ name }) => name);
  const withPlace = (settings: Settings, one: MasterService): Settings => ({
    ...settings,
    chroot: isChrooted(one, version, mainCf.parameters.compatibility_level ?? '0'),
    smtpServices,
    transports,
  });
  const chosen = as(service);
  const settings = withPlace(chosen.settings, service);
  const rewriting = services.find(({ command }) => command === 'trivial-rewrite');
  const own = byName<Settings>();
  for (const client of options.service === undefined ? clients : []) {
    const theirs = withPlace(as(client).settings, client);
    if (client.name !== service.name && !isDeepStrictEqual(theirs, settings))
      own[client.name] = theirs;
  }
  return {
    settings,
    routingSettings: { ...as(rewriting).settings, smtpServices, transports },
    ...(Object.keys(own).length === 0 ? {} : { services: own }),
    ...(types === undefined ? {} : { tableTypes: new Set(tokens(types)) }),
    proxied: proxiedBy(proxyReadMaps),
    problems: chosen.problems,
    from: 'host',
    source: `${directory}/main.cf`,
    configDirectory: directory,
    lines: written?.lines ?? {},
    assumed: [
      ...(options.isOwnPostfix ? [ownPostfixTaken(directory)] : []),
      ...assumed,
      ...otherInstances(mainCf.parameters.multi_instance_directories ?? ''),
    ],
  };
}

/** postmulti(1) keeps the other instances of a host in the main.cf of its default one. */
function otherInstances(directories: string): string[] {
  const others = tokens(directories);
  const [first] = others;
  if (first === undefined) return [];
  return [
    `the Postfix of ${listed(others)} is not judged here: run once more with --config-directory ` +
      `${first}`,
  ];
}

/**
 * The smtp(8) service that delivers unless a transport says otherwise: the one named by hand, else
 * that of default_transport, else `smtp`.
 *
 * @throws UsageError where master.cf has no such service
 */
function chosenService(
  clients: readonly MasterService[],
  defaultTransport: string | undefined,
  named: string | undefined,
): MasterService {
  const transport = (defaultTransport ?? '').split(':', 1)[0] ?? '';
  const wanted = named === undefined ? [transport, 'smtp'] : [named];
  const service =
    wanted.flatMap((name) => clients.find((client) => client.name === name) ?? [])[0] ??
    (named === undefined ? clients[0] : undefined);
  if (service !== undefined) return service;
  const known = clients.map((candidate) => candidate.name).join(', ');
  throw new UsageError(
    `--service ${named ?? 'smtp'}: master.cf has no such service that runs smtp(8); it has ` +
      `${known === '' ? 'none' : known}`,
  );
}

/** Tables of proxy_read_maps, as proxymap(8) picks them out: behind `proxy:` alone. */
function proxiedBy(list: string): ReadonlySet<string> {
  return new Set(
    bracedTokens(list.trim()).flatMap((word) =>
      word.startsWith('proxy:') ? [word.slice('proxy:'.length)] : [],
    ),
  );
}

/**
 * Settings, and what Postfix says of main.cf as it is written (the values may come from postconf).
 */
function settingsOf(
  mainCf: MainCf,
  written: MainCf,
  version: PostfixVersion,
): Pick<Gathered, 'settings' | 'problems'> {
  const read = readSettings(mainCf.parameters, version);
  const lines = written.problems.map(({ line, kind, name, says }) => ({
    line,
    kind,
    name: name ?? null,
    says,
  }));
  const values = read.problems
    .filter(({ kind, name }) => kind === 'fatal' || Object.hasOwn(written.lines, name))
    .map(({ kind, name, says }) => ({ line: written.lines[name] ?? null, kind, name, says }));
  // A service may override a value of main.cf that cannot be expanded, or bring one of its own.
  const macro = mainCf.problems.find(
    ({ kind, name }) => kind === 'macro' && isReadAtStart(name ?? ''),
  );
  const own = read.settings.fatal;
  const fatal =
    own !== undefined && endsEveryProgram(own)
      ? own
      : (lines.find(({ kind }) => kind === 'fatal')?.says ?? macro?.says ?? own);
  return {
    settings: fatal === undefined ? read.settings : { ...read.settings, fatal },
    problems: [...lines, ...values],
  };
}

/** To be assumed of a version without a patch level: which patches decide, and how to name one. */
function latestPatch(version: PostfixVersion): string {
  const patched = patchedParameters(version);
  const [first] = patched;
  if (first === undefined) {
    return (
      `Postfix ${version} is its latest patch (--postfix-version ${version}.N names yours, as ` +
      'postconf mail_version prints it)'
    );
  }
  const older = patched.map(({ name, since }) => `${name} (before ${since})`);
  return (
    `Postfix ${version} is its latest patch, and older ones differ in ${listed(older)}: name ` +
    `yours as postconf mail_version prints it, such as --postfix-version ${patchBefore(first.since)}`
  );
}

/** `3.7.12` of `3.7.13`. */
function patchBefore(version: PostfixVersion): PostfixVersion {
  const [major, minor, patch] = version.split('.');
  return `${major}.${minor}.${Math.max(0, Number(patch) - 1)}`;
}

/** The version to judge by, and what to say about it. */
function chosenVersion(given: string | undefined): {
  readonly version: PostfixVersion;
  readonly assumed: readonly string[];
} {
  if (given === undefined) {
    const newest =
      `Postfix is ${NEWEST_PROVED}, the newest version this was compared with ` +
      '(--postfix-version names yours)';
    return { version: NEWEST_PROVED, assumed: [newest] };
  }
  const version = /^\d+\.\d+(\.\d+)?/.exec(given)?.[0];
  if (version === undefined || !atLeast(version, OLDEST_KNOWN)) {
    throw new UsageError(
      `--postfix-version ${given}: a version from ${OLDEST_KNOWN} on is wanted, such as 3.7 or ` +
        '3.7.11',
    );
  }
  // Patches change what is refused: which one counts is to be read, and to be named.
  const latest = /^\d+\.\d+$/.test(version) ? [latestPatch(version)] : [];
  if (!atLeast(version, OLDEST_PROVED)) {
    const old =
      `the rules of Postfix ${version} come from its sources; below ${OLDEST_PROVED} none was ` +
      'compared with real deliveries';
    return { version, assumed: [old, ...latest] };
  }
  if (!atLeast(NEWEST_PROVED, version)) {
    const young =
      `Postfix ${version} keeps to the rules of ${NEWEST_PROVED}, the newest version this was ` +
      'compared with';
    return { version, assumed: [young, ...latest] };
  }
  return { version, assumed: latest };
}
