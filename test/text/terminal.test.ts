import { styleText } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsonText, terminalText } from '../../lambda/text/terminal.ts';

const painted = styleText(['red', 'bold'], 'fail', { validateStream: false });

describe('terminalText', () => {
  test.each([
    { text: 'a\nb\tc\n', shown: 'a\nb\tc\n', because: 'lines and tabs are ours' },
    { text: 'bücher.example \u{1f600}', shown: 'bücher.example \u{1f600}', because: 'letters and pictures are seen as they are' },
    { text: painted, shown: painted, because: 'so are our colours' },
    { text: '\r\u001b[Kdone', shown: '\r\u001b[Kdone', because: 'and the progress line' },
    { text: '\u001b[2J\u001b[31m', shown: '\\u{1b}[2J\u001b[31m', because: 'nobody clears the screen' },
    { text: '\u001b[8mhidden', shown: '\\u{1b}[8mhidden', because: 'nobody hides text' },
    { text: 'over\rwritten', shown: 'over\\u{d}written', because: 'nobody goes back in the line' },
    { text: '\u009b2J', shown: '\\u{9b}2J', because: 'C1 is control as well' },
    { text: 'x\u202etset.', shown: 'x\\u{202e}tset.', because: 'nobody turns the direction' },
    { text: 'a\u200b.test', shown: 'a\\u{200b}.test', because: 'what cannot be seen is shown' },
  ])('$because', ({ text, shown }) => {
    expect(terminalText(text, true)).toBe(shown);
  });

  test('without escapes there are none, ours neither', () => {
    expect(terminalText(painted, false)).toBe('\\u{1b}[31m\\u{1b}[1mfail\\u{1b}[22m\\u{1b}[39m');
    expect(terminalText('\r\u001b[K', false)).toBe('\\u{d}\\u{1b}[K');
  });

  test('whatever the text, nothing but line breaks and tabs is left to obey', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(terminalText(text, false).replace(/[\n\t]/g, '')).toMatch(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}]*$/u);
      }),
    );
  });
});

describe('jsonText', () => {
  test('a parser reads what was given, a terminal finds nothing to obey', () => {
    const given = { '\u202e': ['\u001b[2J', '\u009b2J', 'a\u200b', '\u{e0041}', '\u2028', 'é'] };
    const text = jsonText(given);
    expect(JSON.parse(text)).toEqual(given);
    expect(text).toMatch(/^[\n\x20-\x7eé]+$/);
  });

  test('laid out as JSON.stringify does, whatever the document', () => {
    const documents = fc.oneof(
      fc.jsonValue(),
      fc.dictionary(fc.string(), fc.array(fc.option(fc.jsonValue(), { nil: undefined }))),
    );
    fc.assert(
      fc.property(documents, (given) => {
        expect(jsonText(given)).toBe(`${JSON.stringify(given, null, 2)}\n`);
      }),
    );
    expect(jsonText({ a: undefined, b: [], c: {}, d: [undefined] })).toBe(
      '{\n  "b": [],\n  "c": {},\n  "d": [\n    null\n  ]\n}\n',
    );
    expect(jsonText({ a: undefined })).toBe('{}\n');
  });

  test('whatever the document', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (given) => {
        expect(JSON.parse(jsonText(given))).toEqual(JSON.parse(JSON.stringify(given)));
      }),
    );
  });
});
