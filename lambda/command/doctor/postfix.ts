/**
 * Whether each source of policy can be read and answers, and whether there are trust anchors: what
 * gathering found and lint says of it, as findings. Pure.
 */
import { acceptedIn } from '../../certificate/anchors.ts';
import { named } from '../../named-record.ts';
import type { Bundle } from '../../policy/bundle.ts';
import { unanswering } from '../../policy/destinations.ts';
import { lint } from '../../policy/lint/lint.ts';
import type { LintCode, LintProblem } from '../../policy/lint/problem.ts';
import { policyTables } from '../../policy/lookup.ts';
import { listed } from '../../text/listed.ts';
import { type Finding, failure, ok, warning } from './finding.ts';

/** @param lintCommand prints all that lint finds; undefined where no shell takes it */
export function postfixFindings(bundle: Bundle, lintCommand: string | undefined): Finding[] {
  const problems = lint(bundle);
  const ofSources = problems.filter(({ code }) => OF_SOURCES.has(code));
  const others = problems.filter(({ code }) => !OF_SOURCES.has(code) && !OF_TRUST.has(code));
  return [
    ...(bundle.mainCf === undefined
      ? []
      : [ok('postfix', `${bundle.mainCf.source} is read, as Postfix ${bundle.settings.version}`)]),
    ...tablesRead(bundle),
    ...ofSources
      .filter((problem) => !isOfTrust(problem))
      .flatMap((one) => sourceFinding(one, bundle)),
    ...entryFindings(others, lintCommand),
  ];
}

export function trustFindings(bundle: Bundle): Finding[] {
  const { trust } = bundle;
  const problems = lint(bundle)
    .filter((problem) => OF_TRUST.has(problem.code) || isOfTrust(problem))
    .map((problem): Finding => {
      const says = `${problem.key ?? problem.place.file}: ${problem.effect}`;
      switch (problem.severity) {
        case 'defers':
          return failure('trust', says, problem.cure);
        case 'warning':
          return warning('trust', says, problem.cure);
        case 'note':
          return ok('trust', says);
      }
    });
  if (trust.kind === 'engine-off') return problems;
  const count = acceptedIn(trust).length;
  return count === 0
    ? problems.length > 0
      ? problems
      : [ok('trust', `there are none (${trust.source}), and no entry asks for any`)]
    : [
        ok('trust', `${count} ${count === 1 ? 'anchor' : 'anchors'} from ${trust.source}`),
        ...problems,
      ];
}

/** Tables that were read, or that answer, each once. */
function tablesRead(bundle: Bundle): Finding[] {
  const bad = new Set(bundle.problems.map(({ name }) => name));
  const policies = policyTables(bundle).flatMap(({ name, entries }) =>
    bad.has(name) || (entries.length === 0 && isAsked(name, bundle))
      ? []
      : [ok('postfix', `${name}: ${entries.length} ${entries.length === 1 ? 'entry' : 'entries'}`)],
  );
  const others = [
    ...bundle.transportTables,
    ...(bundle.routingTables ?? []),
    ...(bundle.statusFilter?.tables ?? []),
    ...(bundle.replyTables?.tables ?? []),
  ].map(({ name }) => name);
  const read = [...new Set(others)].filter((name) => !bad.has(name));
  const answering = Object.keys(bundle.answers ?? {}).filter((name) => answers(name, bundle));
  return [
    ...policies,
    ...(read.length === 0 ? [] : [ok('postfix', `also read: ${listed(read, 20)}`)]),
    ...answering.map((name) => ok('postfix', `${name}: answers`)),
  ];
}

const isAsked = (name: string, { answers }: Bundle): boolean =>
  named(answers ?? {}, name) !== undefined;

const answers = (name: string, bundle: Bundle): boolean =>
  isAsked(name, bundle) && unanswering({ name }, bundle) === undefined;

function sourceFinding(problem: LintProblem, bundle: Bundle): Finding[] {
  const { place, code, severity, effect, cure, postfixSays } = problem;
  const said = postfixSays === null ? '' : ` (Postfix says "${postfixSays}")`;
  const says = `${place.file}: ${effect}${said}`;
  switch (severity) {
    case 'defers':
      return [failure('postfix', says, cure)];
    case 'warning':
      return [warning('postfix', says, cure)];
    case 'note':
      break;
  }
  // Mail flows, and a run cannot tell how: what we cannot read is a fault of the set-up.
  if (code === 'unreadable-file') return [failure('postfix', says, cure)];
  const silent = unanswering({ name: place.file }, bundle);
  if (silent !== undefined) return [failure('postfix', `${place.file}: ${silent.because}`, cure)];
  return bundle.destinations.length > 0 ? [] : [warning('postfix', says, cure)];
}

/** What is wrong with entries and settings is for lint to tell. */
function entryFindings(problems: readonly LintProblem[], command: string | undefined): Finding[] {
  const deferring = problems.filter(({ severity }) => severity === 'defers').length;
  const warnings = problems.filter(({ severity }) => severity === 'warning').length;
  if (deferring + warnings === 0) return [];
  const said = [
    ...(deferring === 0 ? [] : [`${deferring} that ${deferring === 1 ? 'defers' : 'defer'} mail`]),
    ...(warnings === 0 ? [] : [`${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`]),
  ];
  return [
    warning('postfix', `lint finds ${listed(said)}`, `see ${command ?? 'postfix-tls-watch lint'}`),
  ];
}

/** A file that a parameter of main.cf names, where the other ones are tables. */
const isOfTrust = ({ code, key }: LintProblem): boolean =>
  code === 'unreadable-file' && key !== null;

const OF_SOURCES: ReadonlySet<LintCode> = new Set<LintCode>([
  'no-policy-table',
  'smtp-dies',
  'table-missing',
  'table-not-listable',
  'table-stale',
  'unreadable-file',
]);

const OF_TRUST: ReadonlySet<LintCode> = new Set<LintCode>([
  'no-anchors',
  'no-hash-link',
  'tls-engine-off',
]);
