/** Whole entries at dane and dane-only: what matches, what fails and why, what is ahead, and when dane-only is offered. */
import { beforeAll, describe, expect, test } from 'vitest';
import { forecastCauses } from '../../lambda/alert/incident/verdict-causes.ts';
import { readCertificate } from '../../lambda/certificate/certificate.ts';
import type { Bundle } from '../../lambda/policy/bundle.ts';
import { destinationsOf } from '../../lambda/policy/destinations.ts';
import { readSettings } from '../../lambda/policy/settings.ts';
import { readMainCf } from '../../lambda/postfix/main-cf.ts';
import { contactsOf } from '../../lambda/probe/contact.ts';
import type { ProbeResult } from '../../lambda/probe/result.ts';
import type { DaneRoute, TlsaFinding } from '../../lambda/route/dane-route.ts';
import type { Signature } from '../../lambda/route/dns-answer.ts';
import type { Route } from '../../lambda/route/route.ts';
import { daneOnlyOffer } from '../../lambda/verdict/dane-suggestion.ts';
import { judge } from '../../lambda/verdict/judge.ts';
import { createAuthority, type Issued, selfSigned } from '../internet/authority.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 24, 6);
const OTHER = 'ab'.repeat(32);

let own: Issued;
let issued: Issued;
let misnamed: Issued;
let lateIssued: Issued;
let issuerKey: string;

beforeAll(async () => {
  const root = await createAuthority('Root', { notBefore: NOW - 400 * DAY, notAfter: NOW + 4_000 * DAY });
  const issuer = await root.intermediate('Issuer', { notBefore: NOW - 300 * DAY, notAfter: NOW + 900 * DAY });
  const dates = { notBefore: NOW - 10 * DAY, notAfter: NOW + 50 * DAY };
  own = await selfSigned({ commonName: 'nobody', notBefore: NOW - 400 * DAY, notAfter: NOW - 100 * DAY });
  issued = await issuer.issue({ dnsNames: ['mx1.a.test', 'mx2.a.test'], ...dates });
  misnamed = await issuer.issue({ dnsNames: ['other.example'], ...dates });
  lateIssued = await issuer.issue({ dnsNames: ['mx1.a.test'], notBefore: NOW - 90 * DAY, notAfter: NOW - DAY });
  issuerKey = keyOf(issued.chain[1] ?? '');
});

function keyOf(der: string): string {
  const certificate = readCertificate(der);
  if (certificate.kind === 'unreadable') throw new Error(certificate.because);
  return certificate.spkiSha256;
}

interface Host {
  /** Usage, selector and type with the digest to use; a word for the other findings. */
  readonly tlsa: string | 'none' | 'insecure' | 'failed';
  readonly chain: readonly string[] | 'refused';
  readonly signature?: Signature;
}

interface Scene {
  readonly level: string;
  readonly hosts: readonly Host[];
  readonly mxSecure?: boolean;
  readonly mainCf?: string;
  readonly mxSignature?: Signature;
}

function judged({ level, hosts, mxSecure = true, mainCf = 'smtp_dns_support_level = dnssec', mxSignature }: Scene) {
  const maps = 'smtp_tls_policy_maps = hash:tls_policy';
  const { settings } = readSettings(readMainCf(`${maps}\n${mainCf}\n`, '3.11').parameters, '3.11');
  const bundle: Bundle = {
    settings,
    // As gathered: only the tables that are set are asked.
    routingSettings: settings,
    policyTables: [{ name: 'hash:tls_policy', text: `a.test ${level}\n` }],
    transportTables: [],
    problems: [],
    trust: { kind: 'anchors', certificates: [], source: 'none' },
    anchorFiles: {},
    destinations: [],
    assumed: [],
  };
  const [destination] = destinationsOf(bundle);
  const [hop] = destination?.hops ?? [];
  if (destination === undefined || hop === undefined) throw new Error('no destination');
  const mx = hosts.map((_, i) => ({
    host: `mx${i + 1}.a.test`,
    preference: 10 * (i + 1),
    addresses: [`192.0.2.${i + 1}`],
    lookup: 'found' as const,
  }));
  const route: Route = { kind: 'hosts', nextHop: 'a.test', mx: true, hosts: mx };
  const dane: DaneRoute = {
    nextHop: 'a.test',
    mx: { secure: mxSecure, names: ['a.test'], ...(mxSignature === undefined ? {} : { signature: mxSignature }) },
    hosts: mx.map(({ host }, i) => {
      const { tlsa = 'none', signature } = hosts[i] ?? {};
      return { host, family: 'ipv4', tlsa: findingOf(host, tlsa), ...(signature === undefined ? {} : { signature }) };
    }),
  };
  const results: Record<string, ProbeResult> = {};
  const offer = daneOnlyOffer(destination, bundle);
  const found = { routes: { 'a.test': route }, tlsa: { 'a.test': dane } };
  for (const one of [hop, ...(offer === undefined ? [] : [offer.hop])]) {
    contactsOf(one, found, settings).forEach(({ conversation }, i) => {
      const chain = hosts[i]?.chain ?? 'refused';
      if (conversation !== undefined) results[conversation.id] = resultOf(chain);
    });
  }
  return judge(destination, { ...found, results }, bundle, NOW);
}

function findingOf(host: string, text: string): TlsaFinding {
  const asked = [`_25._tcp.${host}`];
  if (text === 'none') return { kind: 'none', asked };
  if (text === 'insecure') return { kind: 'insecure' };
  if (text === 'failed') return { kind: 'failed', failure: 'timeout', query: `_25._tcp.${host} TLSA` };
  const [usage, selector, matchingType, data = ''] = text.split(' ');
  const record = { usage: Number(usage), selector: Number(selector), matchingType: Number(matchingType), data };
  return { kind: 'records', base: host, asked, records: [record] };
}

const resultOf = (chain: Host['chain']): ProbeResult =>
  chain === 'refused'
    ? { kind: 'unseen', phase: 'connect', reason: 'refused' }
    : { kind: 'presented', protocol: 'TLSv1.3', cipher: 'x', chain, verify: 'ERR' };

const right = () => `3 1 1 ${keyOf(own.der)}`;
const wrong = `3 1 1 ${OTHER}`;
const anchor = () => `2 1 1 ${issuerKey}`;

test.each<{ level: string; hosts: () => readonly Host[]; mxSecure?: boolean; is: string; because: string }>([
  {
    level: 'dane',
    hosts: () => [{ tlsa: right(), chain: [own.der] }],
    is: 'pass null authenticated',
    because: 'usage 3 minds no date and no name',
  },
  {
    level: 'dane-only',
    hosts: () => [{ tlsa: right(), chain: [own.der] }],
    is: 'pass null authenticated',
    because: 'at either level',
  },
  {
    level: 'dane',
    hosts: () => [{ tlsa: wrong, chain: [own.der] }],
    is: 'fail tlsa-mismatch authenticated',
    because: 'another key',
  },
  {
    level: 'dane',
    hosts: () => [{ tlsa: anchor(), chain: issued.chain }],
    is: 'pass null authenticated',
    because: 'usage 2 by its issuer',
  },
  {
    level: 'dane',
    hosts: () => [{ tlsa: anchor(), chain: misnamed.chain }],
    is: 'fail name-mismatch authenticated',
    because: 'usage 2 wants a signed name',
  },
  {
    level: 'dane',
    hosts: () => [{ tlsa: anchor(), chain: lateIssued.chain }],
    is: 'fail expired authenticated',
    because: 'and dates',
  },
  {
    level: 'dane',
    hosts: () => [{ tlsa: anchor(), chain: issued.chain.slice(0, 1) }],
    is: 'fail tlsa-mismatch authenticated',
    because: 'the issuer must be sent',
  },
  {
    level: 'dane',
    hosts: () => [{ tlsa: `2 1 1 ${keyOf(own.der)}`, chain: [own.der] }],
    is: 'fail tlsa-mismatch authenticated',
    because: 'a leaf is not its own anchor',
  },
  {
    level: 'dane',
    hosts: () => [
      { tlsa: wrong, chain: [own.der] },
      { tlsa: 'none', chain: [own.der] },
    ],
    is: 'degraded tlsa-mismatch encrypted',
    because: 'a host without records still takes the mail',
  },
  {
    level: 'dane-only',
    hosts: () => [
      { tlsa: wrong, chain: [own.der] },
      { tlsa: 'none', chain: [own.der] },
    ],
    is: 'fail tlsa-mismatch authenticated',
    because: 'not at dane-only',
  },
  {
    level: 'dane',
    mxSecure: false,
    hosts: () => [{ tlsa: right(), chain: [own.der] }],
    is: 'pass null encrypted',
    because: 'half-dane is half a proof',
  },
  {
    level: 'dane',
    hosts: () => [{ tlsa: 'failed', chain: [own.der] }],
    is: 'undetermined nothing-seen authenticated',
    because: 'silence is no finding',
  },
  {
    level: 'dane',
    hosts: () => [{ tlsa: right(), chain: 'refused' }],
    is: 'undetermined nothing-seen authenticated',
    because: 'nor is a refusal',
  },
])('$level: $is, $because', ({ level, hosts, is, ...rest }) => {
  const { verdict, reason, protection } = judged({ level, hosts: hosts(), ...rest });
  expect(`${verdict} ${reason} ${protection}`).toBe(is);
});

test('usage 2 ends with its chain, usage 3 never', () => {
  expect(judged({ level: 'dane', hosts: [{ tlsa: anchor(), chain: issued.chain }] }).failsFrom?.slice(0, 10)).toBe('2027-01-13');
  expect(judged({ level: 'dane', hosts: [{ tlsa: right(), chain: [own.der] }] }).failsFrom).toBeNull();
  expect(judged({ level: 'dane', hosts: [{ tlsa: `3 1 1 ${keyOf(issued.der)}`, chain: issued.chain }] }).failsFrom).toBeNull();
});

describe('signatures that end', () => {
  const HOUR = 3_600_000;
  const hoursLeft = (hours: number, validityDays = 14, zone = 'a.test'): Signature => ({
    zone,
    from: NOW + hours * HOUR - validityDays * DAY,
    until: NOW + hours * HOUR,
  });
  const fine = (signature?: Signature): Host => ({
    tlsa: right(),
    chain: [own.der],
    ...(signature === undefined ? {} : { signature }),
  });

  test.each<{ level: string; hosts: () => readonly Host[]; mx?: Signature; fails: string | null; because: string }>([
    {
      level: 'dane-only',
      hosts: () => [fine(hoursLeft(71))],
      fails: '2026-11-27T05:00:01.000Z the DNSSEC signatures of a.test end (2026-11-27 05:00Z)',
      because: 'less than three days are left',
    },
    {
      level: 'dane',
      hosts: () => [fine()],
      mx: hoursLeft(71),
      fails: '2026-11-27T05:00:01.000Z the DNSSEC signatures of a.test end (2026-11-27 05:00Z)',
      because: 'those of the MX count for all hosts',
    },
    {
      level: 'dane',
      hosts: () => [{ tlsa: 'none', chain: [own.der], signature: hoursLeft(10, 14, '') }],
      fails: '2026-11-24T16:00:01.000Z the DNSSEC signatures of the root zone end (2026-11-24 16:00Z)',
      because: 'without TLSA records, too, there is no answer then',
    },
    {
      level: 'dane',
      hosts: () => [fine(hoursLeft(5)), fine(hoursLeft(9, 14, 'b.test'))],
      fails: '2026-11-24T15:00:01.000Z the DNSSEC signatures of b.test end (2026-11-24 15:00Z)',
      because: 'the last host to end',
    },
    { level: 'dane', hosts: () => [fine(hoursLeft(5)), fine()], fails: null, because: 'another host goes on' },
    { level: 'dane-only', hosts: () => [fine(hoursLeft(72))], fails: null, because: 'three days are left' },
    { level: 'dane-only', hosts: () => [fine(hoursLeft(12, 2))], fails: null, because: 'a quarter is left of a short one' },
    {
      level: 'dane-only',
      hosts: () => [fine(hoursLeft(-1))],
      fails: null,
      because: 'the resolver takes it although it has ended',
    },
    { level: 'encrypt', hosts: () => [fine(hoursLeft(5))], fails: null, because: 'nobody minds below dane' },
    { level: 'dane-only', hosts: () => [fine()], fails: null, because: 'none was in the answer' },
  ])('$level fails from $fails: $because', ({ level, hosts, mx, fails }) => {
    const verdict = judged({ level, hosts: hosts(), ...(mx === undefined ? {} : { mxSignature: mx }) });
    expect(verdict.verdict).toBe('pass');
    expect(verdict.failsFrom === null ? null : `${verdict.failsFrom} ${verdict.failsBecause}`).toBe(fails);
  });

  test('one of two hosts is told as degraded ahead', () => {
    expect(judged({ level: 'dane', hosts: [fine(hoursLeft(5)), fine()] }).degradedFrom).toBe('2026-11-24T11:00:01.000Z');
  });

  test('the end is told with the records, however far it is', () => {
    const { hosts } = judged({ level: 'dane', hosts: [fine(hoursLeft(240))], mxSignature: hoursLeft(216) });
    expect(hosts[0]?.addresses[0]?.tlsa?.signedUntil).toBe('2026-12-03T06:00:00.000Z');
  });

  test('the cause is DNS, not a certificate', () => {
    const verdict = judged({ level: 'dane', hosts: [fine(hoursLeft(5))] });
    expect(forecastCauses(verdict, Date.parse(verdict.failsFrom ?? ''))).toEqual([{ reason: 'dns-bogus', provider: 'a.test' }]);
  });
});

test('the sentence names records and what was presented', () => {
  expect(judged({ level: 'dane-only', hosts: [{ tlsa: wrong, chain: [own.der] }] }).sentence).toBe(
    'mail to a.test would be deferred: Postfix says "Server certificate not verified". At mx1.a.test (192.0.2.1) nothing that is ' +
      `presented matches the TLSA record ${wrong}: the certificate has sha256 ${digestOf(own.der)}, its key ${keyOf(own.der)}. ` +
      'The cure is theirs: the TLSA records must be those of the certificate in use',
  );
});

describe('dane-only in place of a failing line', () => {
  const secure = (hosts: readonly Host[], more: Partial<Scene> = {}) =>
    judged({ level: 'secure match=mail.a.test ciphers=high', hosts, ...more }).suggestion;

  test('where every host is proved by a record', () => {
    const both = [
      { tlsa: right(), chain: [own.der] },
      { tlsa: anchor(), chain: issued.chain },
    ];
    expect(secure(both)).toEqual({
      line: 'a.test dane-only ciphers=high',
      restsOn: 'dnssec',
      because:
        'every MX host of a.test has signed TLSA records that match what it presents: whoever signs the zone of a.test answers for ' +
        'the hosts, and no match list is needed; the mail host must have a validating resolver of its own',
      verdict: 'pass',
    });
  });

  test.each<{ because: string; second: () => Host; more?: Partial<Scene> }>([
    { because: 'one host has no records', second: () => ({ tlsa: 'none', chain: [own.der] }) },
    { because: 'one host is in an unsigned zone', second: () => ({ tlsa: 'insecure', chain: [own.der] }) },
    { because: 'one host has records that do not match', second: () => ({ tlsa: wrong, chain: [own.der] }) },
    { because: 'one host has records that are not usable', second: () => ({ tlsa: `1 1 1 ${OTHER}`, chain: [own.der] }) },
    { because: 'one host was not seen', second: () => ({ tlsa: right(), chain: 'refused' }) },
    { because: 'the look-up of one failed', second: () => ({ tlsa: 'failed', chain: [own.der] }) },
    { because: 'the MX records are not signed', second: () => ({ tlsa: right(), chain: [own.der] }), more: { mxSecure: false } },
    { because: 'main.cf does not ask for DNSSEC', second: () => ({ tlsa: right(), chain: [own.der] }), more: { mainCf: '' } },
    {
      because: 'the level asks for no names',
      second: () => ({ tlsa: right(), chain: [own.der] }),
      more: { level: `fingerprint match=${OTHER}` },
    },
  ])('never where $because', ({ second, more }) => {
    expect(secure([{ tlsa: right(), chain: [own.der] }, second()], more)).toBeNull();
  });
});

function digestOf(der: string): string {
  const certificate = readCertificate(der);
  if (certificate.kind === 'unreadable') throw new Error(certificate.because);
  return certificate.sha256;
}
