/** A file of names, one a line: `--destinations FILE`, what to judge beside the entries of the table. */
import { decodeText } from '../../postfix/decode.ts';
import { typedDomain } from '../../postfix/hostname.ts';
import { UsageError } from '../../usage-error.ts';
import type { Machine } from './machine.ts';

/**
 * Domains, recipient addresses or next hops, each once, in the order of the file; `#` begins a
 * comment. @throws UsageError for a file that cannot be read, or a line that is no name
 */
export async function readDestinationsFile(
  path: string,
  machine: Pick<Machine, 'read'>,
  flag = '--destinations',
): Promise<string[]> {
  const read = await machine.read(path);
  if (read.kind === 'failed') throw new UsageError(`cannot read ${flag} ${path}: ${read.because}`);
  const names = decodeText(read.bytes)
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .flatMap((line, i) => nameIn(line, `${path} line ${i + 1}`));
  return [...new Set(names)];
}

function nameIn(line: string, place: string): string[] {
  const text = line.replace(/(?:^|\s)#.*$/, '').trim();
  if (text === '') return [];
  if (/\s/.test(text)) {
    const shown = text.length > 60 ? `${text.slice(0, 60)}...` : text;
    throw new UsageError(
      `${place}: "${shown}": one domain, address or next hop a line is wanted, and # before a ` +
        'comment',
    );
  }
  return [text.includes('@') ? text.toLowerCase() : typedDomain(text)];
}
