/** Postfix's word against ours, message by message. */
import type { EntryVerdict } from '../../../lambda/verdict/verdict.ts';
import type { Directory } from './directory.ts';
import type { Delivered } from './instance.ts';
import type { Played } from './play.ts';
import { askedFor, type ProductRun } from './product.ts';
import type { Route } from './route.ts';

export interface Disagreement {
  readonly index: number;
  readonly delivered: Delivered;
  readonly entry: EntryVerdict | undefined;
  /** What differs, in one word or two: to group by. */
  readonly kind: string;
  readonly postfix: string;
  readonly ours: string;
}

/** Every message on which the two differ. */
export function compare(played: Played): Disagreement[] {
  const { directory, postfix, product, named } = played;
  if (product === undefined) throw new Error(`directory ${directory.index} was played without our check`);
  return postfix.delivered.flatMap((delivered) => {
    const besides = named === undefined || !isLookedUp(delivered.ending) ? [] : unwatchedFor(delivered, named);
    const candidates = besides.length > 0 ? besides : entriesFor(delivered, product, directory);
    const kinds = candidates.map((each) => differenceOf(delivered, each, product, played));
    const [entry, kind] = [candidates[0], kinds[0]];
    if (kind === undefined || kinds.includes(undefined)) return [];
    const { index } = directory;
    return [{ index, delivered, entry, kind, postfix: postfixSays(delivered), ours: weSay(entry, product) }];
  });
}

/** The entry that judges this message: of its domain, or of its next hop where senders decide. */
function entriesFor(
  { message, route, ending }: Delivered,
  { entries }: ProductRun,
  directory: Directory,
): readonly (EntryVerdict | undefined)[] {
  const judged = entries.filter((entry) => entry.verdict !== 'unchecked' || entry.reason === 'level-none');
  const hop = route.kind === 'routed' ? route.nextHop : undefined;
  const isOwn = ({ destination }: EntryVerdict) => destination === askedFor(message, directory);
  const sameHop = ofService(
    judged.filter(({ nextHop }) => nextHop !== null && nextHop.text === hop),
    route,
  );
  // Of a service without a policy, whatever the same hop is asked by others.
  const isAskedNothing = ({ reason, service }: EntryVerdict) =>
    reason === 'level-none' && service !== undefined && route.kind === 'routed' && service === route.transport;
  const own = sameHop.find(isOwn) ?? judged.find((entry) => isOwn(entry) && isAskedNothing(entry));
  if (own !== undefined) return [own];
  // Another agent has it: a next hop of the same name, which smtp(8) serves for others, is not its.
  if (ending.status !== 'none' && !isLookedUp(ending)) return [entries.find(isOwn)];
  return sameHop.length > 0 ? sameHop : [judged.find(isOwn) ?? entries.find(isOwn)];
}

/** Those of the service that delivers; an entry names none that has no settings of its own. */
function ofService(entries: readonly EntryVerdict[], route: Route): readonly EntryVerdict[] {
  const own = entries.filter(({ service }) => route.kind === 'routed' && service === route.transport);
  return own.length > 0 ? own : entries.filter(({ service }) => service === undefined);
}

/**
 * Next hops of some senders alone that ask for no more than `may` are no entries of their own, since nothing is watched
 * there; named with `--destination`, they are judged as Postfix does.
 */
function unwatchedFor({ route }: Delivered, { entries }: ProductRun): readonly EntryVerdict[] {
  const hop = route.kind === 'routed' ? route.nextHop : undefined;
  // Where a table cannot be asked, no level is known, and the table itself is what is told.
  const asksNothing = ({ level, reason, sentence }: EntryVerdict) =>
    level === 'may' || level === 'none' || reason === 'table-unavailable' || sentence.includes('Level dane is only may here');
  return ofService(entries, route).filter((entry) => {
    const isThere = entry.nextHop === null ? entry.reason === 'level-none' : entry.nextHop.text === hop;
    return isThere && entry.destination === hop?.toLowerCase() && asksNothing(entry);
  });
}

/** The same without brackets or port, which no `--destination` can name: that Postfix asked for nothing there must do. */
function leavesUnasked({ route, ending }: Delivered, { mainCf, files }: Directory): boolean {
  if (route.kind !== 'routed' || /[[:]/.test(route.nextHop)) return false;
  const texts = [...mainCf, ...files.map(({ name, text }) => `${name} ${text}`)];
  const ofSenders = texts.some((text) => text.startsWith('sender_dependent_') && text.includes(route.nextHop));
  return ofSenders && ending.status === 'sent' && tlsWord(ending) !== 'Verified';
}

function differenceOf(
  { ending, route, message }: Delivered,
  entry: EntryVerdict | undefined,
  product: ProductRun,
  { directory, postfix: { delivered: others } }: Pick<Played, 'directory' | 'postfix'>,
): string | undefined {
  if (!product.document) return 'no document';
  if (entry === undefined) return 'no entry';
  if (mayNotKnow(directory, entry, product) || isToldAsNotFollowed(route, entry, product)) return undefined;
  if (isUnansweredSender({ ending, route, message }, product, others)) return undefined;
  const elsewhere = route.kind === 'routed' && entry.nextHop?.text !== route.nextHop;
  if (elsewhere && leavesUnasked({ route, ending, message }, directory)) return undefined;
  // Trivial-rewrite said so by itself; for a daemon that answers nobody it tries ten seconds for each message.
  if (ending.status === 'none' && route.kind === 'unroutable' && entry.reason === 'unroutable') return undefined;
  if (ending.status === 'none') return diesWithUs(ending, entry) || isHeldUp(route, product) ? undefined : 'a program dies';
  if (!isLookedUp(ending)) {
    return entry.verdict === 'unchecked' && entry.reason !== 'level-none' ? undefined : 'no smtp client delivers';
  }
  const used = tlsWord(ending);
  if (entry.reason === 'level-none') return used === undefined ? undefined : 'not level none';
  if (entry.verdict === 'unchecked') return `unchecked ${entry.reason}`;
  // Of a success it does not matter by which status.
  const same = entry.endings.filter(({ status, dsn }) => status === ending.status && (status === 'sent' || dsn === ending.dsn));
  if (same.length === 0) return `ending ${ending.dsn}`;
  if (ending.status !== 'sent' && !same.some(({ text }) => text === ending.text)) return `text of ${ending.dsn}`;
  if (entry.endings.length > 1 && !mayBeShuffled(entry)) return 'several endings';
  // No policy is known of any next hop.
  if (entry.reason === 'table-unavailable') return undefined;
  const relay = /\[([^\]]+)\]:(\d+)$/.exec(ending.relay);
  if (relay !== null && !reached(entry, relay[1] ?? '', Number(relay[2]))) return 'another host';
  if (route.kind === 'routed' && entry.nextHop !== null && !route.nextHop.includes(entry.nextHop.text)) {
    return 'another next hop';
  }
  const protection = used === undefined ? 'none' : used === 'Verified' ? 'authenticated' : 'encrypted';
  if (ending.status === 'sent' && entry.endings.length === 1 && entry.protection !== protection) return 'protection';
  return undefined;
}

/** A watcher that may not read a file says so, and judges nothing by it. */
function mayNotKnow({ watcher, files }: Directory, entry: EntryVerdict, { code, entries }: ProductRun): boolean {
  const hidden = watcher === 'nobody' && files.some(({ mode }) => mode === 0o600);
  // An entry that fails, known whatever that file says, has the exit code.
  const expected = entries.some(({ verdict }) => verdict === 'fail') ? 2 : 3;
  return hidden && entry.verdict === 'undetermined' && code === expected;
}

/** Where a program dies only when it asks a table, we say what it says of tables that it cannot ask. */
function diesWithUs({ text }: Delivered['ending'], { reason }: EntryVerdict): boolean {
  if (reason === 'smtp-dies' || reason === 'engine-off-kills-smtp') return true;
  const cannotAsk = reason === 'unroutable' || reason === 'table-unavailable';
  return cannotAsk && /\b(?:trivial-rewrite: fatal: |smtp: fatal: dict_sqlite_lookup: )/.test(text);
}

/** After smtp(8) was killed over one message, master(8) starts that service no more for a minute, whatever waits for it. */
function isHeldUp(route: Route, { entries }: ProductRun): boolean {
  const killed = entries.filter(({ reason }) => reason === 'engine-off-kills-smtp');
  return ofService(killed, route).length > 0;
}

/** Some senders' mail takes another way, and we said that it is not followed. */
function isToldAsNotFollowed(route: Route, { nextHop, destination }: EntryVerdict, { assumed, entries }: ProductRun): boolean {
  if (route.kind !== 'routed') return false;
  const { transport } = route;
  // At level none no next hop is told: it is the destination's own, unless senders decide.
  const elsewhere = !route.nextHop.includes(nextHop?.text ?? destination);
  const ofSenders = /^next hops of .* \(sender_dependent_default_transport_maps\) are not followed/;
  // A transport that only the senders' map can have named.
  if (transport !== 'smtp' && transport !== 'relay' && entries.some(({ sentence }) => ofSenders.test(sentence))) return true;
  return (
    assumed.some((one) => one.startsWith('no sender leaves by ') && one.split(', which ', 1)[0]?.includes(transport)) ||
    (elsewhere && entries.some(({ sentence }) => /^next hops of .* \(sender_dependent_\w+\) are not followed/.test(sentence)))
  );
}

/**
 * A table of senders that lists none and does not answer for this one, while mail of others went: who its senders are
 * cannot be known, and we said that they are not followed.
 */
function isUnansweredSender(
  { message, route, ending }: Delivered,
  { entries }: ProductRun,
  others: readonly Delivered[],
): boolean {
  if (route.kind !== 'unroutable' || ending.text !== 'address resolver failure') return false;
  const isAlone = others.some((other) => other.message.sender !== message.sender && other.route.kind === 'routed');
  const told = /^next hops of .* \(sender_dependent_\w+\) are not followed/;
  return isAlone && entries.some(({ sentence }) => told.test(sentence));
}

/** Whether smtp(8) delivered or should have: what error(8) says for want of a route or a transport is a failure, too. */
function isLookedUp({ agent, text }: Delivered['ending']): boolean {
  return agent === 'smtp' || (agent === 'error' && QUEUE_MANAGER.includes(text));
}

const QUEUE_MANAGER: readonly string[] = [
  'address resolver failure',
  'mail transport unavailable',
  'unknown mail transport error',
];

/** `Verified`, `Trusted`, `Untrusted` or `Anonymous`, of the host that took it; undefined where no handshake with it was completed. */
function tlsWord({ said, relay }: Pick<Delivered['ending'], 'said' | 'relay'>): string | undefined {
  const words = said.flatMap((line) => {
    const [, word, host] = /^(\w+) TLS connection established to (\S+): /.exec(line) ?? [];
    return word !== undefined && (relay === 'none' || host === relay) ? word : [];
  });
  return words.at(-1);
}

function reached({ hosts }: EntryVerdict, address: string, port: number): boolean {
  return hosts.some((host) => host.addresses.some((each) => each.address === address && each.port === port));
}

/** Several hosts of one preference, or several addresses of one host: Postfix draws lots. */
function mayBeShuffled({ hosts }: EntryVerdict): boolean {
  const reachable = hosts.filter(({ addresses }) => addresses.length > 0);
  return (
    reachable.some(({ addresses }) => addresses.length > 1) ||
    new Set(reachable.map(({ preference }) => preference)).size < reachable.length
  );
}

function postfixSays({ ending, route }: Delivered): string {
  const { status, dsn, text, relay, agent, said } = ending;
  const way = route.kind === 'routed' ? `${route.transport}:${route.nextHop}` : JSON.stringify(route);
  return `${status} ${dsn} (${text}) at ${relay} by ${agent}, ${tlsWord({ said, relay }) ?? 'no TLS'}, route ${way}`;
}

function weSay(entry: EntryVerdict | undefined, { code, errors }: ProductRun): string {
  const exit = `exit ${code}${errors === '' ? '' : `, ${errors}`}`;
  if (entry === undefined) return `nothing (${exit})`;
  const { verdict, reason, level, nextHop, endings, protection, sentence } = entry;
  const ends = endings.map(({ status, dsn, text }) => `${status} ${dsn} (${text})`).join(' or ');
  return `${verdict} ${reason}, level ${level}, next hop ${nextHop?.text}, ${protection}, ${ends}; "${sentence}" (${exit})`;
}
