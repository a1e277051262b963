/**
 * PEM as OpenSSL reads it (PEM_read_bio): what is a block, what is base64, and what makes it give
 * up on a whole file.
 *
 * The details were tried on OpenSSL 3.0, because one bad block in a CAfile turns off TLS
 * altogether.
 */

/** Base64 of a certificate's or SubjectPublicKeyInfo's DER. */
export type Base64Der = string;

export interface PemBlock {
  /** `CERTIFICATE`, `PUBLIC KEY`, … */
  readonly label: string;
  /** Line of its beginning, from 1. */
  readonly line: number;
  readonly bytes: Buffer;
  /** Lines before a blank one, such as `Proc-Type: 4,ENCRYPTED`. */
  readonly hasHeader: boolean;
}

export interface PemText {
  /** Up to the first that cannot be read. */
  readonly blocks: readonly PemBlock[];
  /** Label and line of that one: there is no end line of its label, no base64, or nothing in it. */
  readonly broken?: { readonly label: string; readonly line: number };
}

/** Finds the blocks of a text. Whatever stands between them is ignored. */
export function readPem(text: string): PemText {
  const blocks: PemBlock[] = [];
  const lines = linesOf(text);
  let at = 0;
  for (let found = lines(); found !== undefined; found = lines()) {
    at++;
    const label = /^-----BEGIN (.*)-----$/.exec(found)?.[1];
    if (label === undefined) continue;
    const line = at;
    const body: string[] = [];
    let end = lines();
    for (at++; end !== undefined && !end.startsWith('-----END '); at++) {
      body.push(end);
      end = lines();
    }
    const block = end === `-----END ${label}-----` ? readBody(body) : undefined;
    if (block === undefined) return { blocks, broken: { label, line } };
    blocks.push({ label, line, ...block });
  }
  return { blocks };
}

/** Gives one line after another, then undefined: a file may have millions that are no PEM. */
function linesOf(text: string): () => string | undefined {
  let from = 0;
  return () => {
    if (from > text.length) return undefined;
    const newline = text.indexOf('\n', from);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(from, end).replace(/^\ufeff/, '');
    from = end + 1;
    return withoutTrailingBlanks(line);
  };
}

/** A pattern would read a line of a million blanks once for each of them. */
function withoutTrailingBlanks(line: string): string {
  let end = line.length;
  while (end > 0 && /[\s\0]/.test(line[end - 1] ?? '')) end--;
  return line.slice(0, end);
}

/** One block as a text; `base64` is of its DER. */
export const printPem = (label: string, base64: Base64Der): string =>
  `-----BEGIN ${label}-----\n${base64.replace(/.{64}(?=.)/g, '$&\n')}\n-----END ${label}-----\n`;

/** A blank line ends a header; a colon shows that there must be one. A hyphen ends the data. */
function readBody(
  body: readonly string[],
): { readonly bytes: Buffer; readonly hasHeader: boolean } | undefined {
  const blank = body.lastIndexOf('');
  if (blank < 0 && body.some((line) => line.includes(':'))) return undefined;
  const data = body
    .slice(blank + 1)
    .join('')
    .replace(/\s/g, '')
    .replace(/-.*/, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(data) || data.length % 4 !== 0) return undefined;
  return { bytes: Buffer.from(data, 'base64'), hasHeader: blank > 0 };
}
