/**
 * `npm run demo:host`: a mail host of three days: Debian's Postfix as it stands, `doctor`, the daily run, a mail that arrives
 * through that Postfix, and one that says that it cannot be told that way.
 *
 * All of it happens in namespaces (network, mounts, processes, host name) that are made for it and go with it: nothing of this machine's
 * own Postfix is touched, and no network is used.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { missingReference, NAMESPACES } from '../reference/reference.ts';

const missing = missingReference();
if (missing !== undefined) {
  console.error(`error: demo:host needs Linux, root, Debian's postfix and namespaces (unshare, ip): ${missing}`);
  console.error('hint: npm run demo shows ten days without any of them');
  process.exit(3);
}
const child = spawn('unshare', ['--uts', ...NAMESPACES, process.execPath, join(import.meta.dirname, 'host-inside.ts')], {
  stdio: 'inherit',
});
child.on('close', (code) => {
  process.exitCode = code ?? 1;
});
