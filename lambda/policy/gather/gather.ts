/**
 * From options to a Bundle, through the Machine door: settings, then tables, then trust anchors,
 * then what is assumed.
 */
import { basename } from 'node:path';
import { mozillaRoots, type TrustStore } from '../../certificate/anchors.ts';
import { type TableName, type TableText, tableType } from '../../postfix/lookup-table.ts';
import { UsageError } from '../../usage-error.ts';
import type { Bundle, FileProblem, TableProblem } from '../bundle.ts';
import { policyTables } from '../lookup.ts';
import type { Settings } from '../settings.ts';
import type { BundleOptions, Machine } from './machine.ts';
import { type Gathered, gatherSettings } from './settings.ts';
import { askTables, readTable } from './tables.ts';
import { readAnchorFiles, readTrust } from './trust.ts';

/** @throws UsageError */
export async function gatherBundle(options: BundleOptions, machine: Machine): Promise<Bundle> {
  const gathered = await gatherSettings(options, machine);
  const assumed = [...gathered.assumed];
  const settings: Settings = {
    ...gathered.settings,
    ...(options.smtpPort === undefined ? {} : { tcpPort: options.smtpPort }),
    ...(options.table === undefined
      ? {}
      : {
          policyMaps: [tableNamed(options.table, gathered.settings.policyMaps, gathered, assumed)],
        }),
    ...(options.transport === undefined
      ? {}
      : {
          transportMaps: [
            tableNamed(options.transport, gathered.settings.transportMaps, gathered, []),
          ],
        }),
  };
  if (settings.policyMaps.length === 0 && (options.destination ?? []).length === 0) {
    throw new UsageError(
      gathered.from === 'nothing'
        ? 'no policy table is named: give its path, or --config-directory or --main-cf that sets smtp_tls_policy_maps'
        : `${gathered.source} sets no smtp_tls_policy_maps: give the policy table's path`,
    );
  }
  const problems: TableProblem[] = [];
  const policy = await readTables(
    settings.policyMaps,
    'smtp_tls_policy_maps',
    options.table,
    gathered,
    machine,
    problems,
  );
  const transport = await readTables(
    settings.transportMaps,
    'transport_maps',
    options.transport,
    gathered,
    machine,
    problems,
  );
  const draft = { settings, policyTables: policy, transportTables: transport, problems };
  const destinations = options.destination ?? [];
  const answers = await askTables(draft, destinations, gathered, machine);
  const tables = { ...draft, policyTables: [...policy, ...answers] };

  const files: FileProblem[] = [];
  const trust = await trustOf(settings, options, gathered, machine, files, assumed);
  const anchorFiles = await readAnchorFiles(tables, gathered, machine, files);
  if (gathered.from === 'nothing' && usesFingerprints(tables)) {
    assumed.push(
      `fingerprints are ${settings.fingerprintDigest} digests, Postfix's default below compatibility_level 3.6 (--main-cf reads yours)`,
    );
  }
  const { from, source, lines, problems: said } = gathered;
  return {
    ...tables,
    trust,
    anchorFiles,
    destinations,
    assumed,
    ...(files.length === 0 ? {} : { fileProblems: files }),
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
  parameter: string,
  option: string | undefined,
  gathered: Gathered,
  machine: Machine,
  problems: TableProblem[],
): Promise<TableText[]> {
  const texts: TableText[] = [];
  for (const map of maps) {
    const read = await readTable(map, { parameter, option, gathered, machine });
    if (read.text !== undefined) texts.push(read.text);
    if (read.problem !== undefined) problems.push(read.problem);
  }
  return texts;
}

async function trustOf(
  settings: Settings,
  options: BundleOptions,
  gathered: Gathered,
  machine: Machine,
  files: FileProblem[],
  assumed: string[],
): Promise<TrustStore> {
  if (options.caFile === undefined && options.caPath === undefined && gathered.from === 'nothing') {
    assumed.push(
      "the trust anchors are Mozilla's roots (--ca-file, --ca-path or --main-cf name others)",
    );
    return { kind: 'anchors', certificates: mozillaRoots(), source: "Mozilla's roots" };
  }
  return readTrust(settings, options, gathered, machine, files);
}

function usesFingerprints(bundle: Pick<Bundle, 'settings' | 'policyTables' | 'problems'>): boolean {
  return policyTables(bundle).some(({ entries }) =>
    entries.some(({ policy }) => policy.kind === 'policy' && policy.level === 'fingerprint'),
  );
}

const TEXT_TYPES = new Set(['hash', 'btree', 'dbm', 'sdbm', 'lmdb', 'cdb', 'texthash']);
