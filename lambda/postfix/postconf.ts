/** What `postconf -M` and `postconf -P` print about master.cf. */
import { compareLevels } from './expand.ts';
import { tokens } from './token.ts';
import { atLeast, type PostfixVersion } from './version.ts';

/** One line of `postconf -M`. */
export interface MasterService {
  /** `smtp`. */
  readonly name: string;
  /** `unix`. */
  readonly type: string;
  /** `y`, `n` or `-`. */
  readonly chroot: string;
  /** The program, `smtp`. */
  readonly command: string;
}

/** Services in order; a line of fewer fields is left out. */
export function parseServices(output: string): MasterService[] {
  return output.split('\n').flatMap((line) => {
    const [name, type, , , chroot, , , command] = tokens(line, ' \t');
    if (name === undefined || type === undefined || chroot === undefined || command === undefined)
      return [];
    return [{ name, type, chroot, command }];
  });
}

/** `-o name=value` of one service, as main.cf lines: they count over main.cf. */
export function overridesOf(output: string, service: MasterService): string {
  const prefix = `${service.name}/${service.type}/`;
  return output
    .split('\n')
    .filter((line) => line.startsWith(prefix))
    .map((line) => `${line.slice(prefix.length)}\n`)
    .join('');
}

/** The chroot column; `-` means yes before 3.0, and from 3.0 only below compatibility_level 1. */
export function isChrooted(
  service: MasterService,
  version: PostfixVersion,
  compatibilityLevel: string,
): boolean {
  if (service.chroot !== '-') return service.chroot === 'y';
  if (!atLeast(version, '3.0')) return true;
  return /^[\d.]+$/.test(compatibilityLevel) ? compareLevels(compatibilityLevel, '1') < 0 : false;
}
