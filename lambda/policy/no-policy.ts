/**
 * A file that smtp_tls_policy_maps names and that holds something else: passwords of SASL, most
 * likely, by a slip of the pen. Postfix calls each of its lines broken; nothing of it is shown.
 */
import { nearest } from '../postfix/nearest.ts';
import { attributeNamed } from './attribute.ts';
import { SECURITY_LEVELS } from './level.ts';

/** What stands for a text that may be a secret. */
export const HIDDEN = '…';

/**
 * Whether these right-hand sides are no policies: none has a level or an attribute, however
 * misspelt, and one of them is not even a word.
 */
export function isNoPolicy(values: readonly string[]): boolean {
  return values.some((value) => !/^[a-z-]+(?:\s|$)/i.test(value)) && !values.some(speaksOfPolicy);
}

/** Whether a key may be shown: it looks like a next hop, or an address. */
export function isShownKey(key: string): boolean {
  return /^(?:[^\s:@]+@)?\[?\.?[a-z0-9_-]+(?:\.[a-z0-9_-]+)+\]?(?::\w+)?$/i.test(key);
}

function speaksOfPolicy(value: string): boolean {
  const [first = '', ...rest] = value.split(/[\s,{}]+/).filter((word) => word !== '');
  const level = first.replace(/^["'“”„=#]+|["'“”„;]+$/g, '');
  return (
    nearest(level, [...SECURITY_LEVELS, 'halfdane']) !== undefined ||
    [first, ...rest].some((word) => {
      const bare = word.replace(/^["'“”„=#]+|["'“”„;]+$/g, '').toLowerCase();
      return isLevel(bare) || attributeNamed(bare.split('=', 1)[0] ?? '') !== undefined;
    })
  );
}

const isLevel = (word: string): boolean => SECURITY_LEVELS.some((level) => level === word);
