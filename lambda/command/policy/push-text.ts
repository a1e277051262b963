/** What `policy push` says: what was pushed and what is different, or why it was refused. Pure. */

import { entriesCount } from '../../alert/message/wording.ts';
import type { Bundle } from '../../policy/bundle.ts';
import { destinationsOf } from '../../policy/destinations.ts';
import type { LintProblem } from '../../policy/lint/problem.ts';
import { tablesNotFollowed } from '../../run/check/status-filter.ts';
import { leftOutWords } from '../../run/watch/stored-secrets.ts';
import type { PolicyHead } from '../../store/stored-values.ts';
import { moment } from '../../text/dates.ts';
import { listed } from '../../text/listed.ts';
import { plain } from '../../text/strangers.ts';
import { wrap } from '../../text/wrap.ts';
import { cureLines } from '../check/cure-lines.ts';
import { unpainted } from '../terminal/colour.ts';
import type { Difference, Fate } from './fates.ts';
import type { PushOutcome, Refusal, Seen } from './push.ts';

/** Where a policy is kept, for sentences. */
export interface PolicyName {
  readonly policy: string;
  readonly place: string;
  readonly vantage: string;
}

/** For standard output: what was done. */
export function pushedText(
  outcome: Extract<PushOutcome, { kind: 'pushed' }>,
  name: PolicyName,
  bundle: Bundle,
  width: number,
): string {
  const { version, replaced, differences, seen, overridden, known } = outcome;
  const { leftOut, heldBefore } = outcome;
  const count = destinationsOf(bundle).length;
  const judged: Readonly<Record<Seen, string>> = {
    some: `judged on what was last seen from ${name.vantage}: whatever delivers today still would`,
    none: `not judged on what was seen, for nothing was seen from ${name.vantage} yet`,
    denied: 'not judged on what was seen, for these credentials may push and not read it',
  };
  return lines([
    `pushed policy "${name.policy}" to ${name.place}: version ${shortVersion(version)}, ` +
      `${entriesCount(count)}`,
    ...(replaced === undefined ? [] : [`  in place of ${headWords(replaced)}`]),
    ...differenceLines(differences, 'with-verdicts').map((line) => `  ${line}`),
    ...(replaced === undefined ||
    overridden.some(({ kind }) => kind === 'breaks' || kind === 'unreadable')
      ? []
      : wrap(`  ${judged[seen]}`, width, '  ')),
    ...(leftOut.length === 0
      ? []
      : wrap(`  not stored, for it may be secret: ${leftOutWords(leftOut)}`, width, '  ')),
    ...(heldBefore.length === 0
      ? []
      : wrap(
          `the version before holds what may be secret (${leftOutWords(heldBefore)}): run ` +
            '"policy forget", and change those passwords and keys',
          width,
          '  ',
        )),
    ...notJudgedThere(bundle, width),
    ...(overridden.length === 0
      ? []
      : ['forced in spite of:', ...overridden.flatMap((one) => forcedLines(one, name, width))]),
    ...(known.length === 0
      ? []
      : [
          'defers mail, and did so in the version before:',
          ...known.flatMap((one) => problemLines(one, width)),
        ]),
  ]);
}

/** What the function cannot judge, and what it knows by hearsay. */
function notJudgedThere(bundle: Bundle, width: number): string[] {
  const unknown = destinationsOf(bundle).flatMap(({ name, unchecked, settled }) => {
    if (settled?.reason === 'source-unreadable') return [`${plain(name)}: ${settled.because}`];
    const unasked =
      unchecked?.reason === 'table-not-listable' || unchecked?.reason === 'global-level';
    return unasked ? [`${plain(name)}: ${unchecked.sentence}`] : [];
  });
  const sentences = [...unknown, ...tablesNotFollowed(bundle)];
  const shown = sentences.slice(0, SHOWN).flatMap((one) => wrap(`  ${one}`, width, '    '));
  const asked = Object.keys(bundle.answers ?? {});
  return [
    ...(sentences.length === 0 ? [] : ['not judged by the function:', ...shown]),
    ...moreOf(sentences),
    ...(asked.length === 0
      ? []
      : wrap(
          `answers of ${listed(asked.map((table) => plain(table)))} are stored as they were ` +
            'given today: push again, by a timer, to keep them fresh',
          width,
          '  ',
        )),
  ];
}

/** For standard error: why nothing was pushed. */
export function refusedText(refusals: readonly Refusal[], name: PolicyName, width: number): string {
  return lines([
    ...refusals.flatMap((refusal) => {
      const [first = '', ...rest] = refusalLines(refusal, name, width);
      return [...wrap(`error: policy push: ${first}`, width, '  '), ...rest];
    }),
    `hint: nothing was pushed; --force pushes it all the same`,
  ]);
}

/** `version 9f2b3c4d5e6f, pushed by alice@mx1 on Tue 2026-11-24 06:00Z` */
export const headWords = ({ current, pushedBy, pushedAt }: PolicyHead): string =>
  `version ${shortVersion(current)}, pushed by ${plain(pushedBy, 100)} on ${moment(pushedAt)}`;

/** As much of a version as people compare, and `--expect` takes. */
export const shortVersion = (version: string): string => version.slice(0, 12);

/**
 * The entries that differ, as a patch would show them; a verdict that turned stands below its line.
 */
export function differenceLines(
  differences: readonly Difference[],
  verdicts: 'with-verdicts' | 'texts-alone',
): string[] {
  const shown = differences
    .slice(0, SHOWN)
    .flatMap((difference) => [
      ...patchLines(difference),
      ...(verdicts === 'with-verdicts' ? turnLines(difference) : []),
    ]);
  const more = differences.length - SHOWN;
  return more > 0 ? [...shown, `and ${more} more`] : shown;
}

function forcedLines(refusal: Refusal, name: PolicyName, width: number): string[] {
  const [first = '', ...rest] = refusalLines(refusal, name, width);
  return [...wrap(`  ${first}`, width, '  '), ...rest.map((line) => `  ${line}`)];
}

/** The first line is to be wrapped by whoever prints it. */
function refusalLines(refusal: Refusal, name: PolicyName, width: number): string[] {
  switch (refusal.kind) {
    case 'defers': {
      const { problems } = refusal;
      const what =
        problems.length === 1
          ? 'a line that would defer mail'
          : `${problems.length} lines that would defer mail`;
      return [
        `${what}`,
        ...problems.slice(0, SHOWN).flatMap((problem) => problemLines(problem, width)),
        ...moreOf(problems),
      ];
    }
    case 'breaks': {
      const { differences } = refusal;
      const one = differences.length === 1;
      return [
        `${entriesCount(differences.length)} that ${one ? 'delivers' : 'deliver'} today would ` +
          `not, by what was last seen from ${name.vantage}`,
        ...differences.slice(0, SHOWN).flatMap((difference) => breakLines(difference, width)),
        ...moreOf(differences),
      ];
    }
    case 'not-shown': {
      const { head, expected, insisted } = refusal;
      const instead = insisted
        ? `, not the ${shortVersion(expected ?? '')} of --expect`
        : expected === undefined
          ? ' and was never shown here'
          : `; the one last shown here is ${shortVersion(expected)}`;
      const look =
        'look at it with "policy status" or "policy show", or say --expect ' +
        `${shortVersion(head.current)}`;
      return [`${headWords(head)}, is in use${instead}: ${look}`];
    }
    case 'nothing-there':
      return [
        `--expect ${refusal.expected}: nothing was pushed yet as "${name.policy}" to ` +
          `${name.place}; is it the right place?`,
      ];
    case 'unreadable':
      return [`what is stored cannot be compared with: ${refusal.because}`];
  }
}

function problemLines(
  { place, key, postfixSays, effect, cure }: LintProblem,
  width: number,
): string[] {
  const where = place.line === null ? place.file : `${place.file}, line ${place.line}`;
  return [
    `  ${where}${key === null ? '' : `: ${key}`}`,
    ...wrap(`    ${effect}`, width, '    '),
    ...(postfixSays === null ? [] : wrap(`    logged: ${postfixSays}`, width, '    ')),
    ...wrap(`    cure: ${cure}`, width, '    '),
  ];
}

function breakLines(difference: Difference, width: number): string[] {
  const { name, after, breaks } = difference;
  return [
    `  ${plain(name)}${after?.line === null || after === undefined ? '' : `, line ${after.line}`}`,
    ...patchLines(difference).map((line) => `    ${line}`),
    ...(breaks === undefined ? [] : wrap(`    ${breaks.sentence}`, width, '    ')),
    ...(breaks === undefined
      ? []
      : cureLines(breaks, unpainted, width - 2).map((line) => `  ${line}`)),
  ];
}

function patchLines({ name, before, after }: Difference): string[] {
  const [was, is] = [textOf(before), textOf(after)];
  return was === is ? [`  ${was ?? plain(name)}`] : [...signed('-', was), ...signed('+', is)];
}

function turnLines({ before, after }: Difference): string[] {
  if (before === undefined || after === undefined) return [];
  if (before.verdict === after.verdict && before.reason === after.reason) return [];
  // An entry that is new and was never judged has no verdict to show.
  if (before.text === null && after.verdict === 'undetermined') return [];
  return [`     ${fateWords(before)} → ${fateWords(after)}`];
}

const signed = (sign: string, text: string | undefined): string[] =>
  text === undefined ? [] : [`${sign} ${text}`];

/** Undefined where no entry covers the destination. */
const textOf = (fate: Fate | undefined): string | undefined =>
  fate?.text == null ? undefined : plain(fate.text, 300);

function fateWords({ verdict, reason }: Fate): string {
  if (verdict === 'undetermined') return 'not known from what was seen';
  return reason === null ? verdict : `${verdict} (${reason.replaceAll('-', ' ')})`;
}

const moreOf = (all: readonly unknown[]): string[] =>
  all.length > SHOWN ? [`  and ${all.length - SHOWN} more`] : [];

const lines = (all: readonly string[]): string => all.map((line) => `${line}\n`).join('');

/** As many as fit on a screen; `diff` shows all of them. */
const SHOWN = 50;
