/**
 * One line of a mail log, as far as Postfix wrote it: when, which program in which process, what.
 *
 * The name before the program is syslog_name: `postfix`, another instance's `postfix-out`, or a
 * service's own `postfix/relay`. Lines of other programs are none of ours whatever their text
 * says: what counts stands before the first colon, where no message can reach. Pure.
 */
import { type Calendar, readTimestamp } from './timestamp.ts';

export interface LogLine {
  /** Epoch ms; undefined where the line carries no time, as a pasted one may not. */
  readonly at: number | undefined;
  /** `postfix`, `postfix-out`, `postfix/relay`. */
  readonly instance: string;
  /** The program, as it calls itself: `smtp`, `qmgr`. */
  readonly program: string;
  readonly pid: number;
  readonly message: string;
}

/** Undefined for a line that Postfix did not write, and for one that is cut before its message. */
export function readLine(given: string, calendar: Calendar): LogLine | undefined {
  // Postfix writes none of them; in what others write they would end what a pattern takes.
  const line = BREAKS.test(given) ? given.replace(/\r$/, '').replaceAll(EACH_BREAK, '?') : given;
  const structured = line.charCodeAt(0) === LESS_THAN ? STRUCTURED.exec(line) : null;
  if (structured !== null) {
    const [, time = '', instance = '', program = '', pid, message = ''] = structured;
    return {
      at: readTimestamp(`${time} `, calendar),
      instance,
      program,
      pid: Number(pid),
      message,
    };
  }
  const colon = line.indexOf(': ');
  if (colon < 0 || colon > LONGEST_HEADER) return undefined;
  const header = HEADER.exec(line.slice(0, colon));
  if (header === null) return undefined;
  const [, instance = '', program = '', pid] = header;
  const message = line.slice(colon + 2).replace(SOLARIS, '');
  const time = line.slice(0, colon).replace(BEFORE_TIME, '');
  return { at: readTimestamp(time, calendar), instance, program, pid: Number(pid), message };
}

const BREAKS = /[\r\u2028\u2029]/;
const EACH_BREAK = /[\r\u2028\u2029]/g;
/** Time, host and program fit in far less. */
const LONGEST_HEADER = 300;
const HEADER = /(?:^|\s)([^\s/]\S*)\/([a-z][a-z-]*)\[(\d{1,10})\]$/;
/** A priority, the name of a container, the day of the week: what may stand before the time. */
const BEFORE_TIME = /^(?:<\d{1,3}>|\S+ +\| )? *(?:[A-Z][a-z]{2} (?=\d{4}-))?/;
/** `[ID 197553 mail.info]`, which Solaris puts before each message. */
const SOLARIS = /^\[ID \d+ \w+\.\w+\] /;
/** RFC 5424, as rsyslog forwards and some write it. */
const STRUCTURED =
  /^<\d{1,3}>1 (\S+) \S+ ([^\s/]\S*)\/([a-z][a-z-]*) (\d{1,10}) \S+ (?:-|\[[^\]]*\]) (.*)$/;
const LESS_THAN = 0x3c;
