/**
 * `policy forget`: superseded versions deleted at once, in place of after the 400 days that history
 * is kept. Never the version in use.
 */
import { leftOutWords } from '../../run/watch/stored-secrets.ts';
import type { Store } from '../../store/keys.ts';
import { forgetVersion } from '../../store/policies.ts';
import { listed } from '../../text/listed.ts';
import { wrap } from '../../text/wrap.ts';
import { UsageError } from '../../usage-error.ts';
import { type PolicyName, shortVersion } from './push-text.ts';
import { mayHoldSecrets, type VersionHeld, versionsHeld } from './versions.ts';

export interface Forgotten {
  readonly deleted: readonly VersionHeld[];
  /** The one in use; undefined where nothing was pushed. */
  readonly kept: VersionHeld | undefined;
}

/** @throws UsageError where these credentials may not read the whole table */
export async function forget(store: Store, { policy, place }: PolicyName): Promise<Forgotten> {
  const versions = await versionsHeld(store);
  if (versions === undefined)
    throw new UsageError(
      `policy "${policy}" in ${place}: to find superseded versions the whole table is read ` +
        '(dynamodb:Scan), which these credentials may not; use those of a person who may',
    );
  const superseded = versions.filter(({ isCurrent }) => !isCurrent);
  for (const { version } of superseded) await forgetVersion(store, version);
  return { deleted: superseded, kept: versions.find(({ isCurrent }) => isCurrent) };
}

/** What was deleted, what stays, and what deleting does not undo. */
export function forgottenText(
  { deleted, kept }: Forgotten,
  { policy, place }: PolicyName,
  width: number,
): string {
  const count =
    deleted.length === 1 ? '1 superseded version' : `${deleted.length} superseded versions`;
  const names = listed(
    deleted.map(({ version }) => shortVersion(version)),
    10,
  );
  const secret = deleted.filter(mayHoldSecrets);
  const paragraphs = [
    deleted.length === 0
      ? `policy "${policy}" in ${place}: no superseded version is stored`
      : `deleted ${count} of policy "${policy}" in ${place}: ${names}`,
    ...secret.map((one) => `  ${shortVersion(one.version)} held ${heldWords(one)}`),
    ...(secret.length === 0
      ? []
      : [`change the passwords and keys that stood there: ${keepsOf(place)}`]),
    ...(kept === undefined || !mayHoldSecrets(kept)
      ? []
      : [
          `version ${shortVersion(kept.version)} is in use and stays, and it holds ` +
            `${heldWords(kept)}: run "policy push", and then "policy forget" again`,
        ]),
  ];
  return paragraphs
    .flatMap((paragraph) => wrap(paragraph, width, '  '))
    .map((line) => `${line}\n`)
    .join('');
}

/** What a version holds that is not stored any more. */
export const heldWords = ({ held }: VersionHeld): string =>
  held === 'unknown' ? 'what cannot be read here, so take it for secret' : leftOutWords(held);

/** Why what was deleted may still be had. */
function keepsOf(place: string): string {
  return place.startsWith('DynamoDB ')
    ? 'point-in-time recovery of DynamoDB keeps what was deleted for 35 days, and backups keep ' +
        'it as long as they are kept'
    : 'backups and copies of the store keep what was deleted as long as they are kept';
}

/** 0 no stored version holds what may be secret, 1 the one in use does. */
export const codeOfForgotten = ({ kept }: Forgotten): number =>
  kept !== undefined && mayHoldSecrets(kept) ? 1 : 0;
