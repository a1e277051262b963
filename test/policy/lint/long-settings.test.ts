/** A main.cf whose values are as long as a file may be: everything is found, and little is printed. */
import { expect, test } from 'vitest';
import { describeFailure } from '../../../lambda/command/failure.ts';
import { lintText } from '../../../lambda/command/lint/text.ts';
import type { Paint } from '../../../lambda/command/terminal/colour.ts';
import { lint } from '../../../lambda/policy/lint/lint.ts';
import { UsageError } from '../../../lambda/usage-error.ts';
import { bundleOf } from '../bundle-of.ts';

const plain: Paint = (_, text) => text;
const times = (count: number, make: (i: number) => string) => Array.from({ length: count }, (_, i) => make(i));

test('20,000 transport tables that stand in their names', () => {
  const tables = times(20_000, (i) => `inline:{a${i}.test=smtp:[h${i}.test]}`).join(', ');
  const bundle = bundleOf('a19999.test secure\n', { mainCf: `transport_maps = ${tables}` });
  expect(lint(bundle)).toMatchObject([
    {
      place: { file: 'hash:/tls_policy', line: 1 },
      key: 'a19999.test',
      effect:
        'this entry is never looked up: mail for a19999.test goes to [h19999.test] (transport_maps), and that text is the key',
    },
  ]);
});

test('20,000 policy tables that stand in their names', () => {
  const names = times(20_000, (i) => `inline:{a${i}.test=secur}`);
  const bundle = bundleOf('', { settings: { policyMaps: names.map((name) => ({ type: 'inline', path: name.slice(7) })) } });
  const listed = { ...bundle, policyTables: names.map((name) => ({ name, text: '' })) };
  const problems = lint(listed);
  expect(problems.map(({ place, key }) => `${place.file} ${key}`)).toEqual(names.map((name, i) => `${name} a${i}.test`));
});

test('a value of 8 MB is shown by its beginning', () => {
  const bundle = bundleOf('a.test secure\n', { mainCf: `smtp_tls_security_level = ${'x'.repeat(8_000_000)}` });
  const text = lintText(lint(bundle), bundle, plain, 100);
  expect(text.length).toBeLessThan(5_000);
  expect(text).toContain(`${'x'.repeat(100)}`);
  expect(text).toContain('…');
});

test('and so it is in an error', () => {
  const said = describeFailure(new UsageError(`main.cf line 2: smtp_tls_CAfile names /${'x'.repeat(8_000_000)}`), {});
  expect(said.length).toBeLessThan(4_100);
  expect(said).toMatch(/^error: main\.cf line 2: smtp_tls_CAfile names \/x+…$/);
});
