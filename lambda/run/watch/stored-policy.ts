/** A bundle as the parts of a pushed policy, and back: what the function judges by. Pure. */
import type { Bundle } from '../../policy/bundle.ts';
import { defaultSettings, type Settings } from '../../policy/settings.ts';
import type { PolicyParts, StoredPolicy } from '../../store/policies.ts';
import { StoreError } from '../../store/table-error.ts';

/**
 * The part that is judged by; the others are the files as they were, for `policy show` and `policy
 * status`.
 */
export const BUNDLE_PART = 'bundle.json';

/**
 * Of the shape of that part: a newer one is not guessed at. 2 brought services, answers of tables
 * and rejected certificates, which a release that knows 1 would judge by wrongly.
 */
const V = 2;

export function bundlePart(bundle: Bundle): PolicyParts {
  return { [BUNDLE_PART]: new TextEncoder().encode(JSON.stringify({ v: V, bundle })) };
}

/**
 * @throws StoreError `damaged` where the policy holds no bundle, or one that a newer version
 * pushed.
 */
export function bundleOfPolicy({ version, parts }: StoredPolicy): Bundle {
  const part = parts[BUNDLE_PART];
  const read =
    part === undefined
      ? undefined
      : (JSON.parse(new TextDecoder().decode(part)) as { v?: number; bundle?: Bundle });
  const short = version.slice(0, 12);
  if (read?.v === undefined || read.bundle === undefined)
    throw new StoreError(
      'damaged',
      `policy version ${short} holds no bundle; push the policy again`,
    );
  if (read.v > V)
    throw new StoreError(
      'damaged',
      `policy version ${short} was pushed by a newer version of postfix-tls-watch: update this ` +
        'installation, or push the policy again',
    );
  return upgraded(read.bundle);
}

/**
 * What an older release pushed lacks the settings that it did not read: they have their defaults.
 */
function upgraded(bundle: Bundle): Bundle {
  const known: Partial<Settings> = bundle.settings;
  return { ...bundle, settings: { ...defaultSettings(bundle.settings.version), ...known } };
}
