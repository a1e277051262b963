/** What goes into the function: its size, what must stay out, the calls it may make, and that CDK bundles the same. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { afterAll, expect, test } from 'vitest';
import { bundle, ENTRIES, MOST_BYTES, ROOT } from '../../infra/bundle.ts';
import { dashboardActions, NOT_OF_A_RUN, RUN_CALLS } from '../../infra/calls.ts';
import { checkEnvironment } from '../../infra/environments.ts';
import { WatchStack } from '../../infra/watch-stack.ts';
import { example } from './examples.ts';

const { code, metafile } = await bundle();
const inputs = Object.keys(metafile.inputs);
const dashboard = await bundle(ENTRIES.dashboard);
/** Whatever of it is left, once what nothing uses is dropped. */
const inDashboard = Object.values(dashboard.metafile.outputs).flatMap((output) =>
  Object.entries(output.inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
);

const outdir = mkdtempSync(join(tmpdir(), 'tls-watch-cdk-'));
afterAll(() => rmSync(outdir, { recursive: true }));

test('each bundle is within its budget', () => {
  expect(code.length).toBeLessThanOrEqual(MOST_BYTES.function);
  expect(dashboard.code.length).toBeLessThanOrEqual(MOST_BYTES.dashboard);
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

/** Of the function behind the dashboard. */
const NOT_FOR_A_LOOK = [
  /^lambda\/(probe|route|log|certificate)\//,
  /^lambda\/(doors|handler|continuations)\.ts/,
  /^lambda\/alert\/channel\//,
  /^lambda\/store\/(dynamodb|dynamodb-sdk|history|certificates|policies)\.ts/,
  /^node_modules\/(tldts|dns-packet|nodemailer|@aws-sdk\/client-(sns|sqs))\//,
];

test.for(NOT_FOR_A_LOOK.map((pattern) => ({ pattern })))('$pattern stays out of the dashboard', ({ pattern }) => {
  expect(inDashboard.length).toBeGreaterThan(100);
  expect(inDashboard.filter((path) => pattern.test(path))).toEqual([]);
});

test('the function behind the dashboard sends what its role allows, and nothing that writes', () => {
  const allowed = Object.entries(RUN_CALLS).flatMap(([command, action]) =>
    dashboardActions().includes(action) ? [command] : [],
  );
  expect(commandsIn(inDashboard)).toEqual(allowed.toSorted());
});

test('CDK makes the very same bundles', () => {
  const app = new App({ outdir });
  new WatchStack(app, checkEnvironment(example('dev')));
  app.synth();
  const made = readdirSync(outdir)
    .filter((name) => name.startsWith('asset.'))
    .map((name) => readFileSync(join(outdir, name, 'index.mjs')));
  expect(made).toHaveLength(2);
  for (const each of [code, dashboard.code]) expect(made.some((one) => one.equals(each))).toBe(true);
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
