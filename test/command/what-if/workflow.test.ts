/** The example workflow for a policy repository: the command and flags that it gives are there. That GitHub runs it is not tried here. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from '../../pages.ts';
import { runCommand } from '../run-command.ts';

interface Workflow {
  readonly on: string;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<
    Record<string, { readonly if: string; readonly steps: readonly { readonly run?: string; readonly uses?: string }[] }>
  >;
}

const text = readFileSync(join(ROOT, 'docs/examples/policy-review.yml'), 'utf8');
const workflow = parse(text) as Workflow;
const steps = workflow.jobs['what-if']?.steps ?? [];
const command = steps.at(-1)?.run ?? '';

test('what is under review is not trusted, and no secret is stored', () => {
  expect(workflow.on).toBe('pull_request');
  expect(workflow.permissions).toEqual({ contents: 'read', 'id-token': 'write' });
  expect(workflow.jobs['what-if']?.if).toBe('github.event.pull_request.head.repo.full_name == github.repository');
  expect(text).not.toContain('secrets.');
  expect(command).toMatch(/^postfix-tls-watch what-if review\/tls_policy --no-config --offline-sources review /);
  // What the pull request brings is there only when the command is.
  const place = (what: string) => steps.findIndex(({ run, uses }) => run?.includes(what) || uses?.includes(what));
  expect(place('npm install')).toBeLessThan(place('actions/checkout'));
});

test('every variable that it takes is named at its head', () => {
  const [head = ''] = text.split('\nname:');
  const taken = [...text.matchAll(/vars\.(\w+)/g)].map(([, name = '']) => name);
  expect(taken.length).toBe(4);
  for (const name of taken) expect(head).toContain(name);
});

test('each flag is one of the command', async () => {
  const { out } = await runCommand(['what-if', '--help']);
  const flags = [...command.matchAll(/--[a-z-]+/g)].map(([flag]) => flag);
  expect(flags).toEqual(['--no-config', '--offline-sources', '--store', '--vantage']);
  for (const flag of flags) expect(out).toMatch(new RegExp(`^ +${flag}\\b`, 'm'));
});
