/** The policy as it would be with every suggested line in place of the one it cures. */
import type { Comparison } from './compare.ts';
import type { Configuration } from './scene.ts';

/** The same configuration with the cured entries alone, to deliver to their recipients; nothing where nothing is suggested. A degraded line delivers, too. */
export function withSuggestions(configuration: Configuration, compared: readonly Comparison[]): Configuration[] {
  const cured = compared.filter(({ verdict }) => verdict !== undefined && verdict.suggestion !== null);
  if (cured.length === 0) return [];
  const policy = cured.map(({ verdict }) => `${verdict?.suggestion?.line}\n`).join('');
  return [{ ...configuration, policy, recipients: cured.map(({ recipient }) => recipient) }];
}
