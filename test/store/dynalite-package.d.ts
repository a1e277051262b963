declare module 'dynalite' {
  import type { Server } from 'node:http';
  /** With `path`, data lives in LevelDB in that folder. */
  export default function dynalite(options: { path?: string; createTableMs?: number }): Server;
}
