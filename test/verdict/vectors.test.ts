/**
 * The recorded deliveries of three real Postfix versions, taken to the judge's door: status, dsn and text must be the
 * one ending predicted, or among those predicted where several addresses are tried in an order of chance.
 */
import { describe, expect, test } from 'vitest';
import { type RecordedDelivery, type RecordedDestination, readRecording, VERSIONS } from '../cases/recorded.ts';
import { replayOf } from '../cases/replay.ts';

const DELIVERIES = readRecording('deliveries');
const SETTINGS = readRecording('settings');

describe.each(VERSIONS)('as Postfix %s delivered them', (version) => {
  const replay = replayOf(DELIVERIES);
  test.each(named(DELIVERIES.destinations))('$name', async ({ recorded }) => {
    const { verdict } = await replay(recorded, version);
    const delivered = recorded.postfix[version];
    if (verdict.reason === 'level-none') expect(delivered.status).toBe('sent');
    else if (isChance(recorded)) expect(verdict.endings).toContainEqual(endingOf(delivered));
    else expect(verdict.endings).toEqual([endingOf(delivered)]);
  });
});

describe.each(VERSIONS)('under other settings, as Postfix %s', (version) => {
  const replay = replayOf(SETTINGS);
  const judgeable = SETTINGS.destinations.filter((recorded) => !NOT_OURS.has(recorded.destination));
  test.each(named(judgeable))('$name', async ({ recorded }) => {
    const { verdict } = await replay(recorded, version);
    const delivered = recorded.postfix[version];
    if (verdict.reason === 'level-none') expect(delivered.status).toBe('sent');
    else if (delivered.status === 'none') expect(verdict.postfixSays).toBe(delivered.text);
    else if (isChance(recorded)) expect(verdict.endings).toContainEqual(endingOf(delivered));
    else expect(verdict.endings).toEqual([endingOf(delivered)]);
  });
});

function endingOf({ status, dsn, text }: RecordedDelivery) {
  return { status, dsn, text: status === 'sent' ? '' : text };
}

/** Several addresses of equal preference. */
function isChance({ mx }: RecordedDestination): boolean {
  const addresses = mx.flatMap(({ preference, addresses: own }) => own.map(() => preference));
  return new Set(addresses).size < addresses.length;
}

/** What is decided behind TLS (RCPT), by a header of the message, or by other deliveries at the time: no probe sees it. */
const NOT_OURS: ReadonlySet<string> = new Set(['lim5.test', 'lim6.test', 'hdr1.test', 'dta8.test']);

const named = (destinations: readonly RecordedDestination[]) =>
  destinations.map((recorded) => ({
    recorded,
    name: [recorded.destination, recorded.policy ?? 'no policy', ...(recorded.mainCf ?? []), recorded.note].join(' | '),
  }));
