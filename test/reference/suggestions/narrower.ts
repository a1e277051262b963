/**
 * The lines that are narrower than a suggested one, of the same kind: with one pattern, digest or servername= fewer, and
 * with `.suffix` one label longer. Each must be refused by some host, or the suggested one was too broad.
 */
import type { EntryVerdict } from '../../../lambda/verdict/verdict.ts';

export interface Narrower {
  readonly line: string;
  readonly because: string;
}

/** @param names host names and presented names of the destination, wildcards among them */
export function narrowerThan(line: string, names: readonly string[]): Narrower[] {
  const [key = '', level = '', ...attributes] = line.split(' ');
  const match = attributes.find((one) => one.startsWith('match='));
  const but = (attribute: string, replaced: string | undefined) =>
    [key, level, ...attributes.flatMap((one) => (one === attribute ? (replaced ?? []) : one))].join(' ');
  const servername = attributes.find((one) => one.startsWith('servername='));
  return [
    ...(match === undefined
      ? []
      : narrowerLists(match, level, names).map(({ list, because }) => ({ line: but(match, list), because }))),
    ...(servername === undefined ? [] : [{ line: but(servername, undefined), because: `without ${servername}` }]),
  ];
}

function narrowerLists(match: string, level: string, names: readonly string[]) {
  const joint = level === 'fingerprint' ? '|' : ':';
  const elements = match.slice('match='.length).split(joint);
  const listed = (list: readonly string[]) => `match=${list.join(joint)}`;
  const fewer =
    elements.length < 2
      ? []
      : elements.map((element) => ({ list: listed(elements.filter((one) => one !== element)), because: `without ${element}` }));
  const longer = elements.flatMap((element) =>
    !element.startsWith('.')
      ? []
      : longerThan(element, names).map((one) => ({
          list: listed(elements.map((each) => (each === element ? one : each))),
          because: `${one} for ${element}`,
        })),
  );
  return [...fewer, ...longer];
}

/** `.example.net` with one label more, as far as some name goes on below it. */
function longerThan(suffix: string, names: readonly string[]): string[] {
  const below = names
    .map((name) => name.toLowerCase().replace(/^\*\./, ''))
    .filter((name) => name.endsWith(suffix))
    .map((name) => `.${name.slice(0, -suffix.length).split('.').at(-1)}${suffix}`);
  return [...new Set(below)];
}

/** Of all hosts and of what they presented. */
export const namesOf = ({ hosts }: Pick<EntryVerdict, 'hosts'>): string[] =>
  hosts.flatMap(({ host, addresses }) => [
    host,
    ...addresses.flatMap(({ chain: [leaf] }) => (leaf === undefined ? [] : [...leaf.dnsNames, leaf.commonName ?? ''])),
  ]);
