/** DNS and mail servers that cost next to nothing (quiet-server.c), so that what is measured is who asks them. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('./quiet-server.c', import.meta.url));

export interface Counts {
  /** Those that came as far as TLS. */
  readonly conversations: number;
  readonly questions: number;
}

export interface QuietServers {
  /** The certificate of their authority, PEM. */
  readonly caFile: string;
  /** What each command needs to meet them. */
  readonly flags: readonly string[];
  readonly smtpPort: number;
  /** Of host N, which is `mx.dN.example`. */
  addressOf(host: number): string;
  /** Before each reply of DNS and SMTP, and in the handshake. */
  delay(ms: number): Promise<void>;
  /** Before the reply to QUIT. */
  delayQuit(ms: number): Promise<void>;
  /** Hosts 0, N, 2 N and so on have another certificate from now on. */
  renew(every: number): Promise<void>;
  counts(): Promise<Counts>;
  close(): Promise<void>;
}

/**
 * @param dir a directory to work in
 * @param providers whom `sN.example` is with, in turn; `dN.example` has a host of its own
 * @throws Error where there is no C compiler or no header of OpenSSL
 */
export async function startQuietServers(dir: string, providers: number): Promise<QuietServers> {
  const program = join(dir, 'quiet-server');
  try {
    execFileSync('cc', ['-O2', '-o', program, SOURCE, '-lssl', '-lcrypto'], { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    throw new Error('the servers of the bench cannot be built: install gcc and libssl-dev (Debian)', { cause: error });
  }
  const caFile = join(dir, 'bench-ca.pem');
  const child = spawn(program, [caFile, String(providers)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const heard = async (): Promise<readonly number[]> => {
    const { value } = (await lines.next()) as { readonly value?: string };
    if (value === undefined) throw new Error('the servers of the bench have ended');
    return value.split(' ').map(Number);
  };
  const order = (text: string) => {
    child.stdin.write(`${text}\n`);
    return heard();
  };
  const [dnsPort, smtpPort = 0] = await heard();
  return {
    caFile,
    smtpPort,
    flags: [
      ...['--resolver', `127.0.0.1:${dnsPort}`, '--smtp-port', String(smtpPort), '--allow-private-addresses'],
      ...['--ca-file', caFile, '--postfix-version', '3.11', '--per-network', String(HOSTS_A_NETWORK), '--no-config'],
    ],
    addressOf: (host) => {
      const network = Math.floor(host / HOSTS_A_NETWORK);
      return `127.${64 + (network >> 8)}.${network & 255}.${1 + (host % HOSTS_A_NETWORK)}`;
    },
    delay: async (ms) => void (await order(`delay ${ms}`)),
    delayQuit: async (ms) => void (await order(`quit ${ms}`)),
    renew: async (every) => void (await order(`renew ${every}`)),
    counts: async () => {
      const [conversations = 0, questions = 0] = await order('count');
      return { conversations, questions };
    },
    close: async () => {
      const ended = once(child, 'exit');
      child.stdin.end();
      await ended;
    },
  };
}

const HOSTS_A_NETWORK = 64;
