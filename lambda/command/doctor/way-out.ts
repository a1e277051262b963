/**
 * The way out to port 25, by the proof that a run has of it: a handshake that only a real mail host
 * can give. The control hosts are met, else a few destinations of the table; and the addresses that
 * messages go to are judged, as a run judges them before it tells.
 */
import { hostname } from 'node:os';
import { DEFAULTS } from '../../limits.ts';
import type { Bundle } from '../../policy/bundle.ts';
import { type Destination, destinationsOf } from '../../policy/destinations.ts';
import { type AddressFamily, familyOf } from '../../postfix/hostname.ts';
import type { Conversation } from '../../probe/conversation.ts';
import type { ProbeResult } from '../../probe/result.ts';
import { openDns } from '../../route/dns.ts';
import { barred } from '../../route/special-purpose.ts';
import { type CheckRun, checkBundle } from '../../run/check/check.ts';
import { listed } from '../../text/listed.ts';
import { plainName } from '../../text/strangers.ts';
import type { BundleFlags, ProbeFlags } from '../flags.ts';
import { paceOf, worldOf } from '../gather-and-check.ts';
import type { Console } from '../terminal/console.ts';
import { progressLine } from '../terminal/progress.ts';
import { resolversOf } from './dns.ts';
import { type Finding, failure, ok, warning } from './finding.ts';
import { sourceAddress } from './source-address.ts';

export interface LookedOut {
  readonly run: CheckRun;
  /** Of addresses that messages go to, by address. */
  readonly addresses: ReadonlyMap<string, CheckRun['verdicts'][number]>;
}

/** @param mailTo addresses to be judged as destinations of their own */
export async function lookOut(
  bundle: Bundle,
  mailTo: readonly string[],
  flags: ProbeFlags & Pick<BundleFlags, 'configDirectory'>,
  console: Console,
): Promise<LookedOut> {
  const own: Bundle = {
    ...bundle,
    destinations: [...new Set([...bundle.destinations, ...mailTo])],
  };
  const all = destinationsOf(own);
  const asked = new Map(mailTo.map((address) => [address.toLowerCase(), address]));
  const addresses = new Map(
    all.flatMap(({ id, name }) => {
      const address = asked.get(name.toLowerCase());
      return address === undefined ? [] : [[id, address] as const];
    }),
  );
  const proofs = (flags.controlHost ?? []).length > 0 ? [] : all.filter(isProof).slice(0, PROOFS);
  // Whoever said 421 is no proof, and nobody waits for it.
  const pace = { ...paceOf(bundle, flags, console), patienceMs: 0 };
  const line = progressLine(console, flags.verbose ?? false);
  const run = await console.interruption
    .during(() =>
      checkBundle(own, worldOf(flags, own, console, pace, line), {
        at: flags.at ?? console.now(),
        now: console.now,
        pace,
        only: new Set([...addresses.keys(), ...proofs.map(({ id }) => id)]),
        controlHosts: flags.controlHost ?? [],
      }),
    )
    .finally(() => line?.clear());
  return {
    run,
    addresses: new Map(
      run.verdicts.flatMap((verdict) => {
        const address = addresses.get(verdict.id);
        return address === undefined ? [] : [[address, verdict] as const];
      }),
    ),
  };
}

const isProof = ({ hops, unchecked, settled }: Destination): boolean =>
  hops.length > 0 && unchecked === undefined && settled === undefined;

/** So many next hops do not all fail for reasons of their own. */
const PROOFS = 5;

export async function wayOutFindings(
  { run }: LookedOut,
  bundle: Bundle,
  flags: ProbeFlags,
): Promise<Finding[]> {
  const found = [...ofFamily('ipv4', run), ...ofFamily('ipv6', run)];
  const { vantage } = run;
  const untried = vantage.ipv4 === 'untried' && vantage.ipv6 === 'untried';
  return [
    ...(untried ? [nothingTried(run, flags)] : found),
    ...(await addressFindings(run, bundle, flags)),
  ];
}

function nothingTried({ destinations }: CheckRun, { controlHost = [] }: ProbeFlags): Finding {
  const entries = destinations.flatMap(({ name }) => (name.includes('@') ? [] : name));
  const asked = controlHost.length > 0 ? controlHost : entries;
  return warning(
    'way-out',
    asked.length > 0
      ? `of ${listed(asked.map(plainName))} no address was found that could be tried`
      : 'no entry names a host that could be tried, so that nothing proves port 25 open',
    'name a mail host with a valid certificate with --control-host',
  );
}

function ofFamily(family: AddressFamily, run: CheckRun): Finding[] {
  const title = family === 'ipv4' ? 'IPv4' : 'IPv6';
  const other = run.vantage[family === 'ipv4' ? 'ipv6' : 'ipv4'];
  const tried = run.conversations.filter(({ address }) => familyOf(address) === family);
  switch (run.vantage[family]) {
    case 'clear': {
      const { results } = run.evidence;
      const valid = tried.find(({ id }) => isProved(results[id]));
      // By a signed TLSA record, or where there are no anchors to hold a certificate against.
      const proof = valid ?? tried.find(({ id }) => results[id]?.kind === 'presented');
      const where = proof === undefined ? '' : `: STARTTLS with ${addressOf(proof)}`;
      const how = valid === undefined ? '' : ', whose certificate is valid';
      return [ok('way-out', `open over ${title}${where}${how}`)];
    }
    case 'untried':
      return family === 'ipv4'
        ? [ok('way-out', `${title} was not tried: none of those asked has such an address`)]
        : [];
    case 'blind': {
      const says = `nobody gave the proof over ${title}: ${whatHappened(tried, run)}`;
      return other === 'clear'
        ? [
            warning(
              'way-out',
              says,
              `give this host a way out over ${title}, or take its ${title} addresses away; what ` +
                'has no other address is not judged',
            ),
          ]
        : [
            failure(
              'way-out',
              says,
              'have outgoing port 25 opened (many providers block it, and lift that on request), ' +
                'or name a mail host with a valid certificate with --control-host',
            ),
          ];
    }
  }
}

const isProved = (result: ProbeResult | undefined): boolean =>
  result?.kind === 'presented' && result.verify === 'OK';

const isBarred = (result: ProbeResult | undefined): boolean =>
  result?.kind === 'unseen' && result.reason === 'barred-address';

const addressOf = ({ address, port }: Conversation): string =>
  `${address.includes(':') ? `[${address}]` : address}:${port}`;

function whatHappened(tried: readonly Conversation[], { evidence }: CheckRun): string {
  return listed(
    tried.map((conversation) => {
      const result = evidence.results[conversation.id];
      return `${addressOf(conversation)} ${resultWords(result)}`;
    }),
  );
}

function resultWords(result: ProbeResult | undefined): string {
  switch (result?.kind) {
    case undefined:
      return 'was not asked';
    case 'presented':
      return `has a certificate that is not valid here (${result.verify})`;
    case 'unseen':
      return `${UNSEEN[result.reason] ?? result.reason} (${result.phase})`;
    case 'no-tls':
      return 'offers no STARTTLS';
    case 'handshake-failed':
      return 'broke the handshake';
  }
}

const UNSEEN: Readonly<Record<string, string>> = {
  refused: 'refused the connection',
  'timed-out': 'did not answer in time',
  unreachable: 'is not reached',
  'connection-lost': 'dropped the connection',
  'no-way-out': 'did not answer in time',
  'barred-address': 'is never connected to (--allow-private-addresses)',
  'not-attempted': 'was not asked in time',
};

/** Where probes leave from, and whether the EHLO name leads there. */
async function addressFindings(
  { conversations, evidence }: CheckRun,
  bundle: Bundle,
  flags: ProbeFlags,
): Promise<Finding[]> {
  const met = conversations.filter(({ id }) => !isBarred(evidence.results[id]));
  const helo = flags.helo ?? bundle.settings.heloName ?? bundle.settings.myhostname ?? hostname();
  const dns = openDns({
    servers: resolversOf(flags),
    firstTimeoutsMs: DEFAULTS.dnsFirstTimeoutsMs,
    timeoutMs: DEFAULTS.dnsTimeoutMs,
    tries: DEFAULTS.dnsTries,
    concurrency: 2,
  });
  const families = (['ipv4', 'ipv6'] as const).map(async (family): Promise<Finding[]> => {
    const target = met.find(({ address }) => familyOf(address) === family);
    if (target === undefined) return [];
    const own = target.from ?? (await sourceAddress(target.address));
    if (own === undefined) return [];
    const leaves = `probes leave from ${own} and say EHLO ${helo}`;
    const special = barred(own);
    if (special !== undefined)
      return [
        ok(
          'way-out',
          `${leaves}; others see another address, as that one is not public (${special})`,
        ),
      ];
    const type = family === 'ipv4' ? 'A' : 'AAAA';
    const answer = await dns.query(helo, type);
    const leads = answer.kind === 'found' && answer.records.includes(own);
    return leads
      ? [ok('way-out', `${leaves}, whose ${type} record is that address`)]
      : [
          warning(
            'way-out',
            `${leaves}, which has no ${type} record with that address`,
            'name the host by --helo as the PTR record of that address does; some mail servers ' +
              'refuse others',
          ),
        ];
  });
  return (await Promise.all(families)).flat();
}
