/**
 * The Markdown of our pages as man(7): sections that a manual page shares with them are written
 * once. Paragraphs, lists, code and links, as the pages have them. Pure.
 */
import { asTyped, bold, filled, italic, paragraph, roff } from './roff.ts';

/** What stands below a heading, with the headings below that. @throws Error where there is none */
export function sectionOf(page: string, heading: string): string {
  const lines = page.split('\n');
  const start = lines.indexOf(heading);
  if (start === -1) throw new Error(`no heading "${heading}" on the page that the manual shares`);
  const level = /^#+/.exec(heading)?.[0].length ?? 0;
  const isNext = (line: string) => (/^#+(?= )/.exec(line)?.[0].length ?? level + 1) <= level;
  const rest = lines.slice(start + 1);
  const end = rest.findIndex(isNext);
  return rest.slice(0, end === -1 ? undefined : end).join('\n');
}

/** @throws Error for what has no form here, such as a table */
export function roffOfMarkdown(text: string): string {
  return blocksOf(text)
    .map((block) => {
      const [first = ''] = block;
      if (first.startsWith('    ')) return asTyped(block.map((line) => line.slice(4)));
      if (first.startsWith('- ')) return listItems(block);
      if (/^[#|>]/.test(first)) throw new Error(`a manual page has no form for "${first}"`);
      return paragraph(inline(block.join(' ')));
    })
    .join('\n');
}

/** Lines that belong together; code goes on over blank lines. */
function blocksOf(text: string): readonly (readonly string[])[] {
  const blocks = text
    .split(/\n{2,}/)
    .map((block) => block.split('\n').filter((line) => line !== ''))
    .filter((block) => block.length > 0);
  const joined: string[][] = [];
  for (const block of blocks) {
    const last = joined.at(-1);
    if (last?.[0]?.startsWith('    ') && block[0]?.startsWith('    ')) last.push('    ', ...block);
    else joined.push([...block]);
  }
  return joined;
}

function listItems(lines: readonly string[]): string {
  return lines
    .join('\n')
    .split(/\n(?=- )/)
    .map((entry) => `.IP \\(bu 2\n${filled(inline(entry.slice(2).replaceAll(/\s+/g, ' ')))}`)
    .join('\n');
}

/** A page of ours is no link here; another address stands behind its words. */
export function inline(text: string): string {
  return text
    .split(/(`[^`]+`|\*\*[^*]+\*\*|\[[^\]]+\]\([^)\s]+\))/)
    .map((part) => {
      const [, code] = /^`(.+)`$/.exec(part) ?? [];
      if (code !== undefined) return bold(code);
      const [, strong] = /^\*\*(.+)\*\*$/.exec(part) ?? [];
      if (strong !== undefined) return italicWords(strong);
      const [, words, target = ''] = /^\[(.+)\]\((.+)\)$/.exec(part) ?? [];
      if (words === undefined) return roff(part);
      return /^https?:/.test(target) ? `${inline(words)} (${roff(target)})` : inline(words);
    })
    .join('');
}

const italicWords = (text: string): string => (text.includes('`') ? inline(text) : italic(text));
