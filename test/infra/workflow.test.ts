/** The example workflow: what it runs is there, with the flags it gives. That GitHub runs it is not tried here. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from '../../infra/bundle.ts';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, string>>;
}
interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, { readonly if: string; readonly steps: readonly Step[] }>>;
}

const text = readFileSync(join(ROOT, 'docs/examples/deploy.yml'), 'utf8');
const workflow = parse(text) as Workflow;
const stepsOf = (job: string) => workflow.jobs[job]?.steps ?? [];
const runs = Object.keys(workflow.jobs).flatMap((job) => stepsOf(job).flatMap(({ run }) => run ?? []));

test('a pull request shows what would change, and a merge deploys it', () => {
  expect(Object.entries(workflow.jobs).map(([name, { if: when }]) => `${name}: ${when.split(' && ')[0]}`)).toEqual([
    "diff: github.event_name == 'pull_request'",
    "deploy: github.event_name == 'push'",
  ]);
  expect(stepsOf('diff').at(-1)?.run).toMatch(/^npx cdk diff /);
  expect(stepsOf('deploy').at(-1)?.run).toMatch(/^npm run deploy -- .*--require-approval never$/);
});

test('credentials come by OpenID Connect, and no secret is stored', () => {
  expect(workflow.permissions).toEqual({ contents: 'read', 'id-token': 'write' });
  expect(text).not.toContain('secrets.');
  for (const job of ['diff', 'deploy'])
    expect(stepsOf(job).find(({ uses }) => uses?.startsWith('aws-actions/'))?.with).toHaveProperty('role-to-assume');
});

test('the environments are written from the variable before they are read, and never the example', () => {
  for (const job of ['diff', 'deploy']) {
    const steps = stepsOf(job);
    const written = steps.findIndex(({ run }) => run === 'printf \'%s\' "$ENVIRONMENTS" >environments.json');
    expect(steps[written]?.env).toEqual({ ENVIRONMENTS: `\${{ vars.TLS_WATCH_ENVIRONMENTS }}` });
    expect(steps.findIndex(({ run }) => run?.includes('--context environments=environments.json'))).toBeGreaterThan(written);
  }
});

test('every variable that it takes is named at its head', () => {
  const [head = ''] = text.split('\nname:');
  const taken = [...text.matchAll(/vars\.(\w+)/g)].map(([, name = '']) => name);
  expect(new Set(taken).size).toBe(4);
  for (const name of taken) expect(head).toContain(name);
});

test.for(runs.filter((run) => run.startsWith('npm run ') || run.startsWith('npx ')))('%s', (run) => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
  const [, script, tool, command] = /^(?:npm run (\S+) -- |npx (\S+) (\S+) )/.exec(run) ?? [];
  if (script !== undefined) expect(Object.keys(scripts)).toContain(script);
  else expect(existsSync(join(ROOT, 'node_modules/.bin', tool ?? ''))).toBe(true);
  const { stdout } = spawnSync(join(ROOT, 'node_modules/.bin/cdk'), [script ?? command ?? '', '--help'], {
    encoding: 'utf8',
    cwd: ROOT,
  });
  const flags = [...run.matchAll(/ (--[a-z-]+)/g)].map(([, flag = '']) => flag);
  expect(flags.length).toBeGreaterThan(1);
  for (const flag of flags) expect(stdout, flag).toMatch(new RegExp(`(^|\\s)${flag}\\b`, 'm'));
});

test('what else it runs is known', () => {
  const others = runs.filter((run) => !/^(npm run|npx) /.test(run));
  expect(new Set(others)).toEqual(new Set(['npm ci', 'printf \'%s\' "$ENVIRONMENTS" >environments.json']));
});
