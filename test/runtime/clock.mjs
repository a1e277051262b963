/**
 * Loaded before the function: sets its clock forward, so that a test can let a day pass, and lets a wait of a minute and more
 * pass at once, as if it had been waited for.
 */
import { syncBuiltinESMExports } from 'node:module';
import { performance } from 'node:perf_hooks';
import timers from 'node:timers/promises';

const LONG_MS = 60_000;
const offset = Number(process.env.TEST_CLOCK_OFFSET_MS ?? 0);
const RealDate = Date;
let skipped = 0;
const now = () => RealDate.now() + offset + skipped;

globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(now());
    else super(...args);
  }
  static now() {
    return now();
  }
};

const monotonic = performance.now.bind(performance);
performance.now = () => monotonic() + skipped;

const wait = timers.setTimeout;
timers.setTimeout = (ms, value, options) => {
  if (ms < LONG_MS) return wait(ms, value, options);
  skipped += ms;
  return wait(0, value, options);
};
syncBuiltinESMExports();
