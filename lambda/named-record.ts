/**
 * Records keyed by names that others chose, such as host names. `constructor` and `__proto__` may
 * be among them: in a plain object the first is there before anything is put in, and what is put in
 * under the second is lost.
 */

/** What was put in under that name; undefined where nothing was, whatever objects inherit. */
export function named<Value>(
  record: Readonly<Record<string, Value>>,
  name: string,
): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/** A copy without a prototype, which takes any name. */
export function byName<Value>(record: Readonly<Record<string, Value>> = {}): Record<string, Value> {
  return Object.assign(Object.create(null) as Record<string, Value>, record);
}
