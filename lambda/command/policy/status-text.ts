/** What `policy status` says: what is stored, and whether it is still what is in use here. Pure. */

import { BUNDLE_PART } from '../../run/watch/stored-policy.ts';
import type { PolicyParts, StoredPolicy } from '../../store/policies.ts';
import { plain } from '../../text/strangers.ts';
import { columns, wrap } from '../../text/wrap.ts';
import type { BundleAspect, ComparedFile, PolicyComparison } from './comparison.ts';
import { heldWords } from './forget.ts';
import { differenceLines, headWords, type PolicyName, shortVersion } from './push-text.ts';
import type { PolicyStatusDocument } from './status-schema.ts';
import { mayHoldSecrets, type VersionHeld } from './versions.ts';

export function policyStatusText(
  stored: StoredPolicy | undefined,
  compared: PolicyComparison | undefined,
  name: PolicyName,
  versions: readonly VersionHeld[] | undefined,
  width: number,
): string {
  if (stored === undefined)
    return (
      `policy "${name.policy}" in ${name.place}: nothing was pushed yet; "policy push" with ` +
      'the table does it\n'
    );
  const lines = [
    `policy "${name.policy}" in ${name.place}`,
    `  ${headWords({ ...stored, current: stored.version })}`,
    ...columns(
      partNames(stored.parts).map((part) => [
        `  ${plain(part)}`,
        `${stored.parts[part]?.length ?? 0} bytes`,
      ]),
    ),
    ...(compared === undefined
      ? [
          '',
          'compared with nothing: name the table, or --config-directory, to see whether it is ' +
            'still the one in use',
        ]
      : comparedLines(compared, width)),
    ...secretLines(versions, width),
  ];
  return `${lines.join('\n')}\n`;
}

/** `policy status --json`. */
export function policyStatusDocument(
  stored: StoredPolicy | undefined,
  compared: PolicyComparison | undefined,
  name: PolicyName,
  versions: readonly VersionHeld[] | undefined,
): PolicyStatusDocument {
  return {
    version: 1,
    store: name.place,
    policy: name.policy,
    pushed:
      stored === undefined
        ? null
        : {
            version: stored.version,
            at: new Date(stored.pushedAt).toISOString(),
            by: stored.pushedBy,
            parts: partNames(stored.parts).map((part) => ({
              name: part,
              bytes: stored.parts[part]?.length ?? 0,
            })),
          },
    compared:
      compared === undefined
        ? null
        : {
            same: compared.same,
            files: compared.files.map((file) => ({ ...file })),
            bundle: [...compared.bundle],
            entries: compared.differences.map(({ name: destination, before, after }) => ({
              destination,
              pushed: before?.text ?? null,
              here: after?.text ?? null,
            })),
            postmapNotRun: compared.stale.map((table) => ({ ...table })),
          },
    secrets:
      versions?.filter(mayHoldSecrets).map(({ version, isCurrent, held }) => ({
        version,
        current: isCurrent,
        files: held === 'unknown' ? null : held.map(({ path }) => path),
      })) ?? null,
  };
}

/** Files by path; the bundle made of them comes last. */
export const partNames = (parts: PolicyParts): string[] =>
  Object.keys(parts).toSorted(
    (a, b) => Number(a === BUNDLE_PART) - Number(b === BUNDLE_PART) || a.localeCompare(b, 'en'),
  );

/** Stored versions that hold what a push of today leaves out, and what to do about them. */
function secretLines(versions: readonly VersionHeld[] | undefined, width: number): string[] {
  const secret = versions?.filter(mayHoldSecrets) ?? [];
  if (secret.length === 0) return [];
  const cure = secret.some(({ isCurrent }) => isCurrent)
    ? 'run "policy push", then "policy forget", and change those passwords and keys'
    : 'run "policy forget", and change those passwords and keys';
  return [
    '',
    'stored by earlier releases, and may be secret:',
    ...secret
      .slice(0, VERSIONS_SHOWN)
      .flatMap((one) =>
        wrap(
          `  version ${shortVersion(one.version)}${one.isCurrent ? ', in use,' : ''} holds ` +
            heldWords(one),
          width,
          '    ',
        ),
      ),
    ...(secret.length > VERSIONS_SHOWN ? [`  and ${secret.length - VERSIONS_SHOWN} more`] : []),
    ...wrap(cure, width, '  '),
  ];
}

const VERSIONS_SHOWN = 10;

function comparedLines(
  { same, files, bundle, differences, stale }: PolicyComparison,
  width: number,
): string[] {
  const unexplained = bundle.filter((aspect) => aspect !== 'tables' && aspect !== 'notes');
  const noted =
    !same && files.every(({ standing }) => standing === 'same') && unexplained.length === 0;
  return [
    '',
    'compared with the files here',
    ...columns(files.map(({ path, standing }) => [`  ${plain(path)}`, STANDING[standing]])),
    ...(unexplained.length === 0
      ? []
      : [`  different, as read here: ${unexplained.map((aspect) => ASPECT[aspect]).join(', ')}`]),
    ...(noted
      ? ['  different, as read here: what is noted about them, such as when postmap was run']
      : []),
    ...(differences.length === 0
      ? []
      : ['', 'entries, pushed (-) and here (+)', ...differenceLines(differences, 'texts-alone')]),
    '',
    ...stale.flatMap(({ path, database }) =>
      wrap(
        `postmap not run: ${path} is newer than ${database}, so Postfix on this host still uses ` +
          'the older table',
        width,
        '  ',
      ),
    ),
    same
      ? 'the pushed copy is the one in use here'
      : 'the pushed copy is not the one in use here: push it again',
  ];
}

const STANDING: Readonly<Record<ComparedFile['standing'], string>> = {
  same: 'the same',
  differs: 'differs',
  'not-pushed': 'not pushed',
  'not-read-here': 'pushed, not read here',
};

const ASPECT: Readonly<Record<BundleAspect, string>> = {
  tables: 'tables',
  settings: 'settings',
  trust: 'trust anchors',
  destinations: 'destinations',
  notes: 'notes',
};
