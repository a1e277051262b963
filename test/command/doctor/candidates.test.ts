/** The list of `--observe`, as doctor sees it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { candidateFindings } from '../../../lambda/command/doctor/candidates.ts';
import { bundleOf } from '../../policy/bundle-of.ts';

const dir = mkdtempSync(join(tmpdir(), 'candidates-'));
const list = join(dir, 'list');
writeFileSync(list, 'a.example\nb.example # to be\n');
writeFileSync(join(dir, 'wrong'), 'a.example\na.example secure\n');
afterAll(() => rmSync(dir, { recursive: true }));

const BUNDLE = bundleOf('a.example may\n');

test.each([
  { because: 'a list', observe: list, bundle: BUNDLE, found: ['ok: candidates: 2 in DIR/list, 1 of them with a line already'] },
  { because: 'without a policy', observe: list, bundle: undefined, found: ['ok: candidates: 2 in DIR/list'] },
  {
    because: 'a wrong line',
    observe: join(dir, 'wrong'),
    bundle: BUNDLE,
    found: [
      'warning: DIR/wrong line 2: "a.example secure": one domain, address or next hop a line is wanted, and # before a comment; put DIR/wrong right, for this user to read',
    ],
  },
  {
    because: 'none there',
    observe: join(dir, 'gone'),
    bundle: BUNDLE,
    found: ['warning: cannot read --observe DIR/gone: No such file or directory; put DIR/gone right, for this user to read'],
  },
  { because: 'where mail goes by the log, the run finds', observe: true, bundle: BUNDLE, found: [] },
  { because: 'nobody asks for any', observe: undefined, bundle: BUNDLE, found: [] },
])('$because', async ({ observe, bundle, found }) => {
  const findings = await candidateFindings(observe === undefined ? {} : { observe }, bundle);
  expect(
    findings.map(({ state, says, cure }) => `${state}: ${says}${cure === null ? '' : `; ${cure}`}`.replaceAll(dir, 'DIR')),
  ).toEqual(found);
});
