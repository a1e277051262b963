/** Entries whose lines in time are the same are drawn once: 75 behind one provider turn together. Pure. */
import type { ReportEntry } from '../model.ts';

/** In the order of the first of each group. */
export function alike(entries: readonly ReportEntry[]): readonly (readonly ReportEntry[])[] {
  return [...Map.groupBy(entries, lineOf).values()];
}

/** By entry, the id of the line that stands for it. */
export function lineIds(entries: readonly ReportEntry[]): ReadonlyMap<ReportEntry, string> {
  return new Map(
    alike(entries).flatMap((group, i) => group.map((entry) => [entry, `t${i}`] as const)),
  );
}

/** What is drawn of it: verdicts and marks by their minutes. */
function lineOf({ verdict, line: { spans, marks } }: ReportEntry): string {
  const minute = (at: number) => Math.round(at / 60_000);
  return [
    verdict,
    ...spans.map((span) => `${span.verdict} ${minute(span.from)} ${minute(span.until)}`),
    ...marks.map(({ kind, at }) => `${kind} ${minute(at)}`),
  ].join('|');
}
