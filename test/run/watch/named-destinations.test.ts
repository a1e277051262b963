import { expect, test } from 'vitest';
import { idsNamed } from '../../../lambda/run/watch/named-destinations.ts';
import { bundleOf } from '../../policy/bundle-of.ts';

const bundle = bundleOf(
  `fastmail.fm       secure
[mx.example.com]:587 encrypt
.example.net      secure
`,
  { destinations: ['sub.example.net'] },
);

test.for([
  { because: 'the key of an entry', names: ['fastmail.fm'], ids: ['fastmail.fm'] },
  { because: 'in any case', names: ['FastMail.FM'], ids: ['fastmail.fm'] },
  { because: 'a next hop in brackets with a port', names: ['[mx.example.com]:587'], ids: ['[mx.example.com]:587'] },
  { because: 'a domain below a parent entry', names: ['sub.example.net'], ids: ['.example.net sub.example.net'] },
  {
    because: 'the parent entry itself: all that is judged under it',
    names: ['.example.net'],
    ids: ['.example.net sub.example.net'],
  },
  { because: 'one named twice is one', names: ['fastmail.fm', 'fastmail.fm'], ids: ['fastmail.fm'] },
])('named: $because', ({ names, ids }) => {
  expect([...idsNamed(bundle, names)]).toEqual(ids);
});

test.for([
  {
    because: 'a domain the policy says nothing of',
    names: ['fastmail.fm', 'nowhere.example'],
    says: '"nowhere.example": not in the pushed policy',
  },
  {
    because: 'many, of which five are named',
    names: ['a.example', 'b.example', 'c.example', 'd.example', 'e.example', 'f.example', 'g.example'],
    says: '"a.example", "b.example", "c.example", "d.example", "e.example" and 2 more: not in the pushed policy',
  },
])('refused: $because', ({ names, says }) => {
  expect(() => idsNamed(bundle, names)).toThrow(
    new Error(`destination ${says}; name a key of the table, or push with --destination`),
  );
});
