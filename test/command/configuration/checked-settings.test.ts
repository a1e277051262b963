/** What a file of flags may say, and each thing it may not, with the whole sentence. */
import { expect, test } from 'vitest';
import { checkedSettings } from '../../../lambda/command/configuration/checked-settings.ts';
import { program } from '../../../lambda/command/program.ts';
import { processConsole } from '../../../lambda/command/terminal/console.ts';

const commands = program(processConsole());
const read = (text: string) =>
  checkedSettings(text, '/etc/x.toml', commands).map(({ setting, value }) => [setting.command, setting.name, value]);

const TAKEN: readonly { readonly because: string; readonly text: string; readonly takes: unknown }[] = [
  { because: 'an empty file', text: '', takes: [] },
  { because: 'comments alone', text: '# store = "x"\n\n', takes: [] },
  { because: 'a text', text: 'store = "/srv/watch"', takes: [[undefined, 'store', '/srv/watch']] },
  { because: 'a literal text', text: "hook = '/usr/local/bin/tell-me'", takes: [[undefined, 'hook', '/usr/local/bin/tell-me']] },
  { because: 'a number', text: 'concurrency = 1_0', takes: [[undefined, 'concurrency', 10]] },
  { because: 'a fraction', text: 'timeout = 2.5', takes: [[undefined, 'timeout', 2.5]] },
  { because: 'a switch', text: 'allow-private-addresses = true', takes: [[undefined, 'allow-private-addresses', true]] },
  {
    because: 'a list over lines',
    text: 'resolver = [\n "::1", # here\n "127.0.0.1",\n]',
    takes: [[undefined, 'resolver', ['::1', '127.0.0.1']]],
  },
  {
    because: 'one of what may be several',
    text: 'control-host = "mx.example.com"',
    takes: [[undefined, 'control-host', ['mx.example.com']]],
  },
  {
    because: 'addresses, each once',
    text: 'mail-to = ["a@example.com", "a@example.com"]',
    takes: [[undefined, 'mail-to', ['a@example.com']]],
  },
  {
    because: 'a server',
    text: 'smtp = "[::1]:587"',
    takes: [[undefined, 'smtp', '[::1]:587']],
  },
  { because: 'one of some words', text: 'smtp-tls = "starttls"', takes: [[undefined, 'smtp-tls', 'starttls']] },
  { because: 'a flag with or without a text', text: 'queue = true', takes: [[undefined, 'queue', true]] },
  {
    because: 'the table',
    text: 'table = "hash:/etc/postfix/tls_policy"',
    takes: [[undefined, 'table', 'hash:/etc/postfix/tls_policy']],
  },
  { because: 'a flag of one command for all', text: 'interval = 12', takes: [[undefined, 'interval', 12]] },
  { because: 'a command’s own', text: '[watch]\ninterval = 12', takes: [['watch', 'interval', 12]] },
  {
    because: 'a command of two words',
    text: 'policy = "p"\n["policy push"]\nif-changed = true',
    takes: [
      [undefined, 'policy', 'p'],
      ['policy push', 'if-changed', true],
    ],
  },
  {
    because: 'the same as nested tables',
    text: '[policy.push]\nif-changed = true',
    takes: [['policy push', 'if-changed', true]],
  },
  { because: 'the same with dots', text: 'watch.interval = 12', takes: [['watch', 'interval', 12]] },
  { because: 'the same in one line', text: 'watch = { interval = 12 }', takes: [['watch', 'interval', 12]] },
  {
    because: 'one name for all and for one',
    text: 'tolerate = 1\n[watch]\ntolerate = 2',
    takes: [
      [undefined, 'tolerate', 1],
      ['watch', 'tolerate', 2],
    ],
  },
];

test.for(TAKEN)('$because', ({ text, takes }) => {
  expect(read(text)).toEqual(takes);
});

const REFUSED: readonly { readonly because: string; readonly text: string; readonly says: string }[] = [
  { because: 'an unknown name', text: '\nstor = "x"', says: '2: no command has a flag "stor"; did you mean store?' },
  {
    because: 'a name with underscores',
    text: 'ca_file = "x"',
    says: '1: no command has a flag "ca_file"; did you mean ca-file?',
  },
  {
    because: 'a name with its dashes',
    text: '--ca-file = "x"',
    says: '1: no command has a flag "--ca-file"; did you mean ca-file?',
  },
  {
    because: 'a name like nothing',
    text: 'zzzzzzzzz = 1',
    says: '1: no command has a flag "zzzzzzzzz"; names are those of --help, without the dashes',
  },
  {
    because: 'a name of objects',
    text: '__proto__ = 1',
    says: '1: no command has a flag "__proto__"; names are those of --help, without the dashes',
  },
  {
    because: 'a flag of another command',
    text: '[lint]\n\ninterval = 12',
    says: '3: "lint" has no flag "interval"; it is one of watch',
  },
  {
    because: 'an unknown command',
    text: '[wach]\ninterval = 12',
    says: '2: there is no command "wach", did you mean "watch"?; a table has the name of a command, such as [watch] or ["policy push"]',
  },
  {
    because: 'a group of commands',
    text: '[policy]\nforce = true',
    says: '2: there is no command "policy"; a table has the name of a command, such as [watch] or ["policy push"]',
  },
  {
    because: 'a table below a command',
    text: '[watch.hook]\nprogram = "x"',
    says: '2: there is no command "watch hook"; a table has the name of a command, such as [watch] or ["policy push"]',
  },
  {
    because: 'a list of tables',
    text: '[[watch]]\ninterval = 12',
    says: '1: no command has a flag "watch"; names are those of --help, without the dashes',
  },
  {
    because: 'an answer for one run',
    text: 'force = true',
    says: '1: force is for one run and not for a file; give it on the command line: --force',
  },
  {
    because: 'a date',
    text: '[watch]\nat = 2027-01-03',
    says: '2: at is for one run and not for a file; give it on the command line: --at',
  },
  {
    because: 'another file',
    text: 'config = "x"',
    says: '1: config is for one run and not for a file; give it on the command line: --config',
  },
  {
    because: 'a number in quotes',
    text: 'concurrency = "10"',
    says: '1: concurrency: a number without quotes is wanted: concurrency = 10',
  },
  { because: 'a number out of bounds', text: 'smtp-port = 70000', says: '1: smtp-port: a port from 1 to 65535 is wanted' },
  { because: 'no number', text: 'timeout = nan', says: '1: timeout: a number above 0 is wanted' },
  {
    because: 'a version as a number, which 3.10 is not',
    text: 'postfix-version = 3.10',
    says: '1: postfix-version: a text in quotes is wanted: postfix-version = "…"',
  },
  { because: 'a switch in quotes', text: 'json = "true"', says: '1: json: true or false is wanted, without quotes: json = true' },
  { because: 'an empty text', text: 'store = ""', says: '1: store: a text in quotes is wanted: store = "…"' },
  {
    because: 'a list where one is wanted',
    text: 'store = ["a", "b"]',
    says: '1: store: a text in quotes is wanted: store = "…"',
  },
  { because: 'an empty list', text: 'resolver = []', says: '1: resolver: a list of texts is wanted: resolver = ["…", "…"]' },
  {
    because: 'an address that is none',
    text: 'mail-to = ["a@example.com", "hunter2"]',
    says: '1: mail-to: an address such as postmaster@example.com is wanted',
  },
  {
    because: 'none of the words',
    text: 'smtp-tls = "hunter2"',
    says: '1: smtp-tls: Allowed choices are off, starttls, wrapper.',
  },
  { because: 'a list of numbers', text: 'resolver = [1]', says: '1: resolver: a list of texts is wanted: resolver = ["…", "…"]' },
  {
    because: 'a table where a value is wanted',
    text: '[store]\nplace = "x"',
    says: '2: there is no command "store"; a table has the name of a command, such as [watch] or ["policy push"]',
  },
  { because: 'no address, and it is not shown', text: 'ping = "hunter2"', says: '1: ping: an http or https address is wanted' },
  {
    because: 'a name twice',
    text: 'store = "a"\nstore = "b"',
    says: '2: defining a key multiple times is invalid (column 1); a line is NAME = VALUE, as TOML has it',
  },
  {
    because: 'a name twice, in two writings of a command',
    text: '[policy.push]\nif-changed = true\n["policy push"]\nif-changed = true',
    says: '4: if-changed stands in line 2 already; keep one',
  },
  {
    because: 'no TOML, and the line is not shown',
    text: 'store = "a"\nping = https://user:hunter2@example.com/',
    says: '2: unexpected character (column 8); a line is NAME = VALUE, as TOML has it',
  },
  {
    because: 'a flag as on the command line',
    text: '--store /srv/watch',
    says: '1: unexpected character (column 9); a line is NAME = VALUE, as TOML has it',
  },
  {
    because: 'an open text',
    text: 'store = "a',
    says: '1: unterminated string constant (column 11); a line is NAME = VALUE, as TOML has it',
  },
  {
    because: 'a NUL',
    text: 'store = "a"\u0000',
    says: '1: unexpected character (column 12); a line is NAME = VALUE, as TOML has it',
  },
];

test.for(REFUSED)('$because', ({ text, says }) => {
  expect(() => read(text)).toThrow(expect.objectContaining({ name: 'UsageError', message: `/etc/x.toml:${says}` }));
});
