/** The sources of authenticated names as text. Pure. */
import { labelled, wrap } from '../../text/wrap.ts';
import type { Paint } from '../terminal/colour.ts';
import type { NameSourcesDocument } from './source-schema.ts';

export function sourceLines(
  sources: NameSourcesDocument | null,
  paint: Paint,
  width: number,
): string[] {
  if (sources === null) return [];
  const { domain, dane, mtaSts, provider, dns, proposal } = sources;
  const lines = [
    '',
    ...wrap(`Who may be believed about the hosts of ${domain}, strongest first:`, width),
  ];
  for (const [label, { sentence }] of [
    ['  DANE', dane],
    ['  MTA-STS', mtaSts],
    ...(provider === null ? [] : [['  Provider', provider] as const]),
    ['  DNS', dns],
  ] as const)
    lines.push(...labelled(label, sentence, COLUMN, width));
  if (proposal === null) return lines;
  const line = proposal.line === null ? [] : [`  ${paint('bold', proposal.line)}`];
  return [
    ...lines,
    '',
    'The line by their policy:',
    ...line,
    ...wrap(`  ${proposal.sentence}`, width, '  '),
  ];
}

const COLUMN = 14;
