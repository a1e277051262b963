/** Edits of a table as a text: nothing but what is edited changes, and patch(1) makes the same of the diff. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { changesBy, type Edit, edited } from '../../../lambda/policy/rewrite/edit.ts';
import { wordsOf } from '../../../lambda/policy/with-match.ts';
import { decodeText, encodeText } from '../../../lambda/postfix/decode.ts';
import { wholeLines } from '../../../lambda/postfix/logical-line.ts';
import { readRecords } from '../../../lambda/postfix/lookup-table.ts';
import { unifiedDiff } from '../../../lambda/text/unified-diff.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'edit-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const replace = (line: number, value: string): Edit => ({ kind: 'replace', line, value });

test.each<{ because: string; text: string; edits: readonly Edit[]; becomes: string }>([
  {
    because: 'a word comes, and all spacing stays',
    text: '# one\na.test  \t secure   ciphers=high\n',
    edits: [replace(2, 'secure match=.b.test ciphers=high')],
    becomes: '# one\na.test  \t secure match=.b.test   ciphers=high\n',
  },
  {
    because: 'a word gives way to another in its place',
    text: 'a.test secure  match=b.test:c.test   ciphers=high\n',
    edits: [replace(1, 'secure match=.test ciphers=high')],
    becomes: 'a.test secure  match=.test   ciphers=high\n',
  },
  {
    because: 'a word goes with the blanks before it',
    text: 'a.test secure  match=nexthop   ciphers=high\nb.test may\n',
    edits: [replace(1, 'secure ciphers=high')],
    becomes: 'a.test secure   ciphers=high\nb.test may\n',
  },
  {
    because: 'a word of a continuation line is changed there',
    text: 'a.test secure\n    match=b.test\n    ciphers=high\n',
    edits: [replace(1, 'secure match=.b.test ciphers=high')],
    becomes: 'a.test secure\n    match=.b.test\n    ciphers=high\n',
  },
  {
    because: 'a continuation line that nothing is left of goes, the comment before it stays',
    text: 'a.test secure\n  # why\n    match=nexthop\n    ciphers=high\n',
    edits: [replace(1, 'secure ciphers=high')],
    becomes: 'a.test secure\n  # why\n    ciphers=high\n',
  },
  {
    because: 'a comma behind a word that goes may not begin a line',
    text: 'a.test secure\n match=nexthop,ciphers=high\n',
    edits: [replace(1, 'secure ciphers=high')],
    becomes: 'a.test secure\n ciphers=high\n',
  },
  {
    because: 'lines that end with CR LF keep it',
    text: 'a.test secure\r\nb.test secure match=nexthop\r\n',
    edits: [replace(1, 'secure match=.c.test'), replace(2, 'secure')],
    becomes: 'a.test secure match=.c.test\r\nb.test secure\r\n',
  },
  {
    because: 'no line feed at the end',
    text: 'a.test may\nb.test secure',
    edits: [replace(2, 'secure match=.c.test')],
    becomes: 'a.test may\nb.test secure match=.c.test',
  },
  {
    because: 'commas between words',
    text: 'a.test secure,match=b.test,ciphers=high\n',
    edits: [replace(1, 'secure match=.b.test ciphers=high')],
    becomes: 'a.test secure,match=.b.test,ciphers=high\n',
  },
  {
    because: 'another level',
    text: 'a.test encrypt ciphers=high\n',
    edits: [replace(1, 'secure match=.b.test ciphers=high')],
    becomes: 'a.test secure match=.b.test ciphers=high\n',
  },
  {
    because: 'a braced word over two lines: the line is written anew',
    text: 'a.test secure { match =\n b.test } ciphers=high\nb.test may\n',
    edits: [replace(1, 'secure match=.b.test ciphers=high')],
    becomes: 'a.test secure match=.b.test ciphers=high\nb.test may\n',
  },
  {
    because: 'each part of a line is commented out: one that is left would continue the line before',
    text: 'a.test may\nb.test secure\n# said\n\n  match=c.test\n\tciphers=high\nc.test may\n',
    edits: [{ kind: 'comment-out', line: 2 }],
    becomes: 'a.test may\n# b.test secure\n# said\n\n#  match=c.test\n#\tciphers=high\nc.test may\n',
  },
  {
    because: 'each part of a line is removed, the comment between stays',
    text: 'a.test may\nb.test secure\n# said\n  match=c.test\nc.test may\n',
    edits: [{ kind: 'remove', line: 2 }],
    becomes: 'a.test may\n# said\nc.test may\n',
  },
  {
    because: 'the last line is removed, and the one before keeps its end',
    text: 'a.test may\nb.test may',
    edits: [{ kind: 'remove', line: 2 }],
    becomes: 'a.test may\n',
  },
  { because: 'the only line is removed', text: 'a.test may', edits: [{ kind: 'remove', line: 1 }], becomes: '' },
  {
    because: 'a line is added behind all parts of another',
    text: '.a.test secure\n # x\n  ciphers=high\nb.test may\n',
    edits: [{ kind: 'add', behind: 1, text: 'x.a.test secure' }],
    becomes: '.a.test secure\n # x\n  ciphers=high\nx.a.test secure\nb.test may\n',
  },
  {
    because: 'a line is added at the end',
    text: 'a.test may\n# end\n',
    edits: [{ kind: 'add', text: 'b.test may' }],
    becomes: 'a.test may\n# end\nb.test may\n',
  },
  {
    because: 'at the end that has no line feed, which still has none',
    text: 'a.test may\r\nb.test may',
    edits: [
      { kind: 'add', text: 'c.test may' },
      { kind: 'add', text: 'd.test may' },
    ],
    becomes: 'a.test may\r\nb.test may\r\nc.test may\r\nd.test may',
  },
  {
    because: 'the last line is changed and others come behind it',
    text: 'a.test secure',
    edits: [
      replace(1, 'secure match=.b.test'),
      { kind: 'add', text: 'c.test may' },
      { kind: 'add', behind: 1, text: 'x.test may' },
    ],
    becomes: 'a.test secure match=.b.test\nc.test may\nx.test may',
  },
  { because: 'an empty table', text: '', edits: [{ kind: 'add', text: 'c.test may' }], becomes: 'c.test may\n' },
  { because: 'a line that is not there', text: 'a.test may\n', edits: [replace(7, 'may')], becomes: 'a.test may\n' },
])('$because', ({ text, edits, becomes }) => {
  expect(edited(text, edits, '3.11')).toBe(becomes);
  expect(patched(text, edits)).toBe(becomes);
});

test('a diff is as diff -u writes it, but for the times in its header', () => {
  const text = Array.from({ length: 40 }, (_, i) => `${i}.test may\n`).join('');
  const edits: Edit[] = [
    replace(1, 'encrypt'),
    replace(8, 'encrypt'),
    { kind: 'remove', line: 9 },
    { kind: 'add', behind: 20, text: 'x.test may' },
    { kind: 'comment-out', line: 40 },
    { kind: 'add', text: 'end.test may' },
  ];
  expect(unifiedDiff('table', text, changesBy(edits, text, '3.11'))).toBe(diffOf(text, edited(text, edits, '3.11')));
});

test('whatever is edited, every other byte stays, the words are those wanted, and patch agrees', () => {
  const blanks = fc.constantFrom(' ', '  ', '\t', ' \t ');
  const word = fc.constantFrom('ciphers=high', 'match=a.test', 'match=b.test:c.test', 'protocols=TLSv1.2', 'exclude=RC4');
  const separator = fc.oneof(
    blanks,
    blanks.map((one) => `\n${one}`),
    blanks.map((one) => `\n# said\n${one}`),
    blanks.map((one) => `\r\n${one}`),
    fc.constant(','),
  );
  const values = fc.array(fc.tuple(separator, word), { maxLength: 4 });
  const entry = fc.record({ between: blanks, level: fc.constantFrom('secure', 'SECURE', 'verify'), values });
  const other = fc.constantFrom('# comment\n', '\n', '   \n', '#\n# x secure\n');
  const lines = fc.array(fc.tuple(entry, fc.array(other, { maxLength: 2 })), { minLength: 1, maxLength: 5 });
  const wanted = fc.array(fc.array(word, { maxLength: 3 }), { minLength: 5, maxLength: 5 });
  fc.assert(
    fc.property(lines, wanted, fc.constantFrom('\n', '\r\n', ''), (made, values, end) => {
      const texts = made.map(
        ([{ between, level, values }, others], i) =>
          `k${i}.test${between}${level}${values.map((one) => one.join('')).join('')}${i === made.length - 1 ? end : '\n'}${
            i === made.length - 1 ? '' : others.join('')
          }`,
      );
      const text = texts.join('');
      const editsOf = (one: string) =>
        wholeLines(one).map(({ line }, i): Edit => replace(line, ['secure', ...(values[i] ?? [])].join(' ')));
      const edits = editsOf(text);
      const after = edited(text, edits, '3.11');
      const { records } = readRecords({ name: 'hash:x', text: after }, '3.11');
      expect(records.map(({ writtenKey, value }) => [writtenKey, ...wordsOf(value, '3.11')])).toEqual(
        made.map((_, i) => [`k${i}.test`, 'secure', ...(values[i] ?? [])]),
      );
      const commentsOf = (one: string) => one.split('\n').filter((line) => /^\s*#/.test(line));
      expect(commentsOf(after)).toEqual(commentsOf(text));
      if (text.endsWith('\n')) expect(after.endsWith('\n')).toBe(true);
      expect(patched(text, edits)).toBe(after);
      // What is there already is left as it is.
      expect(edited(after, editsOf(after), '3.11')).toBe(after);
    }),
    { numRuns: 150 },
  );
});

test('bytes that are no UTF-8 come back as they were', () => {
  const bytes = Buffer.from('# caf\xe9\na.test secure\n\xff\xfeb.test \u00fc', 'latin1');
  expect(Buffer.from(encodeText(decodeText(bytes))).equals(bytes)).toBe(true);
  const utf8 = Buffer.from('\ufeff# café 😀\n', 'utf8');
  expect(Buffer.from(encodeText(decodeText(utf8))).equals(utf8)).toBe(true);
});

function patched(text: string, edits: readonly Edit[]): string {
  const diff = unifiedDiff('table', text, changesBy(edits, text, '3.11'));
  writeFileSync(join(dir, 'table'), text);
  if (diff === '') return text;
  execFileSync('patch', ['--binary', '-s', '-p0'], { cwd: dir, input: `# words before it\n${diff}` });
  try {
    return readFileSync(join(dir, 'table'), 'utf8');
  } catch {
    // patch removes what it leaves empty.
    return '';
  }
}

function diffOf(before: string, after: string): string {
  writeFileSync(join(dir, 'before'), before);
  writeFileSync(join(dir, 'after'), after);
  try {
    execFileSync('diff', ['-u', '--label', 'table', '--label', 'table', 'before', 'after'], { cwd: dir, encoding: 'utf8' });
    return '';
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}
