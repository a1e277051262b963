/**
 * Everything a run needs to know about the sender's side, as plain JSON: what `check` reads from
 * files and what `policy push` stores. Pure; reading files is policy/gather.
 */

import { createHash } from 'node:crypto';
import type { TrustAnchorFile, TrustStore } from '../certificate/anchors.ts';
import type { TableText } from '../postfix/lookup-table.ts';
import type { Answers } from './answer.ts';
import type { CertificatePair, Settings } from './settings.ts';

/** A table that cannot be read or listed. */
export interface TableProblem {
  readonly name: string;
  /**
   * `missing`: Postfix cannot open it, every lookup is an error. `not-listable`: regexp, pcre,
   * databases: ask per key. `stale`: the text was changed after postmap read it; it is the text
   * that is judged. `unreadable`: Postfix can read it and we cannot.
   */
  readonly kind: 'missing' | 'not-listable' | 'stale' | 'unreadable';
  readonly because: string;
  /** The program that opens it ends at once, whatever it would have been asked. */
  readonly ends?: true;
}

/** An smtp(8) service of master.cf with what it has of its own. */
export interface ServiceBundle {
  readonly settings: Settings;
  readonly trust: TrustStore;
  readonly anchorFiles: Readonly<Record<string, TrustAnchorFile>>;
}

/** A file that settings or an entry name and that smtp(8) does not get what it should from. */
export interface FileProblem {
  readonly path: string;
  readonly parameter:
    | 'smtp_tls_CApath'
    | 'tafile'
    | 'smtp_tls_chain_files'
    | CertificatePair['parameter' | 'keyParameter'];
  /**
   * `no-hash-link`: a certificate in CApath that OpenSSL does not see. `not-ours-to-read`: smtp(8)
   * can read it and we cannot, so that it is not judged.
   */
  readonly kind: 'missing' | 'unreadable' | 'no-hash-link' | 'not-ours-to-read';
  readonly because: string;
}

/** main.cf as a text: where each parameter stands, and what Postfix says about lines and values. */
export interface MainCfSource {
  /** Its path, as the person named it. */
  readonly source: string;
  /** Line of each parameter it sets. */
  readonly lines: Readonly<Record<string, number>>;
  readonly problems: readonly {
    readonly line: number | null;
    readonly name: string | null;
    readonly kind: 'fatal' | 'macro' | 'unknown' | 'overridden' | 'leading-blank';
    readonly says: string;
  }[];
}

export interface Bundle {
  readonly settings: Settings;
  /** smtp_tls_policy_maps in order, or the TABLE named on the command line. */
  readonly policyTables: readonly TableText[];
  readonly transportTables: readonly TableText[];
  /** Tables of domain classes and sender maps, which decide where mail goes. */
  readonly routingTables?: readonly TableText[];
  /** The tables of smtp_delivery_status_filter, and what is wrong with them; absent without one. */
  readonly statusFilter?: {
    readonly tables: readonly TableText[];
    readonly problems: readonly TableProblem[];
  };
  /**
   * The tables of smtp_reply_filter and smtp_discard_ehlo_keyword_address_maps, and what is wrong
   * with them; absent without any.
   */
  readonly replyTables?: {
    readonly tables: readonly TableText[];
    readonly problems: readonly TableProblem[];
  };
  /** By table, what those that cannot be listed gave for each key that was asked. */
  readonly answers?: Readonly<Record<string, Answers>>;
  /** Beginning of the day (UTC) on which it was asked, epoch ms; absent where nothing was. */
  readonly askedAt?: number;
  /**
   * main.cf as trivial-rewrite(8) reads it, without the overrides of any smtp(8) service; absent
   * where `settings` says all.
   */
  readonly routingSettings?: Settings;
  /** The other smtp(8) services of master.cf, by name; absent where one delivers everything. */
  readonly services?: Readonly<Record<string, ServiceBundle>>;
  readonly problems: readonly TableProblem[];
  readonly fileProblems?: readonly FileProblem[];
  /** Where settings were read from, for `lint`; absent where none were. */
  readonly mainCf?: MainCfSource;
  /** CAfile + CApath, or Mozilla's roots where no settings were given. */
  readonly trust: TrustStore;
  /**
   * In the view of a service: its anchors are not those that handshakes are verified with, which are
   * of the service that delivers by default.
   */
  readonly otherTrust?: true;
  /** By path: every tafile= and smtp_tls_trust_anchor_file named by a table or main.cf. */
  readonly anchorFiles: Readonly<Record<string, TrustAnchorFile>>;
  /** `--destination` names: judge these too. */
  readonly destinations: readonly string[];
  /** Sentences about what was assumed for lack of a setting: version, trust anchors. */
  readonly assumed: readonly string[];
}

/**
 * SHA-256, hex, over the bundle as JSON with sorted keys: two bundles that read the same have the
 * same version.
 */
export function contentVersion(bundle: Bundle): string {
  return createHash('sha256').update(canonical(bundle)).digest('hex');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((element) => canonical(element)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const texts = members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`);
  return `{${texts.join(',')}}`;
}
