/** Prints a directory and what the two sides made of it, so that it can be read and played again. */
import type { Disagreement } from './compare.ts';
import { configDirectoryOf, type Directory } from './directory.ts';
import type { Played } from './play.ts';

export function report(
  seed: number,
  { directory, postfix: { log } }: Pick<Played, 'directory' | 'postfix'>,
  disagreements: readonly Disagreement[],
): string {
  if (disagreements.length === 0) return '';
  const again = `npm run test:postfix -- --configurations --seed ${seed} --only ${directory.index}`;
  return [
    `seed ${seed}, directory ${directory.index}, odd: ${directory.oddities.join('; ') || 'nothing'}`,
    `again: ${again}`,
    ...disagreements.flatMap(({ delivered, kind, postfix, ours }) => [
      `* ${kind}: ${delivered.message.sender} to ${delivered.message.recipient}`,
      `    Postfix ${postfix}`,
      `    we      ${ours}`,
      ...delivered.ending.said.filter((line) => /^(warning|error|fatal)/.test(line)).map((line) => `    it said ${line}`),
    ]),
    ...describeFiles(directory),
    ...(disagreements.some(({ delivered }) => delivered.ending.status === 'none') ? log.trimEnd().split('\n').slice(-LINES) : []),
  ].join('\n');
}

/** Of a log in which the end of a message is missing. */
const LINES = 60;

function describeFiles(directory: Directory): string[] {
  const { mainCf, masterCf, files, daemons, watcher } = directory;
  const indented = (lines: readonly string[]) => lines.map((line) => `    ${line}`);
  return [
    `  ${configDirectoryOf(directory)}, read by ${watcher}; main.cf:`,
    ...indented(mainCf),
    '  master.cf:',
    ...indented(masterCf),
    ...files
      .filter(({ text }) => !text.includes('-----BEGIN'))
      .flatMap(({ name, text, mode = 0o644, build, later }) => [
        `  ${name} ${mode.toString(8)} ${build ?? ''} ${later === undefined ? '' : JSON.stringify(later)}`,
        ...indented(text.replaceAll('\ufeff', '<BOM>').trimEnd().split('\n')),
      ]),
    ...daemons.map(
      ({ protocol, address, port, answers, otherwise, delayMs }) =>
        `  ${protocol} at ${address}:${port} ${delayMs ?? 0} ms: ${JSON.stringify(answers)}, otherwise ${otherwise.kind}`,
    ),
  ];
}
