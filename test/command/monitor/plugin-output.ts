/** Output of a plugin read back, as strictly as the Monitoring Plugins Development Guidelines have it; anything else throws. */

export interface PluginOutput {
  readonly state: 'OK' | 'WARNING' | 'CRITICAL' | 'UNKNOWN';
  readonly summary: string;
  readonly performance: Readonly<Record<string, Performance>>;
  readonly details: readonly string[];
}

interface Performance {
  readonly value: number;
  readonly unit: string;
  readonly warn?: string;
  readonly critical?: string;
  readonly min?: number;
  readonly max?: number;
}

export function parsePlugin(output: string): PluginOutput {
  if (!output.endsWith('\n')) throw new Error('no end of line at the end');
  const [first = '', ...details] = output.slice(0, -1).split('\n');
  if (/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029]/u.test(output)) throw new Error('a control character');
  const [text = '', data, ...more] = first.split('|');
  if (more.length > 0) throw new Error(`a second bar in ${first}`);
  const bar = details.find((line) => line.includes('|'));
  if (bar !== undefined) throw new Error(`a bar in ${bar}`);
  const read = /^POSTFIX-TLS (OK|WARNING|CRITICAL|UNKNOWN) - (\S.*)$/.exec(text.trimEnd());
  if (read === null) throw new Error(`no state in ${first}`);
  const [, state, summary = ''] = read;
  if (data !== undefined && !/^ \S/.test(data)) throw new Error(`no performance data in ${first}`);
  return { state: state as PluginOutput['state'], summary, performance: parsePerformance(data?.slice(1) ?? ''), details };
}

function parsePerformance(data: string): PluginOutput['performance'] {
  const found: Record<string, Performance> = {};
  let left = data;
  while (left !== '') {
    const [all = '', quoted, bare, rest = ''] = /^(?:'((?:[^'=]|'')+)'|([^'=\s]+))=(\S+)(?: (?=\S)|$)/.exec(left) ?? [];
    if (all === '') throw new Error(`not performance data: ${left}`);
    const label = quoted?.replaceAll("''", "'") ?? bare ?? '';
    if (label.length > 19) throw new Error(`${label}: beyond the 19 characters that a database keeps`);
    if (label in found) throw new Error(`${label}: twice`);
    found[label] = parseValue(rest);
    left = left.slice(all.length);
  }
  return found;
}

function parseValue(text: string): Performance {
  const [first = '', warn = '', critical = '', min = '', max = '', ...more] = text.split(';');
  const [, value = '', unit = ''] = /^(-?\d+(?:\.\d+)?)(s|us|ms|%|B|KB|MB|TB|c)?$/.exec(first) ?? [];
  if (value === '' || more.length > 0) throw new Error(`no value: ${text}`);
  for (const range of [warn, critical]) if (!RANGE.test(range)) throw new Error(`no range: ${range}`);
  for (const bound of [min, max]) if (!/^(?:-?\d+(?:\.\d+)?)?$/.test(bound)) throw new Error(`no number: ${bound}`);
  return {
    value: Number(value),
    unit,
    ...(warn === '' ? {} : { warn }),
    ...(critical === '' ? {} : { critical }),
    ...(min === '' ? {} : { min: Number(min) }),
    ...(max === '' ? {} : { max: Number(max) }),
  };
}

const RANGE = /^(?:@?(?:(?:~|-?\d+(?:\.\d+)?):)?(?:-?\d+(?:\.\d+)?)?)$/;
