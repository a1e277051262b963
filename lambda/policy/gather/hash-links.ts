/** The certificates of one directory of a CApath, by their hash links (by_dir.c in OpenSSL). */
import { join } from 'node:path';
import { hashedName, parsePem } from '../../certificate/anchors.ts';
import type { TrustSetting } from '../../certificate/explicit-trust.ts';
import type { Base64Der } from '../../certificate/pem.ts';
import type { Objects } from './loaded-store.ts';
import type { Machine } from './machine.ts';
import { textOf } from './pem-text.ts';

/**
 * What OpenSSL finds in a directory: files named by the hash of the subject and a number, counted
 * up from 0. Undefined where the directory cannot be listed. `unseen` counts other files that hold
 * certificates.
 */
export async function readHashLinks(
  directory: string,
  machine: Machine,
): Promise<(Objects & { readonly unseen: number }) | undefined> {
  const names = await machine.list(directory);
  if (names === undefined) return undefined;
  const present = new Set(names);
  const linked = new Set<Base64Der>();
  const settings = new Map<Base64Der, TrustSetting>();
  const others: Base64Der[][] = [];
  for (const name of names) {
    const parts = /^(?<hash>[0-9a-f]{8})\.(?<number>\d+)$/.exec(name)?.groups;
    const reached =
      parts !== undefined && countsUpTo(parts.hash ?? '', Number(parts.number), present);
    if (!reached && !/\.(pem|crt|cer|cert)$/i.test(name)) continue;
    const read = await machine.read(join(directory, name));
    if (read.kind === 'failed') continue;
    const { certificates, settings: own } = parsePem(textOf(read));
    if (reached)
      for (const der of certificates.filter((one) => hashedName(one) === parts.hash)) {
        const setting = own.get(der);
        if (setting !== undefined && !linked.has(der)) settings.set(der, setting);
        linked.add(der);
      }
    else if (certificates.length > 0) others.push([...certificates]);
  }
  return {
    certificates: [...linked],
    settings,
    byName: true,
    unseen: others.filter((file) => !file.some((der) => linked.has(der))).length,
  };
}

function countsUpTo(hash: string, number: number, present: ReadonlySet<string>): boolean {
  for (let i = 0; i <= number; i++) if (!present.has(`${hash}.${i}`)) return false;
  return true;
}
