/** Lint of main.cf and of the files it names, as far as it affects entries of the tables. */

import { isReadAtStart } from '../../postfix/global-parameter.ts';
import { isHostname } from '../../postfix/hostname.ts';
import { exclusionProblems, gradeProblem, protocolProblem } from '../../postfix/tls-words.ts';
import type { Bundle, MainCfSource } from '../bundle.ts';
import type { Destination } from '../destinations.ts';
import type { ParsedTable } from '../parse.ts';
import type { Settings } from '../settings.ts';
import { anchors, type Counts, countEntries, entries, ofFile, ofTable } from './files.ts';
import { type Finding, type LintCode, type LintProblem, STRENGTH, wordFinding } from './problem.ts';
import { lintReplyTables } from './reply-tables.ts';

export function lintSettings(
  bundle: Bundle,
  tables: readonly ParsedTable[],
  destinations: readonly Destination[],
): LintProblem[] {
  const { settings } = bundle;
  const at = (parameter: string, finding: Finding): LintProblem => ({
    place: {
      file: bundle.mainCf?.source ?? 'main.cf',
      line: bundle.mainCf?.lines[parameter] ?? null,
    },
    key: parameter,
    ...finding,
    postfixSays: finding.postfixSays ?? null,
  });
  const counts = countEntries(tables);
  return [
    ...mainCfLines(bundle),
    ...tlsWordFindings(bundle).map(([parameter, finding]) => at(parameter, finding)),
    ...matchListFindings(bundle, counts).map((finding) =>
      at('smtp_tls_secure_cert_match', finding),
    ),
    ...anchors(bundle, counts).map(([parameter, finding]) => at(parameter, finding)),
    ...digestFindings(bundle, counts).map((finding) => at('smtp_tls_fingerprint_digest', finding)),
    ...daneFindings(destinations).map((finding) => at('smtp_dns_support_level', finding)),
    ...fallbackFindings(destinations).map((finding) => at('smtp_fallback_relay', finding)),
    ...(settings.servername === '' || isHostname(settings.servername)
      ? []
      : [at('smtp_tls_servername', servernameFinding(settings.servername))]),
    ...(bundle.fileProblems ?? []).flatMap((problem) =>
      ofFile(problem, bundle).map(([parameter, finding]) => at(parameter, finding)),
    ),
    ...bundle.problems.map((problem) => ofTable(problem, bundle)),
    ...lintReplyTables(bundle),
  ];
}

/** What Postfix itself says of main.cf as a text and of single parameters. */
function mainCfLines({ mainCf, settings }: Bundle): LintProblem[] {
  const file = mainCf?.source ?? 'main.cf';
  const problems = (mainCf?.problems ?? []).flatMap((problem) =>
    mainCfLine(problem, file, settings),
  );
  if (settings.fatal === undefined) return problems;
  const found = mainCf?.problems.find(({ says }) => says === settings.fatal);
  return [
    {
      place: { file, line: found?.line ?? null },
      key: found?.name ?? null,
      code: 'smtp-dies',
      severity: 'defers',
      postfixSays: settings.fatal,
      effect: 'smtp(8) ends at start with this error: no mail leaves this host at all',
      cure: 'correct the value, and run postfix reload',
    },
    ...problems,
  ];
}

/** None for a fatal value and for a macro: other problems report those. */
function mainCfLine(
  { kind, line, name, says }: MainCfSource['problems'][number],
  file: string,
  settings: Settings,
): LintProblem[] {
  const warning = (code: LintCode, effect: string, cure: string): LintProblem[] => [
    {
      place: { file, line },
      key: name,
      code,
      severity: 'warning',
      postfixSays: says,
      effect,
      cure,
    },
  ];
  switch (kind) {
    case 'fatal':
      return [];
    case 'macro':
      return isReadAtStart(name ?? '')
        ? []
        : warning(
            'main-cf-line',
            `smtp(8) does not read ${name}, and delivers; a program that does read it ends at ` +
              'start',
            'correct the value, or delete the line',
          );
    case 'unknown':
      return warning(
        'unknown-parameter',
        `Postfix ${settings.version} has no such parameter: the line does nothing`,
        'delete the line, or upgrade',
      );
    case 'overridden':
      return warning(
        'main-cf-line',
        `${name ?? 'the parameter'} is set twice, and the later line counts`,
        'delete one of the lines',
      );
    case 'leading-blank':
      return warning('main-cf-line', 'the line is ignored', 'begin the line in the first column');
  }
}

/** Cipher and protocol words of main.cf. */
function tlsWordFindings({ settings }: Bundle): (readonly [string, Finding])[] {
  const { version } = settings;
  const grade = (name: string, value: string, level: 'may' | 'encrypt') => {
    const problem = gradeProblem(value);
    return problem === undefined
      ? []
      : [[name, wordFinding(name, problem, level, undefined)] as const];
  };
  const protocols = (name: string, value: string, level: 'may' | 'encrypt') => {
    const problem = protocolProblem(value, version);
    return problem === undefined
      ? []
      : [[name, wordFinding(name, problem, level, undefined)] as const];
  };
  const exclusions = (name: string, value: string) =>
    exclusionProblems(value).map(
      (problem) => [name, wordFinding(name, problem, 'encrypt', undefined)] as const,
    );
  return [
    ...grade('smtp_tls_mandatory_ciphers', settings.mandatoryCiphers, 'encrypt'),
    ...grade('smtp_tls_ciphers', settings.ciphers, 'may'),
    ...protocols('smtp_tls_mandatory_protocols', settings.mandatoryProtocols, 'encrypt'),
    ...protocols('smtp_tls_protocols', settings.protocols, 'may'),
    ...exclusions('smtp_tls_mandatory_exclude_ciphers', settings.mandatoryExcludeCiphers),
    ...exclusions('smtp_tls_exclude_ciphers', settings.excludeCiphers),
  ];
}

function matchListFindings({ settings }: Bundle, counts: Counts): Finding[] {
  if (!settings.secureCertMatch.some((element) => element.toLowerCase() === 'hostname')) return [];
  const turned = `${entries(counts.secureByDefault, 'secure')} without match=`;
  return [
    {
      code: 'secure-is-verify',
      severity: counts.secureByDefault === 0 ? 'note' : 'warning',
      effect:
        'hostname in the list makes secure as weak as verify: the MX answer, which nobody ' +
        `signed, chooses the name (${turned})`,
      cure: 'write nexthop, dot-nexthop, and name providers by match= in the table',
    },
  ];
}

function digestFindings({ settings }: Bundle, counts: Counts): Finding[] {
  const algorithm = settings.fingerprintDigest.toLowerCase();
  if (counts.fingerprint === 0 || (algorithm !== 'md5' && algorithm !== 'sha1')) return [];
  return [
    {
      code: 'weak-digest',
      severity: 'warning',
      effect: `${algorithm} digests can be forged (${entries(counts.fingerprint, 'fingerprint')})`,
      cure: 'set smtp_tls_fingerprint_digest = sha256, and write the digests anew in the same step',
    },
  ];
}

/** `dane` that acts as may; `dane-only` is told entry by entry, since it defers. */
function daneFindings(destinations: readonly Destination[]): Finding[] {
  const demands = destinations.flatMap(({ hops }) => hops.map((hop) => hop.demand));
  const off = demands.flatMap((demand) =>
    demand.kind === 'demand' && demand.daneOff !== undefined ? [demand.daneOff] : [],
  );
  const [first] = off;
  if (first === undefined) return [];
  return [
    {
      code: 'dane-off',
      severity: 'warning',
      postfixSays: first,
      effect:
        `dane acts as may, and mail may leave in plaintext (${off.length} next ` +
        `${off.length === 1 ? 'hop' : 'hops'})`,
      cure: 'set smtp_dns_support_level = dnssec, and use a local validating resolver',
    },
  ];
}

/** Hops tried after others fail, under a weaker policy of their own. */
function fallbackFindings(destinations: readonly Destination[]): Finding[] {
  const weaker = new Map<string, { level: string; count: number }>();
  for (const { hops } of destinations) {
    const asked = Math.max(
      0,
      ...hops
        .filter((hop) => !hop.fallback)
        .map(({ demand }) => (demand.kind === 'demand' ? STRENGTH[demand.level] : 9)),
    );
    for (const { nextHop, demand, fallback: isFallback } of hops) {
      if (
        !isFallback ||
        demand.kind === 'broken' ||
        STRENGTH[demand.level] >= Math.min(asked, STRENGTH.encrypt)
      )
        continue;
      const known = weaker.get(nextHop.text);
      weaker.set(nextHop.text, { level: demand.level, count: (known?.count ?? 0) + 1 });
    }
  }
  return [...weaker].map(([text, { level, count }]) => ({
    code: 'weaker-fallback',
    severity: 'warning',
    effect:
      `mail that ${count === 1 ? 'one next hop refuses' : `${count} next hops refuse`} goes to ` +
      `${text} at level ${level}`,
    cure: `add an entry with the key ${text}`,
  }));
}

function servernameFinding(servername: string): Finding {
  return {
    code: 'broken-entry',
    severity: 'defers',
    postfixSays: `"smtp_tls_servername = ${servername}" specifies an invalid hostname`,
    effect:
      'all mail at a level from may up would be deferred (4.7.5 client TLS configuration ' +
      'problem), unless the entry has servername=',
    cure: 'write a host name, hostname or nexthop, or nothing',
  };
}
