import { expect, test } from 'vitest';
import { lookupEntry, lookupKeys, policyTables } from '../../lambda/policy/lookup.ts';
import { parseTable } from '../../lambda/policy/parse.ts';
import { bundleOf } from './bundle-of.ts';

test.each([
  { nextHop: 'a.b.example', keys: ['a.b.example', '.b.example', '.example'], because: 'a plain name goes on to its parents' },
  { nextHop: 'example', keys: ['example'], because: 'one label has none' },
  { nextHop: '[a.b.example]', keys: ['[a.b.example]'], because: 'brackets are verbatim' },
  { nextHop: 'a.b.example:587', keys: ['a.b.example:587'], because: 'so is a port' },
  { nextHop: '192.0.2.1', keys: ['192.0.2.1'], because: 'so is an address' },
  { nextHop: 'a.b.example.', keys: ['a.b.example.'], because: 'so is a trailing dot' },
  { nextHop: 'bücher.example', keys: ['bücher.example', '.example'], because: 'U-labels stay U-labels' },
])('$nextHop: $because', ({ nextHop, keys }) => {
  expect(lookupKeys(nextHop, '3.7')).toEqual(keys);
});

const table = (text: string, name = 'hash:/t') => parseTable({ name, text }, '3.7');
const keyFor = (nextHop: string, ...texts: string[]) => {
  const found = lookupEntry(
    nextHop,
    texts.map((text, i) => table(text, `hash:/t${i}`)),
    '3.7',
  );
  return found === undefined || 'kind' in found ? found?.kind : `${found.table} ${found.line} ${found.key}`;
};

test.each([
  { nextHop: 'a.example', texts: ['a.example may'], found: 'hash:/t0 1 a.example', because: 'the name itself' },
  { nextHop: 'A.EXAMPLE', texts: ['a.Example may'], found: 'hash:/t0 1 a.example', because: 'without case' },
  { nextHop: 'x.a.example', texts: ['.a.example may'], found: 'hash:/t0 1 .a.example', because: 'a parent with a dot' },
  {
    nextHop: 'x.y.a.example',
    texts: ['.a.example may\n.y.a.example may'],
    found: 'hash:/t0 2 .y.a.example',
    because: 'the nearest parent',
  },
  { nextHop: 'x.example', texts: ['.example may'], found: 'hash:/t0 1 .example', because: 'even a bare TLD' },
  { nextHop: 'a.example', texts: ['.a.example may'], found: undefined, because: '.parent is not the parent itself' },
  { nextHop: 'x.a.example', texts: ['a.example may'], found: undefined, because: 'a name is not its sub-domains' },
  { nextHop: '[a.example]', texts: ['a.example may\n.example may'], found: undefined, because: 'brackets are another key' },
  { nextHop: 'a.example', texts: ['[a.example] may'], found: undefined, because: 'in both directions' },
  { nextHop: '[a.example]:25', texts: ['[a.example] may'], found: undefined, because: 'a port is another key' },
  { nextHop: 'a.example', texts: ['* may'], found: undefined, because: 'there is no wildcard key' },
  { nextHop: 'xn--bcher-kva.example', texts: ['bücher.example may'], found: undefined, because: 'no conversion of labels' },
  { nextHop: 'a.example', texts: ['a.example may\na.example none'], found: 'hash:/t0 1 a.example', because: 'the first of two' },
  {
    nextHop: 'x.a.example',
    texts: ['.a.example may', 'x.a.example none'],
    found: 'hash:/t1 1 x.a.example',
    because: 'all tables for a key first',
  },
  { nextHop: 'a.example', texts: ['a.example may', 'a.example none'], found: 'hash:/t0 1 a.example', because: 'tables in order' },
])('$nextHop in $texts: $because', ({ nextHop, texts, found }) => {
  expect(keyFor(nextHop, ...texts)).toBe(found);
});

const lookupError = (key: string) => ({
  kind: 'table-broken',
  table: 'texthash:/b',
  says: 'texthash:/b is unavailable. /b, line 2: duplicate entry: "b.test"',
  warning: `smtp_tls_policy_maps, next-hop destination "${key}": policy table lookup error`,
});

test('a table that cannot be opened breaks every lookup that reaches it', () => {
  const broken = table('b.test may\nb.test may', 'texthash:/b');
  expect(lookupEntry('a.test', [broken], '3.7')).toEqual(lookupError('a.test'));
  expect(lookupEntry('a.test', [table('a.test may'), broken], '3.7')).toMatchObject({ key: 'a.test' });
  expect(lookupEntry('x.test', [table('a.test may'), broken], '3.7')).toEqual(lookupError('x.test'));
});

test('static: answers whatever is asked', () => {
  expect(lookupEntry('a.test', [table('', 'static:encrypt')], '3.7')).toMatchObject({ value: 'encrypt', key: '*' });
});

test('the tables of a bundle come in the order of smtp_tls_policy_maps, with those that are missing', () => {
  const bundle = bundleOf('a.test may', {
    mainCf: 'smtp_tls_policy_maps = hash:/gone, hash:/tls_policy, pcre:/patterns, hash:/old\ntransport_maps = hash:/transport',
    tableProblems: [
      { name: 'pcre:/patterns', kind: 'not-listable', because: 'its keys are patterns' },
      { name: 'hash:/gone', kind: 'missing', because: 'open database /gone.db: No such file or directory' },
      { name: 'hash:/transport', kind: 'missing', because: 'open database /transport.db: No such file or directory' },
      { name: 'hash:/old', kind: 'stale', because: 'newer' },
    ],
  });
  expect(
    policyTables(bundle).map(({ name, unavailable, notListable, asked }) => ({ name, unavailable, notListable, asked })),
  ).toEqual([
    { name: 'hash:/gone', unavailable: 'hash:/gone is unavailable. open database /gone.db: No such file or directory' },
    { name: 'hash:/tls_policy' },
    { name: 'pcre:/patterns', notListable: 'its keys are patterns', asked: false },
  ]);
});

test('of 20,000 tables the first that has a key answers, and one that cannot be asked ends the search there', () => {
  const own = (i: number) => `t${i}.example`;
  const many = Array.from({ length: 20_000 }, (_, i) => table(`${own(i)} may\nshared.example may\n`, `hash:/t${i}`));
  const broken = { ...table('t10000.example may\n', 'hash:/broken'), unavailable: 'hash:/broken is unavailable' };
  const tables = [...many.slice(0, 10_000), broken, ...many.slice(10_000)];
  const found = (key: string) => {
    const entry = lookupEntry(key, tables, '3.7');
    return entry === undefined ? undefined : entry.table;
  };
  expect([0, 9_999].map((i) => found(own(i)))).toEqual(['hash:/t0', 'hash:/t9999']);
  expect(found('shared.example')).toBe('hash:/t0');
  expect(['t10000.example', 't19999.example', 'nowhere.example'].map(found)).toEqual(Array(3).fill('hash:/broken'));
});
