/** Every recorded delivery of three real Postfix versions, judged again by the whole line behind its doors. */
import { expect, test } from 'vitest';
import type { EntryVerdict } from '../../lambda/verdict/verdict.ts';
import { type RecordedDelivery, type RecordedDestination, readRecording, recipientOf, VERSIONS } from './recorded.ts';
import { type Replay, replayOf } from './replay.ts';

/** Where we knowingly judge otherwise, or not at all; each must really differ. */
const DIFFERENCES = [
  {
    because: 'no recipient is ever named to a server: what it says to RCPT is no matter of TLS',
    is: (_: RecordedDestination, delivery: RecordedDelivery) => delivery.text.includes('in reply to RCPT TO command'),
  },
  {
    because: 'a header of one message (TLS-Required: no) changes nothing for the others',
    is: ({ header }: RecordedDestination, delivery: RecordedDelivery) => header !== undefined && delivery.status === 'sent',
  },
  {
    because: 'with connection_reuse=yes Postfix 3.5 mixes up the anchors of simultaneous deliveries: alone, this one is right',
    is: ({ destination }: RecordedDestination, { text }: RecordedDelivery) =>
      destination === 'dta8.test' && text === 'Server certificate not trusted',
  },
] as const;

test.each(
  (['deliveries', 'settings', 'dane'] as const).flatMap((recording) => VERSIONS.map((version) => ({ recording, version }))),
)('$recording as Postfix $version', async ({ recording, version }) => {
  const recorded = readRecording(recording);
  const replay = replayOf(recorded);
  const disagreements: string[] = [];
  const undue: string[] = [];
  let compared = 0;
  for (const destination of recorded.destinations) {
    const delivery = destination.postfix[version];
    const { verdict } = await replay(destination, version);
    const difference = DIFFERENCES.find(({ is }) => is(destination, delivery));
    const agrees = agree(verdict, delivery, destination);
    const line = `${recipientOf(destination)}: Postfix ${told(delivery)}; we ${JSON.stringify(verdict.endings)} ${verdict.verdict}`;
    if (difference !== undefined && agrees) undue.push(`${line} (${difference.because})`);
    if (difference === undefined && !agrees) disagreements.push(line);
    if (difference === undefined) compared++;
  }
  expect(disagreements).toEqual([]);
  expect(undue).toEqual([]);
  expect(compared).toBeGreaterThanOrEqual({ deliveries: 507, settings: 245, dane: 205 }[recording]);
});

/** Which addresses Postfix connected to, in order, what it made of each and which name it sent. */
test.each((['settings', 'dane'] as const).flatMap((recording) => VERSIONS.map((version) => ({ recording, version }))))(
  'the walk over the addresses of $recording as Postfix $version',
  async ({ recording, version }) => {
    const recorded = readRecording(recording);
    const replay = replayOf(recorded);
    const disagreements: string[] = [];
    let compared = 0;
    for (const destination of recorded.destinations) {
      const delivery = destination.postfix[version];
      const played = await replay(destination, version);
      if (delivery.walk === undefined || delivery.unstable || played.verdict.reason === 'level-none') continue;
      if (DIFFERENCES.some(({ is }) => is(destination, delivery))) continue;
      compared += delivery.walk.length;
      for (const what of walkDisagreements(played, delivery)) disagreements.push(`${recipientOf(destination)}: ${what}`);
    }
    expect(disagreements).toEqual([]);
    expect(compared).toBeGreaterThanOrEqual({ settings: 270, dane: 190 }[recording]);
  },
);

function walkDisagreements({ verdict, conversations }: Replay, { walk = [], walkVaries }: RecordedDelivery): string[] {
  const ours = verdict.hosts.flatMap(({ addresses }) => addresses);
  const found = walk.flatMap((visit) => {
    const judged = ours.find(({ address }) => address === visit.address);
    if (judged === undefined) return [`${visit.address} was visited, and is unknown to us`];
    const taken = visit.took !== undefined;
    const agrees = taken === (judged.outcome === 'pass');
    const sni = conversations.find(({ address }) => address === visit.address)?.servername;
    return [
      ...(agrees
        ? []
        : [`${visit.address} ${taken ? 'took' : 'did not take'} the mail, and to us ${judged.outcome} ${judged.reason}`]),
      ...(taken && judged.tlsa !== null && (visit.took === 'plaintext') !== (judged.tls === null)
        ? [`${visit.address} took the mail over ${visit.took}`]
        : []),
      ...(visit.word === undefined || sni === visit.sni ? [] : [`${visit.address} was sent SNI ${visit.sni}, and by us ${sni}`]),
    ];
  });
  // Across two families preference and balance decide; there the endings tell.
  if (walkVaries || ours.some(({ address }) => address.includes(':'))) return found;
  const places = walk.map(({ address }) => ours.findIndex((one) => one.address === address));
  return places.every((place, i) => i === 0 || place > (places[i - 1] ?? 0)) ? found : [...found, 'the order differs'];
}

/** One ending, exactly the one recorded; several only where Postfix shuffles, then among them. */
function agree(verdict: EntryVerdict, delivery: RecordedDelivery, destination: RecordedDestination): boolean {
  if (verdict.reason === 'level-none') return delivery.status === 'sent';
  if (delivery.status === 'none') return verdict.reason === 'smtp-dies' && verdict.endings.length === 0;
  const shuffled = delivery.walkVaries === true || delivery.unstable === true || hasChoice(destination);
  if (verdict.endings.length !== 1 && !shuffled) return false;
  return verdict.endings.some(
    ({ status, dsn, text }) =>
      status === delivery.status && dsn === delivery.dsn && (status === 'sent' || text === delivery.text),
  );
}

/** Equal preferences or several addresses of one host: Postfix draws lots. */
function hasChoice({ mx, addresses = [] }: RecordedDestination): boolean {
  const preferences = new Set(mx.map(({ preference }) => preference));
  return preferences.size < mx.length || addresses.length > 1 || mx.some((host) => host.addresses.length > 1);
}

const told = ({ status, dsn = '', text }: RecordedDelivery) => `${status} ${dsn} (${text})`;
