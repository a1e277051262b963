/**
 * The posttls-finger command that shows the same finding with Postfix's own code, where one can.
 *
 * posttls-finger(1) reads no policy table and stops at the first host that answers, so the command
 * names the host that was judged and the names that were wanted of it. Host names come from
 * strangers' DNS, so each word is quoted for a shell.
 */
import type { Bundle } from '../../policy/bundle.ts';
import {
  type DemandContext,
  demandContext,
  demandFor,
  type TlsDemand,
} from '../../policy/demand.ts';
import { parseNextHop } from '../../policy/next-hop.ts';
import { clientOf } from '../../policy/service.ts';
import type { Settings } from '../../policy/settings.ts';
import { shellWord } from '../../text/strangers.ts';
import type { AddressVerdict, EntryVerdict, HostVerdict } from '../../verdict/verdict.ts';

/**
 * Null where posttls-finger cannot show the finding: nothing to connect to, a broken entry, or a
 * name that cannot be quoted safely for a shell.
 */
export function postTlsFinger(verdict: EntryVerdict, given: Bundle): string | null {
  const bundle = clientOf(given, verdict.service);
  const shown = decisive(verdict);
  if (shown === undefined || verdict.nextHop === null) return null;
  const nextHop = parseNextHop(verdict.nextHop.text, verdict.nextHop.via, bundle.settings);
  const demand = demandFor(nextHop, contextOf(bundle));
  if (demand.kind === 'broken' || demand.level === 'none') return null;
  const words = [
    ...['-c', '-l', demand.level],
    ...trustOptions(demand, bundle),
    ...tlsOptions(demand, bundle.settings),
    ...servername(demand, shown.host.host, verdict.nextHop.host),
    destination(shown, verdict, demand),
    ...wanted(demand, shown.address),
  ].map(shellWord);
  return words.every((word) => word !== undefined) ? `posttls-finger ${words.join(' ')}` : null;
}

interface Shown {
  readonly host: HostVerdict;
  readonly address: AddressVerdict;
}

/**
 * The address that decided: the first that fails for the entry's reason, else the first that was
 * seen.
 */
function decisive(verdict: EntryVerdict): Shown | undefined {
  const all = verdict.hosts.flatMap((host) => host.addresses.map((address) => ({ host, address })));
  return (
    all.find(({ address }) => address.outcome === 'fail' && address.reason === verdict.reason) ??
    all.find(({ address }) => address.outcome === 'fail') ??
    all.find(({ address }) => address.outcome === 'pass') ??
    all[0]
  );
}

/**
 * The host, or the one address where its others came to something else. At dane levels the next
 * hop: TLSA needs its MX lookup.
 */
function destination({ host, address }: Shown, verdict: EntryVerdict, demand: TlsDemand): string {
  const port = address.port === 25 ? '' : `:${address.port}`;
  if (demand.level === 'dane' || demand.level === 'dane-only')
    return verdict.nextHop?.text ?? verdict.destination;
  const alike = host.addresses.every(
    (other) => other.outcome === address.outcome && other.reason === address.reason,
  );
  if (alike && host.host !== address.address) return `[${host.host}]${port}`;
  return address.address.includes(':')
    ? `[ipv6:${address.address}]${port}`
    : `[${address.address}]${port}`;
}

function trustOptions(demand: TlsDemand, bundle: Bundle): readonly string[] {
  if (demand.level === 'encrypt' || demand.level === 'may' || demand.level === 'fingerprint')
    return [];
  if (demand.anchors.kind === 'files') return demand.anchors.paths.flatMap((path) => ['-A', path]);
  const byHand = bundle.trust.kind === 'anchors' ? bundle.trust.byHand : undefined;
  const { caFile, caPath } = byHand ?? bundle.settings;
  // Without settings Mozilla's roots were taken, as systems have them here.
  if (caFile === undefined && caPath === undefined)
    return ['-F', '/etc/ssl/certs/ca-certificates.crt'];
  return [
    ...(caFile === undefined ? [] : ['-F', caFile]),
    ...(caPath === undefined ? [] : ['-P', caPath]),
  ];
}

/**
 * Only what differs from posttls-finger's own defaults. It has no option for exclusions, but takes
 * a list that has them.
 */
function tlsOptions(demand: TlsDemand, settings: Settings): readonly string[] {
  const high = demand.cipherGrade === 'high';
  const list = high
    ? `tls_high_cipherlist=${settings.highCipherlist}`
    : `tls_medium_cipherlist=${settings.mediumCipherlist}`;
  const excluded = demand.excludeCiphers.split(/[\s,:]+/).filter((word) => word !== '');
  return [
    ...(demand.cipherGrade === 'medium' ? [] : ['-g', demand.cipherGrade]),
    ...(DEFAULT_PROTOCOLS.has(demand.protocols) ? [] : ['-p', demand.protocols]),
    ...(excluded.length === 0
      ? []
      : ['-o', [list, ...excluded.map((word) => `!${word}`)].join(':')]),
    ...(demand.level === 'fingerprint' ? ['-d', demand.digestAlgorithm] : []),
    ...(demand.wrapperMode ? ['-w'] : []),
  ];
}

function servername(demand: TlsDemand, host: string, nextHop: string): readonly string[] {
  switch (demand.servername?.kind) {
    case undefined:
      return [];
    case 'hostname':
      return ['-s', host];
    case 'nexthop':
      return ['-s', nextHop];
    case 'name':
      return ['-s', demand.servername.name];
  }
}

function wanted(demand: TlsDemand, address: AddressVerdict): readonly string[] {
  switch (demand.level) {
    case 'verify':
    case 'secure':
      return address.asked;
    case 'fingerprint':
      return demand.digests;
    case 'none':
    case 'may':
    case 'encrypt':
    case 'dane':
    case 'dane-only':
      return [];
  }
}

/** Tables are parsed once per bundle, however many commands a message has. */
function contextOf(bundle: Bundle): DemandContext {
  const known = CONTEXTS.get(bundle) ?? demandContext(bundle);
  CONTEXTS.set(bundle, known);
  return known;
}

const CONTEXTS = new WeakMap<Bundle, DemandContext>();

const DEFAULT_PROTOCOLS: ReadonlySet<string> = new Set([
  '',
  '>=TLSv1',
  '!SSLv2, !SSLv3',
  '!SSLv2,!SSLv3',
]);
