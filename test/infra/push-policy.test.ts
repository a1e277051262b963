/** `policy push` from a mail host with exactly the rights that the output PushPolicy prints: enough, and for nothing else. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Environment } from '../../infra/environments.ts';
import { spaceOf } from '../../lambda/store/keys.ts';
import { policyState } from '../../lambda/store/policies.ts';
import { runCommand } from '../command/run-command.ts';
import { createAuthority } from '../internet/authority.ts';
import { type Gatekeeper, startGatekeeper } from '../runtime/gatekeeper.ts';
import { type Dynalite, startDynalite } from '../store/dynalite.ts';
import { ALL, example } from './examples.ts';
import { synthesise, templateOf } from './synth.ts';

interface Printed {
  readonly Statement: {
    readonly Action: readonly string[];
    readonly Condition: { readonly 'ForAllValues:StringLike': { readonly 'dynamodb:LeadingKeys': readonly string[] } };
  };
}

/** The output as CloudFormation would print it, but for the ARN of the table. */
function printed(environment: Environment, template = templateOf(environment)): Printed {
  const value = template.findOutputs('PushPolicy').PushPolicy?.Value as { 'Fn::Join': [string, readonly unknown[]] };
  const text = value['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : 'TABLE')).join('');
  const document = JSON.parse(text) as { Statement: readonly Printed['Statement'][] };
  const [Statement] = document.Statement;
  if (document.Statement.length !== 1 || Statement === undefined) throw new Error('not one statement');
  return { Statement };
}

test.for(ALL)('$name: four actions on the items of the policy, in this table', (environment) => {
  expect(printed(environment).Statement).toEqual({
    Sid: 'PushPolicy',
    Effect: 'Allow',
    Action: ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
    Resource: 'TABLE',
    Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['default/policy*'] } },
  });
});

test('a policy of another name has other leading keys', () => {
  const edge = { ...example('dev'), policy: 'edge' };
  const { Condition } = printed(edge, synthesise(edge).template).Statement;
  expect(Condition['ForAllValues:StringLike']['dynamodb:LeadingKeys']).toEqual(['edge/policy*']);
});

describe('with those rights and no others', () => {
  const home = mkdtempSync(join(tmpdir(), 'tls-watch-push-'));
  const table = join(home, 'tls_policy');
  const anchors = join(home, 'anchors.pem');
  const store = ['--store', 'dynamodb:watch'];
  let database: Dynalite;
  let gatekeeper: Gatekeeper;

  beforeAll(async () => {
    database = await startDynalite('watch');
    const { Action, Condition } = printed(example('dev')).Statement;
    const [leadingKeys] = Condition['ForAllValues:StringLike']['dynamodb:LeadingKeys'];
    gatekeeper = await startGatekeeper({ port: Number(new URL(database.endpoint).port) }, Action, leadingKeys);
    writeFileSync(anchors, (await createAuthority('Root')).certificate.pem);
  });
  afterAll(async () => {
    await Promise.all([gatekeeper.close(), database.close()]);
    rmSync(home, { recursive: true });
  });

  const run = (...args: string[]) =>
    runCommand(args, {
      AWS_ENDPOINT_URL_DYNAMODB: gatekeeper.url,
      AWS_REGION: 'local',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      STATE_DIRECTORY: home,
    });
  const push = (...more: string[]) => run('policy', 'push', table, '--ca-file', anchors, '--vantage', 'mx1', ...store, ...more);
  const current = async () => (await policyState({ table: database.table, space: spaceOf('default', 'mx1') })).head?.current;

  test('the first push, the same again, and a changed one', async () => {
    writeFileSync(table, 'a.example secure\n');
    const first = await push('--if-changed');
    expect(first).toMatchObject({ code: 0, err: '' });
    const before = await current();
    expect(before).toMatch(/^[0-9a-f]{64}$/);

    expect(await push('--if-changed')).toEqual({ code: 0, out: '', err: '' });

    writeFileSync(table, 'a.example secure\nb.example encrypt\n');
    const changed = await push('--if-changed');
    expect(changed).toMatchObject({ code: 0, err: '' });
    expect(changed.out).toMatch(/^pushed policy "default" to .*: version [0-9a-f]{12}, 2 entries$/m);
    expect(changed.out.replaceAll(/\n {2,}/g, ' ')).toContain(
      'not judged on what was seen, for these credentials may push and not read it',
    );
    expect(await current()).not.toBe(before);
    expect([...gatekeeper.asked].toSorted()).toEqual(printed(example('dev')).Statement.Action.toSorted());
  });

  const denied = /^error: .*table watch: AWS denied access: User: watch is not authorized to perform: dynamodb:\w+ on/;
  test.for([
    {
      what: 'a policy of another name',
      args: ['policy', 'push', table, '--ca-file', anchors, '--policy', 'other', ...store],
      says: denied,
    },
    {
      what: 'forgetting versions',
      args: ['policy', 'forget', ...store],
      says: /\(dynamodb:Scan\), which these credentials may not; use those of a person who may$/m,
    },
    { what: 'muting', args: ['mute', 'a.example', '--until', soon(), '--reason', 'x', ...store], says: denied },
    { what: 'reading what was told', args: ['status', ...store], says: denied },
    { what: 'reading what was seen', args: ['history', ...store], says: denied },
    { what: 'taking everything away', args: ['store', 'export', join(home, 'export.jsonl'), ...store], says: denied },
  ])('$what is refused', async ({ args, says }) => {
    const { code, out, err } = await run(...args);
    expect({ code, out }).toEqual({ code: 3, out: '' });
    expect(err).toMatch(says);
  });
});

/** Within the 90 days of a mute. */
function soon(): string {
  return new Date(Date.now() + 10 * 86_400_000).toISOString();
}
