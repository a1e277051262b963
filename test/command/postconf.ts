/** A `postconf` for a scene: a host's Postfix whose policy is one inline table, and which can be BROKEN, or have an EMPTY policy, by the environment. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scene } from './scene.ts';

/** Answers the configuration directory; the program is in the scene's folder, for PATH. */
export function installPostconf({ dir }: Scene, policy: string): string {
  const postfix = join(dir, 'etc');
  mkdirSync(postfix);
  writeFileSync(
    join(dir, 'postconf'),
    `#!/bin/sh
case "$*" in
'-h config_directory') [ -n "$BROKEN" ] && { echo "postconf: fatal: open /etc/postfix/main.cf: Permission denied" >&2; exit 1; }; echo ${postfix} ;;
*mail_version*) echo 3.7.11 ;;
*' -M') printf 'smtp unix - - n - - smtp\\n' ;;
*' -P') ;;
*' -m') printf 'inline\\nhash\\n' ;;
*proxy_read_maps*) echo ;;
*) [ -n "$EMPTY" ] || printf 'smtp_tls_policy_maps = inline:{${policy}}\\n'; printf 'smtp_tls_CAfile = ${dir}/ca.pem\\n' ;;
esac
`,
    { mode: 0o755 },
  );
  return postfix;
}
