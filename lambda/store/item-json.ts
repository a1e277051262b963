/**
 * Item ⇄ JSON text, bytes included: as a row on disk and a line of an export hold it. Pure.
 *
 * Bytes stand as `{"$bytes": "base64"}`; a name that begins with a dollar sign gets another one in
 * front, so that no object of a stranger is taken for bytes.
 */

export type Attributes = Readonly<Record<string, unknown>>;

/** @throws TypeError where a number has no form in JSON */
export function toJson(attributes: Attributes): string {
  return JSON.stringify(encoded(attributes, (entries) => entries));
}

/** The same with names in order: one text for equal items. */
export function toCanonicalJson(attributes: Attributes): string {
  return JSON.stringify(encoded(attributes, (entries) => entries.sort(byName)));
}

/** @throws SyntaxError or TypeError where the text is no object */
export function fromJson(text: string): Attributes {
  const read: unknown = text.includes('"$') ? JSON.parse(text, decoded) : JSON.parse(text);
  if (typeof read !== 'object' || read === null || Array.isArray(read))
    throw new TypeError('it is no object');
  return read as Attributes;
}

type Entries = [string, unknown][];

function encoded(value: unknown, ordered: (entries: Entries) => Entries): unknown {
  if (value instanceof Uint8Array)
    return {
      $bytes: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64'),
    };
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new TypeError(`${value} has no form in JSON`);
  if (Array.isArray(value)) return value.map((each) => encoded(each, ordered));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    ordered(Object.entries(value)).map(([name, each]) => [
      name.startsWith('$') ? `$${name}` : name,
      encoded(each, ordered),
    ]),
  );
}

/** From the inside out, as JSON.parse() goes. */
function decoded(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value);
  if (!entries.some(([name]) => name.startsWith('$'))) return value;
  const [[first, base64] = []] = entries;
  if (first === '$bytes' && typeof base64 === 'string')
    return new Uint8Array(Buffer.from(base64, 'base64'));
  return Object.fromEntries(
    entries.map(([name, each]) => [name.startsWith('$$') ? name.slice(1) : name, each]),
  );
}

const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1);
