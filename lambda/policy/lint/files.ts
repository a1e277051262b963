/** Lint of the files that settings and entries name: trust anchors and tables. */
import { acceptedIn } from '../../certificate/anchors.ts';
import { type TableName, tableName, tableType } from '../../postfix/lookup-table.ts';
import type { Bundle, FileProblem, TableProblem } from '../bundle.ts';
import { unanswering } from '../destinations.ts';
import type { ParsedTable } from '../parse.ts';
import type { Settings } from '../settings.ts';
import { type Finding, type LintProblem, STRENGTH } from './problem.ts';

/** How many entries feel a setting. */
export interface Counts {
  /** Entries at verify and secure that CAfile and CApath decide. */
  readonly byStore: number;
  readonly secureByDefault: number;
  readonly fingerprint: number;
  readonly aboveMay: number;
}

export function countEntries(tables: readonly ParsedTable[]): Counts {
  const counts = { byStore: 0, secureByDefault: 0, fingerprint: 0, aboveMay: 0 };
  for (const { policy, shadowedBy } of tables.flatMap(({ entries, everyKey }) => [
    ...entries,
    ...(everyKey === undefined ? [] : [{ ...everyKey, shadowedBy: undefined }]),
  ])) {
    if (policy.kind === 'broken' || shadowedBy !== undefined) continue;
    const { level, attributes } = policy;
    if ((level === 'secure' || level === 'verify') && attributes.tafile === undefined)
      counts.byStore++;
    if (level === 'secure' && attributes.match === undefined) counts.secureByDefault++;
    if (level === 'fingerprint') counts.fingerprint++;
    if (STRENGTH[level] > STRENGTH.may) counts.aboveMay++;
  }
  return counts;
}

/** CAfile and CApath: nothing in them, or TLS switched off for what is in them. */
export function anchors(
  { trust, settings }: Bundle,
  counts: Counts,
): (readonly [string, Finding])[] {
  if (trust.kind === 'engine-off') {
    const path = settings.caPath === undefined ? '' : `, CApath="${settings.caPath}"`;
    const named = `CAfile="${settings.caFile ?? ''}"${path}`;
    return [
      [
        trust.parameter ?? 'smtp_tls_CAfile',
        {
          code: 'tls-engine-off',
          severity: 'defers',
          postfixSays:
            trust.says ??
            `cannot load Certification Authority data, ${named}: disabling TLS support`,
          effect:
            `${trust.because}: Postfix switches TLS off: ` +
            `${entries(counts.aboveMay, 'encrypt and above')} would defer all mail (4.7.5 TLS ` +
            'is required, but our TLS engine is unavailable), and at may mail leaves in ' +
            'plaintext',
          cure: cureOfEngine(trust.parameter),
        },
      ],
    ];
  }
  const globally = settings.securityLevel === 'verify' || settings.securityLevel === 'secure';
  if (acceptedIn(trust).length > 0 || settings.trustAnchorFiles.length > 0) return [];
  if (counts.byStore === 0 && !globally) return [];
  const who =
    counts.byStore === 0
      ? `the global level ${settings.securityLevel}`
      : entries(counts.byStore, 'verify and secure');
  return [
    [
      settings.caFile === undefined && settings.caPath !== undefined
        ? 'smtp_tls_CApath'
        : 'smtp_tls_CAfile',
      {
        code: 'no-anchors',
        severity: 'defers',
        effect:
          `there are no trust anchors (${trust.source}): ${who} would defer all mail (4.7.5 ` +
          'Server certificate not verified)',
        cure: "set smtp_tls_CAfile or smtp_tls_CApath to the system's certificates",
      },
    ],
  ];
}

/** How to have the engine back; `parameter` absent: smtp_tls_CAfile. */
function cureOfEngine(parameter: string | undefined): string {
  switch (parameter) {
    case undefined:
      return 'name a file with certificates in PEM, such as /etc/ssl/certs/ca-certificates.crt';
    case 'tls_config_file':
      return 'correct the file or its path, or set tls_config_file = none';
    default:
      return (
        'name a certificate with its own private key, both in PEM and the key without a ' +
        'passphrase'
      );
  }
}

export function ofFile(problem: FileProblem, { settings }: Bundle): (readonly [string, Finding])[] {
  const { path, because, parameter } = problem;
  switch (problem.kind) {
    case 'no-hash-link': {
      const effect = `${path}: ${because}, which OpenSSL does not see`;
      return [
        [
          parameter,
          { code: 'no-hash-link', severity: 'warning', effect, cure: `run c_rehash ${path}` },
        ],
      ];
    }
    case 'missing': {
      const where = settings.chroot ? ` (smtp is chrooted to ${settings.queueDirectory})` : '';
      const effect = `${path}: ${because}${where}, so it gives no trust anchors`;
      const cure = 'correct the path, or copy the directory there';
      return [[parameter, { code: 'unreadable-file', severity: 'warning', effect, cure }]];
    }
    case 'unreadable':
      return settings.trustAnchorFiles.includes(path)
        ? [['smtp_tls_trust_anchor_file', ofAnchorFile(problem)]]
        : [];
    case 'not-ours-to-read': {
      const unchecked = 'whether smtp(8) can load it is not checked';
      const effect = `Postfix reads it as root, but ${because}: ${unchecked}`;
      const cure = 'run lint as root to have it checked';
      return [[parameter, { code: 'unreadable-file', severity: 'note', effect, cure }]];
    }
  }
}

/** smtp_tls_trust_anchor_file; a tafile= is told with its entry. */
function ofAnchorFile({ path, because }: FileProblem): Finding {
  return {
    code: 'unreadable-file',
    severity: 'defers',
    postfixSays: `error opening trust anchor file: ${path}: ${because}`,
    effect:
      'all mail at verify and secure would be deferred (4.7.5 client TLS configuration problem), ' +
      'unless the entry has tafile=',
    cure: 'make the file readable for mail_owner, with a certificate or public key in PEM',
  };
}

export function ofTable(problem: TableProblem, bundle: Bundle): LintProblem {
  const stops = isRouting(problem, bundle.settings)
    ? 'no next hop can be found: all mail would be deferred (4.3.0 address resolver failure)'
    : 'all mail whose next hop is looked up there would be deferred (4.7.5 client TLS ' +
      'configuration problem)';
  const base = { place: { file: problem.name, line: null }, key: null, postfixSays: null };
  switch (problem.kind) {
    case 'missing':
      return {
        ...base,
        code: 'table-missing',
        severity: 'defers',
        postfixSays: `${problem.name} is unavailable. ${problem.because}`,
        effect: stops,
        cure: cureOfMissing(problem),
      };
    case 'unreadable':
      return {
        ...base,
        code: 'unreadable-file',
        severity: 'note',
        effect:
          `Postfix reads ${problem.name} as root and mail flows, but ${problem.because}: what ` +
          'stands in it is not checked',
        cure: 'let this user read the file (for instance with setfacl), or run as a user who may',
      };
    case 'not-listable': {
      const silent = unanswering(problem, bundle);
      if (silent?.reason === 'table-unavailable') {
        return {
          ...base,
          code: 'table-missing',
          severity: 'defers',
          effect: `it answers nobody (${silent.because}): ${stops}`,
          cure: 'start the daemon or database behind it, or correct its address',
        };
      }
      return {
        ...base,
        code: 'table-not-listable',
        severity: 'note',
        effect: `its keys cannot be listed (${problem.because}), so its entries are not checked`,
        cure: cureOfUnlisted(problem, bundle.settings),
      };
    }
    case 'stale':
      return {
        ...base,
        code: 'table-stale',
        severity: 'warning',
        effect: `Postfix still uses the older table: ${problem.because}`,
        cure: `run postmap ${problem.name}`,
      };
  }
}

/** Whether mail is routed by the table; one may be named both there and as a policy. */
const isRouting = (problem: TableProblem, settings: Settings): boolean =>
  !isAmong(settings.policyMaps, problem) || isAmong(settings.transportMaps, problem);

const isAmong = (maps: readonly TableName[], { name }: TableProblem): boolean =>
  maps.some((map) => tableName(map) === name);

/** How to have entries of a table checked whose keys cannot be listed. */
function cureOfUnlisted(problem: TableProblem, settings: Settings): string {
  const { senderRelayhostMaps, senderTransportMaps } = settings;
  if (isAmong([...senderRelayhostMaps, ...senderTransportMaps], problem))
    return 'name its next hops with --destination';
  return isRouting(problem, settings)
    ? 'name a text of it with --transport'
    : 'name destinations with --destination: they are asked through postmap -q';
}

/** What to do about a table that Postfix cannot open. */
export function cureOfMissing({ name, because }: TableProblem): string {
  const { type } = tableType(name);
  if (because.startsWith('unsupported dictionary type'))
    return `correct the type: this Postfix has no ${type}: tables (postconf -m lists those it has)`;
  if (because.startsWith('proxymap service'))
    return `add ${name} to proxy_read_maps, or name the table without proxy:`;
  if (type === 'regexp' || type === 'pcre' || type === 'cidr' || type === 'texthash')
    return 'correct the path';
  return `run postmap ${name}, or correct the path`;
}

/** `one entry at secure`, `3 entries at secure`. */
export function entries(count: number, level: string): string {
  return count === 1 ? `one entry at ${level}` : `${count} entries at ${level}`;
}
