/**
 * A-labels as U-labels: `xn--bcher-kva.example` → `bücher.example`, as UTF-8 with one character per
 * byte.
 *
 * Follows ossl_a2ulabel() and ossl_punycode_decode() (RFC 3492) in OpenSSL's crypto/punycode.c,
 * which map and forbid no characters: domainToUnicode() of node:url does. Pure.
 */

/** Undefined where a label is no Punycode, or all of it is too long for OpenSSL's buffer. */
export function toULabels(name: string): string | undefined {
  let made = '';
  for (const [i, label] of name.split('.').entries()) {
    const text = label.startsWith(PREFIX) ? decode(label.slice(PREFIX.length)) : label;
    if (text === undefined) return undefined;
    made += (i === 0 ? '' : '.') + text;
  }
  return made.length < BUFFER ? made : undefined;
}

function decode(encoded: string): string | undefined {
  const delimiter = encoded.lastIndexOf('-');
  const basic = delimiter > 0 ? encoded.slice(0, delimiter) : '';
  if (/[^\0-\x7f]/.test(basic)) return undefined;
  const points = [...basic].map((character) => character.charCodeAt(0));
  let [n, i, bias] = [128, 0, 72];
  for (let at = delimiter > 0 ? delimiter + 1 : 0; at < encoded.length; ) {
    const before = i;
    let weight = 1;
    for (let k = BASE; ; k += BASE) {
      const digit = digitOf(encoded[at++]);
      if (digit === undefined) return undefined;
      i += digit * weight;
      const threshold = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;
      if (digit < threshold) break;
      weight *= BASE - threshold;
      if (i > MOST || weight > MOST) return undefined;
    }
    const length = points.length + 1;
    bias = adapt(i - before, length, before === 0);
    n += Math.floor(i / length);
    i %= length;
    if (n > 0x10ffff || (n >= 0xd800 && n <= 0xdfff)) return undefined;
    points.splice(i++, 0, n);
  }
  return Buffer.from(String.fromCodePoint(...points)).toString('latin1');
}

function adapt(delta: number, length: number, first: boolean): number {
  let left = first ? Math.floor(delta / 700) : Math.floor(delta / 2);
  left += Math.floor(left / length);
  let k = 0;
  for (; left > ((BASE - T_MIN) * T_MAX) / 2; k += BASE) left = Math.floor(left / (BASE - T_MIN));
  return k + Math.floor(((BASE - T_MIN + 1) * left) / (left + 38));
}

function digitOf(character: string | undefined): number | undefined {
  const at = 'abcdefghijklmnopqrstuvwxyz0123456789'.indexOf(character?.toLowerCase() ?? '?');
  return at < 0 ? undefined : at;
}

const PREFIX = 'xn--';
const BASE = 36;
const T_MIN = 1;
const T_MAX = 26;
const MOST = 0xffffffff;
/** With its NUL, and with a dot before it where the name is a parent. */
const BUFFER = 256;
