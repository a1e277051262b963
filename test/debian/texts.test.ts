/** The texts of the Debian package that are made of texts of ours. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { debianChangelog } from '../../infra/debian/changelog.ts';
import { debianCopyright } from '../../infra/debian/copyright.ts';
import { packagedUnit, UNITS, withPackagedCommand } from '../../infra/debian/unit-files.ts';
import { ROOT } from '../pages.ts';

describe('the changelog', () => {
  const packager = { maintainer: 'A B <a@b.example>', date: Date.parse('2027-01-02T03:04:05Z') / 1000 };
  const of = (page: string) => debianChangelog(page, 'x', '0.2.0', packager);

  test('what is not released yet is of the version that is packed, with what was released of it', () => {
    expect(
      of('# C\n\nIntro.\n\n## Unreleased\n\n- **A** `b`,\n  [c](d.md).\n\n## 0.2.0 (2026-12-01)\n\nText.\n\n- E.\n- F.\n'),
    ).toBe(
      'x (0.2.0) unstable; urgency=medium\n\n  * A b, c.\n  * E.\n  * F.\n\n -- A B <a@b.example>  Sat, 02 Jan 2027 03:04:05 +0000\n',
    );
  });

  test('each release has its entry, and long lines are broken', () => {
    const page = `## 0.2.0 (2026-12-01)\n\n- ${'word '.repeat(16)}\n\n## 0.1.0 (2026-11-24)\n\n- B.\n`;
    expect(of(page)).toBe(
      `x (0.2.0) unstable; urgency=medium\n\n  * ${'word '.repeat(15).trim()}\n    word\n\n` +
        ' -- A B <a@b.example>  Tue, 01 Dec 2026 00:00:00 +0000\n\n' +
        'x (0.1.0) unstable; urgency=medium\n\n  * B.\n\n -- A B <a@b.example>  Tue, 24 Nov 2026 00:00:00 +0000\n',
    );
  });

  test.each([
    { page: '## 0.3.0 (2027-01-01)\n', says: 'CHANGELOG.md begins with 0.3.0, and 0.2.0 is packed' },
    { page: '# C\n', says: 'CHANGELOG.md begins with undefined, and 0.2.0 is packed' },
    { page: '## 0.2.0\n', says: 'CHANGELOG.md: "## 0.2.0" names no version with its date' },
  ])('$says', ({ page, says }) => {
    expect(() => of(page)).toThrow(says);
  });
});

test('the copyright file has each text once, and refers to the one that Debian has', () => {
  const text = debianCopyright('x', {
    own: 'MIT License\n\nCopyright (c) 2026 us\n\nPermission\n',
    node: { folder: 'node_modules/node-y', text: '- Z is licensed:\n  Copyright © 2012 them\n  Copyright © 2012 them' },
    bundled: [
      { titles: ['a 1 (MIT)'], folders: ['node_modules/@s/a'], licence: 'MIT', text: 'no name' },
      {
        titles: ['b 1 (Apache-2.0)', 'c 1 (Apache-2.0)'],
        folders: ['node_modules/b', 'node_modules/c'],
        licence: 'Apache-2.0',
        text: 'Copyright License\n   Copyright [yyyy] [name]\n   Copyright 2020 Q, Inc.\nwhole',
      },
    ],
  });
  expect(text).toBe(`Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: x

Files: *
Copyright: 2026 us
License: MIT
 MIT License
 .
 Copyright (c) 2026 us
 .
 Permission

Files: node_modules/node-y/*
Copyright: 2012 them
License: Node.js
 - Z is licensed:
   Copyright © 2012 them
   Copyright © 2012 them

Files: node_modules/@s/a/*
Copyright: the authors of these packages
License: MIT-@s-a
 no name

Files: node_modules/b/*
 node_modules/c/*
Copyright: 2020 Q, Inc.
License: Apache-2.0

License: Apache-2.0
 On Debian systems the full text of the Apache License, version 2.0, is in
 /usr/share/common-licenses/Apache-2.0.
`);
});

test.each([
  { line: 'Copyright (c) npm, Inc. and Contributors', holder: 'npm, Inc. and Contributors' },
  { line: ' * Copyright © 2014 Q', holder: '2014 Q' },
  { line: 'Copyright by 1999 Q', holder: 'by 1999 Q' },
  { line: 'COPYRIGHT 1998 Q', holder: '1998 Q' },
  { line: 'Copyright Mathias <https://m.example/>', holder: 'Mathias <https://m.example/>' },
  { line: 'COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM', holder: undefined },
  { line: 'COPYRIGHT AND PERMISSION NOTICE', holder: undefined },
  { line: 'copyright in it.', holder: undefined },
  { line: 'copyright the Consortium, Inc., and licensed under the ISC', holder: undefined },
  { line: 'Copyright Holder may include your modifications', holder: undefined },
])('a notice tells whom it is of, and a sentence nobody: $line', ({ line, holder = 'the authors of these packages' }) => {
  const text = debianCopyright('x', { own: `${line}\n`, node: { folder: 'n', text: '' }, bundled: [] });
  expect(text).toContain(`Files: *\nCopyright: ${holder}\nLicense: MIT\n`);
});

describe('the units', () => {
  const example = (name: string) => readFileSync(join(ROOT, 'docs/examples', name), 'utf8');

  test('are those of the examples but for the paths and the user', () => {
    const changed = UNITS.flatMap((name) => {
      const before = example(name).split('\n');
      return packagedUnit(name, example(name))
        .split('\n')
        .filter((line) => !before.includes(line));
    });
    expect(changed).toEqual([
      '# /usr/lib/systemd/system/postfix-tls-watch.service',
      'ExecStart=/usr/bin/postfix-tls-watch watch',
      '# The user of the package, who owns /var/lib/postfix-tls-watch.',
      'User=postfix-tls-watch',
      '# /usr/lib/systemd/system/postfix-tls-watch-failed.service',
      'ExecStart=/usr/bin/postfix-tls-watch watch --tell-failure --no-config --mail-to root@localhost',
      '# /usr/lib/systemd/system/postfix-tls-watch.timer',
    ]);
  });

  test('an example that is another now is told', () => {
    expect(() => packagedUnit('postfix-tls-watch-failed.service', '[Service]\n')).toThrow(
      'docs/examples/postfix-tls-watch-failed.service has no "postmaster@example.com" to change',
    );
  });

  test.each([
    { text: 'x /usr/local/bin/postfix-tls-watch y', is: 'x /usr/bin/postfix-tls-watch y' },
    { text: '/usr/local/bin/postfix\\-tls\\-watch', is: '/usr/bin/postfix\\-tls\\-watch' },
    { text: '/usr/local/bin/postfix', is: '/usr/local/bin/postfix' },
    { text: '/usr/local/bin/tell', is: '/usr/local/bin/tell' },
  ])('the command of a text is that of the package: $text', ({ text, is }) => {
    expect(withPackagedCommand(text)).toBe(is);
  });
});
