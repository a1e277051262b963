/** What `doctor` prints: what is in force, then the findings by group, then how many. Pure. */
import { plain } from '../../text/strangers.ts';
import { labelled, wrap } from '../../text/wrap.ts';
import { VERSION } from '../../version.ts';
import type { Paint } from '../terminal/colour.ts';
import { type Finding, GROUPS, type Group, STATES, type State } from './finding.ts';
import type { InForce } from './in-force.ts';
import type { DoctorDocument } from './schema.ts';

/** One look at a set-up. */
export interface Diagnosis {
  /** Epoch ms. */
  readonly at: number;
  readonly host: string;
  readonly user: DoctorDocument['run']['user'];
  readonly inForce: readonly InForce[];
  readonly assumed: readonly string[];
  readonly findings: readonly Finding[];
}

/** Columns; a wider terminal shows the same. */
const WIDEST = 80;
const FLAG_COLUMN = 27;
const STATE_COLUMN = 11;

export function doctorText(diagnosis: Diagnosis, paint: Paint, columns: number): string {
  const width = Math.min(columns, WIDEST);
  const lines = [
    ...wrap(`${whoSentence(diagnosis)}.`, width),
    '',
    paint('bold', 'In force'),
    ...diagnosis.inForce.flatMap(({ name, value, source, where }) =>
      labelled(`  ${name}`, `${value} (${from(source, where)})`, FLAG_COLUMN, width),
    ),
    ...diagnosis.assumed.flatMap((sentence) =>
      labelled('  assumed', plain(sentence), FLAG_COLUMN, width),
    ),
    ...GROUPS.flatMap((group) => groupLines(group, diagnosis.findings, paint, width)),
    '',
    summarySentence(diagnosis.findings),
  ];
  return `${lines.join('\n')}\n`;
}

export function doctorDocument(diagnosis: Diagnosis): DoctorDocument {
  const { at, host, user, inForce, assumed, findings } = diagnosis;
  return {
    version: 1,
    run: {
      tool: `postfix-tls-watch ${VERSION}`,
      at: new Date(at).toISOString(),
      host,
      user,
      assumed: [...assumed],
    },
    inForce: inForce.map((row) => ({ ...row })),
    summary: {
      ok: count(findings, 'ok'),
      warning: count(findings, 'warning'),
      failure: count(findings, 'failure'),
    },
    checks: findings.map((finding) => ({ ...finding })),
  };
}

function whoSentence({ host, user }: Diagnosis): string {
  const as = user.unit === null ? '' : `, as ${user.unit} would run it`;
  return `postfix-tls-watch ${VERSION} on ${host}, as user ${user.name} (${user.uid})${as}`;
}

function from(source: InForce['source'], where: string | null): string {
  switch (source) {
    case 'command-line':
      return 'command line';
    case 'default':
      return where ?? 'default';
    case 'postfix':
      return where ?? 'asked of Postfix';
    case 'environment':
    case 'file':
    case 'unit':
    case 'system':
      return where ?? source;
  }
}

function groupLines(
  group: Group,
  findings: readonly Finding[],
  paint: Paint,
  width: number,
): readonly string[] {
  const own = findings.filter((finding) => finding.group === group);
  if (own.length === 0) return [];
  return [
    '',
    paint('bold', TITLE[group]),
    ...own.flatMap(({ state, says, cure }) => [
      ...labelled(`  ${state}`, plain(says, SHOWN_CHARS), STATE_COLUMN, width).map((line, i) =>
        i === 0 ? line.replace(state, paint(STYLE[state], state)) : line,
      ),
      ...(cure === null ? [] : labelled('    cure', plain(cure, SHOWN_CHARS), STATE_COLUMN, width)),
    ]),
  ];
}

function summarySentence(findings: readonly Finding[]): string {
  const parts = STATES.toReversed().flatMap((state) => {
    const n = count(findings, state);
    return n === 0 ? [] : [`${n} ${state === 'ok' ? 'ok' : `${state}${n === 1 ? '' : 's'}`}`];
  });
  return parts.join(', ');
}

const count = (findings: readonly Finding[], state: State): number =>
  findings.filter((finding) => finding.state === state).length;

const TITLE: Readonly<Record<Group, string>> = {
  postfix: 'Postfix and its tables',
  trust: 'Trust anchors',
  dns: 'DNS',
  'way-out': 'Way out to port 25',
  clock: 'Clock',
  store: 'Store',
  channels: 'Channels',
  schedule: 'Schedule',
};

const STYLE: Readonly<Record<State, Parameters<Paint>[0]>> = {
  ok: 'green',
  warning: 'yellow',
  failure: ['red', 'bold'],
};

const SHOWN_CHARS = 1_000;
