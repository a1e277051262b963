/** The names that providers document: the table in the code, that of the page, and what counts as documented. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getDomain } from 'tldts';
import { describe, expect, test } from 'vitest';
import { parseMatch } from '../../lambda/policy/match-pattern.ts';
import { documentedBy, documenting, documentingHosts, PROVIDERS } from '../../lambda/policy/providers.ts';
import { isHostnameOrWildcard } from '../../lambda/postfix/hostname.ts';

test('the page has the same table', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/providers.md'), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| ') && line.includes('https://'));
  expect(rows).toEqual(
    PROVIDERS.map(
      ({ name, names, url, read }) => `| ${name} | ${names.map((one) => `\`${one}\``).join(', ')} | <${url}> | ${read} |`,
    ),
  );
});

test('in order, each once', () => {
  const names = PROVIDERS.map(({ name }) => name);
  expect(names).toEqual([...new Set(names)].sort());
  const all = PROVIDERS.flatMap((provider) => provider.names);
  expect(all).toEqual([...new Set(all)]);
});

describe.each(PROVIDERS)('$name', ({ names, url, read }) => {
  test('has a page and a day', () => {
    expect(new URL(url).protocol).toBe('https:');
    expect(new Date(`${read}T00:00:00Z`).toISOString().slice(0, 10)).toBe(read);
  });

  test.each(names.map((name) => ({ name })))('$name is a host, or a parent no broader than a registrable domain', ({ name }) => {
    expect(name).toBe(name.toLowerCase());
    expect(isHostnameOrWildcard(name.replace(/^\./, '*.'))).toBe(true);
    expect(getDomain(name.replace(/^\./, ''), { allowPrivateDomains: true })).not.toBeNull();
  });
});

test.each([
  { because: 'a host', names: ['mxa.mailgun.org'], is: 'Mailgun' },
  { because: 'all of them', names: ['mxa.mailgun.org', 'mxb.mailgun.org'], is: 'Mailgun' },
  { because: 'the parent itself', names: ['.mail.protection.outlook.com'], is: 'Microsoft 365' },
  { because: 'a host below it', names: ['k-com.mail.protection.outlook.com'], is: 'Microsoft 365' },
  { because: 'without case', names: ['MXA.Mailgun.org'], is: 'Mailgun' },
  { because: 'more than is documented', names: ['.outlook.com'], is: undefined },
  { because: 'the name above a parent', names: ['mail.protection.outlook.com'], is: undefined },
  { because: 'an end that looks alike', names: ['evilmail.protection.outlook.com'], is: undefined },
  { because: 'a host of the same domain', names: ['mxc.mailgun.org'], is: undefined },
  { because: 'a documented host as a parent', names: ['.mxa.mailgun.org'], is: undefined },
  { because: 'names of two providers', names: ['mxa.mailgun.org', 'mx.sendgrid.net'], is: undefined },
  { because: 'one that nobody documents', names: ['mxa.mailgun.org', 'mx.p.net'], is: undefined },
  { because: 'a keyword', names: ['nexthop'], is: undefined },
  { because: 'none', names: [], is: undefined },
])('$because: $is', ({ names, is }) => {
  expect(documenting(names.map(parseMatch))?.name).toBe(is);
});

test('MX hosts as DNS has them', () => {
  expect(documentingHosts(['mx.zoho.com.', 'MX2.zoho.com'])?.name).toBe('Zoho Mail');
  expect(documentingHosts(['mx.zoho.com', 'mx.p.net'])).toBeUndefined();
});

test('in words', () => {
  const [ses] = PROVIDERS;
  if (ses === undefined) throw new Error('no provider');
  expect(documentedBy(ses)).toBe(
    'Amazon SES documents (https://docs.aws.amazon.com/ses/latest/dg/regions.html, read 2026-11-28)',
  );
});
