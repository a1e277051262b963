/** Addresses as bytes and as text. Pure. */
import { familyOf } from '../postfix/hostname.ts';

/** 4 or 16 bytes; undefined for what is no address. */
export function bytesOf(address: string): readonly number[] | undefined {
  const family = familyOf(address);
  if (family === undefined) return undefined;
  if (family === 'ipv4') return address.split('.').map(Number);
  const hex = address.replace(/[0-9.]+$/, (tail) => {
    if (!tail.includes('.')) return tail;
    const [a = 0, b = 0, c = 0, d = 0] = tail.split('.').map(Number);
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [head = [], tail] = hex
    .split('::')
    .map((half) => (half === '' ? [] : half.split(':').map((word) => Number.parseInt(word, 16))));
  const zeros =
    tail === undefined ? [] : Array.from({ length: 8 - head.length - tail.length }, () => 0);
  return [...head, ...zeros, ...(tail ?? [])].flatMap((word) => [word >> 8, word & 0xff]);
}

/** Whether both are the same address, however written; false for what is no address. */
export function sameAddress(one: string, other: string): boolean {
  const bytes = bytesOf(one);
  return bytes !== undefined && bytes.join() === bytesOf(other)?.join();
}

/**
 * As inet_ntop() writes 16 bytes: the longest run of two or more zero words shortened, mapped
 * addresses with a dotted tail.
 */
export function printIpv6(bytes: Uint8Array): string {
  const words = Array.from(
    { length: 8 },
    (_, i) => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0),
  );
  if (words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff)
    return `::ffff:${bytes.slice(12).join('.')}`;
  let longest = { start: 0, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (words[start + length] === 0) length++;
    if (length > longest.length) longest = { start, length };
  }
  const print = (part: readonly number[]): string =>
    part.map((word) => word.toString(16)).join(':');
  if (longest.length < 2) return print(words);
  const rest = words.slice(longest.start + longest.length);
  return `${print(words.slice(0, longest.start))}::${print(rest)}`;
}

/**
 * The /24 or /48 that an address belongs to: what is rested after a 421, and gets few conversations
 * at a time.
 */
export function networkOf(address: string): string {
  const bytes = bytesOf(address);
  if (bytes === undefined) return address;
  const prefix = bytes.slice(0, bytes.length === 4 ? 3 : 6);
  return `${Buffer.from(prefix).toString('hex')}/${prefix.length * 8}`;
}
