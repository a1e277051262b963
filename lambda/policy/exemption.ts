/**
 * Where a line must stand that takes one next hop out of what a daemon or the global level decides.
 * Postfix asks the tables of smtp_tls_policy_maps in order, for each key anew. Pure.
 */
import { tableName } from '../postfix/lookup-table.ts';
import type { Bundle } from './bundle.ts';

export interface ExemptionPlace {
  /** The table as Postfix names it; null: there is none, and main.cf has to name one. */
  readonly table: string | null;
  /** What smtp_tls_policy_maps then has to say; null where it does already. */
  readonly parameter: string | null;
  /** The table that it must come before; null where the global level decides. */
  readonly before: string | null;
}

/**
 * @param decides the table that gives the entry, or that cannot be asked; undefined: none does, and
 *   the global level counts
 */
export function exemptionPlace(
  decides: string | undefined,
  { settings, policyTables }: Pick<Bundle, 'settings' | 'policyTables'>,
): ExemptionPlace {
  const names = settings.policyMaps.map(tableName);
  const asked = decides === undefined ? names : names.slice(0, names.indexOf(decides));
  const isText = (name: string) =>
    !/^(?:proxy:)?(?:static|inline):/.test(name) &&
    policyTables.some((listed) => listed.name === name);
  const table = asked.find(isText) ?? null;
  return {
    table,
    parameter: table === null ? `smtp_tls_policy_maps = ${[USUAL, ...names].join(', ')}` : null,
    before: decides ?? null,
  };
}

const USUAL = 'hash:/etc/postfix/tls_policy';
