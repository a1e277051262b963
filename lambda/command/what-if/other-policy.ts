/**
 * The policy in force with what the flags name in place of its own: what they do not name stays as
 * it is.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Bundle, ServiceBundle } from '../../policy/bundle.ts';
import type { BundleOptions } from '../../policy/gather/machine.ts';
import { DATABASES } from '../../policy/gather/tables.ts';
import { defaultSettings, readSettings, type Settings } from '../../policy/settings.ts';
import { type TableName, tableName, tableType } from '../../postfix/lookup-table.ts';
import { readMainCf } from '../../postfix/main-cf.ts';
import type { PostfixVersion } from '../../postfix/version.ts';
import { UsageError } from '../../usage-error.ts';
import type { Baseline } from './baseline.ts';
import type { Limits } from './fate.ts';

/** Reads what options name. @throws UsageError where it is not to be had */
export type ReadBundle = (options: BundleOptions) => Promise<Bundle>;

export interface OtherPolicy {
  readonly bundle: Bundle;
  readonly limits: Limits;
  /** Sentences about what was assumed of what the flags name. */
  readonly assumed: readonly string[];
}

/**
 * @param offline `read` opens nothing outside a directory
 * @throws UsageError
 */
export async function otherPolicy(
  baseline: Baseline,
  options: BundleOptions,
  read: ReadBundle,
  offline: boolean,
): Promise<OtherPolicy> {
  const { bundle: base } = baseline;
  const asked =
    options.mainCf === undefined && options.configDirectory === undefined
      ? await grafted(baseline, options, read)
      : await whole(base, options, read, offline);
  const { bundle } = asked;
  const anchorFiles = new Set(
    (bundle.fileProblems ?? [])
      .filter(
        ({ parameter, path }) => parameter === 'tafile' && !Object.hasOwn(base.anchorFiles, path),
      )
      .map(({ path }) => path),
  );
  const kept = Object.entries(base.anchorFiles).filter(
    ([path]) =>
      bundle.anchorFiles[path]?.kind === 'broken' || !Object.hasOwn(bundle.anchorFiles, path),
  );
  return {
    bundle: { ...bundle, anchorFiles: { ...bundle.anchorFiles, ...Object.fromEntries(kept) } },
    limits: { anchorFiles, otherRouting: asksOtherwise(base.settings, bundle.settings) },
    assumed: asked.assumed,
  };
}

/** Another main.cf says all; version, OpenSSL, port and anchors stay where nothing else is named. */
async function whole(
  base: Bundle,
  options: BundleOptions,
  read: ReadBundle,
  offline: boolean,
): Promise<Pick<OtherPolicy, 'bundle' | 'assumed'>> {
  const { settings } = base;
  const inherited: BundleOptions = {
    smtpPort: settings.tcpPort,
    ...(options.configDirectory === undefined ? { postfixVersion: settings.version } : {}),
    ...(settings.openssl === undefined ? {} : { opensslVersion: settings.openssl }),
    ...options,
    destination: [...new Set([...base.destinations, ...(options.destination ?? [])])],
  };
  const bare = await read({ ...inherited, withoutAnchors: true });
  const named = options.caFile !== undefined || options.caPath !== undefined;
  if (!named && sameAnchors(settings, bare.settings) && bare.trust.kind === 'anchors')
    return { bundle: { ...bare, trust: base.trust }, assumed: bare.assumed };
  if (offline && !named && bare.settings.appendDefaultCa)
    throw new UsageError(
      `${bare.mainCf?.source ?? 'main.cf'}: tls_append_default_CA = yes asks for the system's trust ` +
        'anchors, which --offline-sources does not open; give them all with --ca-file',
    );
  const bundle = await read(inherited);
  return { bundle, assumed: bundle.assumed };
}

const sameAnchors = (a: Settings, b: Settings): boolean =>
  a.caFile === b.caFile && a.caPath === b.caPath && a.appendDefaultCa === b.appendDefaultCa;

/** Single parts of the policy in force replaced, for each of its services. */
async function grafted(
  { bundle: base, mainCf }: Baseline,
  options: BundleOptions,
  read: ReadBundle,
): Promise<Pick<OtherPolicy, 'bundle' | 'assumed'>> {
  const { table, transport, caFile, caPath } = options;
  const named = caFile !== undefined || caPath !== undefined;
  const version = options.postfixVersion ?? base.settings.version;
  const parts = await read({
    ...options,
    postfixVersion: version,
    destination: [...base.destinations, ...(options.destination ?? []), NOBODY],
    ...(table === undefined ? {} : { table: typed(table, base.settings.policyMaps) }),
    ...(transport === undefined
      ? {}
      : { transport: typed(transport, base.settings.transportMaps) }),
    ...(named ? {} : { withoutAnchors: true }),
  });
  const at = parts.settings.version;
  const changed = (settings: Settings): Settings => ({
    ...movedTo(at, settings, mainCf),
    ...(options.opensslVersion === undefined || parts.settings.openssl === undefined
      ? {}
      : { openssl: parts.settings.openssl }),
    ...(table !== undefined && isDeepStrictEqual(settings.policyMaps, base.settings.policyMaps)
      ? { policyMaps: parts.settings.policyMaps }
      : {}),
    ...(transport === undefined ? {} : { transportMaps: parts.settings.transportMaps }),
    ...(options.smtpPort === undefined ? {} : { tcpPort: options.smtpPort }),
  });
  const service = (one: ServiceBundle): ServiceBundle => ({
    ...one,
    settings: changed(one.settings),
    ...(named ? { trust: parts.trust } : {}),
  });
  const names = new Set([parts.policyTables, parts.transportTables].flat().map(({ name }) => name));
  const own = changed(base.settings);
  const services =
    base.services === undefined
      ? undefined
      : Object.fromEntries(
          Object.entries(base.services).map(([name, one]) => [name, service(one)]),
        );
  const bundle: Bundle = {
    ...base,
    settings: own,
    ...(base.routingSettings === undefined
      ? {}
      : { routingSettings: changed(base.routingSettings) }),
    policyTables: tablesOf(own, services, [...parts.policyTables, ...base.policyTables]),
    transportTables: transport === undefined ? base.transportTables : parts.transportTables,
    problems: [...base.problems.filter(({ name }) => !names.has(name)), ...parts.problems],
    fileProblems: parts.fileProblems ?? [],
    ...(services === undefined ? {} : { services }),
    ...(named ? { trust: parts.trust } : {}),
    anchorFiles: parts.anchorFiles,
    destinations: parts.destinations.filter((name) => name !== NOBODY),
  };
  return { bundle, assumed: [] };
}

/** Those that a service names; where several have one name, the first. */
function tablesOf(
  own: Settings,
  services: Bundle['services'],
  texts: Bundle['policyTables'],
): Bundle['policyTables'] {
  const maps = [own, ...Object.values(services ?? {}).map(({ settings }) => settings)].flatMap(
    ({ policyMaps }) => policyMaps.map(tableName),
  );
  return [...new Set(maps)].flatMap((name) => texts.find((text) => text.name === name) ?? []);
}

/** A bare path takes the type of the first table in force that is made from a text. */
function typed(text: string, maps: readonly TableName[]): string {
  const { type } = tableType(text);
  if (type !== '' && !text.startsWith('./') && !text.startsWith('../')) return text;
  const found = maps.find((map) => map.type in DATABASES || map.type === 'texthash');
  return tableName({ type: found?.type ?? 'hash', path: text });
}

/**
 * The settings as another version would have them: what main.cf leaves to defaults changes with
 * them, and what a service or postconf gave otherwise stays.
 */
function movedTo(
  version: PostfixVersion,
  settings: Settings,
  mainCf: string | undefined,
): Settings {
  if (version === settings.version) return settings;
  const under = (one: PostfixVersion): Settings =>
    mainCf === undefined
      ? defaultSettings(one)
      : readSettings(readMainCf(mainCf, one).parameters, one).settings;
  const [old, fresh] = [under(settings.version), under(version)];
  const names = [...new Set([...Object.keys(old), ...Object.keys(fresh)])] as (keyof Settings)[];
  const moved = names.filter(
    (name) =>
      !isDeepStrictEqual(old[name], fresh[name]) && isDeepStrictEqual(settings[name], old[name]),
  );
  return {
    ...settings,
    ...Object.fromEntries(moved.map((name) => [name, fresh[name]])),
    version,
  };
}

/** Whether DNS would be asked, or its answers taken, otherwise; fewer families are told. */
function asksOtherwise(before: Settings, after: Settings): boolean {
  return (
    (before.dnsSupportLevel === 'disabled') !== (after.dnsSupportLevel === 'disabled') ||
    after.inetProtocols.some((family) => !before.inetProtocols.includes(family)) ||
    ROUTING.some((name) => !isDeepStrictEqual(before[name], after[name]))
  );
}

/** So that something is named where no table is. */
const NOBODY = 'postfix-tls-watch.invalid';

const ROUTING = [
  'hostLookup',
  'ignoreMxLookupError',
  'deferIfNoMxAddressFound',
  'cnameOverridesServername',
  'ownAddresses',
] as const satisfies readonly (keyof Settings)[];
