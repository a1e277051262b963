/**
 * The text of an MTA-STS policy (RFC 8461 §3.2), and whether it names a host (§4.1). Pure; whatever
 * the text, it is read or refused with the reason.
 */
import { BOUNDS } from '../../limits.ts';
import { familyOf, isHostnameOrWildcard } from '../../postfix/hostname.ts';
import { plain } from '../../text/strangers.ts';

export type StsMode = 'enforce' | 'testing' | 'none';

export interface StsPolicy {
  readonly mode: StsMode;
  /** Seconds that a sender may go by it after it was fetched. */
  readonly maxAge: number;
  /** Lower case, each once, in order: a host, or `*.parent` for the hosts one label below. */
  readonly mx: readonly string[];
  /** Address literals among them, which no name in a certificate matches. */
  readonly addresses: readonly string[];
}

export type ReadPolicy =
  | { readonly kind: 'policy'; readonly policy: StsPolicy }
  /** A clause for people, already neutral. */
  | { readonly kind: 'invalid'; readonly because: string };

export function parseStsPolicy(text: string): ReadPolicy {
  const fields = readLines(text);
  if ('because' in fields) return fields;
  const first = (name: string) => fields.all.find((field) => field.name === name)?.value;
  const version = first('version');
  if (version !== 'STSv1') return invalid(missing('version', version, 'STSv1'));
  const mode = MODES.find((one) => one === first('mode'));
  if (mode === undefined)
    return invalid(missing('mode', first('mode'), 'enforce, testing or none'));
  const age = first('max_age');
  if (age === undefined || !/^[0-9]{1,10}$/.test(age) || Number(age) > LONGEST_AGE)
    return invalid(missing('max_age', age, `seconds, at most ${LONGEST_AGE}`));
  const hosts = readHosts(fields.all.flatMap(({ name, value }) => (name === 'mx' ? [value] : [])));
  if ('because' in hosts) return hosts;
  if (mode !== 'none' && hosts.mx.length === 0 && hosts.addresses.length === 0)
    return invalid(`it names no mx, which mode ${mode} needs`);
  return { kind: 'policy', policy: { mode, maxAge: Number(age), ...hosts } };
}

/** Whether a policy names a host: a star stands for one label, not for several (§4.1). */
export function namesHost({ mx }: Pick<StsPolicy, 'mx'>, host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '');
  return mx.some((pattern) =>
    pattern.startsWith('*.')
      ? name.slice(name.indexOf('.') + 1) === pattern.slice(2) && /^[^.]+\./.test(name)
      : name === pattern,
  );
}

interface Field {
  readonly name: string;
  readonly value: string;
}

function readLines(text: string): { readonly all: readonly Field[] } | Invalid {
  const lines = text.split(/\r?\n/);
  const all: Field[] = [];
  for (const [i, line] of lines.entries()) {
    if (/^[ \t]*$/.test(line)) continue;
    const [, name, value] = FIELD.exec(line) ?? [];
    if (name === undefined || value === undefined)
      return invalid(`line ${i + 1} of the policy, "${plain(line, 80)}", is not name: value`);
    all.push({ name, value });
  }
  return all.length === 0 ? invalid('the policy is empty') : { all };
}

function readHosts(values: readonly string[]): Pick<StsPolicy, 'mx' | 'addresses'> | Invalid {
  const mx = new Set<string>();
  const addresses = new Set<string>();
  for (const value of values) {
    const pattern = value.toLowerCase();
    if (familyOf(pattern.replace(/^\[(.*)\]$/, '$1')) !== undefined) addresses.add(pattern);
    else if (isHostnameOrWildcard(pattern)) mx.add(pattern);
    else return invalid(`mx: "${plain(value, 80)}" is neither a host name nor *.domain`);
  }
  if (mx.size + addresses.size > BOUNDS.stsHosts)
    return invalid(
      `it names ${mx.size + addresses.size} hosts, of which no more than ` +
        `${BOUNDS.stsHosts} are read here`,
    );
  return { mx: [...mx], addresses: [...addresses] };
}

type Invalid = Extract<ReadPolicy, { readonly kind: 'invalid' }>;

const invalid = (because: string): Invalid => ({ kind: 'invalid', because });

const missing = (name: string, value: string | undefined, wanted: string) =>
  value === undefined
    ? `it has no ${name}`
    : `${name}: "${plain(value, 80)}" in the policy is not ${wanted}`;

const MODES: readonly StsMode[] = ['enforce', 'testing', 'none'];

/** A year (§3.2). */
const LONGEST_AGE = 31_557_600;

const FIELD = /^([A-Za-z0-9][A-Za-z0-9_.-]{0,31})[ \t]*:[ \t]*(.*?)[ \t]*$/;
