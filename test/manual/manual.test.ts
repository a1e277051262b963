/** The manual pages: whole, by the declarations of the commands, and clean for every reader of man(7). */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandTree, leavesBelow } from '../../infra/command-tree.ts';
import { inline, roffOfMarkdown, sectionOf } from '../../infra/manual/markdown.ts';
import { filled, literal, roff } from '../../infra/manual/roff.ts';
import { manualPages, PAGES } from '../../infra/manual-and-completion.ts';
import { knownFlags } from '../../lambda/command/configuration/known-flags.ts';
import { CONFIG_FILE, CONFIG_VARIABLE } from '../../lambda/command/configuration/usual-place.ts';
import { program } from '../../lambda/command/program.ts';
import { processConsole } from '../../lambda/command/terminal/console.ts';
import { VERSION } from '../../lambda/version.ts';

const TEXTS = manualPages(Date.parse('2024-02-29T23:59Z') / 1000);
const LEAVES = leavesBelow(commandTree()).filter(({ path }) => !path.endsWith('help'));

/** What a page would show, on one line: without requests, fonts and escapes. */
const shown = (page: string) =>
  page
    .split('\n')
    .filter((line) => !/^\.(?!S[HS])/.test(line))
    .join(' ')
    .replaceAll(/\\f[BIR]/g, '')
    .replaceAll('\\-', '-')
    .replaceAll('\\(aq', "'")
    .replaceAll('\\(dq', '"')
    .replaceAll(/\\\[u([0-9A-F]+)\]/g, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)))
    .replaceAll(/\s+/g, ' ');

describe('postfix-tls-watch(1)', () => {
  const page = shown(TEXTS['postfix-tls-watch.1']);

  test('has the date and version of the package', () => {
    expect(TEXTS['postfix-tls-watch.1'].split('\n')[0]).toBe(
      `.TH POSTFIX\\-TLS\\-WATCH 1 2024-02-29 "postfix\\-tls\\-watch ${VERSION}"`,
    );
  });

  test.each(LEAVES)('says of $path what its --help says', ({ path, flags, description }) => {
    expect(page).toContain(`postfix-tls-watch ${path} [OPTION]...`);
    expect(page.toLowerCase()).toContain(`.ss ${path} `);
    expect(page).toContain(description.slice(1));
    for (const flag of flags.filter(({ long }) => long !== '--help')) {
      expect(page).toContain(`${flag.long} `);
      expect(page).toContain(flag.description.replaceAll('…', '...'));
    }
  });

  test('takes exit statuses from README, and the variables from the flags', () => {
    expect(page).toContain('.SH EXIT STATUS By the convention of the monitoring plugins: 2 an entry fails;');
    expect(page).toContain(`${CONFIG_VARIABLE} The file of flags in place of ${CONFIG_FILE};`);
    expect(page).toContain('POSTFIX_TLS_WATCH_SMTP_LOGIN In place of --smtp-login-file.');
  });
});

describe('postfix-tls-watch.toml(5)', () => {
  const page = shown(TEXTS['postfix-tls-watch.toml.5']);

  test('has every name with what it takes', () => {
    const known = [...knownFlags(program(processConsole())).values()];
    expect(known.length).toBeGreaterThan(50);
    for (const { name } of known) expect(page).toMatch(new RegExp(` ${name} = (?:"text"|number|true|\\["text")`));
    expect(page).toContain('the whole command (default: 120) (doctor)');
  });

  test('says what the page says', () => {
    expect(page).toContain('The command line wins, flag by flag;');
    expect(page).toContain('It is TOML (https://toml.io).');
  });
});

const READERS: Readonly<Record<string, readonly string[]>> = {
  // Lines that are long for whoever edits a page are of no matter here.
  mandoc: ['mandoc', '-Tlint', '-Wwarning'],
  groff: ['groff', '-man', '-Tutf8', '-ww', '-z'],
  man: ['man', '--warnings', '-E', 'UTF-8', '-Tutf8', '-Z', '-l'],
};

describe.each(Object.entries(READERS))('%s', (reader, [command = '', ...args]) => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'manual-'));
    for (const name of PAGES) writeFileSync(join(dir, name), TEXTS[name]);
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  const isMissing = spawnSync(command, ['--version']).error !== undefined;
  test.skipIf(isMissing).each(PAGES)(`has nothing to say of %s (skipped where ${reader} is not installed)`, (name) => {
    const { status, stdout, stderr } = spawnSync(command, [...args, join(dir, name)], {
      encoding: 'utf8',
      // man's sandbox ends whatever else is loaded with it, as a clock of a test's own is.
      env: { ...process.env, LC_ALL: 'C.UTF-8', MANROFFSEQ: '', MAN_DISABLE_SECCOMP: '1' },
    });
    expect(stderr).toBe('');
    if (reader === 'mandoc') expect(stdout).toBe('');
    expect(status).toBe(0);
  });
});

test.each([
  { text: 'a-b and --json, -w', is: 'a-b and \\-\\-json, \\-w' },
  { text: 'C:\\dir', is: 'C:\\(rsdir' },
  { text: `'a' "b" \`c\` ^ ~ … é`, is: '\\(aqa\\(aq \\(dqb\\(dq \\(gac\\(ga \\(ha \\(ti ... \\[u00E9]' },
])('running text in ASCII: $text', ({ text, is }) => {
  expect(roff(text)).toBe(is);
});

test('what is typed has dashes alone', () => {
  expect(literal('a-b --c')).toBe('a\\-b \\-\\-c');
});

test('no line begins like a request', () => {
  expect(filled(`.parent ${'x'.repeat(76)} 'tis .so`)).toBe(`\\&.parent\n${'x'.repeat(76)}\n\\&'tis .so`);
});

describe('Markdown', () => {
  test.each([
    { text: 'one\ntwo', is: '.PP\none two' },
    { text: '`a-b` **c** [d](e.md) [f](https://g.test)', is: '.PP\n\\fBa\\-b\\fR \\fIc\\fR d f (https://g.test)' },
    { text: '[`a`](b.md)', is: '.PP\n\\fBa\\fR' },
    { text: '- **`a` b.** c\n  d\n- e', is: '.IP \\(bu 2\n\\fBa\\fR b. c d\n.IP \\(bu 2\ne' },
    { text: '    .a\n\n    b', is: '.PP\n.RS 4\n.nf\n\\&.a\n\nb\n.fi\n.RE' },
  ])('$text', ({ text, is }) => {
    expect(roffOfMarkdown(text)).toBe(is);
  });

  test('a word that stands alone', () => {
    expect(inline('a_b*c')).toBe('a_b*c');
  });

  test.each(['| a | b |', '# a', '> a'])('what has no form in a manual page is told: %s', (text) => {
    expect(() => roffOfMarkdown(text)).toThrow(`a manual page has no form for "${text}"`);
  });

  test('a section ends at the next heading of its rank', () => {
    expect(sectionOf('# a\n## b\nc\n### d\ne\n## f\ng', '## b')).toBe('c\n### d\ne');
    expect(() => sectionOf('# a', '## b')).toThrow('no heading "## b" on the page that the manual shares');
  });
});
