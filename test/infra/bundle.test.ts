/** What goes into the function: its size, what must stay out, the calls it may make, and that CDK bundles the same. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { afterAll, expect, test } from 'vitest';
import { bundle, MOST_BYTES, ROOT } from '../../infra/bundle.ts';
import { NOT_OF_A_RUN, RUN_CALLS } from '../../infra/calls.ts';
import { checkEnvironment } from '../../infra/environments.ts';
import { WatchStack } from '../../infra/watch-stack.ts';
import { example } from './examples.ts';

const { code, metafile } = await bundle();
const inputs = Object.keys(metafile.inputs);

const outdir = mkdtempSync(join(tmpdir(), 'tls-watch-cdk-'));
afterAll(() => rmSync(outdir, { recursive: true }));

test('the bundle is within its budget', () => {
  expect(code.length).toBeLessThanOrEqual(MOST_BYTES);
});

test('the SDK is in it, and our own code', () => {
  expect(inputs).toContain('lambda/handler.ts');
  expect(inputs.some((path) => path.startsWith('node_modules/@aws-sdk/client-dynamodb/'))).toBe(true);
});

/** Marked ☆ in the layout: for a terminal, a disk or a test, never for the function. */
const KEPT_OUT = [
  /^lambda\/store\/sqlite/,
  /^lambda\/local-doors/,
  /^lambda\/show\/terminal/,
  /^lambda\/cli\.ts/,
  /^lambda\/command\//,
  /^lambda\/alert\/channel\/(hook|ping|own-file|mail|webhook)\b/,
  /^test\//,
  /^infra\//,
  /^node_modules\/(dynalite|nodemailer|level|classic-level|abstract-level|commander|aws-cdk-lib)\//,
];

test.for(KEPT_OUT.map((pattern) => ({ pattern })))('$pattern stays out', ({ pattern }) => {
  expect(inputs.filter((path) => pattern.test(path))).toEqual([]);
});

test('every SDK command in the bundle is granted, or is never sent on AWS, and nothing else is granted', async () => {
  expect(commandsIn(inputs)).toEqual([...Object.keys(RUN_CALLS), ...Object.keys(NOT_OF_A_RUN)].toSorted());
});

test('the command line, which a mail host runs under the printed policy, sends nothing more', async () => {
  const cli = await bundle(join(ROOT, 'lambda/cli.ts'), { external: ['dynalite'] });
  const known = [...Object.keys(RUN_CALLS), ...Object.keys(NOT_OF_A_RUN)];
  expect(commandsIn(Object.keys(cli.metafile.inputs)).filter((command) => !known.includes(command))).toEqual([]);
});

test('CDK makes the very same bundle', () => {
  const app = new App({ outdir });
  new WatchStack(app, checkEnvironment(example('dev')));
  app.synth();
  const [asset] = readdirSync(outdir).filter((name) => name.startsWith('asset.'));
  expect(readFileSync(join(outdir, asset ?? '', 'index.mjs')).equals(code)).toBe(true);
});

/** Commands of the SDK that our own modules make; a waiter or a paginator would hide some, so there must be none. */
function commandsIn(paths: readonly string[]): readonly string[] {
  const sources = paths.filter((path) => path.startsWith('lambda/')).map((path) => readFileSync(join(ROOT, path), 'utf8'));
  const hidden = sources.flatMap((text) => text.match(/\b(paginate[A-Z]\w+|waitUntil[A-Z]\w+)/g) ?? []);
  expect(hidden).toEqual([]);
  return [
    ...new Set(sources.flatMap((text) => [...text.matchAll(/\bnew (?:\w+\.)?(\w+Command)\(/g)].map((match) => match[1] ?? ''))),
  ].toSorted();
}
