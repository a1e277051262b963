/**
 * tls_config_file: which files OpenSSL refuses, and what is left of the others once Postfix has set what it sets itself.
 *
 * posttls-finger, where it is installed and knows the parameter, is asked whether its engine starts with the same files.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type LibraryStart, libraryStart } from '../../../lambda/policy/openssl/library-settings.ts';
import { hasPatch } from '../../../lambda/postfix/version.ts';

const told = (start: LibraryStart) =>
  start.kind === 'fails'
    ? start.because
    : { ...start.settings, ...(start.notFollowed.length > 0 ? { not: start.notFollowed } : {}) };

const ALL = 'openssl_conf = all\n[all]\nssl_conf = ssl\n';
const SSL = '[ssl]\nsystem_default = d\n';
const CLOSING = '[d]\nProtocol = -TLSv1.2\n';
const CLOSED = { closed: ['TLSv1.2'] };
const withModule = (line: string, sections: string) =>
  `openssl_conf = all\n[all]\n${line}\nssl_conf = ssl\n${sections}${SSL}${CLOSING}`;

const FILES = [
  { because: 'an empty file', text: '', is: { closed: [] } },
  { because: 'comments and blanks', text: '\n  # none\n\n', is: { closed: [] } },
  { because: 'all as it should be', text: ALL + SSL + CLOSING, is: CLOSED },
  { because: 'line ends of Windows', text: (ALL + SSL + CLOSING).replaceAll('\n', '\r\n'), is: CLOSED },
  { because: 'no line end at the end', text: (ALL + SSL + CLOSING).trimEnd(), is: CLOSED },
  { because: '[default] is where lines without a section are', text: `[default]\n${ALL}${SSL}${CLOSING}`, is: CLOSED },
  { because: 'blanks in a section’s brackets', text: ALL.replace('[all]', '[ all ]') + SSL + CLOSING, is: CLOSED },
  {
    because: 'a section that is opened twice',
    text: `openssl_conf = all\n[all]\n${SSL}${CLOSING}[all]\nssl_conf = ssl\n`,
    is: CLOSED,
  },
  { because: 'a name with its section', text: `all::ssl_conf = ssl\nopenssl_conf = all\n${SSL}${CLOSING}`, is: CLOSED },
  { because: 'a line that goes on', text: ALL.replace('= all', '= \\\nall') + SSL + CLOSING, is: CLOSED },
  { because: 'a comment behind a value', text: ALL.replace('= all', '= all # x') + SSL + CLOSING, is: CLOSED },
  { because: 'quotes', text: ALL.replace('= all', "= 'a'\"ll") + SSL + CLOSING, is: CLOSED },
  { because: 'a variable', text: `s = ssl\n${ALL.replace('= ssl', '= $(s)')}${SSL}${CLOSING}`, is: CLOSED },
  { because: 'of two equal names the last one', text: `openssl_conf = nix\n${ALL}${SSL}${CLOSING}`, is: CLOSED },
  { because: 'a module with a number', text: ALL.replace('\nssl_conf', '\nssl_conf.1') + SSL + CLOSING, is: CLOSED },
  { because: 'a command with a number', text: `${ALL + SSL}[d]\n1.protocol = -tlsv1.2\n`, is: CLOSED },
  { because: 'object identifiers', text: withModule('oid_section = o', '[o]\nx = 1.2.3\n'), is: CLOSED },
  { because: 'the default provider', text: withModule('providers = p', '[p]\ndefault = q\n[q]\nactivate = 1\n'), is: CLOSED },
  { because: 'providers that nobody activates', text: withModule('providers = p', '[p]\nx = q\n[q]\na = 1\n'), is: CLOSED },
  {
    because: 'an include of what is not there',
    text: `.include /missing\n${ALL}${SSL}${CLOSING}`,
    is: { ...CLOSED, not: ['.include /missing'] },
  },
  {
    because: 'groups, a known difference: they count only where main.cf has none at all',
    text: `${ALL + SSL + CLOSING}Groups = P-521\n`,
    is: CLOSED,
  },
  { because: 'text without "="', text: 'just some words\n', is: 'line 1: no "=" behind the name' },
  { because: 'a line without "="', text: `${ALL}hello\n${SSL}${CLOSING}`, is: 'line 4: no "=" behind the name' },
  { because: '; begins no comment', text: `; what\n${ALL}${SSL}${CLOSING}`, is: 'line 1: no "=" behind the name' },
  { because: 'a section that never closes', text: `[default\n${ALL}`, is: 'line 1: a section without "]"' },
  {
    because: 'a variable without a value',
    text: ALL.replace('= ssl', '= $nix') + SSL + CLOSING,
    is: 'line 3: a variable without a value',
  },
  {
    because: 'a brace that never closes',
    text: ALL.replace('= ssl', '= ${ssl') + SSL + CLOSING,
    is: 'line 3: a variable without a value',
  },
  { because: 'no such section', text: 'openssl_conf = what\n', is: 'there is no section [what]' },
  { because: 'no section named', text: 'openssl_conf =\n', is: 'there is no section []' },
  { because: 'no section of ssl_conf', text: ALL, is: 'there is no section [ssl]' },
  { because: 'an empty one', text: `${ALL}[ssl]\n`, is: 'the section [ssl] is empty' },
  { because: 'no commands', text: ALL + SSL, is: 'there is no section [d]' },
  { because: 'an empty list of commands', text: `${ALL + SSL}[d]\n`, is: 'the section [d] is empty' },
  { because: 'another name that leads nowhere', text: `${ALL + SSL}other = nix\n${CLOSING}`, is: 'there is no section [nix]' },
  { because: 'no such module', text: withModule('nonsense = ssl', ''), is: 'OpenSSL has no module "nonsense"' },
  { because: 'no section of providers', text: withModule('providers = p', ''), is: 'there is no section [p]' },
  {
    because: 'the legacy provider alone',
    text: withModule('providers = p', '[p]\nlegacy = q\n[q]\nactivate = 1\n'),
    is: 'it activates legacy without the default provider',
  },
  {
    because: 'an object identifier that is none',
    text: withModule('oid_section = o', '[o]\nx = y\n'),
    is: '"y" in [o] is no object identifier',
  },
] as const;

test.each(FILES)('$because', ({ text, is }) => {
  expect(told(libraryStart(text, '', '3.11'))).toEqual(is);
});

test.each([
  { name: 'postfix', is: CLOSED, because: 'tls_config_name leads to its own section' },
  { name: 'nonsense', is: { closed: [] }, because: 'a name that is not there changes nothing' },
  { name: '', is: { closed: [] }, because: 'and the usual one is not there' },
])('tls_config_name = "$name": $because', ({ name, is }) => {
  expect(told(libraryStart(`postfix = all\n[all]\nssl_conf = ssl\n${SSL}${CLOSING}`, name, '3.11'))).toEqual(is);
});

test.each([
  {
    commands: 'Protocol = -ALL, TLSv1.3',
    is: { closed: ['TLSv1', 'TLSv1.1', 'TLSv1.2'] },
    because: 'up to what is opened again',
  },
  { commands: 'Protocol = -TLSv1.2, what', is: CLOSED, because: 'up to a mistake' },
  { commands: 'Protocol = what, -TLSv1.2', is: { closed: [] }, because: 'nothing behind it' },
  { commands: 'Protocol = TLSv1.3', is: { closed: [] }, because: 'what is opened closes nothing' },
  { commands: 'MinProtocol = TLSv1.3', is: { closed: [] }, because: 'Postfix sets it itself' },
  { commands: 'MaxProtocol = TLSv1.2', is: { closed: [] }, because: 'and this one since 3.6' },
  { commands: 'MaxProtocol = TLSv1.2', version: '3.5', is: { closed: ['TLSv1.3'] }, because: 'not before' },
  { commands: 'CipherString = AES128-SHA@SECLEVEL=5', is: { closed: [] }, because: 'ciphers and level are Postfix’s' },
  {
    commands: 'Ciphersuites = TLS_AES_128_GCM_SHA256:what',
    is: { closed: [], ciphersuites: ['TLS_AES_128_GCM_SHA256'] },
    because: 'suites of TLS 1.3 stay',
  },
  { commands: 'Ciphersuites = what', is: { closed: [] }, because: 'but for a list of none that is known' },
  { commands: 'Ciphersuites =', is: { closed: [], ciphersuites: [] }, because: 'an empty one leaves none' },
  {
    commands: 'SignatureAlgorithms = RSA+SHA256',
    is: { closed: [], signatureAlgorithms: ['RSA+SHA256'] },
    because: 'signatures stay',
  },
  {
    commands: 'Options = UnsafeLegacyServerConnect',
    is: { closed: [], legacyServers: true },
    because: 'servers of old are taken',
  },
  { commands: 'Options = -UnsafeLegacyServerConnect', is: { closed: [] }, because: 'or not' },
  { commands: 'VerifyCAFile = /x', is: { closed: [], not: ['its VerifyCAFile'] }, because: 'anchors from there are not read' },
  { commands: 'Nonsense = 1\nProtocol = -TLSv1.2', is: CLOSED, because: 'commands that fail are passed over' },
])('$commands: $because', ({ commands, is, version = '3.11' }) => {
  expect(told(libraryStart(`${ALL + SSL}[d]\n${commands}\n`, '', version))).toEqual(is);
});

const version = spawnSync('postconf', ['-d', '-h', 'mail_version'], { encoding: 'utf8' }).stdout?.trim() ?? '';
const knows = version !== '' && hasPatch(version, ['3.5.20', '3.6.10', '3.7.6', '3.8.1', '3.9']);

test.skipIf(!knows)(`posttls-finger ${version} starts its engine with the same files`, { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'openssl-'));
  try {
    writeFileSync(join(folder, 'main.cf'), 'compatibility_level = 2\n');
    const env = { ...process.env, MAIL_CONFIG: folder };
    const starts = FILES.map(({ because, text }, i) => {
      const file = join(folder, `${i}.cnf`);
      writeFileSync(file, text);
      const options = ['-o', `tls_config_file=${file}`, '-l', 'encrypt', '-T', '1', '-m', '0', '[127.0.0.1]:1'];
      const said = spawnSync('posttls-finger', options, { encoding: 'utf8', timeout: 20_000, env });
      return `${because}: ${/disabling TLS support/.test(said.stdout + said.stderr) ? 'off' : 'on'}`;
    });
    const ours = FILES.map(
      ({ because, text }) => `${because}: ${libraryStart(text, '', version).kind === 'fails' ? 'off' : 'on'}`,
    );
    expect(ours).toEqual(starts);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
