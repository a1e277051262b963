/**
 * The terms of all that the Debian package holds, in Debian's copyright format 1.0: paths are those
 * of the checkout that it is built of. Pure.
 */
import type { Terms } from '../licences.ts';

export interface Parts {
  /** LICENSE of this project. */
  readonly own: string;
  /** The package that brings Node, and its LICENSE. */
  readonly node: { readonly folder: string; readonly text: string };
  readonly bundled: readonly Terms[];
}

export function debianCopyright(name: string, { own, node, bundled }: Parts): string {
  const stanzas = [
    `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: ${name}`,
    stanza(['*'], own, 'MIT'),
    stanza([`${node.folder}/*`], node.text, 'Node.js'),
    ...bundled.map(({ folders, licence, text }) => {
      const [first = ''] = folders;
      const files = folders.map((folder) => `${folder}/*`);
      // One name stands for one text; this one is on every Debian system.
      return licence === APACHE
        ? stanza(files, text, APACHE, false)
        : stanza(
            files,
            text,
            `${licence}-${first.replace(/^node_modules\//, '').replace('/', '-')}`,
          );
    }),
    `License: ${APACHE}\n${indented(ON_DEBIAN)}`,
  ];
  return `${stanzas.join('\n\n')}\n`;
}

function stanza(files: readonly string[], text: string, licence: string, isWhole = true): string {
  return [
    `Files: ${files.join('\n ')}`,
    `Copyright: ${holdersIn(text).join('\n ')}`,
    `License: ${licence}${isWhole ? `\n${indented(text)}` : ''}`,
  ].join('\n');
}

/**
 * Whom the text names, each once: behind a sign, from a year on, or with a capital letter. Prose has
 * lines that begin with the word, too.
 */
function holdersIn(text: string): readonly string[] {
  const holders = [...text.matchAll(NOTICE)].flatMap(([, word, sign, holder = '']) =>
    word === '©' || sign !== undefined || FROM_A_YEAR.test(holder) || isName(word, holder)
      ? [holder.trim()]
      : [],
  );
  return holders.length === 0 ? ['the authors of these packages'] : [...new Set(holders)];
}

const NOTICE = /^[\s*]*(Copyright|©)\s+(?:(\(c\)|©)\s*)?(\S.*)$/gim;
const FROM_A_YEAR = /^(?:by )?\d{4}\b/;

/** A sentence goes on in small letters or is all in capitals; some terms define "Copyright Holder". */
const isName = (word: string | undefined, holder: string): boolean =>
  word === 'Copyright' && /^(?:by )?[A-Z]/.test(holder) && !/^(?:License|Holder)\b/.test(holder);

/** A field's lines; an empty one is a dot. */
const indented = (text: string): string =>
  text
    .trim()
    .split('\n')
    .map((line) => (line.trim() === '' ? ' .' : ` ${line.trimEnd()}`))
    .join('\n');

const APACHE = 'Apache-2.0';
const ON_DEBIAN =
  'On Debian systems the full text of the Apache License, version 2.0, is in\n' +
  '/usr/share/common-licenses/Apache-2.0.';
