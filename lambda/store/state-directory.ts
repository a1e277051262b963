/** Where things are kept on this machine when nobody says. Pure. */
import { join } from 'node:path';

/** The service's state directory, root's, or the user's data directory. */
export function stateDirectoryOf(
  env: Readonly<Record<string, string | undefined>>,
  uid: number,
): string {
  // systemd may name several, separated by colons; the first is ours.
  const [state] = (env.STATE_DIRECTORY ?? '').split(':');
  if (state !== undefined && state !== '') return state;
  if (uid === 0) return `/var/lib/${PRODUCT}`;
  const data = env.XDG_DATA_HOME;
  // The XDG specification says to ignore a relative path.
  if (data?.startsWith('/')) return join(data, PRODUCT);
  return join(env.HOME ?? '/', '.local', 'share', PRODUCT);
}

const PRODUCT = 'postfix-tls-watch';
