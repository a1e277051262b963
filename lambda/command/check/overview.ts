/**
 * What `check` prints: a table, worst first, then one sentence for each entry that needs attention.
 * Pure.
 */

import type { Bundle } from '../../policy/bundle.ts';
import type { CheckRun } from '../../run/check/check.ts';
import { moment } from '../../text/dates.ts';
import { columns, wrap } from '../../text/wrap.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import {
  countVerdicts,
  failsSoon,
  nothingWatched,
  summarySentence,
  worstFirst,
} from '../summary.ts';
import { type Paint, VERDICT_STYLE } from '../terminal/colour.ts';
import { cureLines } from './cure-lines.ts';
import { trustSentence } from './document.ts';

export function overview(run: CheckRun, bundle: Bundle, paint: Paint, width: number): string {
  const verdicts = worstFirst(run.verdicts);
  const lines = [...table(verdicts, run.at, paint)];
  for (const entry of verdicts.filter((entry) => needsAttention(entry, run.at)))
    lines.push('', ...paragraph(entry, paint, width));
  lines.push('', ...footer(run, bundle, width));
  return `${lines.join('\n')}\n`;
}

function table(verdicts: readonly EntryVerdict[], at: number, paint: Paint): string[] {
  const rows = verdicts.map((entry) => [
    entry.verdict,
    entry.line === null ? '' : `line ${entry.line}`,
    entry.destination,
    entry.level,
    seen(entry),
    note(entry, at),
  ]);
  return columns(rows).map((line, i) => {
    const verdict = verdicts[i]?.verdict ?? 'pass';
    const [word, rest] = [line.slice(0, verdict.length), line.slice(verdict.length)];
    return `${paint(VERDICT_STYLE[verdict], word)}${rest}`;
  });
}

/** `2 hosts`, or `2 hosts, 1 unseen`, which counts addresses: those are what Postfix walks. */
function seen(entry: EntryVerdict): string {
  const addresses = entry.hosts.flatMap((host) => host.addresses);
  if (addresses.length === 0) return '';
  const unseen = addresses.filter((address) => address.outcome === 'unseen').length;
  const hosts = `${entry.hosts.length} ${entry.hosts.length === 1 ? 'host' : 'hosts'}`;
  return unseen === 0
    ? hosts
    : `${hosts}, ${unseen === addresses.length ? 'none seen' : `${unseen} unseen`}`;
}

function note(entry: EntryVerdict, at: number): string {
  if (entry.verdict === 'pass') {
    if (failsSoon(entry, at) && entry.failsFrom !== null)
      return `fails from ${moment(Date.parse(entry.failsFrom))}`;
    return entry.protection === 'none' ? 'not encrypted' : entry.protection;
  }
  return entry.reason === null ? '' : entry.reason.replaceAll('-', ' ');
}

function needsAttention(entry: EntryVerdict, at: number): boolean {
  return (
    failsSoon(entry, at) ||
    entry.verdict === 'fail' ||
    entry.verdict === 'degraded' ||
    entry.verdict === 'undetermined'
  );
}

function paragraph(entry: EntryVerdict, paint: Paint, width: number): string[] {
  const head =
    entry.line === null ? entry.destination : `${entry.destination} (line ${entry.line})`;
  const lines = wrap(`${paint('bold', head)}: ${entry.sentence}`, width, '  ');
  lines.push(...cureLines(entry, paint, width));
  return lines;
}

function footer(run: CheckRun, bundle: Bundle, width: number): string[] {
  const lines = [summarySentence(countVerdicts(run.verdicts))];
  const nothing = nothingWatched(run.verdicts);
  if (nothing !== undefined) lines.push(...wrap(nothing, width, '  '));
  lines.push(
    ...wrap(
      `judged as Postfix ${bundle.settings.version} would, trust anchors: ${trustSentence(bundle)}`,
      width,
      '  ',
    ),
  );
  for (const assumption of bundle.assumed)
    lines.push(...wrap(`assumed: ${assumption}`, width, '  '));
  for (const problem of bundle.problems)
    lines.push(...wrap(`${problem.name}: ${problem.because}`, width, '  '));
  if (run.noDnssec !== undefined) lines.push(...wrap(`no DANE: ${run.noDnssec}`, width, '  '));
  if (!run.complete)
    lines.push('not everything could be looked at in the time given: see --deadline');
  for (const family of ['ipv4', 'ipv6'] as const) {
    if (run.vantage[family] === 'blind') lines.push(...wrap(blindSentence(family), width, '  '));
  }
  return lines;
}

/** What a blind family means, in one sentence. */
export function blindSentence(family: 'ipv4' | 'ipv6'): string {
  const name = family === 'ipv4' ? 'IPv4' : 'IPv6';
  return (
    `blind over ${name}: no host answered on its SMTP port with a certificate valid under your ` +
    `anchors, so time-outs over ${name} are not believed; check that port 25 is open from here`
  );
}
