/**
 * The sources of authenticated names as `explain` tells them, strongest first, in sentences and in
 * its document. Pure.
 */
import { documentedBy } from '../../policy/providers.ts';
import type { DaneSource } from '../../run/check/dane-proof.ts';
import type { NameSources, Proposal } from '../../run/explain/name-sources.ts';
import { daysLong, moment } from '../../text/dates.ts';
import { listed } from '../../text/listed.ts';
import { plainName } from '../../text/strangers.ts';
import type { NameSourcesDocument } from './source-schema.ts';

export function describeSources(sources: NameSources): NameSourcesDocument {
  const { domain, dane, sts, held, outside } = sources;
  const policy = sts.kind === 'policy' ? sts.policy : undefined;
  const signed = dane.kind === 'records' || dane.kind === 'no-records';
  return {
    domain,
    dane: {
      state: dane.kind,
      hosts: dane.kind === 'records' ? dane.hosts : null,
      of: dane.kind === 'records' ? dane.of : null,
      sentence: daneSentence(sources),
    },
    mtaSts: {
      state: stsState(sources),
      id: 'id' in sts ? sts.id : null,
      until: sts.kind === 'policy' ? isoOf(sts.until) : null,
      maxAge: policy?.maxAge ?? null,
      mx: policy === undefined ? [] : [...policy.mx, ...policy.addresses],
      outside: [...outside],
      failure: sts.kind === 'unfetched' ? sts.result : null,
      held:
        held === undefined
          ? null
          : {
              id: held.id,
              mode: held.mode,
              mx: [...held.mx],
              fetchedAt: isoOf(held.fetchedAt),
              until: isoOf(held.until),
            },
      sentence: [stsSentence(sources), ...heldSentence(sources)].join('. '),
    },
    provider: providerOf(sources, signed),
    dns: {
      signed: signed ? true : dane.kind === 'mx-unsigned' ? false : null,
      sentence: dnsSentence(domain, dane),
    },
    proposal: proposalOf(sources),
  };
}

function daneSentence({ domain, dane, asksDnssec }: NameSources): string {
  const hosts = `the MX hosts of ${plainName(domain)}`;
  const unasked = asksDnssec
    ? ''
    : '; Postfix does not ask for them here, which takes smtp_dns_support_level = dnssec';
  switch (dane.kind) {
    case 'records':
      return dane.hosts === dane.of
        ? `the MX records are signed, and every one of ${hosts} has signed TLSA records: dane-only ` +
            `needs no match list${unasked}`
        : `the MX records are signed, and ${dane.hosts} of ${dane.of} of ${hosts} ` +
            `${dane.hosts === 1 ? 'has' : 'have'} signed TLSA records: dane-only would not connect ` +
            `to the others${unasked}`;
    case 'no-records':
      return `the MX records are signed, and none of ${hosts} has signed TLSA records`;
    case 'mx-unsigned':
      return 'no: the MX records are not signed';
    case 'unknown':
      return `not known: ${dane.because}`;
  }
}

function stsState({ sts }: NameSources): NameSourcesDocument['mtaSts']['state'] {
  switch (sts.kind) {
    case 'policy':
      return sts.policy.mode === 'none' ? 'mode-none' : sts.policy.mode;
    case 'none':
      return 'not-announced';
    case 'unanswered':
    case 'invalid-record':
    case 'unfetched':
    case 'invalid-policy':
      return sts.kind;
  }
}

function stsSentence({ domain, sts, outside }: NameSources): string {
  const name = plainName(domain);
  switch (sts.kind) {
    case 'none':
      return `${name} announces no policy today: there is no record at _mta-sts.${name}`;
    case 'unanswered':
      return `not known: DNS gives no answer about _mta-sts.${name} (${sts.failure})`;
    case 'invalid-record':
      return `the record at _mta-sts.${name} counts for nothing: ${sts.because}`;
    case 'unfetched':
      return (
        `${name} announces a policy, which could not be fetched: ${sts.because}; that withdraws ` +
        'nothing, and who fetched it before goes by it until it has run out'
      );
    case 'invalid-policy':
      return `${name} announces a policy that no sender can use: ${sts.because}`;
    case 'policy':
      return [modeSentence(name, sts), ...notes(sts.policy, outside)].join('. ');
  }
}

/** Names that somebody answers for; that they are this domain's is another matter. */
function providerOf(
  { domain, provider }: NameSources,
  signed: boolean,
): NameSourcesDocument['provider'] {
  if (provider === undefined) return null;
  const { name, names, url, read } = provider;
  const says = signed
    ? `its signed MX records say that ${plainName(domain)} uses ${name}`
    : `that ${plainName(domain)} uses ${name} is what DNS says, unsigned, and to be confirmed`;
  return {
    ...{ name, url, read, names: [...names] },
    sentence:
      `the MX hosts are named as ${documentedBy(provider)}: ` + `${listed([...names], 5)}; ${says}`,
  };
}

/** What counts in place of what could not be had today. */
function heldSentence({ held, outside }: NameSources): string[] {
  if (held === undefined) return [];
  const { id, mode, mx, fetchedAt, until } = held;
  const hosts = listed(mx.map(plainName), 5);
  const enforced =
    mode === 'enforce'
      ? `it is enforced, its mail goes to ${hosts}, and it counts until ${moment(until)}`
      : `it is in mode ${mode}, which authenticates nobody, and names ${hosts}`;
  return [
    `The policy that runs keep (id ${plainName(id)}, fetched ${moment(fetchedAt)}) has not run out: ` +
      enforced,
    ...notes({ mx, addresses: [], mode }, outside),
  ];
}

function modeSentence(
  name: string,
  { policy, until }: Extract<NameSources['sts'], { readonly kind: 'policy' }>,
): string {
  const hosts = listed([...policy.mx, ...policy.addresses].map(plainName), 5);
  switch (policy.mode) {
    case 'enforce':
      return (
        `${name} enforces a policy: its mail goes to ${hosts}; authenticated by their policy until ` +
        `${moment(until)} (max_age ${daysLong(policy.maxAge * 1_000)})`
      );
    case 'testing':
      return (
        `${name} has a policy in mode testing, which authenticates nobody: senders deliver all the ` +
        `same where it does not fit. It names ${hosts}`
      );
    case 'none':
      return `${name} has a policy in mode none: it asks nothing of senders, and authenticates nobody`;
  }
}

function notes(
  {
    mx,
    addresses,
    mode,
  }: Pick<
    Extract<NameSources['sts'], { readonly kind: 'policy' }>['policy'],
    'mx' | 'addresses' | 'mode'
  >,
  outside: readonly string[],
): string[] {
  if (mode === 'none') return [];
  const said: string[] = [];
  if (outside.length > 0)
    said.push(
      `It does not name ${listed(outside.map(plainName))}, where DNS leads today: a sender that ` +
        `goes by it would not deliver there`,
    );
  const star = mx.find((pattern) => pattern.startsWith('*.'));
  if (star !== undefined)
    said.push(
      `${plainName(star)} is one label there, and ${plainName(star.slice(1))} in a match list any depth`,
    );
  if (addresses.length > 0)
    said.push(
      `${listed(addresses.map(plainName))} is no name that a certificate could have, and is left out`,
    );
  return said;
}

function dnsSentence(domain: string, dane: DaneSource): string {
  const name = plainName(domain);
  switch (dane.kind) {
    case 'records':
    case 'no-records':
      return `the MX records of ${name} are signed, to a sender that asks a validating resolver`;
    case 'mx-unsigned':
      return (
        `the MX records of ${name} are not signed: whoever forges that answer chooses the hosts, ` +
        'so that a name taken from them is to be confirmed by somebody who knows'
      );
    case 'unknown':
      return (
        `whether the MX records of ${name} are signed is not known, so that they count as ` +
        'unsigned: whoever forges that answer chooses the hosts'
      );
  }
}

function proposalOf({ sts, held, proposal }: NameSources): NameSourcesDocument['proposal'] {
  const until = sts.kind === 'policy' ? sts.until : held?.until;
  if (proposal === undefined || until === undefined) return null;
  const { line, verdict } = proposal;
  const delivers = verdict?.verdict === 'pass' || verdict?.verdict === 'degraded';
  return {
    line: delivers && line !== undefined ? line : null,
    verdict: verdict?.verdict ?? null,
    sentence: `${proposalSentence(proposal, until)}${withoutServername(proposal)}`,
  };
}

function proposalSentence({ line, verdict }: Proposal, until: number): string {
  if (line === undefined)
    return 'the policy has no host name, so that no match list can be made of it';
  switch (verdict?.verdict) {
    case 'pass':
      return `authenticated by their policy until ${moment(until)}; it would deliver today`;
    case 'degraded':
      return (
        `authenticated by their policy until ${moment(until)}; it would deliver today, though not ` +
        'at every host'
      );
    case 'fail':
      return (
        'the match list of their policy is not offered, since it would not deliver today ' +
        `(${(verdict.reason ?? 'no reason').replaceAll('-', ' ')})`
      );
    case 'undetermined':
    case 'unchecked':
    case undefined:
      return 'the match list of their policy is not offered, since it could not be tried today';
  }
}

const withoutServername = ({ hasServername }: Proposal): string =>
  hasServername
    ? ''
    : '. This version of Postfix has no servername=, which 3.4 brought: hosts are met without SNI, ' +
      'and a host that needs it presents another certificate';

const isoOf = (at: number): string => new Date(at).toISOString();
