import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readRecords, tableType } from '../../lambda/postfix/lookup-table.ts';

const read = (text: string, { type = 'hash', version = '3.7' } = {}) => readRecords({ name: `${type}:/t`, text }, version);

test.each([
  { text: 'A.Test Secure Match=X', records: ['a.test|Secure Match=X'], because: 'keys are folded, values are not' },
  { text: 'a\tmay \t\n', records: ['a|may'], because: 'the value is trimmed at both ends' },
  { text: 'a may\r\n', records: ['a|may'], because: 'a carriage return is trimmed too' },
  { text: 'a, may', records: ['a,|may'], because: 'a comma stays with the key' },
  { text: 'a = secure', records: ['a|= secure'], because: 'an equals sign is the value' },
  { text: '"a b" may', records: ['"a b"|may'], because: 'quotes hold blanks, and stay' },
  { text: 'a\\ b may', records: ['a\\ b|may'], because: 'a backslash protects a blank, and stays' },
  { text: '[h.test]:587 may', records: ['[h.test]:587|may'], because: 'brackets and ports are text' },
  { text: 'BÜCHER.test may', records: ['bücher.test|may'], because: 'UTF-8 is folded too' },
  { text: 'a \\ ', records: ['a|\\'], because: 'a backslash protects nothing outside the key' },
])('$text: $because', ({ text, records }) => {
  const found = read(text);
  expect(found.records.map(({ key, value }) => `${key}|${value}`)).toEqual(records);
  expect(found.problems).toEqual([]);
});

test.each([
  {
    text: 'a',
    kind: 'no-value',
    warning: '/t, line 1: expected format: key whitespace value',
    because: 'a key alone is dropped',
  },
  {
    text: 'a',
    type: 'texthash',
    kind: 'no-value',
    warning: '/t, line 1: expected format: key whitespace value -- ignoring this line',
    because: 'texthash says so in more words',
  },
  {
    text: '"a b may',
    kind: 'unbalanced-quote',
    warning: `/t, line 1: unbalanced '"' in '"a b may' -- ignoring this line`,
    because: 'an open quote drops the line',
  },
  {
    text: ' a secure match=mail.example.com.au',
    kind: 'leading-blank',
    warning: '/t: logical line must not start with whitespace: " a secure match=mail.example.c..."',
    because: 'nothing to continue',
  },
  {
    text: 'caf\udce9.test may',
    kind: 'not-utf8',
    warning: '/t, line 1: non-UTF-8 input "caf?.test may" -- ignoring this line',
    because: 'bytes that are no UTF-8',
  },
])('$kind: $because', ({ text, type, kind, warning }) => {
  const { records, problems } = read(text, { ...(type === undefined ? {} : { type }) });
  expect(records).toEqual([]);
  expect(problems).toEqual([{ table: `${type ?? 'hash'}:/t`, line: 1, kind, warning }]);
});

test('texthash of Postfix 3.11 keeps what is no UTF-8, which is never looked up, but counts twice', () => {
  const text = 'caf\udce9.test may\ncaf\udce9.test may\na.test may\n';
  const { records, problems, unavailable } = read(text, { type: 'texthash', version: '3.11.6' });
  expect(records.map(({ key }) => key)).toEqual(['a.test']);
  expect(problems).toMatchObject([{ line: 2, kind: 'duplicate', warning: '/t, line 2: duplicate entry: "caf?.test"' }]);
  expect(unavailable).toBe('texthash:/t is unavailable. /t, line 2: duplicate entry: "caf?.test"');
  expect(read(text, { type: 'texthash', version: '3.10.2' }).problems.map(({ kind }) => kind)).toEqual(['not-utf8', 'not-utf8']);
});

test('a key that ends in a colon warns and is stored with it', () => {
  const { records, problems } = read('a.test: may');
  expect(records.map(({ key }) => key)).toEqual(['a.test:']);
  expect(problems).toEqual([
    {
      table: 'hash:/t',
      line: 1,
      kind: 'colon-key',
      warning: '/t, line 1: record is in "key: value" format; is this an alias file?',
    },
  ]);
});

test.each([
  { type: 'hash', warning: '/t.db: duplicate entry: "a"', unavailable: undefined },
  { type: 'lmdb', warning: 'lmdb:/t: duplicate entry: "a"', unavailable: undefined },
  { type: 'cdb', warning: '/t.cdb: duplicate entry: "a"', unavailable: undefined },
  {
    type: 'texthash',
    warning: '/t, line 2: duplicate entry: "A"',
    unavailable: 'texthash:/t is unavailable. /t, line 2: duplicate entry: "A"',
  },
  { type: 'proxy:hash', warning: '/t.db: duplicate entry: "a"', unavailable: undefined },
])('duplicates in $type: the first wins, or the table is lost', ({ type, warning, unavailable }) => {
  const found = read('a may\nA secure\n', { type });
  expect(found.records.map(({ line, shadowedBy }) => [line, shadowedBy])).toEqual([
    [1, undefined],
    [2, 1],
  ]);
  expect(found.problems.map((problem) => problem.warning)).toEqual([warning]);
  expect(found.unavailable).toBe(unavailable);
});

test('texthash behind proxy: the same key twice loses the table, another case is another key', () => {
  const twice = read('a may\na secure\n', { type: 'proxy:texthash' });
  expect(twice.unavailable).toBe('proxy:texthash:/t is unavailable. /t, line 2: duplicate entry: "a"');
  const both = read('a may\nA secure\n', { type: 'proxy:texthash' });
  expect(both.problems).toEqual([]);
  expect(both.records.map(({ key, shadowedBy }) => [key, shadowedBy])).toEqual([
    ['a', undefined],
    ['A', undefined],
  ]);
});

test('before 3.2 quotes mean nothing, and before 3.0 bytes are bytes', () => {
  expect(read('"a b" may', { version: '3.1' }).records.map(({ key, value }) => [key, value])).toEqual([['"a', 'b" may']]);
  expect(read('caf\udce9 may', { version: '2.11' }).records.map(({ key }) => key)).toEqual(['caf\udce9']);
});

const inline = (path: string) => readRecords({ name: `inline:${path}`, text: '' }, '3.7');

test.each([
  { path: '{a=may}', records: ['a|may'], because: 'one pair' },
  { path: '{ a=may, B=none }', records: ['a|may', 'b|none'], because: 'blanks and commas between' },
  { path: '{ {a = secure match=x}, b=may }', records: ['a|secure match=x', 'b|may'], because: 'braces hold blanks' },
  { path: '{a=may, a=none}', records: ['a|none'], because: 'the last of two counts here' },
])('inline:$path: $because', ({ path, records }) => {
  expect(inline(path).records.map(({ key, value }) => `${key}|${value}`)).toEqual(records);
});

test.each([
  { path: 'a=may', says: 'inline:a=may is unavailable. bad syntax: "inline:a=may"; need "inline:{name=value...}"' },
  { path: '{a=may', says: 'inline:{a=may is unavailable. bad syntax: "inline:{a=may"; need "inline:{name=value...}"' },
  { path: '{}', says: 'inline:{} is unavailable. bad syntax: "inline:{}"; need "inline:{name=value...}"' },
  { path: '{ , }', says: 'inline:{ , } is unavailable. empty table: "inline:{ , }"; need "inline:{name=value...}"' },
  {
    path: '{a}',
    says: `inline:{a} is unavailable. missing '=' after attribute name: "inline:{a}"; need "inline:{name=value...}"`,
  },
])('inline:$path cannot be opened', ({ path, says }) => {
  expect(inline(path)).toEqual({ records: [], problems: [], unavailable: says });
});

test('static: answers every key', () => {
  expect(readRecords({ name: 'static:encrypt', text: '' }, '3.7').everyKey).toBe('encrypt');
  expect(readRecords({ name: 'static:{secure match=x}', text: '' }, '3.7').everyKey).toBe('secure match=x');
});

test('the type of a table name', () => {
  expect(tableType('hash:/etc/postfix/tls_policy')).toEqual({ type: 'hash', path: '/etc/postfix/tls_policy' });
  expect(tableType('/etc/with:colon')).toEqual({ type: '', path: '/etc/with:colon' });
  expect(tableType('tls_policy')).toEqual({ type: '', path: 'tls_policy' });
  expect(tableType('proxy:mysql:/x')).toEqual({ type: 'proxy', path: 'mysql:/x' });
});

test('no text makes it throw, for no type', () => {
  const text = fc.string({
    unit: fc.oneof(fc.constantFrom('a', ' ', '\n', '"', '\\', '#', ':', '{', '}', '=', ',', '\0'), fc.string()),
  });
  fc.assert(
    fc.property(
      text,
      fc.constantFrom('hash', 'texthash', 'inline', 'static', ''),
      fc.constantFrom('2.11', '3.7', '3.11'),
      (t, type, version) => {
        const { records } = readRecords({ name: type === '' ? t : `${type}:${t}`, text: t }, version);
        for (const { key, value } of records) expect(key === '' || (value === '' && type !== 'inline')).toBe(false);
      },
    ),
  );
});
