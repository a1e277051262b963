/** Whether each resolver answers, and where entries ask for DANE whether one proves signatures. */
import { openDnssec } from '../../doors.ts';
import { DEFAULTS } from '../../limits.ts';
import type { Bundle } from '../../policy/bundle.ts';
import { destinationsOf } from '../../policy/destinations.ts';
import { openDns, systemResolvers } from '../../route/dns.ts';
import type { DnsAnswer } from '../../route/dns-answer.ts';
import { proveDnssec } from '../../run/check/dnssec.ts';
import { plainName } from '../../text/strangers.ts';
import type { ProbeFlags } from '../flags.ts';
import { dnssecConfig } from '../gather-and-check.ts';
import { lintDnssec, wantsDnssec } from '../lint/dnssec.ts';
import { type Finding, failure, ok, warning } from './finding.ts';

/** The resolvers that a run asks: those named, else the system's. */
export const resolversOf = ({ resolver = [] }: Pick<ProbeFlags, 'resolver'>): readonly string[] =>
  resolver.length > 0 ? resolver : systemResolvers();

/** @param onMailHost whether the policy is that of a Postfix here */
export async function dnsFindings(
  flags: ProbeFlags,
  bundle: Bundle | undefined,
  onMailHost: boolean,
): Promise<Finding[]> {
  const servers = resolversOf(flags);
  if (servers.length === 0)
    return [
      failure(
        'dns',
        '/etc/resolv.conf names no resolver',
        'name one there, or with --resolver, for no host can be found without',
      ),
    ];
  const names = namesToAsk(bundle, flags);
  const answers = await Promise.all(servers.map((server) => answerOf(server, names)));
  return [...ofServers(servers, answers), ...(await ofDnssec(flags, bundle, onMailHost))];
}

interface Answered {
  readonly name: string;
  readonly answer: DnsAnswer;
}

/** The first answer that tells something, else the last failure: one zone may be broken. */
async function answerOf(server: string, names: readonly string[]): Promise<Answered> {
  const dns = openDns({
    servers: [server],
    firstTimeoutsMs: DEFAULTS.dnsFirstTimeoutsMs,
    timeoutMs: DEFAULTS.dnsTimeoutMs,
    tries: DEFAULTS.dnsTries,
    concurrency: 1,
  });
  let last: Answered | undefined;
  for (const name of names) {
    last = { name, answer: await dns.query(name, 'MX') };
    const { answer } = last;
    // Whoever is silent to one name is silent to all.
    if (answer.kind !== 'failed' || answer.failure === 'timeout') return last;
  }
  return last ?? { name: '', answer: { kind: 'failed', failure: 'timeout' } };
}

function ofServers(servers: readonly string[], answers: readonly Answered[]): Finding[] {
  const isDead = ({ answer }: Answered) => answer.kind === 'failed';
  const noneAnswers = answers.every(isDead);
  return answers.map((answered, i) => {
    const { name, answer } = answered;
    const server = servers[i] ?? '';
    if (answer.kind !== 'failed')
      return ok('dns', `the resolver ${server} answers (asked for ${plainName(name)} MX)`);
    const says = `the resolver ${server} gives no answer to ${plainName(name)} MX (${answer.failure})`;
    const cure =
      'start it, or let it be reached from here; else name others in /etc/resolv.conf or with ' +
      '--resolver';
    return noneAnswers ? failure('dns', says, cure) : warning('dns', says, cure);
  });
}

async function ofDnssec(
  flags: ProbeFlags,
  bundle: Bundle | undefined,
  onMailHost: boolean,
): Promise<Finding[]> {
  if (bundle === undefined) return [];
  const destinations = destinationsOf(bundle);
  if (!wantsDnssec(destinations))
    return [ok('dns', 'no entry is at dane or dane-only: DNSSEC is not needed')];
  const dnssec = await proveDnssec(
    openDnssec({ ...dnssecConfig(flags), ...ofResolvers(flags), onMailHost }),
  );
  if (dnssec.kind === 'proved')
    return [
      ok('dns', 'the resolver proves that it validates (DNSSEC), as dane and dane-only need'),
    ];
  return lintDnssec(bundle, destinations, dnssec).map(({ effect, cure }) =>
    dnssec.kind === 'unsigned' ? warning('dns', effect, cure) : failure('dns', effect, cure),
  );
}

const ofResolvers = ({ resolver }: ProbeFlags) =>
  resolver === undefined ? {} : { resolvers: resolver };

/** Where mail goes first, else a name that is always there. */
function namesToAsk(
  bundle: Bundle | undefined,
  { dnssecSignedName }: ProbeFlags,
): readonly string[] {
  const hops = bundle === undefined ? [] : destinationsOf(bundle).flatMap((one) => one.hops);
  const names = hops.flatMap(({ nextHop }) => (nextHop.mx ? nextHop.host : []));
  const always = dnssecSignedName ?? DEFAULTS.dnssecSignedName;
  return [...new Set(names)].slice(0, NAMES_ASKED - 1).concat(always);
}

const NAMES_ASKED = 3;
