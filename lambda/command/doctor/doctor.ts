/**
 * `doctor [TABLE]`: what is in force and where it comes from, and whether this set-up can keep what
 * a daily run promises; each precondition with its cure. Creates nothing, and sends nothing but a
 * test message where it is asked to.
 */
import { hostname } from 'node:os';
import { stateDirectory, tableNamed, userNamed } from '../../local-doors.ts';
import type { Bundle } from '../../policy/bundle.ts';
import { ownPostfixTaken } from '../../policy/gather/own-postfix.ts';
import { readBundle, thisMachine, userHere } from '../../policy/gather/this-machine.ts';
import type { OwnCommand } from '../../text/own-command.ts';
import { UsageError } from '../../usage-error.ts';
import type { BundleFlags, ProbeFlags } from '../flags.ts';
import { withPolicySource } from '../own-postfix.ts';
import { type Place, type PlaceFlags, placeOf } from '../place.ts';
import type { TellFlags } from '../tell-flags.ts';
import type { Console } from '../terminal/console.ts';
import { channelsNamed, topicsOf } from '../watch/ways-to-tell.ts';
import { candidateFindings } from './candidates.ts';
import { channelFindings, dependenceFindings } from './channels.ts';
import { clockFindings } from './clock.ts';
import { dnsFindings, resolversOf } from './dns.ts';
import { doctorCode, type Finding, ofError } from './finding.ts';
import { type Given, inForce } from './in-force.ts';
import { instanceFindings, otherInstances } from './instances.ts';
import { metricsFileFindings } from './metrics-file.ts';
import { postfixFindings, trustFindings } from './postfix.ts';
import { become, findServiceUser, type ServiceUser } from './service-user.ts';
import { findStarters } from './starters.ts';
import { scheduleFindings, seeStore } from './store.ts';
import { type Diagnosis, doctorDocument, doctorText } from './text.ts';
import { unitFindings } from './unit-findings.ts';
import { takeUnitFlags, type UnitFlags } from './unit-flags.ts';
import { lookOut, wayOutFindings } from './way-out.ts';

export interface DoctorFlags extends BundleFlags, ProbeFlags, PlaceFlags, TellFlags {
  /** The user of the unit, or a named one. */
  readonly asService?: string | true;
  /** Send a test message through each channel. */
  readonly test?: boolean;
  /** As for watch. */
  readonly metricsFile?: string;
  readonly observe?: string | boolean;
  readonly json?: boolean;
}

/** 2 a failure, 1 a warning, 0 all is well. */
export async function doctorCommand(
  table: string | undefined,
  { asService }: Pick<DoctorFlags, 'asService'>,
  { running, file }: Pick<Given, 'running' | 'file'>,
  console: Console,
): Promise<number> {
  const service =
    asService === undefined ? undefined : await findServiceUser(asService, thisMachine);
  const ofUnit = service?.unit && takeUnitFlags(running, service.unit, service.environment);
  const env = { ...console.env, ...service?.environment };
  Object.assign(process.env, service?.environment);
  const flags = running.opts<DoctorFlags>();
  const given = { running, file, service, ofUnit, table: tableOf(ofUnit) ?? table };
  const diagnosis = await diagnose(flags, given, { ...console, env });
  if (flags.json) console.json(doctorDocument(diagnosis));
  else console.out(doctorText(diagnosis, console.paint, console.width));
  return doctorCode(diagnosis.findings);
}

const tableOf = (ofUnit: UnitFlags | undefined): string | undefined =>
  ofUnit?.kind === 'taken' ? ofUnit.table : undefined;

async function diagnose(flags: DoctorFlags, given: Given, console: Console): Promise<Diagnosis> {
  const { file, service, ofUnit, table } = given;
  const place = await placeOf(flags);
  const vantage = place.vantage ?? hostname();
  const directory = place.store ?? stateDirectoryAs(service, console.env);
  // Only root comes to the directory that systemd gives to a dynamic user (store/sqlite/owner).
  const isDynamic = service?.unit?.dynamicUser === true;
  const see = () => seeStore(place, directory, console.env, console.now(), isDynamic);
  const early = isDynamic ? await see() : undefined;
  // Not every user may ask systemd, and none but root reads every crontab.
  const starters = await findStarters(thisMachine);
  const open = () => channelsNamed({ ...flags, ...topicsOf(flags, place) }, console, 'once');
  // Credentials are read by systemd, and handed over.
  const handed = (service?.unit?.credentials.length ?? 0) > 0 ? await open() : undefined;
  if (service !== undefined) become(service);
  const store = early ?? (await see());

  const policy = await readPolicy(table, flags, console.own);
  const { bundle, configDirectory } = policy;
  const others =
    configDirectory === undefined ? [] : await otherInstances(configDirectory, thisMachine);
  const probing = { ...flags, ...(configDirectory === undefined ? {} : { configDirectory }) };
  const channels = handed ?? (await open());
  const mailTo = channels.flatMap(({ recipient }) => recipient ?? []);
  const looked = bundle && (await lookOut(bundle, mailTo, probing, console));
  const findings: Finding[] = [
    ...(await unitFindings(service, ofUnit, file)),
    ...policy.findings,
    ...(await instanceFindings(others, thisMachine)),
    ...(await candidateFindings(flags, bundle)),
    ...(bundle === undefined ? [] : trustFindings(bundle)),
    ...(await dnsFindings(flags, bundle, configDirectory !== undefined)),
    ...(bundle && looked ? await wayOutFindings(looked, bundle, flags) : []),
    ...(await clockFindings(console.now(), store.latest, thisMachine)),
    ...store.findings,
    ...(await channelFindings(channels, vantage, flags.test === true, console)),
    ...(looked === undefined ? [] : dependenceFindings(channels, looked)),
    ...(await metricsFileFindings(flags.metricsFile, service)),
    ...scheduleFindings(store, starters),
  ];
  return {
    at: console.now(),
    host: hostname(),
    user: userOf(service, console.env),
    inForce: inForce(given, {
      env: console.env,
      host: hostname(),
      store: placeName(place, directory),
      resolvers: resolversOf(flags),
      bundle,
      ownPostfix: policy.isOwn ? configDirectory : undefined,
    }),
    assumed: (bundle?.assumed ?? []).filter(
      (one) =>
        one !== ownPostfixTaken(configDirectory ?? '') &&
        !others.some((other) => one.includes(other)),
    ),
    findings,
  };
}

interface PolicyRead {
  readonly bundle?: Bundle;
  /** Of the Postfix that is asked; absent: none is. */
  readonly configDirectory?: string;
  /** Nobody named a policy, and this host's Postfix was taken. */
  readonly isOwn: boolean;
  readonly findings: readonly Finding[];
}

async function readPolicy(
  table: string | undefined,
  flags: DoctorFlags,
  own: OwnCommand,
): Promise<PolicyRead> {
  let source: Omit<PolicyRead, 'findings'> = { isOwn: false };
  try {
    const found = await withPolicySource(table, flags);
    const { configDirectory, isOwnPostfix: isOwn = false } = found;
    source = { isOwn, ...(configDirectory === undefined ? {} : { configDirectory }) };
    const bundle = await readBundle({ ...found, alsoAsk: flags.mailTo ?? [] });
    return { ...source, bundle, findings: postfixFindings(bundle, own('lint')) };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { ...source, findings: [ofError('postfix', error.message, 'see docs/mail-host.md')] };
  }
}

const placeName = (place: Place, directory: string): string =>
  tableNamed(place.store) === undefined ? directory : (place.store ?? directory);

/** Where another user's runs keep things, which is not where root's do. */
function stateDirectoryAs(
  service: ServiceUser | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string {
  return stateDirectory(env, service?.uid);
}

function userOf(
  service: ServiceUser | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Diagnosis['user'] {
  const groups = (process.getgroups?.() ?? []).toSorted((a, b) => a - b);
  const uid = service?.uid ?? userHere() ?? 0;
  return {
    name: service?.name ?? userNamed(env),
    uid,
    groups,
    unit: service?.unit?.name ?? null,
  };
}
