import { expect, test } from 'vitest';
import { contentVersion } from '../../lambda/policy/bundle.ts';
import { bundleOf } from './bundle-of.ts';

test('the version is that of the content, not of the order of keys', () => {
  const bundle = bundleOf('a.test secure');
  const turned = Object.fromEntries(Object.entries(bundle).reverse()) as typeof bundle;
  expect(contentVersion(bundle)).toMatch(/^[0-9a-f]{64}$/);
  expect(contentVersion(turned)).toBe(contentVersion(bundle));
  expect(contentVersion(JSON.parse(JSON.stringify(bundle)))).toBe(contentVersion(bundle));
});

test('any change of content is another version', () => {
  const versions = [
    bundleOf('a.test secure'),
    bundleOf('a.test secure\n'),
    bundleOf('a.test secure', { version: '3.7' }),
    bundleOf('a.test secure', { mainCf: 'relayhost = r.test' }),
    bundleOf('a.test secure', { destinations: ['b.test'] }),
    bundleOf('a.test secure', { trust: { kind: 'engine-off', because: 'x' } }),
  ].map((bundle) => contentVersion(bundle));
  expect(new Set(versions).size).toBe(versions.length);
});
