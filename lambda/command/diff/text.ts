/** What `diff` prints: of each fact what went and what came, as a diff has it. Pure. */
import { moment } from '../../text/dates.ts';
import { plain } from '../../text/strangers.ts';
import { wrap } from '../../text/wrap.ts';
import type { StatusOf } from '../status/text.ts';
import type { Paint } from '../terminal/colour.ts';
import { differs, type Fact, type FactName, type Subject } from './facts.ts';
import type { Moments } from './moments.ts';
import type { DiffDocument } from './schema.ts';

/** @param picture of both, in lines */
export function diffText(
  name: string,
  { before, after, unchanged, problems }: Moments,
  subjects: readonly Subject[],
  of: StatusOf,
  paint: Paint,
  width: number,
  picture: readonly string[] = [],
): string {
  const changed = subjects.some(({ facts }) => facts.some(differs));
  const head = unchanged
    ? `${plain(name)} at ${moment(after.at)}: nothing has changed since it was first seen`
    : `${plain(name)}: ${moment(before.at)} (-) and ${moment(after.at)} (+)${changed ? '' : ', which do not differ'}`;
  const lines = [
    ...wrap(paint('bold', head), width, '  '),
    ...subjects.flatMap((subject) => subjectLines(subject, paint, width)),
    ...(picture.length === 0 ? [] : ['', ...picture]),
    ...problems.flatMap((problem) => wrap(`could not be read: ${problem}`, width, '  ')),
    '',
    ...wrap(`as seen from ${of.vantage}; policy "${of.policy}", kept in ${of.place}`, width, '  '),
  ];
  return `${lines.join('\n')}\n`;
}

function subjectLines({ name, facts }: Subject, paint: Paint, width: number): string[] {
  return [
    '',
    paint('bold', plain(name)),
    ...facts.flatMap((fact) => factLines(fact, paint, width)),
  ];
}

/** What stayed is shown in short where the rest of the fact changed, and whole where nothing did. */
function factLines({ name, before, after }: Fact, paint: Paint, width: number): string[] {
  const label = LABELS[name] ?? name;
  const line = (sign: '-' | '+' | ' ', value: string) =>
    wrap(value, width - LABEL_WIDTH - 3, '')
      .map((part, i) => `${sign} ${(i === 0 ? label : '').padEnd(LABEL_WIDTH)} ${part}`)
      .map((text) => (sign === ' ' ? text : paint(sign === '-' ? 'red' : 'green', text)));
  return [
    ...before.filter((value) => after.includes(value)).flatMap((value) => line(' ', value)),
    ...before.filter((value) => !after.includes(value)).flatMap((value) => line('-', value)),
    ...after.filter((value) => !before.includes(value)).flatMap((value) => line('+', value)),
  ];
}

/** `diff --json`. */
export function diffDocument(
  name: string,
  { before, after, problems }: Moments,
  subjects: readonly Subject[],
  of: StatusOf,
): DiffDocument {
  return {
    version: 1,
    store: of.place,
    policy: of.policy,
    vantage: of.vantage,
    name,
    from: new Date(before.at).toISOString(),
    to: new Date(after.at).toISOString(),
    differs: subjects.some(({ facts }) => facts.some(differs)),
    subjects: subjects.map(({ facts, ...subject }) => ({
      ...subject,
      facts: facts.map((fact) => ({
        name: fact.name,
        before: [...fact.before],
        after: [...fact.after],
      })),
    })),
    problems: [...problems],
  };
}

const LABELS: Readonly<Partial<Record<FactName, string>>> = { sentence: '' };
const LABEL_WIDTH = 11;
