/** Commands as they are printed: quoted for a shell, and none where a word cannot be copied. */
import { expect, test } from 'vitest';
import { bareCommand, commandLine, commandsForTable } from '../../lambda/text/own-command.ts';

test('of a run with no flags', () => {
  expect(bareCommand('status')).toBe('postfix-tls-watch status');
  expect(bareCommand('policy push')).toBe('postfix-tls-watch policy push');
  expect(bareCommand('mute', ['a b', '--until', '2027-01-03'], '--reason "..."')).toBe(
    `postfix-tls-watch mute 'a b' --until 2027-01-03 --reason "..."`,
  );
});

test('of a run of the function', () => {
  const own = commandsForTable({ table: 'watch-T', policy: 'default', vantage: 'function', region: 'eu-central-1' });
  expect(own('explain', ['fastmail.fm', '--for-partner'])).toBe(
    'AWS_REGION=eu-central-1 postfix-tls-watch explain fastmail.fm --for-partner --store dynamodb:watch-T --vantage function',
  );
  const named = commandsForTable({ table: 'T', policy: 'mta1', vantage: 'mx' });
  expect(named('status')).toBe('postfix-tls-watch status --store dynamodb:T --policy mta1 --vantage mx');
});

const WORDS: readonly {
  readonly because: string;
  readonly words?: readonly string[];
  readonly flags?: readonly string[];
  readonly line?: string;
}[] = [
  { because: 'a quote', words: ["it's"], line: `postfix-tls-watch 'it'\\''s'` },
  { because: 'what a shell would run', words: ['$(reboot)', '`id`', 'a;b'], line: "postfix-tls-watch '$(reboot)' '`id`' 'a;b'" },
  { because: 'a name of another script, which may look like another', words: ['ехаmple.com'] },
  { because: 'a control character', words: ['a\nb'] },
  {
    because: 'a path of another script, which the operator typed',
    flags: ['--store', '/srv/почта'],
    line: "postfix-tls-watch --store '/srv/почта'",
  },
  { because: 'a path with what cannot be shown', flags: ['--store', '/srv/\u202e'] },
];

test.for(WORDS)('$because', ({ words = [], flags = [], line }) => {
  expect(commandLine(words, flags)).toBe(line);
});
