/** Postfix versions: which rules of the policy, of main.cf and of the matcher apply. */

/** `3.11` or `3.11.6`. Without a patch level the newest of that minor release is meant. */
export type PostfixVersion = string;

/**
 * The newest version whose verdicts were compared with real deliveries; assumed, and printed as
 * assumed, for lack of `--postfix-version`.
 */
export const NEWEST_PROVED: PostfixVersion = '3.11';

/**
 * Whether `version` has what came with `since`. `atLeast('3.7', '3.7.13')` is true: the newest 3.7
 * is meant.
 */
export function atLeast(version: PostfixVersion, since: PostfixVersion): boolean {
  const asked = `${version} ${since}`;
  const known = answers.get(asked);
  if (known !== undefined) return known;
  const answer = isAtLeast(version, since);
  answers.set(asked, answer);
  return answer;
}

/**
 * Whether `version` has what came as a patch to several minor releases at once; `fixes` has the
 * first patched one of each, oldest first. What is older than all lacks it, and what is newer has
 * it.
 */
export function hasPatch(version: PostfixVersion, fixes: readonly PostfixVersion[]): boolean {
  const minorOf = (text: PostfixVersion) => text.split('.').slice(0, 2).join('.');
  const own = fixes.find((fix) => minorOf(fix) === minorOf(version)) ?? fixes.at(-1);
  return own !== undefined && atLeast(version, own);
}

function isAtLeast(version: PostfixVersion, since: PostfixVersion): boolean {
  const have = parts(version, Number.POSITIVE_INFINITY);
  const want = parts(since, 0);
  for (let i = 0; i < 3; i++) {
    const difference = (have[i] ?? 0) - (want[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

function parts(version: PostfixVersion, missing: number): readonly number[] {
  const numbers = version.split(/[.-]/).slice(0, 3).map(Number);
  return [numbers[0] ?? missing, numbers[1] ?? missing, numbers[2] ?? missing];
}

/** Asked many times for each entry. */
const answers = new Map<string, boolean>();
