/**
 * The rule about a pin whose host presents another key: no line is given until somebody was told the
 * digest of the new one by another way. A pin is there to hold the mail then, and to whoever is on
 * the way it costs nothing to make a key. Pure.
 */
import { listed } from '../text/listed.ts';
import { bareCommand } from '../text/own-command.ts';
import { plainName } from '../text/strangers.ts';
import type { NewKey } from '../verdict/fingerprint-suggestion.ts';
import type { Caution, EntryVerdict } from '../verdict/verdict.ts';
import type { Memory } from './caution.ts';

/** Undefined where no key waits, or the entry has a line or a caution already. */
export function newKeyCaution(
  {
    destination,
    suggestion,
    caution,
  }: Pick<EntryVerdict, 'destination' | 'caution'> & { readonly suggestion: object | null },
  unproved: readonly NewKey[],
  {
    failingSince,
    queueLifetimeMs,
    own = bareCommand,
  }: Pick<Memory, 'failingSince' | 'queueLifetimeMs' | 'own'>,
): Caution | undefined {
  if (unproved.length === 0 || suggestion !== null || caution !== undefined) return undefined;
  const hosts = [...new Set(unproved.map(({ host }) => host))];
  const names = listed(hosts.map((host) => plainName(host)));
  const one = hosts.length === 1;
  return {
    kind: 'new-key',
    sentence:
      `fingerprint may just have done its work: ${names} ${one ? 'presents a key' : 'present keys'} ` +
      'that the line does not pin and that no authority of yours vouches for. A new installation ' +
      'at theirs looks like this, and so does somebody on the way there, to whom the line would ' +
      'deliver the mail. That it lasts proves nothing',
    hosts,
    formerHosts: [],
    bouncesFrom: new Date(failingSince + queueLifetimeMs).toISOString(),
    confirm:
      'ask them by another way than DNS and mail, by telephone under a number that you had ' +
      'before, for the SHA-256 digest of the key or certificate that they present now',
    command: own('explain', [destination], '--key "the digest that they gave you"') ?? null,
  };
}
