/** Prometheus' text format read back: names, labels unescaped, values; what is not that format throws. */

export interface ReadSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export function readMetrics(text: string): ReadSample[] {
  if (!text.endsWith('\n')) throw new Error('no end of line at the end');
  return text
    .slice(0, -1)
    .split('\n')
    .flatMap((line) => (/^# (?:HELP|TYPE) postfix_tls_watch_[a-z0-9_]+ \S/.test(line) ? [] : [readSample(line)]));
}

function readSample(line: string): ReadSample {
  const [, name = '', inside = '', value = ''] = /^([a-z0-9_]+)\{(.*)\} (-?[\d.]+)$/.exec(line) ?? [];
  if (name === '') throw new Error(`no sample: ${line}`);
  const labels: Record<string, string> = {};
  let left = inside;
  while (left !== '') {
    const [all = '', label = '', escaped = ''] = /^([a-z_]+)="((?:[^"\\]|\\[\\"n])*)"(?:,(?=.)|$)/.exec(left) ?? [];
    if (all === '' || label in labels) throw new Error(`no labels: ${line}`);
    labels[label] = escaped.replaceAll(/\\(.)/g, (_, one) => (one === 'n' ? '\n' : one));
    left = left.slice(all.length);
  }
  return { name, labels, value: Number(value) };
}
