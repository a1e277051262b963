/** Which file of environments is taken, and that a deploy never takes the example. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ROOT } from '../../infra/bundle.ts';
import { contextOf } from '../../infra/deploy.ts';
import { EXAMPLE, readRecords } from '../../infra/environment-file.ts';
import { GOVERNED } from './examples.ts';

const folder = mkdtempSync(join(tmpdir(), 'tls-watch-deploy-'));
afterAll(() => rmSync(folder, { recursive: true }));
const write = (name: string, content: string) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const own = write('own.json', JSON.stringify([GOVERNED]));
const copied = join(folder, 'copied.json');
copyFileSync(EXAMPLE, copied);
const linked = join(folder, 'linked.json');
symlinkSync(EXAMPLE, linked);
// Stands in for CDK's command alone: what it is started with is what is asked here.
chmodSync(write('cdk', '#!/bin/sh\nprintf "cdk %s\\n" "$*"\n'), 0o755);

const deploy = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'infra/deploy.ts'), ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` },
  });
  return { status, stdout, stderr };
};

describe('refused', () => {
  const advice =
    'the example is not deployed: copy infra/environments.example.json to environments.json, put your own values in, ' +
    'or name another file with --context environments=FILE\n';
  test.for([
    { because: 'no file of its own', args: [], says: `environments.json is not there, and ${advice}` },
    {
      because: 'the example by its name',
      args: ['-c', `environments=${EXAMPLE}`],
      says: `${EXAMPLE} is the example, and ${advice}`,
    },
    {
      because: 'the example by a link',
      args: ['--context', `environments=${linked}`],
      says: `${linked} is the example, and ${advice}`,
    },
    {
      because: 'the example, copied unread',
      args: ['-c', `environments=${copied}`],
      says: `environment "dev": account 123456789012 is the example's: put your own in ${copied}\n`,
    },
    {
      because: 'a name that is not there',
      args: ['-c', `environments=${own}`, '-c', 'env=stage'],
      says: `environment "stage" is unknown: ${own} has governed\n`,
    },
    {
      because: 'no list',
      args: ['-c', `environments=${write('record.json', '{}')}`],
      says: `${join(folder, 'record.json')}: is no list of environments\n`,
    },
  ])('$because', ({ args, says }) => {
    expect(deploy(...args)).toEqual({ status: 1, stdout: '', stderr: `error: ${says}` });
  });

  test('what is no JSON, and no file', () => {
    expect(() => readRecords(write('broken.json', '[{'))).toThrow(/broken\.json: cannot be read as JSON \(.+\)$/);
    expect(() => readRecords(join(folder, 'none.json'))).toThrow(/none\.json: cannot be read as JSON \(ENOENT/);
  });
});

test('flags are passed on, as continuous integration needs them', () => {
  expect(deploy('-c', `environments=${own}`, '--context', 'env=governed', '--require-approval', 'never')).toEqual({
    status: 0,
    stdout: `cdk deploy --outputs-file cdk-outputs.json -c environments=${own} --context env=governed --require-approval never\n`,
    stderr: '',
  });
});

test.for([
  [['-c', 'environments=a'], 'a'],
  [['--context', 'environments=a', '--context=environments=b'], 'b'],
  [['-c', 'env=prod'], undefined],
  [['environments=a', '--context'], undefined],
] as const)('context of %j is %j', ([args, wanted]) => {
  expect(contextOf(args, 'environments')).toBe(wanted);
});

test('the file of the operator is not tracked', () => {
  expect(execFileSync('git', ['check-ignore', 'environments.json'], { cwd: ROOT, encoding: 'utf8' })).toBe('environments.json\n');
});
