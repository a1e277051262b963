/**
 * From options to a Bundle, through the Machine door: settings, then tables, then trust anchors,
 * then what is assumed.
 */
import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { mozillaRoots, type TrustStore } from '../../certificate/anchors.ts';
import { byName } from '../../named-record.ts';
import {
  type TableName,
  type TableText,
  tableName,
  tableType,
} from '../../postfix/lookup-table.ts';
import { DAY_MS } from '../../text/dates.ts';
import { listed as listing } from '../../text/listed.ts';
import { UsageError } from '../../usage-error.ts';
import type { Bundle, FileProblem, ServiceBundle, TableProblem } from '../bundle.ts';
import { policyTables } from '../lookup.ts';
import { replyTableNames } from '../reply-tables.ts';
import type { Settings } from '../settings.ts';
import { isSmtpTransport, routingOf, servicesOfSenders } from '../transport.ts';
import { askTables } from './ask.ts';
import { clientCertificateTrouble } from './client-certificate.ts';
import { readDestinationsFile } from './destinations-file.ts';
import type { BundleOptions, Machine } from './machine.ts';
import { readOpensslConfig } from './openssl-config.ts';
import { findOpenssl } from './openssl-version.ts';
import { classesOf, readRouting } from './routing.ts';
import { type Gathered, gatherSettings } from './settings.ts';
import { readSideTables } from './side-tables.ts';
import { readTable, type TableContext } from './tables.ts';
import { readAnchorFiles, readTrust } from './trust.ts';

/**
 * @param remembered names of destinations that earlier runs judged, wanted only where a table is
 *   lost: tables that must be asked are then asked about them too
 * @throws UsageError
 */
export async function gatherBundle(
  options: BundleOptions,
  machine: Machine,
  remembered: () => Promise<readonly string[]> = async () => [],
): Promise<Bundle> {
  const gathered = await gatherSettings(options, machine);
  const openssl = await findOpenssl(options, gathered.from, machine);
  const assumed = [...gathered.assumed, ...openssl.assumed];
  const onOpenssl = (settings: Settings): Settings =>
    openssl.version === undefined ? settings : { ...settings, openssl: openssl.version };
  const own = applied(onOpenssl(gathered.settings), options, gathered, assumed);
  const services = Object.entries(gathered.services ?? {}).map(
    ([name, theirs]) =>
      [name, applied(onOpenssl(theirs), options, gathered, [], gathered.settings)] as const,
  );
  const clients = [own, ...services.map(([, theirs]) => theirs)];
  const problems: TableProblem[] = [];
  const read = async (maps: readonly TableName[], parameter: string, option?: string) =>
    readTables(distinct(maps), { parameter, option, gathered, machine }, problems);
  const policy = await read(
    clients.flatMap(({ policyMaps }) => policyMaps),
    'smtp_tls_policy_maps',
    options.table,
  );
  const routing = await readRouting(
    { ...(gathered.routingSettings ?? own), transportMaps: own.transportMaps },
    gathered,
    machine,
  );
  assumed.push(...routing.assumed);
  const transport = await read(own.transportMaps, 'transport_maps', options.transport);
  problems.push(...routing.problems);
  const side = await readSideTables(clients, gathered, machine);
  assumed.push(...side.assumed);
  const fatal = new Map([...policy.fatal, ...side.fatal]);
  const settings: Settings = {
    ...ending(own, fatal),
    ...(gathered.routingSettings === undefined ? classesOf(routing.settings) : {}),
  };
  const destinations = await destinationsNamed(options, machine);
  const draft = {
    settings,
    ...(gathered.routingSettings === undefined ? {} : { routingSettings: routing.settings }),
    policyTables: policy.texts,
    transportTables: transport.texts,
    routingTables: routing.texts,
    ...side.found,
    problems,
    destinations,
  };
  refuseNothing(draft, gathered);
  const asked = await namesToAsk(draft, clients, remembered);
  const names = [...new Set([...asked, ...(options.alsoAsk ?? [])])];
  const routed = { ...gathered, routingSettings: routing.settings };
  const answers = await askTables(draft, names, clients, routed, machine);
  assumed.push(...saidOfSenders(draft), ...saidOfQueue(routing.settings));
  const tables = { ...draft, ...askedToday(answers, machine) };
  const ended = services.map(([name, theirs]) => [name, ending(theirs, fatal)] as const);
  return completed(tables, ended, { options, gathered, machine, assumed });
}

/** With the word by which a service ends over one of its own tables, where none ends it before. */
function ending(settings: Settings, fatal: ReadonlyMap<string, string>): Settings {
  const { policyMaps, statusFilter } = settings;
  const names = [
    ...[...policyMaps, ...statusFilter].map(tableName),
    ...replyTableNames(settings).map(({ name }) => name),
  ];
  const says = names.flatMap((name) => fatal.get(name) ?? [])[0];
  return says === undefined || settings.fatal !== undefined
    ? settings
    : { ...settings, fatal: says };
}

/** To be assumed: that no sender leaves by a service that is named for some senders alone. */
function saidOfSenders(draft: Parameters<typeof routingOf>[0]): string[] {
  const strangers = servicesOfSenders(routingOf(draft));
  if (strangers.length === 0) return [];
  return [
    `no sender leaves by ${listing(strangers)}, which sender_dependent_default_transport_maps ` +
      'names for some: mail is judged as all others send it',
  ];
}

/** To be assumed: that mail is delivered as it is judged once the queue is flushed. */
function saidOfQueue(settings: Settings): string[] {
  const { deferTransports = [] } = settings;
  const waiting = deferTransports.filter((name) => isSmtpTransport(name, settings));
  if (waiting.length === 0) return [];
  return [
    `mail by ${listing(waiting)} waits until the queue is flushed (defer_transports): it is ` +
      'judged as it leaves then',
  ];
}

/** Those of --destination and of --destinations, each once. */
async function destinationsNamed(options: BundleOptions, machine: Machine): Promise<string[]> {
  const { destination = [], destinations: file } = options;
  const listed = file === undefined ? [] : await readDestinationsFile(file, machine);
  return [...new Set([...destination, ...listed])];
}

/** What tables that must be asked are asked about; `remembered` as for gatherBundle(). */
async function namesToAsk(
  draft: Pick<Bundle, 'policyTables' | 'problems' | 'settings' | 'destinations'>,
  clients: readonly Settings[],
  remembered: () => Promise<readonly string[]>,
): Promise<string[]> {
  const isLost = draft.problems.some(({ kind }) => kind === 'missing' || kind === 'unreadable');
  const earlier = isLost ? await remembered() : [];
  return [...new Set([...draft.destinations, ...earlier, ...namesOf(draft, clients)])];
}

/** To be spread into a bundle: nothing where no table was asked. */
function askedToday(
  answers: NonNullable<Bundle['answers']>,
  machine: Machine,
): Pick<Bundle, 'answers' | 'askedAt'> {
  if (Object.keys(answers).length === 0) return {};
  return { answers, askedAt: dayOf(machine.now?.() ?? 0) };
}

/**
 * Start of the day, epoch ms: the same answers then give the same bundle, and `policy push` finds
 * no change.
 */
const dayOf = (now: number): number => now - (now % DAY_MS);

/** Settings as the command line changes them. */
function applied(
  settings: Settings,
  options: BundleOptions,
  gathered: Gathered,
  assumed: string[],
  inherits?: Settings,
): Settings {
  const { table, transport, smtpPort } = options;
  // A service with tables of its own keeps them when another table is tried.
  const replaces =
    table !== undefined &&
    (inherits === undefined || isDeepStrictEqual(inherits.policyMaps, settings.policyMaps));
  return {
    ...settings,
    ...(smtpPort === undefined ? {} : { tcpPort: smtpPort }),
    ...(replaces
      ? { policyMaps: [tableNamed(table, settings.policyMaps, gathered, assumed)] }
      : {}),
    ...(transport === undefined
      ? {}
      : { transportMaps: [tableNamed(transport, settings.transportMaps, gathered, [])] }),
  };
}

/** @throws UsageError where nothing at all is named that could be judged */
function refuseNothing(
  draft: Pick<Bundle, 'settings' | 'policyTables' | 'destinations' | 'routingSettings'>,
  gathered: Gathered,
): void {
  const { policyMaps, securityLevel, fatal } = draft.settings;
  if (policyMaps.length > 0 || draft.destinations.length > 0) return;
  // A map without a type is none, but ends smtp(8): that is a finding, and lint tells it.
  if (fatal !== undefined) return;
  // Above may the level is told as not watched, and next hops of relayhost and maps are entries.
  if (securityLevel !== 'none' && securityLevel !== 'may') return;
  throw gathered.from === 'nothing'
    ? new NoPolicyTable(
        'no policy table is named',
        'give its path, or --config-directory or --main-cf that sets smtp_tls_policy_maps',
      )
    : new NoPolicyTable(
        `${gathered.source} sets no smtp_tls_policy_maps`,
        "give the policy table's path",
      );
}

/** There is nothing to judge. `fact` alone is of use where `next`, the next step, is another. */
export class NoPolicyTable extends UsageError {
  readonly fact: string;

  constructor(fact: string, next: string) {
    super(`${fact}: ${next}`);
    this.fact = fact;
  }
}

/** Keys of listed tables that are next hops: tables asked before or behind are asked about them. */
function namesOf(
  draft: Pick<Bundle, 'policyTables' | 'problems' | 'settings'>,
  clients: readonly Settings[],
): string[] {
  return clients.flatMap((settings) =>
    policyTables({ ...draft, settings }).flatMap(({ entries }) =>
      entries.flatMap(({ key }) => (/^[.*]|@/.test(key) ? [] : key)),
    ),
  );
}

interface Rest {
  readonly options: BundleOptions;
  readonly gathered: Gathered;
  readonly machine: Machine;
  readonly assumed: string[];
}

/** Several services may name the same file. */
const eachOnce = (problems: readonly FileProblem[]): FileProblem[] => [
  ...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values(),
];

/** Trust, anchor files and what is to be said, added to the tables. */
async function completed(
  tables: Omit<Bundle, 'trust' | 'anchorFiles' | 'assumed'>,
  services: readonly (readonly [string, Settings])[],
  { options, gathered, machine, assumed }: Rest,
): Promise<Bundle> {
  const files: FileProblem[] = [];
  const client = async (bare: Settings, said: string[]): Promise<ServiceBundle> => {
    const { settings, off, assumed: notRead } = await readOpensslConfig(bare, gathered, machine);
    assumed.push(...notRead.filter((sentence) => !assumed.includes(sentence)));
    const trust = await trustOf(settings, options, gathered, machine, files, said);
    const anchorFiles = await readAnchorFiles({ ...tables, settings }, gathered, machine, files);
    return { settings, trust: off ?? trust, anchorFiles };
  };
  const chosen = await client(tables.settings, assumed);
  const own = byName<ServiceBundle>();
  for (const [name, theirs] of services) own[name] = await client(theirs, []);
  const { settings } = chosen;
  if (gathered.from === 'nothing' && usesFingerprints(tables)) {
    assumed.push(
      `fingerprints are ${settings.fingerprintDigest} digests, Postfix's default below ` +
        'compatibility_level 3.6 (--main-cf reads yours)',
    );
  }
  const { from, source, lines, problems: said } = gathered;
  return {
    ...tables,
    ...chosen,
    ...(services.length === 0 ? {} : { services: own }),
    assumed,
    ...(files.length === 0 ? {} : { fileProblems: eachOnce(files) }),
    ...(from === 'nothing' ? {} : { mainCf: { source, lines, problems: said } }),
  };
}

/**
 * `type:path` as it is; a bare path takes the type main.cf gives that file, else that of main.cf's
 * first table, else hash.
 */
function tableNamed(
  text: string,
  maps: readonly TableName[],
  gathered: Gathered,
  assumed: string[],
): TableName {
  const { type, path } = tableType(text);
  if (type !== '' && !text.startsWith('./') && !text.startsWith('../')) return { type, path };
  const named =
    maps.find((map) => map.path === text) ??
    maps.find((map) => basename(map.path) === basename(text));
  const found = named ?? maps.find((map) => TEXT_TYPES.has(map.type));
  if (found !== undefined) return { type: found.type, path: text };
  if (gathered.from === 'nothing')
    assumed.push(`${text} is a hash: table, where the first of two equal keys counts`);
  return { type: 'hash', path: text };
}

async function readTables(
  maps: readonly TableName[],
  context: TableContext,
  problems: TableProblem[],
): Promise<{
  readonly texts: readonly TableText[];
  /** By table, what ends the program that opens it. */
  readonly fatal: ReadonlyMap<string, string>;
}> {
  const texts: TableText[] = [];
  const fatal = new Map<string, string>();
  for (const map of maps) {
    const read = await readTable(map, context);
    if (read.text !== undefined) texts.push(read.text);
    if (read.problem !== undefined) problems.push(read.problem);
    if (read.fatal !== undefined) fatal.set(tableName(map), read.fatal);
  }
  return { texts, fatal };
}

const distinct = (maps: readonly TableName[]): TableName[] => [
  ...new Map(maps.map((map) => [tableName(map), map])).values(),
];

async function trustOf(
  settings: Settings,
  options: BundleOptions,
  gathered: Gathered,
  machine: Machine,
  files: FileProblem[],
  assumed: string[],
): Promise<TrustStore> {
  if (options.withoutAnchors) return { kind: 'anchors', certificates: [], source: 'none' };
  if (options.caFile === undefined && options.caPath === undefined && gathered.from === 'nothing') {
    assumed.push(
      "the trust anchors are Mozilla's roots (--ca-file, --ca-path or --main-cf name others)",
    );
    return { kind: 'anchors', certificates: mozillaRoots(), source: "Mozilla's roots" };
  }
  const trust = await readTrust(settings, options, gathered, machine, files);
  // Certificates that another host's main.cf names are on that host.
  if (trust.kind === 'engine-off' || gathered.from !== 'host') return trust;
  return (await clientCertificateTrouble(settings, machine, files)) ?? trust;
}

function usesFingerprints(bundle: Pick<Bundle, 'settings' | 'policyTables' | 'problems'>): boolean {
  return policyTables(bundle).some(({ entries }) =>
    entries.some(({ policy }) => policy.kind === 'policy' && policy.level === 'fingerprint'),
  );
}

const TEXT_TYPES = new Set(['hash', 'btree', 'dbm', 'sdbm', 'lmdb', 'cdb', 'texthash']);
