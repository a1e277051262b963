/** What postconf's answer makes of the Postfix of this host, and the sentence where there is none. */
import { expect, test } from 'vitest';
import type { Ran } from '../../../lambda/policy/gather/machine.ts';
import { findOwnPostfix, noPolicySentence, type OwnPostfix } from '../../../lambda/policy/gather/own-postfix.ts';

const ended = (status: number, output: string, errors = ''): Ran => ({ kind: 'ended', status, output, errors });

const ROWS: readonly { readonly because: string; readonly ran: Ran; readonly own: OwnPostfix }[] = [
  { because: 'a directory', ran: ended(0, '/etc/postfix\n'), own: { kind: 'found', configDirectory: '/etc/postfix' } },
  { because: 'no postconf', ran: { kind: 'not-installed' }, own: { kind: 'not-installed' } },
  {
    because: 'main.cf is not readable',
    ran: ended(1, '', 'postconf: warning: x\npostconf: fatal: open /etc/postfix/main.cf: Permission denied\n'),
    own: { kind: 'unusable', because: 'fatal: open /etc/postfix/main.cf: Permission denied' },
  },
  { because: 'postconf was killed', ran: ended(-1, ''), own: { kind: 'unusable', because: 'it ended with status -1' } },
  {
    because: 'an answer that is no directory',
    ran: ended(0, 'what\n'),
    own: { kind: 'unusable', because: 'it ended with status 0' },
  },
  {
    because: 'a line that may hold a secret is not shown',
    ran: ended(1, '', 'postconf: fatal: /etc/postfix/main.cf, line 2: missing attribute name: "= secret"\n'),
    own: { kind: 'unusable', because: 'fatal: /etc/postfix/main.cf, line 2: missing attribute name: "…"' },
  },
];

test.for(ROWS)('$because', async ({ ran, own }) => {
  const asked: (readonly string[])[] = [];
  const run = async (command: string, args: readonly string[]) => {
    asked.push([command, ...args]);
    return ran;
  };
  expect(await findOwnPostfix({ run })).toEqual(own);
  expect(asked).toEqual([['postconf', '-h', 'config_directory']]);
});

test('a host without Postfix is told as that, with what to do', () => {
  expect(noPolicySentence({ kind: 'not-installed' })).toBe(
    'no policy table is named, and there is no Postfix on this host (postconf was not found): give the path of the table, with ' +
      '--main-cf FILE where you have its main.cf, or --config-directory DIR of a Postfix here, or run this on the mail host',
  );
});
