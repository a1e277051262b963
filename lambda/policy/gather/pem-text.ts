/** The bytes of a PEM file as text, one character per byte. */
import type { FileRead } from './machine.ts';

export function textOf(read: Extract<FileRead, { kind: 'read' }>): string {
  return Buffer.from(read.bytes).toString('latin1');
}
