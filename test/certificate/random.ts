/** Random numbers that a seed repeats. */
export interface Random {
  /** From 0 up to, not including, 1. */
  fraction(): number;
  below(limit: number): number;
  chance(probability: number): boolean;
  pick<T>(from: ArrayLike<T>): T;
  /** One to three of them. */
  several<T>(from: readonly T[]): T[];
  shuffled<T>(list: readonly T[]): T[];
}

/** The generator mulberry32. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const fraction = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number) => Math.floor(fraction() * limit);
  const pick = <T>(from: ArrayLike<T>): T => {
    if (from.length === 0) throw new RangeError('nothing to pick from');
    return from[below(from.length)] as T;
  };
  const shuffled = <T>(list: readonly T[]) =>
    list
      .map((value) => ({ value, order: fraction() }))
      .sort((a, b) => a.order - b.order)
      .map(({ value }) => value);
  return {
    fraction,
    below,
    pick,
    shuffled,
    chance: (probability) => fraction() < probability,
    several: (from) => Array.from({ length: 1 + below(3) }, () => pick(from)),
  };
}
