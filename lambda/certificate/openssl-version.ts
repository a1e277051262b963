/**
 * Versions of OpenSSL: that of the mail host decides what it takes, and that of Node what can be
 * seen from here. Pure.
 */
import { atLeast } from '../postfix/version.ts';

/** What is assumed of a mail host where nobody says: that of Debian 12. */
export const ASSUMED_OPENSSL = '3.0';

/** That in this Node, `3.5`. */
export const OWN_OPENSSL = minorOf(process.versions.openssl);

/** `3.0` of `3.0.19`. */
export function minorOf(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

/** Whether an OpenSSL has what came with `since`; undefined is the one assumed. */
export function opensslSince(version: string | undefined, since: string): boolean {
  return atLeast(version ?? ASSUMED_OPENSSL, since);
}
