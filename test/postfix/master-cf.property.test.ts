/** Any text as master.cf or as what postconf prints: read without an exception, in one pass, into what it says. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { masterCfFatal, optionFatal, overridesOf, parseServices, printMasterCf } from '../../lambda/postfix/postconf.ts';

const SEED = 13;
const word = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      'smtp',
      'relay',
      'unix',
      'inet',
      'y',
      'n',
      '-',
      '-o',
      '-oname=value',
      'name=value',
      '__proto__',
      'constructor',
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom('{', '}', '{ a = b }', '{ a', '}x', '-o{', '=', '-v', '#', '\0', '\ufeff', '\r', '\u001b[2J', 'é'),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
);
const text = fc
  .array(fc.tuple(fc.array(word, { maxLength: 14 }), fc.constantFrom('\n', '\n ', '\n#', '\n\n', '')), { maxLength: 8 })
  .map((lines) => lines.map(([words, end]) => words.join(' ') + end).join(''));

test('services are read again from what is printed of them', () => {
  fc.assert(
    fc.property(text, (master) => {
      const { services, overrides } = printMasterCf(master);
      const found = parseServices(services);
      expect(found.length).toBeLessThanOrEqual(master.split('\n').length);
      expect(services.length).toBeLessThanOrEqual(master.length + 1);
      for (const service of found) {
        for (const field of [service.name, service.type, service.command]) expect(field).not.toMatch(/^$|[ \t\n]/);
        const own = overridesOf(overrides, service);
        for (const line of own.split('\n').slice(0, -1)) expect(line).toMatch(/^[^=\s]+ = /);
      }
    }),
    { seed: SEED, numRuns: 3_000 },
  );
});

test('what ends a program is one line', () => {
  fc.assert(
    fc.property(text, (master) => {
      const fatal = masterCfFatal(master, '/etc/postfix/master.cf');
      if (fatal !== undefined) expect(fatal).toMatch(/^\/etc\/postfix\/master\.cf: line \d+: [^\n]*$/);
      for (const service of parseServices(printMasterCf(master).services)) {
        const option = optionFatal(master, service);
        if (option !== undefined) expect(option).toMatch(/^invalid [^\n]*$/);
      }
    }),
    { seed: SEED, numRuns: 3_000 },
  );
});

test('any output of postconf', () => {
  fc.assert(
    fc.property(fc.oneof(text, fc.string({ unit: 'binary' })), (output) => {
      for (const service of parseServices(output)) overridesOf(output, service);
    }),
    { seed: SEED, numRuns: 1_000 },
  );
});
