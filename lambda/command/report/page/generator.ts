/** By what a page is known again as one of ours. Pure. */
import { VERSION } from '../../../version.ts';

export const GENERATOR = `postfix-tls-watch ${VERSION}`;

/**
 * Whether a file is a page of any version, or nothing yet.
 *
 * @param start its first bytes, the whole head among them
 */
export const isPage = (start: string): boolean =>
  start === '' ||
  (start.startsWith('<!doctype html>') &&
    start.includes('<meta name="generator" content="postfix-tls-watch '));
