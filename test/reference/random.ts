/** Chance from a seed: the same seed gives the same scene, keys and signatures apart. */

export interface Random {
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** `count` different ones, in random order; all of them where there are fewer. */
  some<T>(from: readonly T[], count: number): T[];
  /** By weight. */
  weighted<T>(from: readonly (readonly [weight: number, value: T])[]): T;
}

/** mulberry32: small, and good enough to draw test cases with. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  const at = <T>(from: readonly T[], index: number): T => {
    const value = from[index];
    if (value === undefined) throw new Error(`nothing to draw at ${index} of ${from.length}`);
    return value;
  };
  return {
    between,
    chance: (probability) => next() < probability,
    pick: (from) => at(from, between(0, from.length - 1)),
    some: (from, count) => {
      const left = [...from];
      return Array.from({ length: Math.min(count, left.length) }, () => at(left.splice(between(0, left.length - 1), 1), 0));
    },
    weighted: (from) => {
      let rest = next() * from.reduce((sum, [weight]) => sum + weight, 0);
      for (const [weight, value] of from) {
        rest -= weight;
        if (rest < 0) return value;
      }
      return at(from, from.length - 1)[1];
    },
  };
}
