/**
 * The recorded deliveries of Postfix 3.5.27, 3.7.11 and 3.11.6, as far as policy decides them: smtp(8) dies, or an
 * entry is broken (`client TLS configuration problem`), or neither. The rest of each verdict is held in test/verdict.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { anchorFileFromPem, type TrustAnchorFile } from '../../lambda/certificate/anchors.ts';
import type { Bundle } from '../../lambda/policy/bundle.ts';
import { type Destination, destinationsOf } from '../../lambda/policy/destinations.ts';
import { readSettings } from '../../lambda/policy/settings.ts';
import { readMainCf } from '../../lambda/postfix/main-cf.ts';

interface Recorded {
  readonly mainCf: readonly string[];
  readonly files: Readonly<Record<string, string>>;
  readonly destinations: readonly {
    readonly destination: string;
    readonly recipient?: string;
    readonly policy: string | null;
    readonly mainCf?: readonly string[];
    readonly note?: string;
    readonly header?: string;
    readonly postfix: Readonly<Record<string, { readonly status: string; readonly text?: string }>>;
  }[];
}

const VERSIONS = ['3.5.27', '3.7.11', '3.11.6'];
const PROBLEM = 'client TLS configuration problem';

test.each(['settings', 'deliveries', 'dane'].flatMap((name) => VERSIONS.map((version) => ({ name, version }))))(
  '$name on Postfix $version: broken where Postfix says so, and nowhere else',
  ({ name, version }) => {
    const recorded: Recorded = JSON.parse(readFileSync(new URL(`../cases/postfix-${name}.json`, import.meta.url), 'utf8'));
    const differing: string[] = [];
    let broken = 0;
    for (const one of recorded.destinations) {
      const said = one.postfix[version];
      if (said === undefined || one.header !== undefined) continue;
      const bundle = bundleFor(recorded, one, version);
      const found = outcome(bundle, one);
      const expected =
        said.status === 'none' ? said.text : said.status === 'deferred' && said.text === PROBLEM ? PROBLEM : undefined;
      if (expected !== undefined) broken++;
      if (found !== expected)
        differing.push(`${one.destination} (${one.note ?? ''}): ${one.policy}: ${found} instead of ${expected}`);
    }
    expect(differing).toEqual([]);
    expect(broken).toBeGreaterThan(0);
  },
);

function outcome(bundle: Bundle, one: Recorded['destinations'][number]): string | undefined {
  if (bundle.settings.fatal !== undefined) return `fatal: ${bundle.settings.fatal}`;
  const destinations = destinationsOf(bundle);
  const name = one.recipient ?? one.destination;
  const destination: Destination | undefined =
    destinations.find((candidate) => candidate.hops.length > 0 && candidate.name === name) ?? destinations[0];
  // The last hop tried gives the text; a broken one is passed over for a fallback.
  return destination?.hops.at(-1)?.demand.kind === 'broken' ? PROBLEM : undefined;
}

function bundleFor(recorded: Recorded, one: Recorded['destinations'][number], version: string): Bundle {
  const lines = [
    ...recorded.mainCf,
    ...(one.mainCf ?? []),
    'smtp_tls_policy_maps = hash:tls_policy',
    'transport_maps = hash:transport',
  ];
  const routed = one.recipient !== undefined && !lines.some((line) => line.startsWith('relayhost'));
  const { settings } = readSettings(readMainCf(`${lines.join('\n')}\n`, version).parameters, version);
  const anchorFiles: Record<string, TrustAnchorFile> = {};
  for (const [path, pem] of Object.entries(recorded.files)) {
    const unreadable: TrustAnchorFile = {
      kind: 'broken',
      because: `error opening trust anchor file: ${path}: Permission denied`,
    };
    anchorFiles[path] = path.includes('0600') ? unreadable : anchorFileFromPem(pem);
  }
  return {
    settings,
    policyTables: [{ name: 'hash:tls_policy', text: one.policy ?? '' }],
    transportTables: routed ? [{ name: 'hash:transport', text: `${one.recipient} smtp:${one.destination}\n` }] : [],
    problems: [],
    trust: { kind: 'anchors', certificates: [], source: 'none' },
    anchorFiles,
    destinations: [one.recipient ?? one.destination],
    assumed: [],
  };
}
