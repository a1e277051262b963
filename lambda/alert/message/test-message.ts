/**
 * `--test-message`: a message that says it is a test, sent through every channel that is set up.
 * Pure.
 */

import { moment } from '../../text/dates.ts';
import { bareCommand, type OwnCommand } from '../../text/own-command.ts';
import { plain, subject } from '../../text/strangers.ts';
import type { Alert } from './describe.ts';

export function testMessage(
  vantage: string,
  ways: readonly string[],
  now: number,
  own: OwnCommand = bareCommand,
): Alert {
  const name = plain(vantage, 60);
  return {
    subject: subject(`Test message from postfix-tls-watch on ${name}: no news`),
    intro: [
      {
        kind: 'text',
        text:
          `This is a test message, sent by hand from ${name} at ${moment(now)}. If you can ` +
          'read it, alerts reach you this way.',
      },
      ...(ways.length === 0
        ? []
        : [
            {
              kind: 'list' as const,
              heading: 'It was sent by:',
              lines: ways.map((way) => plain(way, 200)),
            },
          ]),
      {
        kind: 'text',
        text: 'Nothing was checked for it, and nothing is known to be wrong because of it.',
      },
    ],
    items: [],
    footer: [
      { kind: 'text', text: `postfix-tls-watch on ${name}. Everything that is open:` },
      { kind: 'code', lines: [own('status') ?? 'postfix-tls-watch status'] },
    ],
    at: now,
  };
}
