/** Name constraints as OpenSSL reads them; the random chains of openssl.test.ts put the same kinds of names to it. */
import { expect, test } from 'vitest';
import { readCertificates } from '../../../lambda/certificate/certificate.ts';
import { violation } from '../../../lambda/certificate/trust/name-constraints.ts';
import { type CertificateOptions, createAuthority, type Subtrees } from '../../internet/authority.ts';

const root = await createAuthority('Root');

interface Row {
  readonly because: string;
  readonly names: CertificateOptions;
  readonly permitted?: Subtrees;
  readonly excluded?: Subtrees;
  readonly inner?: true;
}

const ALLOWED: readonly Row[] = [
  { because: 'the base itself', names: { dnsNames: ['example.com'] }, permitted: { dns: ['example.com'] } },
  { because: 'a name below it', names: { dnsNames: ['a.b.example.com'] }, permitted: { dns: ['example.com'] } },
  { because: 'a leading dot', names: { dnsNames: ['a.example.com'] }, permitted: { dns: ['.example.com'] } },
  { because: 'an empty base is every name', names: { dnsNames: ['a.example.com'] }, permitted: { dns: [''] } },
  { because: 'whatever the case', names: { dnsNames: ['A.EXAMPLE.com'] }, permitted: { dns: ['example.COM'] } },
  { because: 'one of several', names: { dnsNames: ['a.example.net'] }, permitted: { dns: ['example.com', 'example.net'] } },
  { because: 'another kind of name', names: { dnsNames: ['a.example.net'] }, permitted: { ip: ['192.0.2.0/24'] } },
  { because: 'not what is excluded', names: { dnsNames: ['notexample.com'] }, excluded: { dns: ['example.com'] } },
  { because: 'an address of the network', names: { ipAddresses: ['192.0.2.200'] }, permitted: { ip: ['192.0.2.0/24'] } },
  { because: 'IPv4 is not excluded by IPv6', names: { ipAddresses: ['192.0.2.1'] }, excluded: { ip: ['::/0'] } },
  { because: 'a mailbox of the host', names: { emailAddresses: ['a@EXAMPLE.com'] }, permitted: { email: ['example.com'] } },
  { because: 'the very mailbox', names: { emailAddresses: ['a@example.com'] }, permitted: { email: ['a@example.com'] } },
  { because: 'a mailbox below a host', names: { emailAddresses: ['a@b.example.com'] }, permitted: { email: ['.example.com'] } },
  { because: 'the host of a URI', names: { uris: ['https://example.com:8443/x'] }, permitted: { uri: ['example.com'] } },
  { because: 'a common name that is no host name', names: { commonName: 'Mail Server' }, permitted: { dns: ['example.com'] } },
  { because: 'a common name of one label', names: { commonName: 'localhost' }, permitted: { dns: ['example.com'] } },
  {
    because: 'a common name beside dNSNames',
    names: { commonName: 'a.example.net', dnsNames: ['example.com'] },
    permitted: { dns: ['example.com'] },
  },
  {
    because: 'the common name of an authority',
    names: { commonName: 'a.example.net' },
    permitted: { dns: ['example.com'] },
    inner: true,
  },
  {
    because: 'a subject that begins like the base',
    names: {
      subject: [
        ['O', 'EXAMPLE '],
        ['CN', 'x'],
      ],
    },
    permitted: { directory: [[['O', 'example']]] },
  },
];

const REFUSED: readonly (Row & { readonly code: string; readonly name: string })[] = [
  {
    because: 'a name elsewhere',
    names: { dnsNames: ['a.example.net'] },
    permitted: { dns: ['example.com'] },
    code: 'PERMITTED_VIOLATION',
    name: 'a.example.net',
  },
  {
    because: 'labels count, not characters',
    names: { dnsNames: ['notexample.com'] },
    permitted: { dns: ['example.com'] },
    code: 'PERMITTED_VIOLATION',
    name: 'notexample.com',
  },
  {
    because: 'a base with a leading dot is not below itself',
    names: { dnsNames: ['example.com'] },
    permitted: { dns: ['.example.com'] },
    code: 'PERMITTED_VIOLATION',
    name: 'example.com',
  },
  {
    because: 'one bad name among good ones',
    names: { dnsNames: ['example.com', 'example.net'] },
    permitted: { dns: ['example.com'] },
    code: 'PERMITTED_VIOLATION',
    name: 'example.net',
  },
  {
    because: 'excluded, although permitted',
    names: { dnsNames: ['a.b.example.com'] },
    permitted: { dns: ['example.com'] },
    excluded: { dns: ['b.example.com'] },
    code: 'EXCLUDED_VIOLATION',
    name: 'a.b.example.com',
  },
  {
    because: 'an address elsewhere',
    names: { ipAddresses: ['198.51.100.1'] },
    permitted: { ip: ['192.0.2.0/24'] },
    code: 'PERMITTED_VIOLATION',
    name: '198.51.100.1',
  },
  {
    because: 'an address of the other family',
    names: { ipAddresses: ['2001:db8::1'] },
    permitted: { ip: ['192.0.2.0/24'] },
    code: 'PERMITTED_VIOLATION',
    name: '32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.1',
  },
  {
    because: 'another mailbox of the host',
    names: { emailAddresses: ['b@example.com'] },
    permitted: { email: ['a@example.com'] },
    code: 'PERMITTED_VIOLATION',
    name: 'b@example.com',
  },
  {
    because: 'the case of a mailbox counts',
    names: { emailAddresses: ['A@example.com'] },
    permitted: { email: ['a@example.com'] },
    code: 'PERMITTED_VIOLATION',
    name: 'A@example.com',
  },
  {
    because: 'no mailbox at all',
    names: { emailAddresses: ['nobody'] },
    permitted: { email: ['example.com'] },
    code: 'UNSUPPORTED_NAME_SYNTAX',
    name: 'nobody',
  },
  {
    because: 'a mailbox in the subject',
    names: { subject: [['emailAddress', 'a@example.net']] },
    permitted: { email: ['example.com'] },
    code: 'PERMITTED_VIOLATION',
    name: 'a@example.net',
  },
  {
    because: 'a URI without a host',
    names: { uris: ['urn:x'] },
    permitted: { uri: ['example.com'] },
    code: 'UNSUPPORTED_NAME_SYNTAX',
    name: 'urn:x',
  },
  {
    because: 'a common name where there is no dNSName',
    names: { commonName: 'a.example.net' },
    permitted: { dns: ['example.com'] },
    code: 'PERMITTED_VIOLATION',
    name: 'a.example.net',
  },
  {
    because: 'the second common name',
    names: {
      subject: [
        ['CN', 'example.com'],
        ['CN', 'example.net'],
      ],
    },
    permitted: { dns: ['example.com'] },
    code: 'PERMITTED_VIOLATION',
    name: 'example.net',
  },
  {
    because: 'a NUL in a common name',
    names: { commonName: 'example.com\0.evil.test' },
    permitted: { dns: ['example.com'] },
    code: 'UNSUPPORTED_NAME_SYNTAX',
    name: 'example.com\0.evil.test',
  },
  {
    because: 'another subject',
    names: { subject: [['O', 'Other']] },
    permitted: { directory: [[['O', 'Example']]] },
    code: 'PERMITTED_VIOLATION',
    name: '/O=Other',
  },
];

test.each(ALLOWED)('allowed: $because', async (row) => {
  expect(await ask(row)).toBeUndefined();
});

test.each(REFUSED)('refused: $because', async (row) => {
  expect(await ask(row)).toEqual({ code: row.code, name: row.name });
});

test('more comparisons than OpenSSL makes are refused unseen', async () => {
  const many = (prefix: string) => Array.from({ length: 1100 }, (_, i) => `${prefix}${i}.example.com`);
  expect(await ask({ because: '', names: { dnsNames: many('a') }, excluded: { dns: many('b') } })).toEqual({
    code: 'UNSPECIFIED',
    name: 'too many names',
  });
});

async function ask({ names, permitted, excluded, inner }: Row) {
  const nameConstraints = { ...(permitted ? { permitted } : {}), ...(excluded ? { excluded } : {}) };
  const authority = await root.intermediate('Constrained', { nameConstraints });
  const [certificate, issuer] = readCertificates([
    (await authority.issue({ commonName: null, ...names })).der,
    authority.certificate.der,
  ]);
  if (certificate === undefined || issuer?.extensions.nameConstraints === undefined) throw new Error('not minted as meant');
  return violation(certificate, issuer.extensions.nameConstraints, !inner);
}
