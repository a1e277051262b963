/** The tarball of `npm run pack:construct`, in an app of somebody else's outside the repository: what it makes is ours. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundle, ENTRIES, ROOT } from '../../infra/bundle.ts';
import type { Environment } from '../../infra/environments.ts';
import { packConstruct } from '../../infra/pack-construct.ts';
import { TlsWatch, type TlsWatchProps } from '../../infra/tls-watch.ts';
import { EXISTING_VPC, example } from './examples.ts';
import { CONTEXT, synthesise } from './synth.ts';

const home = mkdtempSync(join(tmpdir(), 'tls-watch-construct-'));
const installed = join(home, 'node_modules/postfix-tls-watch-construct');

/** Without account and region: these are the app's. */
const COMPARED = [example('dev'), example('prod'), example('mail-host'), EXISTING_VPC].map((record) => {
  const { account: _, region: __, ...rest } = record;
  return rest as Environment;
});

/** In TypeScript as such an app has it; run as it is, and checked against the types of the package. */
const THEIR_APP = `
import { App, Stack } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { TlsWatch, type TlsWatchProps } from 'postfix-tls-watch-construct';
import { readFileSync } from 'node:fs';

interface Given { readonly records: readonly (TlsWatchProps & { readonly vpc?: never })[]; readonly context: Record<string, unknown>; readonly ids: any }
const { records, context, ids }: Given = JSON.parse(readFileSync('given.json', 'utf8'));
const app = new App({ outdir: 'out', context });
for (const record of records) {
  const stack = new Stack(app, 'tls-watch-' + record.name, {
    description: 'Watches whether the Postfix TLS policy still delivers mail (' + record.name + ')',
    terminationProtection: record.keep,
  });
  const vpc = ids[record.name] === undefined ? {} : { vpc: Vpc.fromVpcAttributes(stack, 'Vpc', ids[record.name]) };
  const watch: TlsWatch = new TlsWatch(stack, 'Default', { ...record, ...vpc });
  console.log(record.name, watch.alarms.length > 5, watch.table.tableName.length > 0);
}
app.synth();
`;

beforeAll(async () => {
  const tarball = await packConstruct(home);
  writeFileSync(join(home, 'package.json'), '{"private":true,"type":"module"}');
  const flags = ['--offline', '--no-save', '--ignore-scripts', '--legacy-peer-deps', '--no-audit', '--no-fund', '--silent'];
  execFileSync('npm', ['install', ...flags, tarball], { cwd: home });
  mkdirSync(join(home, 'node_modules/@types'));
  for (const peer of ['aws-cdk-lib', 'constructs', '@types/node'])
    symlinkSync(join(ROOT, 'node_modules', peer), join(home, 'node_modules', peer));
  writeFileSync(join(home, 'app.ts'), THEIR_APP);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** What their app makes, by stack name. */
function theirs(context: Readonly<Record<string, unknown>>): ReadonlyMap<string, Record<string, unknown>> {
  const records = COMPARED.map((record) => {
    const { vpc: _, ...rest } = record as Environment & { vpc?: unknown };
    return rest;
  });
  const { id, zones, subnets } = (EXISTING_VPC as Extract<Environment, { egress: 'vpc-existing' }>).vpc;
  const ids = { existing: { vpcId: id, availabilityZones: zones, privateSubnetIds: subnets } };
  writeFileSync(join(home, 'given.json'), JSON.stringify({ records, context, ids }));
  const { status, stderr } = spawnSync(process.execPath, ['app.ts'], { cwd: home, encoding: 'utf8' });
  expect({ status, errors: status === 0 ? '' : stderr }).toEqual({ status: 0, errors: '' });
  const templates = readdirSync(join(home, 'out')).filter((name) => name.endsWith('.template.json'));
  return new Map(
    templates.map((name) => [name.replace('.template.json', ''), JSON.parse(readFileSync(join(home, 'out', name), 'utf8'))]),
  );
}

describe('in an app of somebody else', () => {
  test('what is installed: compiled, with types, and nothing beside it', () => {
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    expect(manifest.dependencies).toBeUndefined();
    expect(Object.keys(manifest.peerDependencies)).toEqual(['aws-cdk-lib', 'constructs']);
    expect(readdirSync(installed).toSorted()).toEqual([
      'LICENSE',
      'README.md',
      'dashboard',
      'function',
      'index.d.ts',
      'index.js',
      'package.json',
      'runbook.md',
    ]);
    const imported = [...readFileSync(join(installed, 'index.d.ts'), 'utf8').matchAll(/ from '([^']+)'/g)];
    expect(imported.map(([, name = '']) => name.split('/')[0])).toSatisfy((names: string[]) =>
      names.every((name) => name === 'aws-cdk-lib' || name === 'constructs'),
    );
  });

  test.for(Object.entries(ENTRIES))('its %s is the one that was tested', async ([name, entry]) => {
    expect(readFileSync(join(installed, name, 'index.mjs')).equals((await bundle(entry)).code)).toBe(true);
  });

  test('the types hold what the app does with them', () => {
    const flags = ['--noEmit', '--strict', '--skipLibCheck', '--target', 'es2022', '--module', 'nodenext', '--types', 'node'];
    const { status, stdout } = spawnSync(join(ROOT, 'node_modules/.bin/tsc'), [...flags, 'app.ts'], {
      cwd: home,
      encoding: 'utf8',
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  });

  test('every template is the one that our own stack has', () => {
    const made = theirs(CONTEXT);
    for (const record of COMPARED) {
      const name = `tls-watch-${record.name}`;
      const ours = synthesise(record).template.toJSON();
      expect(withoutHashes(made.get(name))).toEqual(withoutHashes(ours));
    }
  });

  test('an app without the flags of ours takes it too', () => {
    expect([...theirs({}).keys()].toSorted()).toEqual(COMPARED.map(({ name }) => `tls-watch-${name}`).toSorted());
    expect(existsSync(join(home, 'out'))).toBe(true);
  });
});

/** The code is the same, and is hashed as a folder there and as a bundle here. */
const withoutHashes = (template: unknown) =>
  JSON.parse(JSON.stringify(template ?? null).replaceAll(/[0-9a-f]{64}\.zip/g, 'CODE.zip')) as unknown;

describe('what an app has of its own', () => {
  const props: TlsWatchProps = {
    name: 'theirs',
    runner: 'function',
    egress: 'none',
    keep: false,
    schedule: { hour: 6, minute: 0, timeZone: 'Etc/UTC', jitterMinutes: 0 },
    retention: { logDays: 14, historyDays: 60 },
    emails: [],
  };
  const stackOf = () => new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Theirs');

  test('a VPC of the same app, whose ids are not known yet', () => {
    const stack = stackOf();
    new TlsWatch(stack, 'Watch', { ...props, egress: 'vpc-existing', vpc: new Vpc(stack, 'Mail') });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::EC2::VPC', 1);
    template.hasResourceProperties('AWS::Lambda::Function', { VpcConfig: {} });
  });

  test('an action of its own for each alarm, besides both topics', () => {
    const stack = stackOf();
    const pager = new Topic(stack, 'Pager');
    const watch = new TlsWatch(stack, 'Watch', { ...props, alarmActions: [new SnsAction(pager)] });
    const template = Template.fromStack(stack);
    const telling = ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm']
      .flatMap((type) => Object.values(template.findResources(type)))
      .filter(({ Properties }) => Properties.AlarmActions !== undefined);
    const action = stack.resolve(pager.topicArn);
    expect(telling).toHaveLength(watch.alarms.length);
    for (const { Properties } of telling) {
      expect(Properties.AlarmActions).toHaveLength(3);
      expect(Properties.AlarmActions).toContainEqual(action);
      expect(Properties.OKActions).toEqual([action]);
    }
  });

  test('grantPush: four actions, on the items of the policy alone', () => {
    const stack = stackOf();
    const role = new Role(stack, 'Pipeline', { assumedBy: new ServicePrincipal('codebuild.amazonaws.com') });
    new TlsWatch(stack, 'Watch', { ...props, policy: 'edge' }).grantPush(role).assertSuccess();
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: [
          {
            Effect: 'Allow',
            Action: ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
            Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['edge/policy*'] } },
          },
        ],
      },
    });
  });

  test('grantView: calling the function behind the dashboard, and nothing else', () => {
    const stack = stackOf();
    const role = new Role(stack, 'OnCall', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
    const watch = new TlsWatch(stack, 'Watch', props);
    watch.grantView(role).assertSuccess();
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: [
          { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: stack.resolve(watch.dashboardReader.functionArn) },
        ],
      },
      Roles: [stack.resolve(role.roleName)],
    });
  });

  test.for([
    {
      because: 'a VPC without the way out that takes one',
      change: (stack: Stack) => ({ vpc: new Vpc(stack, 'Mail') }),
      says: 'environment "theirs": vpc goes with egress "vpc-existing", and egress "vpc-existing" with vpc',
    },
    {
      because: 'that way out without a VPC',
      change: () => ({ egress: 'vpc-existing' }),
      says: 'environment "theirs": vpc goes with egress "vpc-existing", and egress "vpc-existing" with vpc',
    },
    {
      because: 'subnets of no VPC',
      change: () => ({ vpcSubnets: {} }),
      says: 'environment "theirs": vpcSubnets go with vpc',
    },
    {
      because: 'a word that is none of those',
      change: () => ({ runner: 'lambda' }),
      says: 'environment "theirs": runner: "lambda" is none of function, mail-host',
    },
  ])('refused: $because', ({ change, says }) => {
    const stack = stackOf();
    expect(() => new TlsWatch(stack, 'Watch', { ...props, ...change(stack) })).toThrow(new Error(says));
  });
});
