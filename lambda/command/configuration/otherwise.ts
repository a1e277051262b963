/** Flags that say the same thing in another way: named on the command line, one leaves others out. */
import { TABLE } from './known-flags.ts';

/** What of the file does not count where these flags stand on the command line. */
export const leftOutBy = (given: ReadonlySet<string>): ReadonlySet<string> =>
  new Set(
    OTHERWISE.flatMap(({ by, leaves }) => (by.some((name) => given.has(name)) ? leaves : [])),
  );

const OTHERWISE: readonly { readonly by: readonly string[]; readonly leaves: readonly string[] }[] =
  [
    {
      by: ['config-directory', 'main-cf'],
      leaves: [
        'config-directory',
        'main-cf',
        TABLE,
        'transport',
        'service',
        'ca-file',
        'ca-path',
        'postfix-version',
        'openssl-version',
      ],
    },
    { by: ['env'], leaves: ['store', 'policy', 'vantage', 'topic', 'chat-topic'] },
    { by: ['store'], leaves: ['env', 'outputs'] },
    { by: ['for-partner'], leaves: ['json'] },
    { by: ['webhook', 'webhook-file'], leaves: ['webhook', 'webhook-file'] },
  ];
