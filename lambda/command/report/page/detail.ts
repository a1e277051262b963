/** How much of what may be long a page shows, so that it opens at once. */

/** How much of what may be long is drawn, so that the page stays light. */
export interface Detail {
  /** Changes told of one entry or host, the latest. */
  readonly changes: number;
  /** MX hosts named of one entry. */
  readonly hosts: number;
  /** Certificates drawn of one host, the latest. */
  readonly certificates: number;
  /** Entries whose story is told, hosts whose line is drawn; the worst come first. */
  readonly rows: number;
}

/** From everything one may want to see down to what always fits. */
export const DETAILS: readonly Detail[] = [
  { changes: 40, hosts: 20, certificates: 30, rows: 5_000 },
  { changes: 12, hosts: 6, certificates: 14, rows: 5_000 },
  { changes: 5, hosts: 4, certificates: 8, rows: 3_000 },
  { changes: 2, hosts: 3, certificates: 4, rows: 2_000 },
  { changes: 1, hosts: 2, certificates: 2, rows: 500 },
];
export const MOST_BYTES = 2_000_000;
