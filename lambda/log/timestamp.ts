/**
 * When a log line was written: the classic form without a year or zone, and ISO 8601 as rsyslog,
 * journalctl and postlogd write it. Pure.
 */

/** What a time without year or zone is read against. */
export interface Calendar {
  /** Epoch ms: nothing in this log is newer than about that. */
  readonly notAfter: number;
  /** Wall clock of the mail host to epoch ms; `month` from 0. */
  readonly local: (
    year: number,
    month: number,
    day: number,
    hour: number,
    minute: number,
    second: number,
  ) => number;
}

/** The zone of this process, which is that of the log on the mail host itself. */
export const thisZone: Calendar['local'] = (year, month, day, hour, minute, second) =>
  new Date(year, month, day, hour, minute, second).getTime();

/** Epoch ms; undefined where a line does not begin with a time that exists. */
export function readTimestamp(line: string, calendar: Calendar): number | undefined {
  const iso = ISO.exec(line);
  if (iso !== null) {
    const [, day = '', time = '', fraction = '', zone] = iso;
    if (zone === undefined) {
      const [year, month, date, hour, minute, second] = numbersIn(`${day} ${time}`);
      return exists(calendar.local(year, month - 1, date, hour, minute, second));
    }
    const withColon = zone.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2').replace(' UTC', 'Z');
    return exists(Date.parse(`${day}T${time}${fraction}${withColon}`));
  }
  const classic = CLASSIC.exec(line);
  if (classic === null) return undefined;
  // A busy log has many lines of one second.
  const known = lastRead.get(calendar);
  if (known?.text === classic[0]) return known.at;
  const at = classicTime(classic, calendar);
  lastRead.set(calendar, { text: classic[0], at });
  return at;
}

const lastRead = new WeakMap<
  Calendar,
  { readonly text: string; readonly at: number | undefined }
>();

function classicTime(
  [, name = '', date = '', year, time = '']: RegExpExecArray,
  calendar: Calendar,
): number | undefined {
  const month = MONTHS.indexOf(name);
  if (month < 0) return undefined;
  const [hour, minute, second] = numbersIn(time);
  const inYear = (one: number) => calendar.local(one, month, Number(date), hour, minute, second);
  if (year !== undefined) return exists(inYear(Number(year)));
  // The latest year that does not lie ahead; a clock may be a little fast.
  const newest = new Date(calendar.notAfter).getUTCFullYear() + 1;
  for (let candidate = newest; candidate > newest - 3; candidate--)
    if (inYear(candidate) <= calendar.notAfter + A_DAY_MS) return exists(inYear(candidate));
  return undefined;
}

type Numbers = [number, number, number, number, number, number];
const numbersIn = (text: string) => text.split(/[-: ]/).map(Number) as Numbers;

const exists = (at: number): number | undefined => (Number.isNaN(at) ? undefined : at);

const ISO =
  /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:([.,]\d{1,3})\d*)?(Z|[+-]\d\d:?\d\d| UTC)?(?=\s)/;
const CLASSIC = /^([A-Z][a-z]{2}) {1,2}(\d{1,2}) (?:(\d{4}) )?(\d\d:\d\d:\d\d)(?=[\s.])/;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const A_DAY_MS = 86_400_000;
