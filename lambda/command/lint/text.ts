/** What `lint` prints: one problem after the other, in the order of files and lines. Pure. */
import type { Bundle } from '../../policy/bundle.ts';
import type { LintProblem } from '../../policy/lint/problem.ts';
import { cut } from '../../text/strangers.ts';
import { labelled, wrap } from '../../text/wrap.ts';
import { VERSION } from '../../version.ts';
import type { Paint } from '../terminal/colour.ts';
import type { LintDocument } from './schema.ts';

export function lintText(
  problems: readonly LintProblem[],
  bundle: Bundle,
  paint: Paint,
  width: number,
): string {
  const lines = problems.flatMap((problem) => [...problemLines(problem, paint, width), '']);
  return `${[...lines, ...footer(problems, bundle, width)].join('\n')}\n`;
}

export function lintDocument(problems: readonly LintProblem[], bundle: Bundle): LintDocument {
  const count = (severity: LintProblem['severity']): number =>
    problems.filter((problem) => problem.severity === severity).length;
  return {
    version: 1,
    run: {
      tool: `postfix-tls-watch ${VERSION}`,
      postfixVersion: bundle.settings.version,
      assumed: [...bundle.assumed],
    },
    summary: { defers: count('defers'), warning: count('warning'), note: count('note') },
    problems: problems as LintDocument['problems'],
  };
}

const STYLE: Readonly<Record<LintProblem['severity'], Parameters<Paint>[0]>> = {
  defers: 'red',
  warning: 'yellow',
  note: 'cyan',
};

function problemLines(
  { place, key, severity, postfixSays, effect, cure }: LintProblem,
  paint: Paint,
  width: number,
): string[] {
  const where = place.line === null ? place.file : `${place.file}, line ${place.line}`;
  const lines = [`${paint('bold', where)}${key === null ? '' : `: ${key}`}`];
  lines.push(
    ...labelled(`  ${severity}`, cut(effect, SHOWN_CHARS), 12, width).map((line) =>
      line.replace(severity, paint(STYLE[severity], severity)),
    ),
  );
  if (postfixSays !== null)
    lines.push(...labelled('  logged', cut(postfixSays, SHOWN_CHARS), 12, width));
  lines.push(...labelled('  cure', cure, 12, width));
  return lines;
}

/** A value of main.cf may be as long as the file; its beginning tells which it is. */
const SHOWN_CHARS = 2_000;

function footer(problems: readonly LintProblem[], bundle: Bundle, width: number): string[] {
  const parts = (['defers', 'warning', 'note'] as const)
    .map((severity) => ({
      severity,
      n: problems.filter((problem) => problem.severity === severity).length,
    }))
    .filter(({ n }) => n > 0)
    .map(({ severity, n }) => `${n} ${severityWords(severity, n)}`);
  return [
    parts.length === 0 ? 'nothing found' : `found: ${parts.join(', ')}`,
    ...wrap(`read as Postfix ${bundle.settings.version} would`, width, '  '),
    ...bundle.assumed.flatMap((assumption) => wrap(`assumed: ${assumption}`, width, '  ')),
  ];
}

function severityWords(severity: LintProblem['severity'], n: number): string {
  if (severity === 'defers') return `that ${n === 1 ? 'defers' : 'defer'} mail`;
  return n === 1 ? severity : `${severity}s`;
}
