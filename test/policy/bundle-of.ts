/** A bundle from a policy text and main.cf lines, for tests. */
import type { TrustAnchorFile, TrustStore } from '../../lambda/certificate/anchors.ts';
import type { Bundle, FileProblem, TableProblem } from '../../lambda/policy/bundle.ts';
import { readSettings, type Settings } from '../../lambda/policy/settings.ts';
import { readMainCf } from '../../lambda/postfix/main-cf.ts';

export interface BundleParts {
  readonly version?: string;
  readonly mainCf?: string;
  readonly settings?: Partial<Settings>;
  readonly type?: string;
  readonly transport?: string;
  readonly tableProblems?: readonly TableProblem[];
  readonly fileProblems?: readonly FileProblem[];
  readonly trust?: TrustStore;
  readonly anchorFiles?: Readonly<Record<string, TrustAnchorFile>>;
  readonly destinations?: readonly string[];
}

/** The table is `hash:/tls_policy`, the transport table `hash:/transport`; trust holds one certificate of no content. */
export function bundleOf(policy: string, parts: BundleParts = {}): Bundle {
  const version = parts.version ?? '3.11';
  const name = `${parts.type ?? 'hash'}:/tls_policy`;
  const mainCf = readMainCf(
    [
      `smtp_tls_policy_maps = ${name}`,
      ...(parts.transport === undefined ? [] : ['transport_maps = hash:/transport']),
      ...(parts.mainCf ?? '').split('\n'),
      '',
    ].join('\n'),
    version,
  );
  const { settings, problems } = readSettings(mainCf.parameters, version);
  const said = problems.map(({ name: parameter, kind, says }) => ({
    line: mainCf.lines[parameter] ?? null,
    kind,
    name: parameter,
    says,
  }));
  const lines = mainCf.problems
    .filter((problem) => problem.name !== 'smtp_tls_policy_maps')
    .map(({ line, kind, name: parameter, says }) => ({ line, kind, name: parameter ?? null, says }));
  const fatal = lines.find(({ kind }) => kind === 'fatal' || kind === 'macro');
  return {
    settings: { ...settings, ...(fatal === undefined ? {} : { fatal: fatal.says }), ...parts.settings },
    policyTables: [{ name, text: policy }],
    transportTables: parts.transport === undefined ? [] : [{ name: 'hash:/transport', text: parts.transport }],
    problems: parts.tableProblems ?? [],
    ...(parts.fileProblems === undefined ? {} : { fileProblems: parts.fileProblems }),
    trust: parts.trust ?? { kind: 'anchors', certificates: ['AA=='], source: '/ca.pem' },
    anchorFiles: parts.anchorFiles ?? {},
    destinations: parts.destinations ?? [],
    assumed: [],
    mainCf: { source: '/main.cf', lines: mainCf.lines, problems: [...lines, ...said] },
  };
}
