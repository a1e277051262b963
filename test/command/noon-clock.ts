/**
 * Loaded into a command before it starts: its clock is ahead or behind by `CLOCK_SHIFT_MS`, and runs
 * on. What a second run has to tell depends on whether a day of the calendar went by, and the tests
 * must not depend on the time of day at which they run.
 */
const shift = Number(process.env.CLOCK_SHIFT_MS ?? 0);
const Machine = Date;

globalThis.Date = class extends Machine {
  constructor(...parts: []) {
    if (parts.length === 0) super(Machine.now() + shift);
    else super(...parts);
  }
  static override now(): number {
    return Machine.now() + shift;
  }
} as DateConstructor;
