import { expect, test } from 'vitest';
import { BUNDLE_PART, bundleOfPolicy, bundlePart } from '../../../lambda/run/watch/stored-policy.ts';
import { StoreError } from '../../../lambda/store/table-error.ts';
import { bundleOf } from '../../policy/bundle-of.ts';

const version = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';
const stored = (parts: Readonly<Record<string, Uint8Array>>) => ({ version, parts, pushedAt: 0, pushedBy: 'alice' });
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

test('what is pushed is what is judged by', () => {
  const bundle = bundleOf('fastmail.fm secure match=.messagingengine.com\n# ümlaut\n');
  expect(bundleOfPolicy(stored(bundlePart(bundle)))).toEqual(bundle);
});

test.for([
  { because: 'a policy without a bundle', parts: {}, says: 'policy version 9f86d081884c holds no bundle; push the policy again' },
  {
    because: 'a part that is something else',
    parts: { [BUNDLE_PART]: json(null) },
    says: 'policy version 9f86d081884c holds no bundle; push the policy again',
  },
  {
    because: 'one that a newer version pushed',
    parts: { [BUNDLE_PART]: json({ v: 3, bundle: {} }) },
    says: 'policy version 9f86d081884c was pushed by a newer version of postfix-tls-watch: update this installation, or push the policy again',
  },
])('refused: $because', ({ parts, says }) => {
  expect(() => bundleOfPolicy(stored(parts))).toThrow(new StoreError('damaged', says));
});
