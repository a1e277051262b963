/**
 * The environment in which tests run commands: whatever this machine has of its own is not read. The
 * configurations of vitest set it, so that every child has it; one with another environment spreads it.
 */
export const ALONE = {
  /** Without TABLE the host's own Postfix would count (docs/mail-host.md). */
  MAIL_CONFIG: '/nonexistent',
  /** No file of flags counts, where the machine has one in /etc (docs/configuration.md). */
  POSTFIX_TLS_WATCH_CONFIG: '',
} as const;
