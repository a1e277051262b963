/** A scene for a real Postfix: a private internet, and the configurations and messages that try it. Plain JSON. */
import type { RecordSet } from '../internet/dns-server.ts';
import type { SmtpOptions } from '../internet/smtp-server.ts';

/** A host that every scene may have, to prove that port 25 is open in each family. */
export const CONTROL_HOST = 'control.test';

export interface SceneServer extends SmtpOptions {
  readonly address: string;
  /** 25 where absent. */
  readonly port?: number;
}

/** One Postfix instance: what it is configured with, and to which domains one message each is sent. */
export interface Configuration {
  readonly name: string;
  /** Lines on top of the reference's own. `@files@` stands for the directory of `files`. */
  readonly mainCf: readonly string[];
  /** The TLS policy table; `@files@` as above. */
  readonly policy: string;
  readonly transport?: string;
  /** Lines of master.cf beside the reference's own. */
  readonly services?: string;
  /** Header lines of every message, each with CR LF. */
  readonly headers?: string;
  /** Recipient domains, or addresses. */
  readonly recipients: readonly string[];
}

export interface Scene {
  readonly dns: readonly RecordSet[];
  readonly servers: readonly SceneServer[];
  /** By name: what tafile=, smtp_tls_CAfile and the like may name; `@files@` as above. */
  readonly files: Readonly<Record<string, string>>;
  readonly configurations: readonly Configuration[];
}

/** How a message to one recipient ended at its first attempt, as logged. */
export interface Delivery {
  readonly recipient: string;
  /** `none`: no line within the time; smtp(8) died, or the reference was too slow. */
  readonly status: 'sent' | 'deferred' | 'bounced' | 'none';
  readonly dsn: string;
  /** What stands in the parentheses; at `none` the last fatal line. */
  readonly text: string;
  /** As logged: `mx.example.net[127.1.2.3]:25`, or `none`. */
  readonly relay: string;
  /** Lines of the same smtp process since its last delivery: what it met on the way. */
  readonly log: readonly string[];
}
