/**
 * Samples in Prometheus' text format ("Exposition formats", version 0.0.4), without times, as the
 * textfile collector asks. Pure.
 */
import { FAMILIES, type FamilyName, PREFIX } from './families.ts';

/** The labels that the family has, and no others. */
export interface Sample<Name extends FamilyName = FamilyName> {
  readonly labels: Readonly<Record<(typeof FAMILIES)[Name]['labels'][number], string>>;
  readonly value: number;
}

export type Samples = { readonly [Name in FamilyName]?: readonly Sample<Name>[] };

/**
 * One family after the other, each with HELP and TYPE; a family without samples is left out, and so
 * is a second sample with the labels of another, which would make the whole file unreadable.
 *
 * @param common labels that all samples have
 */
export function expositionText(samples: Samples, common: Readonly<Record<string, string>>): string {
  return Object.entries(FAMILIES)
    .flatMap(([name, { help }]) => {
      const lines = seriesOf(name as FamilyName, samples[name as FamilyName] ?? [], common);
      if (lines.length === 0) return [];
      return [`# HELP ${PREFIX}${name} ${help}`, `# TYPE ${PREFIX}${name} gauge`, ...lines];
    })
    .map((line) => `${line}\n`)
    .join('');
}

function seriesOf(
  name: FamilyName,
  samples: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[],
  common: Readonly<Record<string, string>>,
): string[] {
  const series = new Map<string, string>();
  for (const { labels, value } of samples) {
    if (!Number.isFinite(value)) continue;
    const key = Object.entries({ ...labels, ...common })
      .map(([label, text]) => `${label}="${escaped(text)}"`)
      .join(',');
    if (!series.has(key)) series.set(key, `${PREFIX}${name}{${key}} ${value}`);
  }
  return [...series.values()];
}

const escaped = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
