/**
 * `doctor [TABLE]`: what is in force and where it comes from, and whether this set-up can keep what
 * a daily run promises; each precondition with its cure. Creates nothing, and sends nothing but a
 * test message where it is asked to.
 */
import { hostname } from 'node:os';
import type { Command } from 'commander';
import { stateDirectory, tableNamed, userNamed } from '../../local-doors.ts';
import type { Bundle } from '../../policy/bundle.ts';
import { ownPostfixTaken } from '../../policy/gather/own-postfix.ts';
import { readBundle, readHere, thisMachine, userHere } from '../../policy/gather/this-machine.ts';
import type { OwnCommand } from '../../text/own-command.ts';
import { UsageError } from '../../usage-error.ts';
import type { FlagsFile } from '../configuration/configure.ts';
import type { BundleFlags, ProbeFlags } from '../flags.ts';
import { withPolicySource } from '../own-postfix.ts';
import { type Place, type PlaceFlags, placeOf } from '../place.ts';
import type { TellFlags } from '../tell-flags.ts';
import type { Console } from '../terminal/console.ts';
import { channelsNamed, topicsOf } from '../watch/ways-to-tell.ts';
import { channelFindings, dependenceFindings } from './channels.ts';
import { clockFindings } from './clock.ts';
import { dnsFindings, resolversOf } from './dns.ts';
import { doctorCode, type Finding, failure, ofError, ok, warning } from './finding.ts';
import { inForce } from './in-force.ts';
import { instanceFindings, otherInstances } from './instances.ts';
import { postfixFindings, trustFindings } from './postfix.ts';
import { become, findServiceUser, type ServiceUser } from './service-user.ts';
import { findStarters } from './starters.ts';
import { scheduleFindings, seeStore } from './store.ts';
import { type Diagnosis, doctorDocument, doctorText } from './text.ts';
import { lookOut, wayOutFindings } from './way-out.ts';

export interface DoctorFlags extends BundleFlags, ProbeFlags, PlaceFlags, TellFlags {
  /** The user of the unit, or a named one. */
  readonly asService?: string | true;
  /** Send a test message through each channel. */
  readonly test?: boolean;
  readonly json?: boolean;
}

/** What the command line and the file of flags came to. */
export interface Given {
  readonly running: Command;
  readonly file?: FlagsFile | undefined;
}

/** 2 a failure, 1 a warning, 0 all is well. */
export async function doctorCommand(
  table: string | undefined,
  flags: DoctorFlags,
  given: Given,
  console: Console,
): Promise<number> {
  const service =
    flags.asService === undefined ? undefined : await findServiceUser(flags.asService, thisMachine);
  const env = { ...console.env, ...service?.environment };
  Object.assign(process.env, service?.environment);
  const diagnosis = await diagnose(table, flags, given, service, { ...console, env });
  if (flags.json) console.json(doctorDocument(diagnosis));
  else console.out(doctorText(diagnosis, console.paint, console.width));
  return doctorCode(diagnosis.findings);
}

async function diagnose(
  table: string | undefined,
  flags: DoctorFlags,
  { running, file }: Given,
  service: ServiceUser | undefined,
  console: Console,
): Promise<Diagnosis> {
  const place = await placeOf(flags);
  const vantage = place.vantage ?? hostname();
  const directory = place.store ?? stateDirectoryAs(service, console.env);
  // Only root comes to the directory that systemd gives to a dynamic user (store/sqlite/owner).
  const given = service?.unit?.dynamicUser === true;
  const see = () => seeStore(place, directory, console.env, console.now(), given);
  const early = given ? await see() : undefined;
  // Not every user may ask systemd, and none but root reads every crontab.
  const starters = await findStarters(thisMachine);
  if (service !== undefined) become(service);
  const store = early ?? (await see());

  const policy = await readPolicy(table, flags, console.own);
  const { bundle, configDirectory } = policy;
  const others =
    configDirectory === undefined ? [] : await otherInstances(configDirectory, thisMachine);
  const probing = { ...flags, ...(configDirectory === undefined ? {} : { configDirectory }) };
  const channels = await channelsNamed({ ...flags, ...topicsOf(flags, place) }, console, 'once');
  const mailTo = channels.flatMap(({ recipient }) => recipient ?? []);
  const looked = bundle && (await lookOut(bundle, mailTo, probing, console));
  const findings: Finding[] = [
    ...(await fileFindings(service, file)),
    ...policy.findings,
    ...(await instanceFindings(others, thisMachine)),
    ...(bundle === undefined ? [] : trustFindings(bundle)),
    ...(await dnsFindings(flags, bundle, configDirectory !== undefined)),
    ...(bundle && looked ? await wayOutFindings(looked, bundle, flags) : []),
    ...(await clockFindings(console.now(), store.latest, thisMachine)),
    ...store.findings,
    ...(await channelFindings(channels, vantage, flags.test === true, console)),
    ...(looked === undefined ? [] : dependenceFindings(channels, looked)),
    ...scheduleFindings(store, starters),
  ];
  return {
    at: console.now(),
    host: hostname(),
    user: userOf(service, console.env),
    inForce: inForce(running, file, {
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

/** What the unit needs besides what a run of this command has of its own. */
async function fileFindings(
  service: ServiceUser | undefined,
  file: FlagsFile | undefined,
): Promise<Finding[]> {
  if (service === undefined) return [];
  const own = flagsIn(service.unit?.command ?? '');
  return [
    ...(file === undefined ? [] : [await ofFlagsFile(file.path, service.name)]),
    ...(own === ''
      ? []
      : [
          warning(
            'schedule',
            `${service.unit?.name ?? 'the unit'} has flags of its own, which are not looked at here: ${own}`,
            'give them to this command as well, or move them into the file of flags',
          ),
        ]),
  ];
}

async function ofFlagsFile(path: string, user: string): Promise<Finding> {
  const read = await readHere(path);
  return read.kind === 'read'
    ? ok('postfix', `${path}, the file of flags, is read`)
    : failure(
        'postfix',
        `${path}, the file of flags: ${read.because} for ${user}, so that no run begins`,
        `let the user read it (chgrp and chmod g+r), and keep its secrets in files of their own`,
      );
}

/** What stands behind `watch`. */
const flagsIn = (command: string): string =>
  /\bwatch\s+(-.*)$/.exec(command.replace(/^\S*postfix-tls-watch\s+/, ''))?.[1]?.trim() ?? '';
