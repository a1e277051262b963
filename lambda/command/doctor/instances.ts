/** Other Postfix instances of this host (postmulti(1)), which no run of this one watches. Pure. */
import { basename } from 'node:path';
import type { Machine } from '../../policy/gather/machine.ts';
import { tokens } from '../../postfix/token.ts';
import { bareCommand } from '../../text/own-command.ts';
import { type Finding, ok, warning } from './finding.ts';

/** Configuration directories of the others; none where postconf does not say. */
export async function otherInstances(
  configDirectory: string,
  machine: Pick<Machine, 'run'>,
): Promise<readonly string[]> {
  return tokens((await ask(configDirectory, 'multi_instance_directories', machine)) ?? '');
}

export async function instanceFindings(
  directories: readonly string[],
  machine: Pick<Machine, 'run'>,
): Promise<Finding[]> {
  return Promise.all(
    directories.map(async (directory) => {
      const maps = await ask(directory, 'smtp_tls_policy_maps', machine);
      const level = await ask(directory, 'smtp_tls_security_level', machine);
      if (maps === '' && ASKS_NOTHING.has(level ?? ''))
        return ok('postfix', `another Postfix, ${directory}, has no TLS policy to watch`);
      const name = basename(directory);
      const flags = ['--config-directory', directory, '--policy', name];
      return warning(
        'postfix',
        `another Postfix, ${directory}, is not watched by this run`,
        // None of the flags of this run: one of them may name this Postfix.
        `a run of its own: ${bareCommand('watch', flags) ?? `watch with ${flags.join(' ')}`}`,
      );
    }),
  );
}

async function ask(
  directory: string,
  parameter: string,
  machine: Pick<Machine, 'run'>,
): Promise<string | undefined> {
  const ran = await machine.run('postconf', ['-c', directory, '-x', '-h', parameter]);
  return ran.kind === 'ended' && ran.status === 0 ? ran.output.trim() : undefined;
}

const ASKS_NOTHING = new Set(['', 'none', 'may']);
