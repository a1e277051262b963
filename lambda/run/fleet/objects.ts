/**
 * What the stages of a run hand on to one another: objects by name, each whole or not there. A
 * worker is sent the name of one, never what is in it. A door.
 */
import type { Json } from '../../store/value-schemas.ts';

export interface Objects {
  /** In place of an earlier one of that name. @throws ObjectError for a name or a size out of bounds */
  put(name: string, content: Json): Promise<void>;
  /** @throws ObjectError where there is none */
  read(name: string): Promise<Json>;
  /** Repeating it is safe. */
  remove(name: string): Promise<void>;
}

export class ObjectError extends Error {
  override readonly name = 'ObjectError';
}

/** Lower-case letters, digits and dashes. */
export const OBJECT_NAME = /^[a-z][a-z0-9-]{0,63}$/;
/** Five times what a full shard of conversations comes to. */
export const MOST_OBJECT_BYTES = 400_000_000;
