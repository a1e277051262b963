/**
 * What a deployed stack holds state in keeps its logical id: under another, CloudFormation would make a new table and let
 * the old one go. The fixture is what release 0.1 gave, by environment; ids may be added to it, none is ever changed.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ALL } from './examples.ts';
import { templateOf } from './synth.ts';

const DEPLOYED = JSON.parse(readFileSync(new URL('logical-ids.json', import.meta.url), 'utf8')) as Readonly<
  Record<string, Readonly<Record<string, string>>>
>;

test.for(ALL.filter(({ name }) => name in DEPLOYED))('$name: every part that was deployed stays where it is', (environment) => {
  const resources = templateOf(environment).toJSON().Resources as Readonly<Record<string, { readonly Type: string }>>;
  const before = DEPLOYED[environment.name] ?? {};
  expect(Object.keys(before).length).toBeGreaterThan(7);
  expect(Object.fromEntries(Object.keys(before).map((id) => [id, resources[id]?.Type]))).toEqual(before);
});

test('the fixture is about the environments there are', () => {
  expect(Object.keys(DEPLOYED).toSorted()).toEqual(['dev', 'existing', 'mail-host', 'prod']);
});
