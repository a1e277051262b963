/** Bytes of a table or main.cf as text that loses none of them, and back. */

/**
 * UTF-8 line by line; in a line that is no UTF-8 each byte from 0x80 up becomes U+DC80 to U+DCFF,
 * by which lookup-table.ts knows the lines that Postfix ≥3.0 ignores. A Latin-1 comment leaves the
 * rest of the file readable.
 */
export function decodeText(bytes: Uint8Array): string {
  const whole = utf8(bytes);
  if (whole !== undefined) return whole;
  const lines: string[] = [];
  for (let start = 0; start <= bytes.length; ) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline;
    const line = bytes.subarray(start, end);
    lines.push(utf8(line) ?? escaped(line));
    start = end + 1;
  }
  return lines.join('\n');
}

/** The bytes that were decoded: of a text of decodeText(), each as it was. */
export function encodeText(text: string): Uint8Array {
  const parts = text.split(ESCAPED_BYTES).map((part, i) =>
    // What was matched stands at every odd place.
    i % 2 === 0 ? Buffer.from(part, 'utf8') : Buffer.from(part, 'latin1'),
  );
  return Buffer.concat(parts);
}

/** Buffer's latin1 takes the low byte of each. */
const ESCAPED_BYTES = /([\udc80-\udcff]+)/u;

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function escaped(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte)).join(
    '',
  );
}
