/** How much of what may be long a page shows, so that it opens at once. */

/** How much of what may be long is drawn, so that the page stays light. */
export interface Detail {
  /** Changes told of one entry or host, the latest. */
  readonly changes: number;
  /** MX hosts named of one entry. */
  readonly hosts: number;
  /** Certificates drawn of one host, the latest. */
  readonly certificates: number;
  /** Whether what an entry that passes has in common with the others is told of each. */
  readonly wellToo: boolean;
  /** Entries in the table, and lines of entries in time; the worst come first. */
  readonly entries: number;
  /** Hosts whose line is drawn, and providers: those that end next come first. */
  readonly lines: number;
}

/** From everything one may want to see down to what always fits. */
export const DETAILS: readonly Detail[] = [
  { changes: 40, hosts: 20, certificates: 30, wellToo: true, entries: 5_000, lines: 5_000 },
  { changes: 12, hosts: 6, certificates: 14, wellToo: false, entries: 5_000, lines: 5_000 },
  { changes: 4, hosts: 3, certificates: 6, wellToo: false, entries: 2_000, lines: 600 },
  { changes: 3, hosts: 3, certificates: 6, wellToo: false, entries: 1_500, lines: 300 },
  { changes: 1, hosts: 2, certificates: 2, wellToo: false, entries: 500, lines: 200 },
  { changes: 1, hosts: 1, certificates: 1, wellToo: false, entries: 100, lines: 50 },
];
export const MOST_BYTES = 2_000_000;
