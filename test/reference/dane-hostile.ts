/** TLSA sets that no sane zone has: wrong lengths, unknown types, records by the hundred. One destination each. */
import { randomBytes } from 'node:crypto';
import type { Identity } from '../internet/tls-server.ts';
import type { Authorities } from './authorities.ts';
import type { DaneDestination } from './dane-draw.ts';
import { certificatesOf, dataOf } from './dane-records.ts';

export async function hostile(authorities: Authorities, address: () => string): Promise<DaneDestination[]> {
  const identity = await authorities.present('none', { dnsNames: ['nobody.invalid'] });
  const [leaf, issuer] = certificatesOf(identity.chain);
  if (leaf === undefined || issuer === undefined) throw new Error('a chain of two was asked for');
  const right = `3 1 1 ${dataOf(leaf, 1, 1)}`;
  const wrong = (count: number) => Array.from({ length: count }, () => `3 1 1 ${randomBytes(32).toString('hex')}`);
  const sets: readonly (readonly string[])[] = [
    [right],
    [...wrong(40), right],
    // Postfix reads the first hundred.
    [...wrong(98), right],
    [...wrong(99), right],
    [...wrong(100), right],
    [...wrong(700), right],
    [`3 1 1 ${dataOf(leaf, 1, 1)}00`],
    [`3 1 1 ${dataOf(leaf, 1, 1).slice(2)}`],
    [`3 0 0 ${dataOf(leaf, 0, 0)}00`],
    [`2 0 0 ${dataOf(issuer, 0, 0)}00`, right],
    [`3 0 0 ${dataOf(leaf, 1, 0)}`],
    [`3 1 0 ${dataOf(leaf, 0, 0)}`],
    [`3 1 0 ${randomBytes(1_500).toString('hex')}`],
    [`3 1 3 ${dataOf(leaf, 1, 1)}`],
    [`3 1 255 ${dataOf(leaf, 1, 1)}`],
    [`3 2 1 ${dataOf(leaf, 1, 1)}`],
    [`3 255 1 ${dataOf(leaf, 1, 1)}`, right],
    [`0 0 1 ${dataOf(leaf, 0, 1)}`, `1 0 1 ${dataOf(leaf, 0, 1)}`],
    [`255 255 255 ${'ff'.repeat(200)}`, right],
    [`3 1 2 ${dataOf(leaf, 1, 2)}`, ...wrong(5)],
    [`3 1 2 ${randomBytes(64).toString('hex')}`, right],
    [`3 1 2 ${randomBytes(63).toString('hex')}`, right],
    [`2 1 1 ${dataOf(issuer, 1, 1)}`, right],
    [right, right, right],
  ];
  return destinationsFor('x', sets, identity, address);
}

/** Of these smtp(8) dies, up to versions that pass over records without data: they need a Postfix of their own. */
export async function deadly(authorities: Authorities, address: () => string): Promise<DaneDestination[]> {
  const identity = await authorities.present('none', { dnsNames: ['nobody.invalid'] });
  const [leaf] = certificatesOf(identity.chain);
  if (leaf === undefined) throw new Error('a chain was asked for');
  const sets = [['3 1 1 '], ['3 1 0 '], ['3 1 0 ', `3 1 1 ${dataOf(leaf, 1, 1)}`], ['2 0 0 ']];
  return destinationsFor('y', sets, identity, address);
}

function destinationsFor(
  prefix: string,
  sets: readonly (readonly string[])[],
  identity: Identity,
  address: () => string,
): DaneDestination[] {
  return sets.flatMap((data, i) =>
    (['dane', 'dane-only'] as const).map((level): DaneDestination => {
      const [domain, own] = [`${prefix}${i + 1}-${level}.test`, address()];
      return {
        recipient: domain,
        policy: `${domain} ${level}\n`,
        transport: '',
        sets: [
          { name: domain, type: 'MX', data: [`10 mx.${domain}`], ad: true },
          { name: `mx.${domain}`, type: 'A', data: [own], ad: true },
          { name: `_25._tcp.mx.${domain}`, type: 'TLSA', data, ad: true },
        ],
        servers: [{ address: own, ...identity }],
      };
    }),
  );
}
