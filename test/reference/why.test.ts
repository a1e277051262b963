/**
 * Logs that a real Postfix writes, at each loglevel: `why` gives for each destination that waits or bounced for TLS a
 * cause that our verdict of the same destination has, and none for the others; and its queue, as postqueue -j tells it.
 */
import { describe, expect, test } from 'vitest';
import { causeOfWords } from '../../lambda/log/cause.ts';
import { readLine } from '../../lambda/log/line.ts';
import { openQueueTally } from '../../lambda/log/queue.ts';
import type { Held } from '../../lambda/log/report.ts';
import { openTally } from '../../lambda/log/tally.ts';
import { thisZone } from '../../lambda/log/timestamp.ts';
import { lacksName, narrowed } from '../../lambda/run/why/asked.ts';
import { DAY_MS } from '../../lambda/text/dates.ts';
import { REASONS, type Reason } from '../../lambda/verdict/reason.ts';
import type { EntryVerdict } from '../../lambda/verdict/verdict.ts';
import { foundingScene } from './founding-scene.ts';
import { generate } from './generate.ts';
import { missingReference, type Played, play } from './reference.ts';
import type { Delivery, Scene } from './scene.ts';

const seed = Number(process.env.REFERENCE_SEED ?? 1);
const count = Number(process.env.REFERENCE_COUNT ?? 50);
const missing = missingReference();
if (missing !== undefined) console.log(`the comparison with a real Postfix is skipped: ${missing}`);

describe.skipIf(missing !== undefined).each([0, 1, 2])('logs of a real Postfix at smtp_tls_loglevel = %i', async (level) => {
  const played = missing === undefined ? await playAt(level) : [];
  const compared = played.flatMap(comparedIn);

  test.each(compared)('$recipient: $ended', ({ delivery, verdict, held }) => {
    const addresses = verdict.hosts.flatMap((host) => host.addresses.map(({ reason }) => reason));
    const ours = [verdict.reason, ...addresses].filter((reason) => reason !== null);
    const ofTls = ours.filter(isOfTls);
    if (delivery.status === 'sent' || ofTls.length === 0) {
      expect(held).toBeUndefined();
      return;
    }
    if (held === undefined) {
      // Another host of the walk had the last word, and it was not about TLS.
      expect(delivery.text).toMatch(NOT_TLS);
      return;
    }
    const level = verdict.level === 'invalid' ? undefined : { level: verdict.level };
    expect(ofTls).toContain(narrowed(held.reasons, level).find((reason) => ofTls.includes(reason)));
  });

  test('there are many of them, and most have one cause', () => {
    const told = compared.flatMap(({ held, verdict }) => {
      if (held === undefined) return [];
      return [narrowed(held.reasons, verdict.level === 'invalid' ? undefined : { level: verdict.level })];
    });
    const certain = told.filter((reasons) => reasons.length === 1 || lacksName(reasons)).length;
    console.log(`loglevel ${level}: ${told.length} of ${compared.length} held up for TLS, ${certain} with one cause`);
    expect(told.length).toBeGreaterThan(count / 6);
    expect(certain).toBeGreaterThan(told.length / 2);
  });

  test('the queue has what waits, with the words of the log', () => {
    for (const { deliveries, queue } of played) {
      const tally = openQueueTally();
      for (const line of queue.split('\n')) tally.take(line);
      const { held, messages, unreadable } = tally.report();
      const waiting = deliveries.filter(({ status }) => status === 'deferred');
      expect(unreadable).toBe(0);
      // One that has just ended may not be gone yet.
      expect(messages).toBeGreaterThanOrEqual(waiting.length);
      for (const { domain, cause, arrivedAt } of held) {
        const logged = waiting.find(({ recipient }) => recipient.toLowerCase() === domain);
        expect(cause.says).toBe(logged?.text);
        expect(Math.abs(Date.now() - arrivedAt)).toBeLessThan(DAY_MS);
      }
      const ofTls = waiting.filter(({ text }) => typeof causeOfWords(text) !== 'string');
      expect(held.map(({ domain }) => domain).sort()).toEqual(ofTls.map(({ recipient }) => recipient.toLowerCase()).sort());
    }
    expect(played.some(({ queue }) => queue !== '')).toBe(true);
  });

  test('the chain and the digests are told at level 2, and nowhere else', () => {
    const peers = compared.flatMap(({ held }) => held?.peers ?? []).filter(({ trust }) => trust !== undefined);
    const chains = peers.filter(({ chain }) => chain !== undefined);
    // Not of each: a session that is resumed has no certificate again, and not every check walks a chain.
    expect(chains.length > 0).toBe(level === 2);
    expect(chains.some(({ chain }) => chain?.[0]?.startsWith('/'))).toBe(level === 2);
    for (const { chain, fingerprints, issuer } of chains) {
      // A certificate without a subject is told as nothing.
      expect(chain?.[0]).toMatch(/^(?:\/|$)/);
      expect(issuer).toBeDefined();
      expect(fingerprints).toEqual({ certificate: expect.stringMatching(DIGEST), key: expect.stringMatching(DIGEST) });
    }
  });
});

const DIGEST = /^[0-9A-F]{2}(?::[0-9A-F]{2})+$/;
const GROUPS = new Set(['tls', 'trust', 'name', 'digest', 'dane', 'ours']);
const isOfTls = (reason: Reason) => GROUPS.has(REASONS[reason].group) || reason === 'no-dnssec';
const NOT_TLS =
  /^connect to |^lost connection |^conversation with |^host \S+ (?:said|refused to talk)|^Host or domain|^unable to look up|loops back|nullMX/;

async function playAt(level: number): Promise<Played[]> {
  const [founding, drawn] = [await foundingScene(), await generate(seed, count)];
  const scene: Scene = {
    dns: [...founding.dns, ...drawn.dns],
    servers: [...founding.servers, ...drawn.servers],
    files: { ...founding.files, ...drawn.files },
    configurations: [...founding.configurations, ...drawn.configurations].map((one) => ({
      ...one,
      mainCf: [...one.mainCf, `smtp_tls_loglevel = ${level}`],
    })),
  };
  return play(scene, { check: true });
}

interface Row {
  readonly recipient: string;
  readonly ended: string;
  readonly delivery: Delivery;
  readonly verdict: EntryVerdict;
  readonly held: Held | undefined;
}

function comparedIn({ log, deliveries, verdicts }: Played): Row[] {
  const tally = openTally();
  const lines = log.split('\n');
  for (const text of lines) {
    const line = readLine(text, { notAfter: Date.now(), local: thisZone });
    if (line !== undefined) tally.take(line);
  }
  const report = tally.report(lines.length);
  return deliveries.flatMap((delivery): Row[] => {
    const { recipient, status, dsn, text } = delivery;
    const verdict = verdicts.find((one) => one.destination === recipient && one.verdict !== 'unchecked');
    if (verdict === undefined || status === 'none') return [];
    const held = report.held.find(({ domain }) => domain === recipient.toLowerCase());
    return [{ recipient, ended: `${status} ${dsn} ${text}`, delivery, verdict, held }];
  });
}
