/**
 * main.cf, or the output of `postconf -n`, to parameters.
 *
 * Follows dict_load_fp() in src/util/dict.c: the last of several settings wins, a line without `=`
 * is fatal. Values are expanded as Postfix expands them, with the defaults of the version behind
 * names that the text does not set.
 */
import { named } from '../named-record.ts';
import { defaultOf } from './defaults.ts';
import { expand } from './expand.ts';
import { logicalLines } from './logical-line.ts';
import { cutLine } from './printable.ts';
import { isReadParameter } from './read-parameters.ts';
import { splitNameValue } from './token.ts';
import type { PostfixVersion } from './version.ts';

export interface MainCfProblem {
  readonly line: number;
  readonly kind: 'fatal' | 'overridden' | 'leading-blank' | 'macro';
  /** The parameter, where there is one. */
  readonly name?: string;
  /**
   * Postfix's wording behind `warning: ` or `fatal: `; the file is called main.cf. `…` stands for
   * text that may be a password: a value that is not read here.
   */
  readonly says: string;
}

export interface MainCf {
  /** Every parameter the text sets, expanded. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Line of the setting that counts. */
  readonly lines: Readonly<Record<string, number>>;
  readonly problems: readonly MainCfProblem[];
  /** A value depends on the host's own name, which main.cf does not give. */
  readonly usesHostname?: true;
}

/**
 * Reads and expands. Never throws, whatever the bytes.
 *
 * @param hostname what gethostname() gives on the mail host, for parameters that Postfix computes;
 *   undefined where it is not known
 */
export function readMainCf(text: string, version: PostfixVersion, hostname?: string): MainCf {
  const raw = new Map<string, { value: string; line: number }>();
  const problems: MainCfProblem[] = [];
  for (const { line, text: logical, orphan } of logicalLines(text)) {
    if (orphan) {
      const shown = shownLine(logical.trimStart()) === '…' ? '…' : cutLine(logical);
      problems.push({
        line,
        kind: 'leading-blank',
        says: `main.cf: logical line must not start with whitespace: "${shown}"`,
      });
      continue;
    }
    const pair = splitNameValue(logical);
    if ('error' in pair) {
      problems.push({
        line,
        kind: 'fatal',
        says: `main.cf, line ${line}: ${pair.error}: "${shownLine(logical)}"`,
      });
      continue;
    }
    const { name, value } = pair;
    const earlier = raw.get(name);
    if (earlier !== undefined && earlier.value !== value) {
      const was = isReadParameter(name) ? earlier.value : '…';
      const says = `main.cf, line ${line}: overriding earlier entry: ${name}=${was}`;
      problems.push({ line, kind: 'overridden', name, says });
    }
    raw.set(name, { value, line });
  }

  const set: Lookup = (name) => raw.get(name)?.value;
  const computed: Readonly<Record<string, string>> = computedNames(set, hostname);
  let usesHostname: true | undefined;
  const lookup: Lookup = (name) => {
    const own = set(name);
    if (own !== undefined) return own;
    if (name === 'mail_version') return version;
    const known = named(computed, name);
    if (known !== undefined && !raw.has('myhostname')) usesHostname = true;
    return known ?? named(NAMED_IN_VALUES, name) ?? defaultOf(name, version);
  };
  const parameters: Record<string, string> = {};
  if (raw.has('myhostname') && computed.mydomain !== undefined)
    parameters.mydomain = computed.mydomain;
  const lines: Record<string, number> = {};
  // Those that nothing reads cannot use up what is there for those that are read.
  const budgets = { read: { left: MOST_IN_A_FILE }, other: { left: MOST_IN_A_FILE } };
  for (const [name, { value, line }] of raw) {
    const expanded = expand(value, lookup, budgets[isReadParameter(name) ? 'read' : 'other']);
    if ('error' in expanded) {
      const isShown = isReadParameter(name) || /^\$[{(]?[})]?$/.test(value);
      const says = isShown ? expanded.error : expanded.error.replace(/".*$/s, '"…"');
      problems.push({ line, kind: 'macro', name, says });
    }
    parameters[name] = 'error' in expanded ? '' : expanded.text;
    lines[name] = line;
  }
  return { parameters, lines, problems, ...(usesHostname === undefined ? {} : { usesHostname }) };
}

/**
 * Characters that expanding the values of one file reads in all, ours: a chain of 100,000 names is
 * read a hundred deep from each of them.
 */
const MOST_IN_A_FILE = 10_000_000;

/** A line that is no setting: as it is where it begins like one that is read. */
const shownLine = (line: string): string =>
  isReadParameter(/^[a-z]\w*/i.exec(line)?.[0]) ? line : '…';

type Lookup = (name: string) => string | undefined;

/**
 * What Postfix computes where main.cf says nothing: check_myhostname() and check_mydomainname() in
 * src/global/mail_params.c.
 */
function computedNames(
  set: Lookup,
  hostname: string | undefined,
): { readonly myhostname?: string; readonly mydomain?: string } {
  const own = set('myhostname');
  if (own === undefined && hostname === undefined) return {};
  const short = own === undefined && hostname !== undefined && !hostname.includes('.');
  const myhostname = short ? `${hostname}.${set('mydomain') ?? 'localdomain'}` : hostname;
  const expanded = expand(own ?? myhostname ?? '', (name) =>
    name === 'mydomain' ? (set('mydomain') ?? '') : set(name),
  );
  const text = 'error' in expanded ? '' : expanded.text;
  const dot = text.indexOf('.');
  const mydomain = dot < 0 ? 'localdomain' : text.slice(dot + 1);
  return {
    ...(own !== undefined || myhostname === undefined ? {} : { myhostname }),
    ...(set('mydomain') === undefined ? { mydomain } : {}),
  };
}

/** Parameters that change no verdict, but stand in values that do. */
const NAMED_IN_VALUES: Readonly<Record<string, string>> = {
  command_directory: '/usr/sbin',
  daemon_directory: '/usr/lib/postfix/sbin',
  default_cache_db_type: 'btree',
  default_database_type: 'hash',
  mail_name: 'Postfix',
  meta_directory: '/etc/postfix',
  myorigin: '$myhostname',
  process_name: 'smtp',
  shlib_directory: '/usr/lib/postfix',
};
