/**
 * What the gatherers are given: the options that name a policy, and the machine it is read from.
 * This machine as it is: this-machine.ts.
 */

/**
 * Where policy and settings come from: the flags that addBundleFlags() of command/flags defines.
 */
export interface BundleOptions {
  /** Path or `type:path`. */
  readonly table?: string;
  readonly configDirectory?: string;
  /** `configDirectory` was not named: it is that of this host's own Postfix. */
  readonly isOwnPostfix?: true;
  /** The master.cf service that delivers; `smtp`. */
  readonly service?: string;
  readonly mainCf?: string;
  readonly transport?: string;
  readonly caFile?: string;
  readonly caPath?: string;
  readonly postfixVersion?: string;
  readonly opensslVersion?: string;
  /** Trust is not asked about, and its files may be elsewhere. */
  readonly withoutAnchors?: true;
  readonly destination?: readonly string[];
  /** Path of a file of such names. */
  readonly destinations?: string;
  /** Names that tables are asked about, and that are no destinations by themselves. */
  readonly alsoAsk?: readonly string[];
  readonly smtpPort?: number;
  /** Seconds from now in which every command that is run must have ended. */
  readonly deadline?: number;
}

/** Of a file or a folder. */
export interface Permissions {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export type FileRead =
  | (Permissions & {
      readonly kind: 'read';
      readonly bytes: Uint8Array;
      readonly modifiedMs: number;
    })
  /**
   * `because` is what strerror() says: `No such file or directory`. `noFile`: a named pipe, a device
   * or a socket, which whoever opens it would wait for. `outside`: it is not to be opened here
   * (--offline-sources), and what a Postfix would find is not known.
   */
  | {
      readonly kind: 'failed';
      readonly because: string;
      readonly noFile?: true;
      readonly outside?: true;
    };

export type Ran =
  | {
      readonly kind: 'ended';
      readonly status: number;
      readonly output: string;
      readonly errors: string;
    }
  | { readonly kind: 'not-installed' };

/** What the gatherers may ask of the machine. Nothing is written; every call may be repeated. */
export interface Machine {
  /** Who asks; undefined where that cannot be told. */
  readonly uid?: number | undefined;
  /** Epoch ms. */
  now?(): number;
  /** What gethostname() gives. */
  hostname?(): string;
  read(path: string): Promise<FileRead>;
  /** Modification time in epoch ms; undefined where there is no such file. */
  modified(path: string): Promise<number | undefined>;
  /** The folders on the way to a file that is there, those behind links included. */
  folders?(path: string): Promise<readonly Permissions[]>;
  /** Names in a directory, sorted; undefined where it cannot be listed. */
  list(directory: string): Promise<readonly string[] | undefined>;
  run(command: string, args: readonly string[]): Promise<Ran>;
}
