/** A directory while it is drawn: its names, its addresses, and the lists that the parts of the drawing add to. */
import type { RecordSet } from '../../internet/dns-server.ts';
import type { Authorities } from '../authorities.ts';
import type { Random } from '../random.ts';
import type { SceneServer } from '../scene.ts';
import { configDirectoryOf, type DirectoryFile, type Message, type TableDaemon } from './directory.ts';

export interface Draft {
  readonly random: Random;
  readonly authorities: Authorities;
  readonly index: number;
  /** The configuration directory, as a path. */
  readonly etc: string;
  readonly oddities: string[];
  readonly mainCf: string[];
  readonly masterCf: string[];
  readonly files: DirectoryFile[];
  readonly daemons: TableDaemon[];
  readonly dns: RecordSet[];
  readonly servers: SceneServer[];
  /** Addresses that this host has, besides loopback. */
  readonly localAddresses: string[];
  readonly messages: Message[];
  /** `d1` to `d1.c17.test`. */
  readonly name: (label: string) => string;
  /** The next free address. */
  readonly address: () => string;
}

export function startDraft(random: Random, authorities: Authorities, index: number): Draft {
  let next = 0;
  return {
    random,
    authorities,
    index,
    etc: configDirectoryOf({ index }),
    oddities: [],
    mainCf: [],
    masterCf: [],
    files: [],
    daemons: [],
    dns: [],
    servers: [],
    localAddresses: [],
    messages: [],
    name: (label) => `${label}.c${index}.test`,
    address: () => {
      next++;
      return `127.${80 + Math.floor(index / 250)}.${index % 250}.${next}`;
    },
  };
}
