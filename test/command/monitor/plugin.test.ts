/** What a plugin prints, held to the guidelines by a strict reader, whatever strangers put into it. */
import { expect, test } from 'vitest';
import { type Performance, pluginText, unknownText } from '../../../lambda/command/monitor/plugin.ts';
import { parsePlugin } from './plugin-output.ts';

const AGE: Performance = { label: 'run_age', value: 5_400, unit: 's', warnAbove: 93_600, criticalAbove: 180_000 };

test.each([
  { code: 0, text: 'POSTFIX-TLS OK - all is well\n' },
  { code: 1, text: 'POSTFIX-TLS WARNING - all is well\n' },
  { code: 2, text: 'POSTFIX-TLS CRITICAL - all is well\n' },
  { code: 3, text: 'POSTFIX-TLS UNKNOWN - all is well\n' },
] as const)('exit status $code has its word', ({ code, text }) => {
  expect(pluginText({ code, summary: 'all is well', performance: [], details: [] })).toBe(text);
});

test.each([
  { one: AGE, text: "'run_age'=5400s;93600;180000;0", because: 'both thresholds' },
  { one: { label: 'a', value: 1, unit: '' }, text: "'a'=1;;;0", because: 'none' },
  { one: { label: 'a', value: 1, unit: '', warnAbove: 0, most: 7 }, text: "'a'=1;0;;0;7", because: 'a warning, and an end' },
  { one: { label: 'a', value: 1, unit: '', criticalAbove: 0 }, text: "'a'=1;;0;0", because: 'critical alone' },
  { one: { label: 'a', value: 0.123_456, unit: 's' }, text: "'a'=0.123s;;;0", because: 'thousandths' },
  { one: { label: 'a', value: 1e-9, unit: 's' }, text: "'a'=0s;;;0", because: 'no exponent' },
] as const satisfies readonly { one: Performance; text: string; because: string }[])(
  'performance data: $because',
  ({ one, text }) => {
    const output = pluginText({ code: 0, summary: 'well', performance: [one, { ...AGE, label: 'b' }], details: [] });
    expect(output).toBe(`POSTFIX-TLS OK - well | ${text} 'b'=5400s;93600;180000;0\n`);
    expect(Object.keys(parsePlugin(output).performance)).toEqual([one.label, 'b']);
  },
);

test.each([
  { text: "a.test | 'x'=1", shown: "a.test \\u{7c} 'x'=1", because: 'a bar would begin performance data' },
  { text: 'a.test\nPOSTFIX-TLS OK - fine', shown: 'a.test POSTFIX-TLS OK - fine', because: 'a line would be another' },
  { text: 'a\u2028b\u0085c', shown: 'a\\u{2028}b\\u{85}c', because: 'other ends of lines' },
  { text: '<script>', shown: '\\u{3c}script\\u{3e}', because: 'markup in a web interface' },
  { text: '`id`', shown: '\\u{60}id\\u{60}', because: 'a shell behind a notification' },
  { text: '\u001b[31mred', shown: '\\u{1b}[31mred', because: 'a terminal' },
  { text: 'https://a.test/', shown: 'https:[//]a.test/', because: 'a link' },
])('is harmless in summary and details: $because', ({ text, shown }) => {
  const output = pluginText({ code: 2, summary: text, performance: [AGE], details: [`  ${text}`] });
  const { state, summary, performance, details } = parsePlugin(output);
  expect({ state, summary, details }).toEqual({ state: 'CRITICAL', summary: shown, details: [`  ${shown}`] });
  expect(performance).toEqual({ run_age: { value: 5_400, unit: 's', warn: '93600', critical: '180000', min: 0 } });
});

test.each([
  { letter: 'x', because: 'ASCII' },
  { letter: 'ü', because: 'two bytes' },
  { letter: '語', because: 'three bytes' },
  { letter: '😀', because: 'four bytes' },
])('stays within what Nagios and NRPE read: $because', ({ letter }) => {
  const long = letter.repeat(4_000);
  const performance = Array.from({ length: 11 }, (_, i) => ({ ...AGE, label: `label_of_many_${i}` }));
  const output = pluginText({ code: 2, summary: long, performance, details: Array.from({ length: 100 }, () => long) });
  expect(Buffer.byteLength(output)).toBeLessThan(8_100);
  expect(Buffer.byteLength(output.split('\n')[0] ?? '')).toBeLessThan(1_024);
  const { details, performance: read } = parsePlugin(output);
  expect(details.at(-1)).toBe(`and ${100 - details.length + 1} more lines, without --nagios`);
  expect(Object.keys(read)).toHaveLength(11);
});

test('an error is one line, and what it hints at stands below', () => {
  expect(unknownText('error: there is no store in /x: name it\nhint: | see status')).toBe(
    'POSTFIX-TLS UNKNOWN - there is no store in /x: name it\nhint: \\u{7c} see status\n',
  );
});

test.each([
  { output: 'POSTFIX-TLS OK - a', because: 'no end of line' },
  { output: 'POSTFIX-TLS FINE - a\n', because: 'no state' },
  { output: 'POSTFIX-TLS OK\n', because: 'nothing said' },
  { output: 'POSTFIX-TLS OK - a | b=1 | c=1\n', because: 'two bars' },
  { output: 'POSTFIX-TLS OK - a | b=1\nc | d\n', because: 'a bar below' },
  { output: "POSTFIX-TLS OK - a | b='1\n", because: 'a quote in a value' },
  { output: 'POSTFIX-TLS OK - a | a b=1\n', because: 'a label of two words without quotes' },
  { output: 'POSTFIX-TLS OK - a | b=1e9\n', because: 'an exponent' },
  { output: 'POSTFIX-TLS OK - a | b=1h\n', because: 'a unit that there is not' },
  { output: 'POSTFIX-TLS OK - a | b=1;x\n', because: 'no threshold' },
  { output: 'POSTFIX-TLS OK - a | b=1;;;;;6\n', because: 'a sixth part' },
  { output: 'POSTFIX-TLS OK - a | b=1 b=2\n', because: 'a label twice' },
  { output: 'POSTFIX-TLS OK - a | this_label_is_too_long=1\n', because: 'a label that is cut somewhere' },
  { output: 'POSTFIX-TLS OK - a | b=1  c=2\n', because: 'two blanks' },
  { output: 'POSTFIX-TLS OK - \u001b[0m\n', because: 'a control character' },
])('the reader refuses $because', ({ output }) => {
  expect(() => parsePlugin(output)).toThrow();
});
