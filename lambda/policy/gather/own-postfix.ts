/**
 * The Postfix of this host, for commands that are told of no table: the one that Postfix's own tools
 * go by, so that `postconf` itself is asked (MAIL_CONFIG, or what was compiled in).
 */
import { withoutQuotedLine } from '../../postfix/read-parameters.ts';
import type { BundleOptions, Machine } from './machine.ts';

export type OwnPostfix =
  | { readonly kind: 'found'; readonly configDirectory: string }
  | { readonly kind: 'not-installed' }
  /** `because` is what postconf said. */
  | { readonly kind: 'unusable'; readonly because: string };

/** Whether the options say where the policy comes from. */
export const namesPolicy = ({
  table,
  configDirectory,
  mainCf,
}: Pick<BundleOptions, 'table' | 'configDirectory' | 'mainCf'>): boolean =>
  table !== undefined || configDirectory !== undefined || mainCf !== undefined;

export async function findOwnPostfix(machine: Pick<Machine, 'run'>): Promise<OwnPostfix> {
  const ran = await machine.run('postconf', ['-h', 'config_directory']);
  if (ran.kind === 'not-installed') return ran;
  const configDirectory = ran.output.trim();
  if (ran.status === 0 && configDirectory.startsWith('/'))
    return { kind: 'found', configDirectory };
  const last = ran.errors.trim().split('\n').at(-1) ?? '';
  const said = withoutQuotedLine(last.replace(/^postconf: /, ''));
  return { kind: 'unusable', because: said === '' ? `it ended with status ${ran.status}` : said };
}

/** Why there is no policy to go by, with the next step. */
export function noPolicySentence(own: Exclude<OwnPostfix, { readonly kind: 'found' }>): string {
  const next =
    'give the path of the table, with --main-cf FILE where you have its main.cf, or ' +
    '--config-directory DIR of a Postfix here';
  switch (own.kind) {
    case 'not-installed':
      return (
        'no policy table is named, and there is no Postfix on this host (postconf was not ' +
        `found): ${next}, or run this on the mail host`
      );
    case 'unusable':
      return (
        "no policy table is named, and this host's Postfix cannot be asked (postconf: " +
        `${own.because}): ${next}`
      );
  }
}

/** To be printed with what is assumed. */
export const ownPostfixTaken = (configDirectory: string): string =>
  `the policy is that of this host's Postfix, ${configDirectory} (a table, --main-cf or ` +
  '--config-directory names another)';
