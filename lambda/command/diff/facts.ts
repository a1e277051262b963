/**
 * What is known of an entry and of its hosts at one moment, as named facts with values, so that two
 * moments can be laid side by side. Pure.
 */

import { printTlsa } from '../../certificate/tlsa.ts';
import { type EntrySnapshot, published } from '../../snapshot/entry-snapshot.ts';
import { current, currentLeaves, type HostSnapshot } from '../../snapshot/host-snapshot.ts';
import { type FindCertificate, type Leaf, leafOf } from '../../snapshot/leaf.ts';
import type { StoredFinding } from '../../snapshot/stored-tlsa.ts';
import { moment } from '../../text/dates.ts';
import { plain, plainName } from '../../text/strangers.ts';
import type { Moment } from './moments.ts';

/** One fact at both moments; a fact with no value was not so, or not known. */
export interface Fact {
  readonly name: FactName;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

export interface Subject {
  readonly grain: 'entry' | 'host';
  /** A destination, or a host with its port; where it was met in several ways, with how. */
  readonly name: string;
  readonly facts: readonly Fact[];
}

export const FACT_NAMES = [
  'level',
  'verdict',
  'sentence',
  'protection',
  'fails from',
  'line to use',
  'next hop',
  'MX host',
  'TLSA',
  'presents',
  'name',
  'issuer',
  'valid until',
  'key',
  'anchor',
  'certificate',
] as const;
export type FactName = (typeof FACT_NAMES)[number];

/** Entries before hosts; each in order of its name. */
export function subjectsOf(before: Moment, after: Moment, find: FindCertificate): Subject[] {
  const ids = namesOf(before.entries, after.entries);
  const hosts = namesOf(before.hosts, after.hosts);
  const met = hosts.flatMap((key) => after.hosts.get(key) ?? before.hosts.get(key) ?? []);
  return [
    ...ids.map((id): Subject => {
      const [was, is] = [before.entries.get(id), after.entries.get(id)];
      const name = (is ?? was)?.destination ?? id;
      return { grain: 'entry', name, facts: both(entryFacts(was), entryFacts(is)) };
    }),
    ...hosts.map((key): Subject => {
      const [was, is] = [before.hosts.get(key), after.hosts.get(key)];
      const one = is ?? was;
      const name = one === undefined ? key : nameOf(one, met);
      return { grain: 'host', name, facts: both(hostFacts(was, find), hostFacts(is, find)) };
    }),
  ];
}

/** `mx.example:25`; with the SNI or the offer where others of that name differ by it. */
function nameOf({ host, port, servername, offer }: HostSnapshot, met: readonly HostSnapshot[]) {
  const same = met.filter((other) => other.host === host && other.port === port);
  const alike = same.filter((other) => other.servername === servername);
  const sent = servername === undefined ? '' : `, asked as ${servername}`;
  return (
    `${host}:${port}${same.length > alike.length ? sent : ''}` +
    (alike.length > 1 ? `, TLS offer ${offer.slice(0, OFFER_SHOWN)}` : '')
  );
}

/** Tells the few that one host is met with from each other. */
const OFFER_SHOWN = 8;

const namesOf = (a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): string[] =>
  [...new Set([...a.keys(), ...b.keys()])].toSorted();

export const differs = ({ before, after }: Fact): boolean =>
  before.length !== after.length || before.some((value) => !after.includes(value));

type Facts = Partial<Record<FactName, readonly string[]>>;

const both = (was: Facts, is: Facts): Fact[] =>
  FACT_NAMES.flatMap((name) => {
    const [before, after] = [was[name] ?? [], is[name] ?? []];
    return before.length + after.length === 0 ? [] : [{ name, before, after }];
  });

function entryFacts(entry: EntrySnapshot | undefined): Facts {
  if (entry === undefined) return {};
  const { level, verdict, reason, sentence, protection, failsFrom, suggestion, routes } = entry;
  const unjudged = entry.undetermined === undefined ? '' : ', not judged at the last look';
  return {
    level: [level],
    verdict: [`${verdict}${reason === null ? '' : ` (${reason.replaceAll('-', ' ')})`}${unjudged}`],
    ...(verdict === 'pass' ? {} : { sentence: [sentence] }),
    protection: [protection],
    ...(failsFrom === null ? {} : { 'fails from': [moment(Date.parse(failsFrom))] }),
    ...(suggestion === null ? {} : { 'line to use': [plain(suggestion, 500)] }),
    'next hop': routes.map(({ nextHop }) => plain(nextHop)),
    'MX host': routes
      .flatMap(published)
      .map(({ host }) => plainName(host))
      .toSorted(),
    TLSA: routes
      .flatMap(published)
      .flatMap(({ host, tlsa }) =>
        (tlsa?.families ?? []).flatMap(({ finding }) =>
          findingWords(finding).map((words) => `${plainName(host)}: ${words}`),
        ),
      )
      .filter(once)
      .toSorted(),
  };
}

function findingWords(finding: StoredFinding): string[] {
  return finding.kind === 'records'
    ? finding.records.map(printTlsa)
    : [finding.kind.replaceAll('-', ' ')];
}

function hostFacts(host: HostSnapshot | undefined, find: FindCertificate): Facts {
  if (host === undefined) return {};
  const sightings = current(host);
  const digests = currentLeaves(host);
  const leaves = sightings.flatMap((sighting) => leafOf(sighting, find) ?? []);
  const ofLeaves = (value: (leaf: Leaf) => readonly string[]) =>
    leaves.flatMap(value).filter(once).toSorted();
  return {
    presents: sightings.map(({ result }) => WORDS[result.kind]).filter(once),
    name: ofLeaves(({ names }) => names.map(plainName)),
    issuer: ofLeaves(({ issuer }) => [plain(issuer, 200)]),
    'valid until': leaves
      .map(({ notAfter }) => notAfter)
      .filter(Number.isFinite)
      .toSorted((a, b) => a - b)
      .map((at) => moment(at))
      .filter(once),
    key: ofLeaves(({ spkiSha256 }) => [`SHA-256 ${spkiSha256.slice(0, DIGITS)}`]),
    anchor: sightings
      .flatMap(({ trust }) =>
        trust === undefined
          ? []
          : [
              trust.kind === 'anchored'
                ? plain(trust.anchor, 200)
                : `none (${plain(trust.reason.replaceAll('-', ' '))})`,
            ],
      )
      .filter(once)
      .toSorted(),
    certificate: digests
      .map((digest) => `SHA-256 ${digest.slice(0, DIGITS)}`)
      .filter(once)
      .toSorted(),
  };
}

const once = (value: string, i: number, all: readonly string[]): boolean =>
  all.indexOf(value) === i;

const WORDS = {
  presented: 'a certificate',
  'no-tls': 'no STARTTLS',
  'handshake-failed': 'a broken TLS handshake',
} as const;

const DIGITS = 16;
