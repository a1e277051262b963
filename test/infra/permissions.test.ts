/** Who may do what, and under which conditions: those that a stranger inside or beside the account could misuse otherwise. */
import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import type { Environment } from '../../infra/environments.ts';
import { ALL } from './examples.ts';
import { byId, templateOf } from './synth.ts';

interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource?: unknown;
  readonly Condition?: unknown;
}

const statements = (document: unknown) => (document as { Statement: readonly Statement[] }).Statement;

/** Statements of every policy of a role, by their names. */
function ofRoles(template: Template): readonly Statement[] {
  return Object.values(template.findResources('AWS::IAM::Policy')).flatMap(({ Properties }) =>
    statements(Properties.PolicyDocument),
  );
}

const inVpc = (environment: Environment) => environment.runner === 'function' && environment.egress !== 'none';

test.for(ALL)('$name: the schedule role is assumed for schedules of this account and group alone', (environment) => {
  const template = templateOf(environment);
  const [role] = Object.values(template.findResources('AWS::IAM::Role')).filter((each) =>
    JSON.stringify(each).includes('scheduler.amazonaws.com'),
  );
  const [trust] = statements(role?.Properties.AssumeRolePolicyDocument) as readonly { Condition: { StringEquals: object } }[];
  const said = JSON.stringify(trust?.Condition);
  expect(Object.keys(trust?.Condition.StringEquals ?? {})).toEqual(['aws:SourceAccount', 'aws:SourceArn']);
  expect(said).toMatch(/:scheduler:.*:schedule-group\/default"/);
});

describe('the key of the topics', () => {
  test.for(ALL.filter(({ runner }) => runner === 'function'))('$name: the function uses it through SNS alone', (environment) => {
    const [grant] = ofRoles(templateOf(environment)).filter(({ Sid }) => Sid === 'TopicKey');
    expect(JSON.stringify(grant?.Condition)).toMatch(/^\{"StringEquals":\{"kms:ViaService":.*sns\..*\.amazonaws\.com/);
  });

  test.for(ALL)('$name: CloudWatch is not held to that, since alarms do not come through SNS', (environment) => {
    const [key] = Object.values(templateOf(environment).findResources('AWS::KMS::Key'));
    const [grant] = statements(key?.Properties.KeyPolicy).filter(({ Sid }) => Sid === 'AlarmsUseKey');
    expect(grant?.Effect).toBe('Allow');
    expect(JSON.stringify(key)).not.toContain('kms:ViaService');
  });

  test.for(ALL.filter(({ runner }) => runner === 'mail-host'))(
    '$name: the mail host uses it through SNS alone',
    (environment) => {
      const printed = JSON.stringify(templateOf(environment).findOutputs('MailHostPolicy'));
      expect(printed).toContain('kms:ViaService');
    },
  );
});

describe('network interfaces', () => {
  test.for(ALL.filter(inVpc))('$name: for Lambda, and refused to the code in its name', (environment) => {
    const all = ofRoles(templateOf(environment));
    const [granted] = all.filter(({ Sid }) => Sid === 'NetworkInterfaces');
    const [refused] = all.filter(({ Sid }) => Sid === 'NoNetworkInterfacesForTheCode');
    expect(granted).toMatchObject({ Effect: 'Allow' });
    expect(granted).not.toHaveProperty('Condition');
    expect(refused).toMatchObject({ Effect: 'Deny', Action: granted?.Action, Resource: '*' });
    expect(JSON.stringify(refused?.Condition)).toMatch(/^\{"ArnLike":\{"lambda:SourceFunctionArn":.*:function:\*"/);
  });

  test.for(ALL.filter((environment) => !inVpc(environment)))('$name: none outside a VPC', (environment) => {
    expect(ofRoles(templateOf(environment)).filter(({ Action }) => JSON.stringify(Action).includes('ec2:'))).toEqual([]);
  });
});

describe('the function behind the dashboard', () => {
  const ofDashboard = (template: Template) => {
    const { name } = byId(template, 'AWS::IAM::Role', 'DashboardRole');
    const policies = Object.values(template.findResources('AWS::IAM::Policy'));
    return policies.flatMap(({ Properties }) =>
      JSON.stringify(Properties.Roles) === JSON.stringify([{ Ref: name }]) ? statements(Properties.PolicyDocument) : [],
    );
  };

  test.for(ALL)('$name: reads what the first screen is made of, writes its log, and may do nothing else', (environment) => {
    const template = templateOf(environment);
    const of = environment.runner === 'mail-host' ? environment.vantage : 'function';
    const [table] = Object.keys(template.findResources('AWS::DynamoDB::GlobalTable'));
    const log = byId(template, 'AWS::Logs::LogGroup', 'DashboardLog').name;
    expect(ofDashboard(template)).toEqual([
      {
        Sid: 'ReadStatus',
        Effect: 'Allow',
        Action: ['dynamodb:GetItem', 'dynamodb:Query'],
        Resource: { 'Fn::GetAtt': [table, 'Arn'] },
        Condition: {
          'ForAllValues:StringLike': {
            'dynamodb:LeadingKeys': [
              `default/now#${of}#?`,
              `default/incident#${of}`,
              'default/mute',
              'default/confirmation',
              `default/run#${of}`,
              `default/tellings#${of}#*`,
              `default/owed#${of}`,
              `default/sts#${of}`,
            ],
          },
        },
      },
      { Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: { 'Fn::GetAtt': [log, 'Arn'] } },
    ]);
    const role = byId(template, 'AWS::IAM::Role', 'DashboardRole').Properties as Readonly<Record<string, unknown>>;
    expect(role).not.toHaveProperty('ManagedPolicyArns');
    expect(role).not.toHaveProperty('Policies');
  });

  test.for(ALL)('$name: nobody may call it but by rights of their own', (environment) => {
    const permitted = Object.values(templateOf(environment).findResources('AWS::Lambda::Permission'));
    expect(JSON.stringify(permitted)).not.toContain('DashboardFunction');
    expect(templateOf(environment).findResources('AWS::Lambda::Url')).toEqual({});
  });
});
