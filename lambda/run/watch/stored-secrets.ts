/**
 * Secrets in what earlier releases pushed: main.cf was stored as it was, and so was every file it
 * names. Pure; reading versions is store/policies.
 */
import type { Bundle } from '../../policy/bundle.ts';
import { type LeftOut, storableFiles } from '../../policy/without-secrets.ts';
import type { StoredPolicy } from '../../store/policies.ts';
import { moment } from '../../text/dates.ts';
import { listed } from '../../text/listed.ts';
import { plain } from '../../text/strangers.ts';
import { BUNDLE_PART, bundleOfPolicy } from './stored-policy.ts';

/** What a version holds that a push of today would leave out. */
export function secretsIn({ parts }: StoredPolicy, bundle: Bundle): readonly LeftOut[] {
  const { [BUNDLE_PART]: _, ...files } = parts;
  return storableFiles(files, bundle).leftOut;
}

/** For the version in use, as a run has read it: what to do about it. Empty where it is clean. */
export function secretsNote(stored: StoredPolicy): readonly string[] {
  const held = secretsIn(stored, bundleOfPolicy(stored));
  if (held.length === 0) return [];
  const { version, pushedAt } = stored;
  return [
    `the pushed policy, version ${version.slice(0, 12)} of ${moment(pushedAt)}, holds what an ` +
      `earlier release stored and may be secret (${leftOutWords(held)}): run "policy push" and ` +
      'then "policy forget", and change those passwords and keys',
  ];
}

/** `main.cf (14 parameters that are not read), key.pem (a private key)`, cut at five files. */
export function leftOutWords(leftOut: readonly LeftOut[]): string {
  return listed(
    leftOut.map((one) => `${plain(one.path, 200)} (${whatIn(one)})`),
    5,
  );
}

function whatIn(one: LeftOut): string {
  switch (one.kind) {
    case 'whole':
      return 'the whole file';
    case 'parameters': {
      const { names, strayLines } = one;
      return listed([
        ...(names.length === 0
          ? []
          : [`${counted(names.length, 'parameter')} not read: ${shownNames(names)}`]),
        ...(strayLines === 0 ? [] : [counted(strayLines, 'other line')]),
      ]);
    }
    case 'blocks':
      return listed([
        ...(one.privateKeys === 0 ? [] : [counted(one.privateKeys, 'private key')]),
        ...(one.otherBlocks === 0 ? [] : [counted(one.otherBlocks, 'other block')]),
      ]);
  }
}

/** Those that most likely hold a secret come first. */
function shownNames(names: readonly string[]): string {
  const likely = (name: string) => /passw|secret|sasl|key|auth|token/i.test(name);
  const sorted = [...names.filter(likely), ...names.filter((name) => !likely(name))];
  const more = sorted.length - NAMES_SHOWN;
  return `${sorted.slice(0, NAMES_SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

const counted = (count: number, what: string): string =>
  count === 1 ? `1 ${what}` : `${count} ${what}s`;

const NAMES_SHOWN = 3;
