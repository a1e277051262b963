/**
 * Deadlines that no idle machine is needed for: a conversation in a test waits half a minute for
 * everything, except for the one thing that the test knows will never come.
 */
import { afterEach, vi } from 'vitest';
import { openProbe, type ProbeOptions } from '../../lambda/probe/connection.ts';
import type { Probe } from '../../lambda/probe/pace.ts';
import type { Phase } from '../../lambda/probe/result.ts';

/** For the doors under test: what these deadlines are is how waits are told from other timers. */
export const PATIENCE_MS = 30_000;

/** The door that waits so long, with no anchors unless some are given. */
export const patientDoor = (options: Partial<ProbeOptions> = {}): Probe =>
  openProbe({
    heloName: 'watch.example.test',
    greetingTimeoutMs: PATIENCE_MS,
    stepTimeoutMs: PATIENCE_MS,
    anchors: [],
    allowPrivateAddresses: true,
    ...options,
  });

/** What a conversation in plaintext up to EHLO inside TLS waits for, in turn. */
const WAITS: readonly Phase[] = ['connect', 'greeting', 'ehlo', 'starttls', 'handshake', 'ehlo-after-tls'];

/**
 * Lets the wait for that run out soon, while all before it stay patient. Until the test ends; for
 * one conversation in plaintext at a time.
 */
export function runsOut(phase: Phase): void {
  onWait(phase, () => SOON_MS);
}

/** Calls `then` as soon as the wait for that has begun. As `runsOut`. */
export function whileWaiting(phase: Phase, then: () => void): void {
  onWait(phase, () => {
    setImmediate(then);
    return PATIENCE_MS;
  });
}

function onWait(phase: Phase, begin: () => number): void {
  // Behind a refusal of STARTTLS it is waited for in place of the handshake.
  const nth = WAITS.indexOf(phase === 'after-starttls' ? 'handshake' : phase);
  let waits = 0;
  vi.stubGlobal('setTimeout', (run: () => void, ms: number) => {
    if (ms === PATIENCE_MS) waits++;
    // What is left of a wait, once smtp_reply_filter has answered.
    const goesOn = ms < PATIENCE_MS && ms > PATIENCE_MS / 2;
    return later(run, (ms === PATIENCE_MS || goesOn) && waits === nth + 1 ? begin() : ms);
  });
}

afterEach(() => {
  vi.unstubAllGlobals();
});

const later = globalThis.setTimeout;

/** Enough for a server to say something in vain. */
const SOON_MS = 150;
