/**
 * Lint of entries that parse: what they ask for can never be met, or is weaker than it looks.
 *
 * Each rule is a function of one entry. Postfix says nothing about most of them.
 */

import { listed } from '../../text/listed.ts';
import { given } from '../attribute.ts';
import type { Bundle } from '../bundle.ts';
import { type DemandContext, demandFor } from '../demand.ts';
import type { Destination } from '../destinations.ts';
import type { EntryPolicy } from '../entry.ts';
import type { SecurityLevel } from '../level.ts';
import { lookupKeys } from '../lookup.ts';
import { parseNextHop } from '../next-hop.ts';
import type { ParsedTable, TableEntry } from '../parse.ts';
import type { Settings } from '../settings.ts';
import { namedNextHops, routingOf } from '../transport.ts';
import { lintDigests } from './digest.ts';
import { lintMatch } from './match.ts';
import {
  defersFor,
  type Finding,
  type Judged,
  type LintProblem,
  STRENGTH,
  wordFinding,
} from './problem.ts';

interface Context {
  readonly bundle: Bundle;
  readonly tables: readonly ParsedTable[];
  readonly destinations: readonly Destination[];
}

export function lintEntry(table: ParsedTable, context: Context): LintProblem[] {
  const { bundle, tables, destinations } = context;
  const demands: DemandContext = {
    tables,
    settings: bundle.settings,
    anchorFiles: bundle.anchorFiles,
  };
  const unchecked = neverLookedUpIn(destinations).get(table.name) ?? new Map<number, string>();
  let byHost: ReadonlyMap<string, string> | undefined;
  const named = () => {
    byHost ??= nextHopsByHost(bundle);
    return byHost;
  };
  const byKey = entriesByKey(tables);
  return table.entries.flatMap((entry) => {
    if (entry.shadowedBy !== undefined) return [];
    const placed = (findings: readonly Finding[]): LintProblem[] =>
      findings.map((finding) => ({
        place: { file: entry.table, line: entry.line },
        key: entry.key,
        ...finding,
        postfixSays: finding.postfixSays ?? null,
      }));
    const never = unchecked.get(entry.line);
    const dead =
      never === undefined || entry.key.endsWith(':')
        ? []
        : [neverLookedUp(entry.key, never, bundle.settings, named)];
    if (never !== undefined || entry.policy.kind === 'broken') return placed(dead);
    const judged = judgedAs(entry, entry.policy, bundle, demands);
    return placed([
      ...RULES.flatMap((rule) => rule(judged)),
      ...besideParents(entry, entry.policy.level, byKey, bundle),
    ]);
  });
}

/** Sentences by table and line; made once for all tables. */
const neverLookedUpIn = once((destinations: readonly Destination[]) => {
  const made = new Map<string, Map<number, string>>();
  for (const { entry, unchecked } of destinations) {
    if (entry === undefined || unchecked?.reason !== 'never-looked-up') continue;
    const lines = made.get(entry.table) ?? new Map<number, string>();
    made.set(entry.table, lines.set(entry.line, unchecked.sentence));
  }
  return made;
});

/** Of several under one key, the first. */
const entriesByKey = once(
  (tables: readonly ParsedTable[]) =>
    new Map(
      tables
        .flatMap(({ entries }) => entries.map((entry) => [entry.key, entry] as const))
        .reverse(),
    ),
);

/** A value made of another that never changes, and kept with it. */
function once<K extends object, V>(make: (of: K) => V): (of: K) => V {
  const kept = new WeakMap<K, V>();
  return (of) => {
    const known = kept.get(of);
    if (known !== undefined) return known;
    const made = make(of);
    kept.set(of, made);
    return made;
  };
}

const RULES: readonly ((judged: Judged) => readonly Finding[])[] = [
  brokenByFiles,
  impossibleHandshake,
  wrapperMode,
  lintMatch,
  lintDigests,
  mtaSts,
];

function judgedAs(
  entry: TableEntry,
  policy: Extract<EntryPolicy, { kind: 'policy' }>,
  bundle: Bundle,
  demands: DemandContext,
): Judged {
  const { level, attributes } = policy;
  // A parent entry is judged by a domain below it.
  const nextHop = parseNextHop(
    entry.key.startsWith('.') ? `any${entry.key}` : entry.key,
    'recipient',
    bundle.settings,
  );
  return { entry, level, attributes, demand: demandFor(nextHop, demands), bundle };
}

/** Well-formed as text, but broken by a file or a setting, as Postfix finds at each connection. */
function brokenByFiles({ entry, demand, attributes }: Judged): Finding[] {
  if (demand.kind !== 'broken' || demand.entry?.line !== entry.line || demand.fatal === true)
    return [];
  const base = {
    severity: 'defers',
    postfixSays: demand.warning,
    effect: defersFor(entry.key),
  } as const;
  if (attributes.tafile !== undefined) {
    const cure = 'make the file readable for mail_owner, with a certificate or public key in PEM';
    return [{ ...base, code: 'unreadable-file', cure }];
  }
  if (demand.warning.includes('no fingerprints to match')) {
    return [
      {
        ...base,
        code: 'digest',
        cure: 'write match= with the digest of the certificate or of its public key',
      },
    ];
  }
  if (demand.warning.includes('dane-only')) {
    return [
      {
        ...base,
        code: 'dane-off',
        cure: 'set smtp_dns_support_level = dnssec, and use a local validating resolver',
      },
    ];
  }
  return [];
}

/** Words that Postfix looks at only when the handshake begins. */
function impossibleHandshake({ entry, level, attributes, bundle }: Judged): Finding[] {
  const { version } = bundle.settings;
  return given(attributes).flatMap(({ row, value }) =>
    (row.handshakeProblems?.(value, version) ?? []).map((problem) =>
      wordFinding(`${row.name}=`, problem, level, entry.key),
    ),
  );
}

function wrapperMode({ entry, level, bundle, demand }: Judged): Finding[] {
  const hop = parseNextHop(entry.key, 'transport', bundle.settings);
  const smtps = !('kind' in hop) && hop.port === 465;
  if (smtps && demand.kind === 'demand' && !demand.wrapperMode) {
    return [
      {
        code: 'wrapper-mode',
        severity: 'defers',
        postfixSays:
          'SMTPS wrappermode (TCP port 465) requires setting "smtp_tls_wrappermode = yes", and ' +
          '"smtp_tls_security_level = encrypt" (or stronger)',
        effect:
          'the server waits for TLS and smtp(8) for a greeting: all mail to this next hop would ' +
          'be deferred (4.4.2 timed out while receiving the initial server greeting)',
        cure: 'set smtp_tls_wrappermode = yes for the service that delivers there, or use port 587',
      },
    ];
  }
  if (!bundle.settings.wrapperMode || level !== 'may') return [];
  return [
    {
      code: 'wrapper-mode',
      severity: 'defers',
      postfixSays:
        'smtp_tls_wrappermode requires "smtp_tls_security_level = encrypt" (or stronger)',
      effect:
        'all mail to this next hop would be deferred (4.3.0 server unavailable or unable to ' +
        'receive mail)',
      cure: 'write encrypt or a stronger level, or set smtp_tls_wrappermode = no for this service',
    },
  ];
}

function mtaSts({ attributes, demand }: Judged): Finding[] {
  const findings: Finding[] = [];
  const patterns = demand.kind === 'demand' ? demand.mxHostPatterns : undefined;
  if (patterns !== undefined && attributes.match !== undefined) {
    findings.push({
      code: 'replaced-match',
      severity: 'note',
      effect:
        `match= gives way to hostname, and MX hosts outside ${patterns.join(', ')} are passed ` +
        'over (smtp_tls_enforce_sts_mx_patterns)',
      cure:
        'nothing, where an MTA-STS plugin writes the entry; by hand, delete policy_type= and ' +
        'mx_host_pattern=',
    });
  }
  if (
    attributes.policyFailure !== undefined &&
    demand.kind === 'demand' &&
    demand.connectionReuse
  ) {
    findings.push({
      code: 'ignored-failure',
      severity: 'warning',
      effect:
        'policy_failure= has no effect together with connection_reuse=yes: the certificate is ' +
        'verified as if it were not there',
      cure: 'write connection_reuse=no beside it',
    });
  }
  return findings;
}

/** How an entry stands to the entries for the domains above it. */
function besideParents(
  entry: TableEntry,
  level: SecurityLevel,
  byKey: ReadonlyMap<string, TableEntry>,
  { settings }: Bundle,
): Finding[] {
  if (entry.key.startsWith('.')) {
    const domain = entry.key.slice(1);
    if (byKey.has(domain) || !domain.includes('.')) return [];
    const effect = `the entry is for domains below ${domain} and not for ${domain} itself`;
    return [
      {
        code: 'parent-alone',
        severity: 'note',
        effect,
        cure: `add a line for ${domain}, if mail goes there too`,
      },
    ];
  }
  const above = lookupKeys(entry.key, settings.version)
    .slice(1)
    .map((key) => byKey.get(key));
  const parent = above.find((one) => one !== undefined);
  if (parent?.policy.kind !== 'policy' || STRENGTH[level] >= STRENGTH[parent.policy.level])
    return [];
  const effect =
    `${level} here takes ${entry.key} out of ${parent.key} ${parent.policy.level} on line ` +
    `${parent.line}`;
  return [
    {
      code: 'weaker-than-parent',
      severity: 'note',
      effect,
      cure: 'delete this line, if that is not meant',
    },
  ];
}

/**
 * What transports and relayhost name, by the host in it: a dead key is often one of them written
 * otherwise.
 */
function nextHopsByHost(bundle: Bundle): ReadonlyMap<string, string> {
  const byHost = new Map<string, string>();
  for (const { text } of namedNextHops(routingOf(bundle))) {
    const parsed = parseNextHop(text, 'transport', bundle.settings);
    if (!('kind' in parsed)) byHost.set(parsed.host.toLowerCase(), text);
  }
  return byHost;
}

/** Of a key with quotes, or of several in one: a table has one on each line. */
function keysInstead(key: string): string {
  const keys = key
    .replace(/["']/g, '')
    .split(/[,;]/)
    .filter((one) => one !== '');
  return keys.length < 2
    ? `write ${keys.join('')} as the key`
    : `write ${keys.length === 2 ? 'two' : keys.length} lines, with the keys ${listed(keys, 5)}`;
}

function neverLookedUp(
  key: string,
  sentence: string,
  settings: Settings,
  named: () => ReadonlyMap<string, string>,
): Finding {
  const base = { code: 'never-looked-up', severity: 'warning', effect: sentence } as const;
  if (key === '*') {
    return {
      ...base,
      cure: 'set smtp_tls_security_level in main.cf: it counts for every next hop without an entry',
    };
  }
  if (key.includes('@'))
    return { ...base, cure: `write ${key.slice(key.lastIndexOf('@') + 1)} as the key` };
  if (/^[^[\]:]+\.$/.test(key))
    return { ...base, cure: 'write the key without the dot at its end' };
  if (/[,;"']/.test(key)) return { ...base, cure: keysInstead(key) };
  const parsed = parseNextHop(key, 'transport', settings);
  const like = named().get('kind' in parsed ? key : parsed.host);
  if (like !== undefined)
    return { ...base, cure: `write ${like} as the key: the next hop has that very text` };
  if (sentence.includes(' goes to '))
    return { ...base, cure: 'key the entry by the next hop as routed, or delete it' };
  return { ...base, cure: 'delete the line, or write the key as the next hop is written' };
}
