/**
 * How much memory Node may take before it collects, by how much a command has to do. Flags of V8
 * that count while a program runs: the launcher starts with a young generation that does not grow.
 */
import { setFlagsFromString } from 'node:v8';

/**
 * A long table: collected often, which takes half the memory and up to half again the CPU time. A
 * short one would be done before that is worth its while.
 */
export function memoryFor(lines: number): void {
  if (lines > SHORT_TABLE) stayInLittleMemory();
  else setFlags('--semi-space-growth-factor=2');
}

/** For whoever reads a store or a table of any length. */
export function stayInLittleMemory(): void {
  setFlags('--optimize-for-size');
}

/** One that V8 does not know it complains of on standard error. */
function setFlags(flag: string): void {
  if (process.versions.node.startsWith(KNOWN)) setFlagsFromString(flag);
}

/** Node's version under which these were tried. */
const KNOWN = '24.';
const SHORT_TABLE = 1_000;
