/** Strangers' text in terminals, mail, subjects, shells and chat. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chatCode, chatProse, chatTitle, plain, plainName, shellWord, shortName, subject } from '../../lambda/text/strangers.ts';

describe('plainName', () => {
  const long = (n: number) => `${'a'.repeat(60)}.${'b'.repeat(63)}.${'c'.repeat(63)}.customer${n}.example`;

  test('long names that differ at their end stay apart, and show whose they are', () => {
    expect(plainName(long(1))).toBe(`${'a'.repeat(39)}…${'c'.repeat(62)}.customer1.example`);
    expect(plainName(long(2))).not.toBe(plainName(long(1)));
    expect(plainName(long(1))).toHaveLength(120);
  });

  test('one of 120 characters is whole, and no character is halved', () => {
    expect(plainName('x'.repeat(120))).toBe('x'.repeat(120));
    expect(plainName('𝒳'.repeat(300)).isWellFormed()).toBe(true);
    expect(plainName(`y${'𝒳'.repeat(300)}`).isWellFormed()).toBe(true);
    expect(plainName('\u202e'.repeat(100)).length).toBeLessThanOrEqual(120);
  });
});

describe('plain', () => {
  test.each([
    { text: 'mx.example.com', shown: 'mx.example.com', because: 'a name stays as it is' },
    { text: 'Zürich 東京', shown: 'Zürich 東京', because: 'so do letters of every script' },
    { text: 'a\r\nSubject: fake', shown: 'a  Subject: fake', because: 'a line break could begin a header or an item' },
    { text: '\u001b[2J\u001b[31mowned', shown: '\\u{1b}[2J\\u{1b}[31mowned', because: 'an escape could rule the terminal' },
    { text: 'a\u0000b\u007fc\u009bd', shown: 'a\\u{0}b\\u{7f}c\\u{9b}d', because: 'C0, DEL and C1 are all controls' },
    { text: 'a\u202egpj.exe', shown: 'a\\u{202e}gpj.exe', because: 'an override turns what follows around' },
    { text: 'a\u2066b\u2069', shown: 'a\\u{2066}b\\u{2069}', because: 'isolates too' },
    { text: 'pay\u200bpal', shown: 'pay\\u{200b}pal', because: 'invisible characters hide a difference' },
    { text: 'a\u2028b', shown: 'a\\u{2028}b', because: 'a line separator is a line break to some' },
    { text: 'a\u{e0041}b', shown: 'a\\u{e0041}b', because: 'tags carry hidden text' },
    { text: 'a\ufe0fb', shown: 'a\\u{fe0f}b', because: 'variation selectors do as well' },
    {
      text: 'go to https://evil.example/x',
      shown: 'go to https:[//]evil.example/x',
      because: 'nothing of theirs is to be clicked',
    },
    { text: '\ud800x', shown: '\ufffdx', because: 'half a character is replaced' },
  ])('$because', ({ text, shown }) => {
    expect(plain(text)).toBe(shown);
  });
  test('is cut where somebody goes on for ever', () => {
    expect(plain('x'.repeat(100_000))).toHaveLength(500);
    expect(plain('𝒳'.repeat(300), 10)).toBe('𝒳𝒳𝒳𝒳…');
  });
  test('whatever the text, nothing that moves, hides or breaks is left', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(plain(text, 100)).not.toMatch(/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}|:\/\//u);
        expect(plain(text, 100).length).toBeLessThanOrEqual(100);
      }),
    );
  });
});

describe('chat', () => {
  test.each([
    { text: 'mx.example.com', shown: '`mx.example.com`', because: 'a name stands in a code span' },
    { text: '<!channel>', shown: '`&lt;!channel&gt;`', because: 'a mention would call everybody' },
    {
      text: '<https://evil.example|bank>',
      shown: '`&lt;https:[//]evil.example|bank&gt;`',
      because: 'a link would lie about where it goes',
    },
    { text: '`*bold*` _it_', shown: "`'*bold*' _it_`", because: 'a backtick would end the span' },
    { text: '&lt;!here&gt;', shown: '`&amp;lt;!here&amp;gt;`', because: 'what is escaped already is escaped again' },
    { text: '', shown: '` `', because: 'two backticks alone begin something else' },
  ])('$because', ({ text, shown }) => {
    expect(chatCode(text)).toBe(shown);
  });
  test('whatever the text, a span ends only at its end', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(chatCode(text)).toMatch(/^`[^`<>\n]+`$/);
      }),
    );
  });
  test('a title loses what could be markup', () => {
    expect(chatTitle('<!here> *75* `entries` @all would defer: #x')).toBe('!here 75 entries all would defer: x');
  });
});

describe('subject', () => {
  test.each([
    { text: 'fastmail.fm would defer', shown: 'fastmail.fm would defer', because: 'ASCII passes' },
    { text: 'Zürich\r\nBcc: x', shown: 'Z?rich Bcc: x', because: 'one line of ASCII' },
    { text: '   ', shown: '?', because: 'SNS refuses an empty one' },
    { text: 'x'.repeat(200), shown: `${'x'.repeat(96)}...`, because: 'SNS refuses 100 characters' },
  ])('$because', ({ text, shown }) => {
    expect(subject(text)).toBe(shown);
  });
  test('whatever the text, SNS takes it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(subject(text)).toMatch(/^[\x21-\x7e]([\x20-\x7e]{0,97}[\x21-\x7e])?$/);
      }),
    );
  });
});

test('a long name loses its middle, not its ends', () => {
  expect(shortName('mail.customers.department.example.com', 24)).toBe('mail.cust....example.com');
  expect(shortName('example.com', 24)).toBe('example.com');
});

test.each([
  { word: 'mx.example.com', quoted: 'mx.example.com', because: 'plain words need nothing' },
  { word: '[mx.example.com]:25', quoted: "'[mx.example.com]:25'", because: 'brackets are a pattern to a shell' },
  { word: '$(reboot)', quoted: "'$(reboot)'", because: 'a substitution would run' },
  { word: "a'b", quoted: "'a'\\''b'", because: 'a quote would end the quoting' },
  { word: '!SSLv2', quoted: "'!SSLv2'", because: 'an exclamation mark is history to some shells' },
  { word: 'a\nb', quoted: undefined, because: 'no quoting makes a line break harmless to paste' },
  { word: '', quoted: "''", because: 'an empty word is one' },
])('shell: $because', ({ word, quoted }) => {
  expect(shellWord(word)).toBe(quoted);
});

test.each([
  { text: 'Mail to a.example would be deferred.', shown: 'Mail to `a.example` would be deferred.' },
  { text: 'asks for secure (match .a.example, dot-nexthop).', shown: 'asks for secure (match `.a.example`, dot-nexthop).' },
  { text: 'Postfix says "Server certificate not verified".', shown: 'Postfix says "Server certificate not verified".' },
  { text: "seen Thu 2026-11-26 10:39Z; isn't it?", shown: "seen Thu 2026-11-26 10:39Z; isn't it?" },
  {
    text: '@here <!channel> *x* _y_ ~z~ `q` #c :smile: a:b - https://evil.example',
    shown: "`@here` `&lt;!channel&gt;` `*x*` `_y_` `~z~` `'q'` `#c` `:smile`: `a:b` `-` `https:[//]evil.example`",
  },
])('chat prose: $text', ({ text, shown }) => {
  expect(chatProse(text)).toBe(shown);
});
