/** What `postconf -M` and `postconf -P` print about master.cf, or what master.cf itself says. */
import { compareLevels } from './expand.ts';
import { logicalLines } from './logical-line.ts';
import { bracedTokens, splitNameValue, tokens, unbrace } from './token.ts';
import { atLeast, type PostfixVersion } from './version.ts';

/** One line of `postconf -M`. */
export interface MasterService {
  /** `smtp`. */
  readonly name: string;
  /** `unix`. */
  readonly type: string;
  /** `y`, `n` or `-`. */
  readonly chroot: string;
  /** The queue manager hands mail to it under its name: a socket below `private`. */
  readonly isTransport: boolean;
  /** The program, `smtp`. */
  readonly command: string;
}

/** Services in order; a line of fewer fields is left out. */
export function parseServices(output: string): MasterService[] {
  return output.split('\n').flatMap((line) => {
    const [name, type, isPrivate, , chroot, , , command] = tokens(line, ' \t');
    if (name === undefined || type === undefined || chroot === undefined || command === undefined)
      return [];
    return [{ name, type, chroot, command, isTransport: type === 'unix' && isPrivate !== 'n' }];
  });
}

/** `-o name=value` of one service, as main.cf lines: they count over main.cf. */
export function overridesOf(output: string, service: Pick<MasterService, 'name' | 'type'>): string {
  const prefix = `${service.name}/${service.type}/`;
  return output
    .split('\n')
    .filter((line) => line.startsWith(prefix))
    .map((line) => `${line.slice(prefix.length)}\n`)
    .join('');
}

/** master.cf as both commands would print it, for where neither runs. */
export function printMasterCf(text: string): {
  readonly services: string;
  readonly overrides: string;
} {
  const lines = logicalLines(text).filter(({ orphan }) => !orphan);
  const services = lines.map(({ text: line }) => bracedTokens(line, BLANKS));
  const overrides = services.flatMap(([name, type, ...rest]) =>
    optionsIn(rest.slice(COLUMNS)).map((option) => `${name}/${type}/${option}`),
  );
  return {
    services: printed(services.map((words) => words.join(' '))),
    overrides: printed(overrides),
  };
}

const printed = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

/** `-o name=value`, `-oname=value` and `-o { name = value }`, as `name = value`. */
function optionsIn(words: readonly string[]): string[] {
  return optionValues(words).flatMap((option) => {
    const pair = splitNameValue(option ?? '');
    return 'error' in pair ? [] : `${pair.name} = ${pair.value}`;
  });
}

/**
 * Why master(8) ends over this file (get_master_ent() in src/master/master_ent.c), which stands at
 * `path`; undefined where it reads it to the end, or postconf(1) refuses it as well.
 */
export function masterCfFatal(text: string, path: string): string | undefined {
  for (const { line, text: service } of logicalLines(text).filter(({ orphan }) => !orphan)) {
    const words = bracedTokens(service, BLANKS).slice(COLUMNS + 2);
    const error = words.flatMap((word) =>
      word.startsWith('{') ? (unbrace(word).error ?? []) : [],
    )[0];
    if (error !== undefined) return `${path}: line ${line}: ${error}`;
  }
  return undefined;
}

/** Why the program of a service ends over its own `-o` (src/master/single_server.c). */
export function optionFatal(
  text: string,
  service: Pick<MasterService, 'name' | 'type'>,
): string | undefined {
  const lines = logicalLines(text).filter(({ orphan }) => !orphan);
  const words = lines
    .map((line) => bracedTokens(line.text, BLANKS))
    .find(([name, type]) => name === service.name && type === service.type);
  for (const option of optionValues(words?.slice(COLUMNS + 2) ?? [])) {
    if (option === undefined) return 'invalid option: o';
    const pair = splitNameValue(option);
    if ('error' in pair) return `invalid "-o ${option}" option value: ${pair.error}`;
  }
  return undefined;
}

/** What follows each `-o`, without its braces; undefined where nothing does. */
function optionValues(words: readonly string[]): (string | undefined)[] {
  return words.flatMap((word, i) => {
    if (!word.startsWith('-o')) return [];
    const option = word === '-o' ? words[i + 1] : word.slice('-o'.length);
    return [option?.startsWith('{') ? unbrace(option).text : option];
  });
}

const BLANKS = ' \t\r\n';

/** Between the type and the arguments of the command. */
const COLUMNS = 6;

/** The chroot column; `-` means yes before 3.0, and from 3.0 only below compatibility_level 1. */
export function isChrooted(
  service: Pick<MasterService, 'chroot'>,
  version: PostfixVersion,
  compatibilityLevel: string,
): boolean {
  if (service.chroot !== '-') return service.chroot === 'y';
  if (!atLeast(version, '3.0')) return true;
  return /^[\d.]+$/.test(compatibilityLevel) ? compareLevels(compatibilityLevel, '1') < 0 : false;
}
