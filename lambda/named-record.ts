/**
 * Records keyed by names that others chose. `constructor` and `__proto__` are host names like any
 * other: a plain object has the one before anything is put in, and loses the other.
 */

/** The value put in under that name, never one that every object inherits. */
export function named<Value>(
  record: Readonly<Record<string, Value>>,
  name: string,
): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/** A copy that takes any name. */
export function byName<Value>(record: Readonly<Record<string, Value>> = {}): Record<string, Value> {
  return Object.assign(Object.create(null) as Record<string, Value>, record);
}
