import { expect, test } from 'vitest';
import { byName, named } from '../lambda/named-record.ts';

test.each(['constructor', '__proto__', 'hasOwnProperty', 'mx.example.com'])('%s is a name like any other', (name) => {
  const record = byName<number>();
  expect(named(record, name)).toBe(undefined);
  record[name] = 1;
  expect(named(record, name)).toBe(1);
  expect(named(byName(record), name)).toBe(1);
  expect(JSON.stringify(record)).toBe(`{"${name}":1}`);
});

test('what was read back from JSON has only what was written', () => {
  const read = JSON.parse('{"__proto__":2}') as Record<string, number>;
  expect([named(read, '__proto__'), named(read, 'constructor')]).toEqual([2, undefined]);
});
