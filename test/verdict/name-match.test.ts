/** Both name matchers, a row per rule of Postfix: every row of the reference was shown by posttls-finger. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Certificate, readCertificate } from '../../lambda/certificate/certificate.ts';
import { parseMatch } from '../../lambda/policy/match-pattern.ts';
import { matchNames, presentedNames, referenceIdentifiers } from '../../lambda/verdict/name-match.ts';
import { type Authority, type CertificateOptions, createAuthority } from '../internet/authority.ts';

const OLD = { version: '3.5.27', wildcardMatchesMultipleLabels: true };
const NEW = { version: '3.6', wildcardMatchesMultipleLabels: true };

let authority: Authority;
beforeAll(async () => {
  authority = await createAuthority();
});

async function certificate(options: CertificateOptions): Promise<Certificate> {
  const { der } = await authority.issue({ commonName: null, ...options });
  const read = readCertificate(der);
  if (read.kind === 'unreadable') throw new Error(read.because);
  return read;
}

async function matched(
  names: CertificateOptions,
  match: string,
  attempt: typeof ATTEMPT,
  settings: typeof OLD,
): Promise<string | undefined> {
  const patterns = match === '' ? [] : match.split(' ').map(parseMatch);
  const result = matchNames(await certificate(names), referenceIdentifiers(patterns, attempt), settings);
  return result.kind === 'matched' ? result.presented : undefined;
}

const ATTEMPT = { nextHop: 'example.com', mxHost: 'mx1.mail.example.net' };
const dns = (...dnsNames: string[]): CertificateOptions => ({ dnsNames });

describe('rules that both matchers share', () => {
  test.each([
    { match: 'hostname', names: dns('mx1.mail.example.net'), by: 'mx1.mail.example.net', because: 'the MX host, by name' },
    { match: 'hostname', names: dns('*.mail.example.net'), by: '*.mail.example.net', because: 'a wildcard covers one label' },
    { match: 'hostname', names: dns('mx*.mail.example.net'), by: undefined, because: 'partial wildcards cover nothing' },
    { match: 'hostname', names: dns('mx1.*.example.net'), by: undefined, because: 'a star counts only leftmost' },
    { match: 'hostname', names: dns('*.*.example.net'), by: undefined, because: 'and only once' },
    { match: 'hostname', names: dns('mx1.mail.example.net.example.org'), by: undefined, because: 'the end counts too' },
    { match: 'hostname', names: dns('mx1.mail.example.net.'), by: undefined, because: 'a trailing dot is a character' },
    { match: 'mx1.mail.example.net.', names: dns('mx1.mail.example.net'), by: undefined, because: 'on either side' },
    { match: 'hostname', names: dns(' mx1.mail.example.net'), by: undefined, because: 'and so is a blank' },
    { match: 'hostname', names: dns('mx1.mail.example.net\0.evil.test'), by: undefined, because: 'a NUL hides no suffix' },
    { match: 'hostname', names: dns('MX1.Mail.EXAMPLE.net'), by: 'MX1.Mail.EXAMPLE.net', because: 'case does not count' },
    { match: 'nexthop', names: dns('example.com'), by: 'example.com', because: 'the next hop, by name' },
    { match: 'NextHop', names: dns('example.com'), by: 'example.com', because: 'keywords have no case' },
    { match: 'nexthop', names: dns('*.example.com'), by: undefined, because: 'a wildcard needs a label to cover' },
    { match: 'nexthop', names: dns('mail.example.com'), by: undefined, because: 'the next hop is not its sub-domains' },
    { match: 'dot-nexthop', names: dns('a.b.example.com'), by: 'a.b.example.com', because: 'a leading dot has no depth limit' },
    { match: 'dot-nexthop', names: dns('*.example.com'), by: '*.example.com', because: 'a wildcard is below the next hop' },
    { match: 'dot-nexthop', names: dns('*.sub.example.com'), by: '*.sub.example.com', because: 'at any depth' },
    { match: 'dot-nexthop', names: dns('ma*.example.com'), by: 'ma*.example.com', because: 'a suffix is compared as text' },
    { match: 'dot-nexthop', names: dns('example.com'), by: undefined, because: 'a domain is not below itself' },
    {
      match: 'dot-nexthop',
      names: dns('.example.com'),
      by: '.example.com',
      old: undefined,
      because: 'up to 3.5 something must stand before the dot',
    },
    { match: 'dot-nexthop', names: dns('notexample.com'), by: undefined, because: 'labels are compared, not characters' },
    { match: '.example.net', names: dns('mx.example.net'), by: 'mx.example.net', because: 'a parent of the policy itself' },
    { match: '.example.net', names: dns('mx.example.net.evil.test'), by: undefined, because: 'at the end only' },
    { match: 'example.net', names: dns('mx.example.net'), by: undefined, because: 'without its dot it is one name' },
    { match: '*.example.org', names: dns('mx.example.org'), by: undefined, because: 'a star in a policy is only a star' },
    { match: '*.example.org', names: dns('*.example.org'), by: '*.example.org', because: 'and equals a star' },
    { match: 'a.example b.example', names: dns('b.example', 'a.example'), by: 'a.example', because: 'one of them is enough' },
    { match: 'a.example b.example', names: dns('c.example'), by: undefined, because: 'none of them is not' },
    {
      match: 'bücher.example',
      names: dns('xn--bcher-kva.example'),
      by: 'xn--bcher-kva.example',
      because: 'U-labels compare as A-labels',
    },
    {
      match: '.bücher.example',
      names: dns('a.xn--bcher-kva.example'),
      by: 'a.xn--bcher-kva.example',
      because: 'below a dot as well',
    },
    { match: '。example.net', names: dns('mx.example.net'), by: 'mx.example.net', because: 'U+3002 is a leading dot' },
    { match: '．example.net', names: dns('mx.example.net'), by: 'mx.example.net', because: 'U+FF0E too' },
    { match: '｡example.net', names: dns('mx.example.net'), by: 'mx.example.net', because: 'U+FF61 too' },
    { match: '.', names: dns('example.com'), by: undefined, because: 'a bare dot names nothing' },
    { match: '', names: dns('example.com'), by: undefined, because: 'no name never verifies' },
    {
      match: 'xn--a.example',
      names: dns('*.example'),
      by: undefined,
      because: 'not by a wildcard of a whole TLD',
      old: '*.example',
    },
    { match: 'xn--a.b.example', names: dns('*.b.example'), by: '*.b.example', because: 'a whole-label star covers an A-label' },
    { match: 'nexthop', names: { commonName: 'example.com' }, by: 'example.com', because: 'without dNSName the CN counts' },
    { match: 'nexthop', names: { commonName: '*.com' }, by: undefined, old: '*.com', because: 'as a wildcard too' },
    { match: 'dot-nexthop', names: { commonName: '*.example.com' }, by: '*.example.com', because: 'and below a dot' },
    {
      match: 'nexthop',
      names: { commonName: 'example.com', dnsNames: ['other.example'] },
      by: undefined,
      because: 'a dNSName switches the CN off',
    },
    { match: 'nexthop', names: { commonName: 'example.com', dnsNames: [' '] }, by: undefined, because: 'even a malformed one' },
    {
      match: 'nexthop',
      names: { commonName: 'example.com', ipAddresses: ['192.0.2.1'] },
      by: 'example.com',
      because: 'an address does not',
    },
    {
      match: 'nexthop',
      names: { commonName: 'example.com', emailAddresses: ['a@b.example'] },
      by: 'example.com',
      because: 'nor a mail address',
    },
    { match: 'nexthop', names: { subject: [] }, by: undefined, because: 'no name at all' },
    {
      match: 'hostname',
      names: dns('*.example.net'),
      by: undefined,
      old: '*.example.net',
      because: 'a wildcard covers one label, several up to 3.5',
    },
    { match: 'nexthop', names: dns('*.com'), by: undefined, old: '*.com', because: 'a wildcard needs two dots, up to 3.5 one' },
    {
      match: 'a.b.example.com',
      names: dns('*.example.com'),
      by: undefined,
      old: '*.example.com',
      because: 'whatever the setting, since 3.6',
    },
    {
      match: 'a_b.example.com',
      names: dns('*.example.com'),
      by: undefined,
      old: '*.example.com',
      because: 'no underscore under a wildcard since 3.6',
    },
    { match: 'a.b_c.example', names: dns('*.b_c.example'), by: undefined, old: '*.b_c.example', because: 'nor inside one' },
    { match: 'a.b_c.example', names: dns('a.b_c.example'), by: 'a.b_c.example', because: 'a plain name may have one' },
    {
      match: 'nexthop',
      names: {
        subject: [
          ['CN', 'example.com'],
          ['CN', 'b.example'],
        ] as const,
      },
      by: 'example.com',
      because: 'the first of two CNs',
    },
    {
      match: 'nexthop',
      names: {
        subject: [
          ['CN', 'b.example'],
          ['CN', 'example.com'],
        ] as const,
      },
      by: 'example.com',
      old: undefined,
      because: 'the second too, since 3.6',
    },
    { match: '.com', names: dns('*.com'), by: '*.com', because: 'a suffix of one label' },
  ] as const)('$match: $because', async (row) => {
    expect(await matched(row.names, row.match, ATTEMPT, NEW)).toBe(row.by);
    expect(await matched(row.names, row.match, ATTEMPT, OLD)).toBe('old' in row ? row.old : row.by);
  });
});

describe('tls_wildcard_matches_multiple_labels = no', () => {
  test.each([
    { presents: '*.mail.example.net', by: '*.mail.example.net', because: 'one label' },
    { presents: '*.example.net', by: undefined, because: 'never two' },
    { presents: '*.net', by: undefined, because: 'nor three' },
  ])('$presents: $because', async ({ presents, by }) => {
    const settings = { ...OLD, wildcardMatchesMultipleLabels: false };
    expect(await matched(dns(presents), 'hostname', ATTEMPT, settings)).toBe(by);
  });
});

describe('address literals', () => {
  const literal = { nextHop: '192.0.2.1', mxHost: '192.0.2.1' };
  const withAddress: CertificateOptions = { ipAddresses: ['192.0.2.1'] };
  test.each([
    { match: 'hostname', names: withAddress, by: '192.0.2.1', old: undefined, because: 'an iPAddress alone, since 3.6' },
    { match: 'nexthop', names: withAddress, by: '192.0.2.1', old: undefined, because: 'as the next hop' },
    {
      match: 'nexthop dot-nexthop',
      names: withAddress,
      by: undefined,
      old: undefined,
      because: 'the default list of secure wants a name beside it',
    },
    { match: 'nexthop', names: { ipAddresses: ['192.0.2.2'] }, by: undefined, old: undefined, because: 'another address' },
    {
      match: 'nexthop',
      names: dns('192.0.2.1'),
      by: undefined,
      old: '192.0.2.1',
      because: 'a dNSName that reads like it, up to 3.5',
    },
    {
      match: 'nexthop',
      names: { commonName: '192.0.2.1' },
      by: undefined,
      old: '192.0.2.1',
      because: 'a CN that reads like it, up to 3.5',
    },
    {
      match: 'a.example 192.0.2.1',
      names: dns('a.example'),
      by: undefined,
      old: 'a.example',
      because: 'a name with an address beside it needs both',
    },
    {
      match: 'a.example 192.0.2.1',
      names: { dnsNames: ['a.example'], ipAddresses: ['192.0.2.1'] },
      by: 'a.example',
      old: 'a.example',
      because: 'and has both',
    },
    {
      match: 'a.example 192.0.2.1',
      names: { dnsNames: ['b.example'], ipAddresses: ['192.0.2.1'] },
      by: undefined,
      old: undefined,
      because: 'the address alone is not enough',
    },
    { match: '192.0.2.1 192.0.2.2', names: withAddress, by: '192.0.2.1', old: undefined, because: 'a second address is dropped' },
    { match: '192.0.2.2 192.0.2.1', names: withAddress, by: undefined, old: undefined, because: 'only the first counts' },
    { match: '300.0.2.1', names: dns('300.0.2.1'), by: '300.0.2.1', old: '300.0.2.1', because: 'what is no address is a name' },
  ])('$match: $because', async ({ match, names, by, old }) => {
    expect(await matched(names, match, literal, NEW)).toBe(by);
    expect(await matched(names, match, literal, OLD)).toBe(old);
  });

  test('an IPv6 next hop is an address as well', async () => {
    const attempt = { nextHop: '2001:db8::1', mxHost: '2001:db8::1' };
    expect(await matched({ ipAddresses: ['2001:db8::1'] }, 'nexthop', attempt, NEW)).toBe('2001:db8::1');
    expect(await matched({ ipAddresses: ['2001:db8::2'] }, 'nexthop', attempt, NEW)).toBeUndefined();
  });

  test('a mismatch names the address that was lacking, where the names were there', async () => {
    const references = referenceIdentifiers([parseMatch('a.example'), parseMatch('192.0.2.1')], ATTEMPT);
    expect(matchNames(await certificate(dns('a.example')), references, NEW)).toEqual({
      kind: 'mismatch',
      references: ['a.example', '192.0.2.1'],
      presented: ['a.example'],
      lacksAddress: '192.0.2.1',
    });
    expect(matchNames(await certificate(dns('b.example')), references, NEW)).not.toHaveProperty('lacksAddress');
  });
});

test('a mismatch carries both sides', async () => {
  const references = referenceIdentifiers([parseMatch('nexthop'), parseMatch('dot-nexthop'), parseMatch('.')], ATTEMPT);
  expect(matchNames(await certificate(dns('a.example', '*.b.example')), references, NEW)).toEqual({
    kind: 'mismatch',
    references: ['example.com', '.example.com'],
    presented: ['a.example', '*.b.example'],
  });
});

test('the presented names are the dNSNames, else all CNs', () => {
  expect(presentedNames({ dnsNames: ['a'], commonNames: ['b'] })).toEqual(['a']);
  expect(presentedNames({ dnsNames: [], commonNames: ['b', 'c'] })).toEqual(['b', 'c']);
});

test('up to 3.5 a wildcard covers what it covers since 3.6, and more', async () => {
  const label = fc.stringMatching(/^[a-z0-9]{1,3}$/);
  const presented = await Promise.all(
    ['*.a.b', '*.b.c', 'a.b.c', '*.a', 'a.a', 'a.*.b'].map(async (name) => certificate(dns(name))),
  );
  fc.assert(
    fc.property(
      fc.array(fc.oneof(label, fc.constantFrom('a', 'b', 'c')), { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      (labels, dot) => {
        const references = referenceIdentifiers([parseMatch(`${dot ? '.' : ''}${labels.join('.')}`)], ATTEMPT);
        for (const one of presented) {
          if (matchNames(one, references, NEW).kind === 'matched') expect(matchNames(one, references, OLD).kind).toBe('matched');
        }
      },
    ),
  );
});
