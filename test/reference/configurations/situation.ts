/**
 * A configuration directory written short: lines of main.cf and files, in a small world that is the
 * same for all, and how a real Postfix ends each delivery.
 *
 * In every text `D` stands for the directory's own domain, ETC for the configuration directory and
 * ADDR for an address of its own. `a.D`, `b.D`, `n.D`, `p.D` and `w.D` have one MX host `mx.a.D` … with
 * a certificate for both names; that of `f.D` welcomes 10.9.9.9 alone; `r.D` listens on 25, 587 and,
 * with TLS from byte 0, on 465. Their certificates are under CAfile.
 */
import { createPrivateKey } from 'node:crypto';
import { type Authority, createAuthority } from '../../internet/authority.ts';
import type { RecordSet } from '../../internet/dns-server.ts';
import type { SceneServer } from '../scene.ts';
import type { Directory, DirectoryFile, Message, TableDaemon } from './directory.ts';
import type { Delivered } from './instance.ts';

export interface Situation {
  readonly title: string;
  readonly mainCf: readonly string[];
  /** On top of smtp, relay, lmtp and pipe; one of the same name replaces it. */
  readonly masterCf?: readonly string[];
  /** A text may be one of PEM below. */
  readonly files?: readonly DirectoryFile[];
  readonly daemons?: readonly TableDaemon[];
  readonly watcher?: Directory['watcher'];
  /** `domains` where absent. */
  readonly asked?: Directory['asked'];
  /**
   * What Postfix did when it was tried, in the words of endingWords(), by recipient; mail is from the
   * null sender, or else its sender stands before: `anna@s.D to m@a.D`.
   */
  readonly ends: Readonly<Record<string, string>>;
  /** Where we knowingly say otherwise (docs/differences.md): our sentence. */
  readonly differs?: string;
  /** The same, where compare() knows the difference and lets it pass: what we say, among all that we do. */
  readonly told?: string;
}

/** Files of a client certificate, by the text that stands for them. */
export type Pem = Readonly<Record<string, string>>;

export async function createPem(authority: Authority): Promise<Pem> {
  const client = await authority.issue({ dnsNames: ['client.test'] });
  const other = await authority.issue({ dnsNames: ['client.test'] });
  const encrypted = createPrivateKey(client.keyPem).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  });
  return {
    '<chain>': client.chainPem,
    '<key>': client.keyPem,
    '<chain><key>': client.chainPem + client.keyPem,
    '<other key>': other.keyPem,
    '<encrypted key>': encrypted.toString(),
    '<ca>': authority.certificate.pem,
  };
}

export const createRoot = () => createAuthority('Situations');

/** `first` of those that are played together has the address that `mx.f.D` welcomes. */
export async function directoryOf(
  { title, mainCf, masterCf = [], files = [], daemons = [], watcher = 'root', asked = 'domains', ends }: Situation,
  { index, first }: { readonly index: number; readonly first: boolean },
  authority: Authority,
  pem: Pem,
): Promise<Directory> {
  const put = (text: string) => written(text, index);
  const names = new Set(masterCf.map(serviceOf));
  const withTexts = files.map((file): DirectoryFile => {
    const text = pem[file.text] ?? put(file.text);
    return typeof file.later === 'object' ? { ...file, text, later: { text: put(file.later.text) } } : { ...file, text };
  });
  return {
    index,
    oddities: [title],
    mainCf: [`smtp_tls_CAfile = ${etcOf(index)}/ca.pem`, ...mainCf.map(put)],
    masterCf: [...SERVICES.filter((line) => !names.has(serviceOf(line))), ...masterCf.map(put)],
    files: [{ name: 'ca.pem', text: authority.certificate.pem }, ...withTexts],
    daemons: JSON.parse(put(JSON.stringify(daemons))) as TableDaemon[],
    ...(await worldOf(index, authority)),
    localAddresses: first ? [OWN_ADDRESS] : [],
    messages: Object.keys(ends).map((delivery) => messageOf(put(delivery))),
    asked,
    watcher,
  };
}

/** How a delivery ended: `sent Verified`, `deferred 4.7.5 …`, with another agent's name behind it. */
export function endingWords({ ending }: Delivered, index: number): string {
  const { status, dsn, text, agent, said } = ending;
  const words = neutral(text, index);
  if (status === 'none') return `not delivered: ${words}`;
  if (agent !== 'smtp') return `${status} ${dsn} ${words}, by ${agent}`;
  if (status !== 'sent') return `${status} ${dsn} ${words}`;
  const tls = said.flatMap((line) => /^(\w+) TLS connection established/.exec(line)?.[1] ?? []).at(-1);
  return `sent ${tls ?? 'in plaintext'}`;
}

async function worldOf(
  index: number,
  authority: Authority,
): Promise<{ readonly dns: readonly RecordSet[]; readonly servers: readonly SceneServer[] }> {
  const present = async (...dnsNames: string[]) => {
    const { chainPem, keyPem } = await authority.issue({ dnsNames });
    return { chain: chainPem, key: keyPem };
  };
  const domain = domainOf(index);
  const dns: RecordSet[] = [];
  const servers: SceneServer[] = [];
  for (const [n, label] of ['a', 'b', 'n', 'p', 'w', 'f'].entries()) {
    const [name, host, address] = [`${label}.${domain}`, `mx.${label}.${domain}`, addressOf(index, n + 1)];
    dns.push({ name, type: 'MX', data: [`10 ${host}`] }, { name: host, type: 'A', data: [address] });
    servers.push({ address, ...(await present(host, name)), ...(label === 'f' ? { onlyFrom: OWN_ADDRESS } : {}) });
  }
  const [relay, address] = [`r.${domain}`, addressOf(index, 50)];
  const identity = await present(relay);
  dns.push({ name: relay, type: 'A', data: [address] });
  servers.push({ address, ...identity }, { address, port: 587, ...identity });
  servers.push({ address, port: 465, behaviour: 'wrapper', ...identity });
  return { dns, servers };
}

/** With the names of this directory; `\.D` in a pattern keeps its dots escaped. */
function written(text: string, index: number): string {
  const domain = domainOf(index);
  return text
    .replaceAll(String.raw`\\.D`, String.raw`\\.${domain.replace('.', String.raw`\\.`)}`)
    .replaceAll(String.raw`\.D`, String.raw`\.${domain.replace('.', String.raw`\.`)}`)
    .replace(/\.D\b/g, `.${domain}`)
    .replace(/^D\b/gm, domain)
    .replaceAll('ETC', etcOf(index))
    .replaceAll('ADDR', addressOf(index, 200));
}

/** With the letters that stand for the directory's own names. */
export const neutral = (text: string, index: number): string =>
  text
    .replaceAll(etcOf(index), 'ETC')
    .replaceAll(domainOf(index), 'D')
    .replace(/127\.90\.\d+\.(\d+)/g, '@$1');

const domainOf = (index: number) => `c${index}.test`;
const etcOf = (index: number) => `/mnt/c${index}/etc`;
const addressOf = (index: number, n: number) => `127.90.${index}.${n}`;
const serviceOf = (line: string) => line.split(' ', 1)[0] ?? '';

const OWN_ADDRESS = '10.9.9.9';

function messageOf(delivery: string): Message {
  const [recipient = '', sender = '<>'] = delivery.split(' to ').reverse();
  return { sender, recipient };
}

const SERVICES: readonly string[] = [
  'smtp unix - - n - - smtp',
  'relay unix - - n - - smtp',
  'lmtp unix - - n - - lmtp',
  'pipe unix - n n - - pipe flags=R user=nobody argv=/bin/true',
];
