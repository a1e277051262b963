/**
 * Digests of what a run was made under, so that the next one can tell whether a change was ours or
 * theirs. Pure.
 */
import { createHash } from 'node:crypto';
import type { Digests } from '../../alert/incident/explanation.ts';
import type { Bundle } from '../../policy/bundle.ts';
import { VERSION } from '../../version.ts';

export function digestsUnder(bundle: Bundle, node: string): Digests {
  const { policyMaps: _maps, ...settings } = bundle.settings;
  return {
    table: digest([
      bundle.policyTables.map(({ text }) => text),
      bundle.transportTables.map(({ text }) => text),
      bundle.destinations,
    ]),
    settings: digest(settings),
    anchors: digest([
      bundle.trust.kind === 'anchors' ? bundle.trust.certificates : bundle.trust.because,
      ...(bundle.trust.kind === 'anchors' ? [bundle.trust.explicit ?? []].flat() : []),
      bundle.anchorFiles,
    ]),
    product: VERSION,
    node,
  };
}

const digest = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
