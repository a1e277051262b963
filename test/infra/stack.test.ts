/** What matters of the template, by name, for each example environment; then the whole of prod, once. */
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import type { Environment } from '../../infra/environments.ts';
import { ALL, EXISTING_VPC, example, GOVERNED } from './examples.ts';
import { byId, functionNamed, only, synthesise, templateOf } from './synth.ts';

const dev = templateOf(example('dev'));
const prod = templateOf(example('prod'));
const mailHost = templateOf(example('mail-host'));
const existing = templateOf(EXISTING_VPC);

describe('table', () => {
  test.for(ALL)('$name: on demand, restorable, encrypted, ageing by expiresAt', (environment) => {
    expect(only(templateOf(environment), 'AWS::DynamoDB::GlobalTable')).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      SSESpecification: { SSEEnabled: true },
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      Replicas: [{ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }],
    });
  });

  test('prod keeps it and protects it, dev lets it go', () => {
    prod.hasResource('AWS::DynamoDB::GlobalTable', { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    prod.hasResourceProperties('AWS::DynamoDB::GlobalTable', { Replicas: [{ DeletionProtectionEnabled: true }] });
    dev.hasResource('AWS::DynamoDB::GlobalTable', { DeletionPolicy: 'Delete' });
    dev.hasResourceProperties('AWS::DynamoDB::GlobalTable', { Replicas: [{ DeletionProtectionEnabled: false }] });
  });
});

test('a restored table takes the place of the one the stack would make', () => {
  const restored = synthesise({ ...example('prod'), restoredTable: 'tls-watch-restored' }).template;
  restored.resourceCountIs('AWS::DynamoDB::GlobalTable', 0);
  restored.hasOutput('TableName', { Value: 'tls-watch-restored' });
  restored.hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({
          Sid: 'Table',
          Resource: 'arn:aws:dynamodb:eu-central-1:123456789012:table/tls-watch-restored',
        }),
      ]),
    },
  });
});

describe('topics', () => {
  const ofAlarms = {
    Effect: 'Allow',
    Principal: { Service: 'cloudwatch.amazonaws.com' },
    Condition: {
      ArnLike: { 'aws:SourceArn': Match.anyValue() },
      StringEquals: { 'aws:SourceAccount': Match.anyValue() },
    },
  };

  test.for(ALL)('$name: alarms may publish to both topics, and nothing is published without TLS', (environment) => {
    const template = templateOf(environment);
    const topics = Object.keys(template.findResources('AWS::SNS::Topic'));
    expect(topics).toHaveLength(2);
    for (const topic of topics) {
      template.hasResourceProperties('AWS::SNS::TopicPolicy', {
        Topics: [{ Ref: topic }],
        PolicyDocument: {
          Statement: Match.arrayWith([
            Match.objectLike({
              Effect: 'Deny',
              Principal: '*',
              Action: 'sns:Publish',
              Condition: { Bool: { 'aws:SecureTransport': 'false' } },
            }),
            Match.objectLike({ ...ofAlarms, Action: 'sns:Publish', Resource: { Ref: topic } }),
          ]),
        },
      });
    }
  });

  test.for(ALL)('$name: both are encrypted with a key of their own, which alarms may use', (environment) => {
    const template = templateOf(environment);
    const [key] = Object.keys(template.findResources('AWS::KMS::Key'));
    template.allResourcesProperties('AWS::SNS::Topic', { KmsMasterKeyId: { 'Fn::GetAtt': [key, 'Arn'] } });
    template.hasResourceProperties('AWS::KMS::Key', {
      EnableKeyRotation: true,
      KeyPolicy: {
        Statement: Match.arrayWith([Match.objectLike({ ...ofAlarms, Action: ['kms:Decrypt', 'kms:GenerateDataKey*'] })]),
      },
    });
  });

  test('the alarms let in are those of this account and region', () => {
    const policies = Object.values(existing.findResources('AWS::SNS::TopicPolicy'));
    const sources = policies.map((policy) => /"aws:SourceArn":"([^"]*)"/.exec(JSON.stringify(policy))?.[1]);
    expect(sources).toEqual(Array(2).fill('arn:aws:cloudwatch:eu-central-1:123456789012:alarm:*'));
  });

  test('each address is subscribed to mail', () => {
    const endpoints = Object.values(existing.findResources('AWS::SNS::Subscription')).map(({ Properties }) => Properties);
    expect(endpoints).toMatchObject([
      { Protocol: 'email', Endpoint: 'postmaster@example.com' },
      { Protocol: 'email', Endpoint: 'second@example.com' },
    ]);
  });

  test('the Slack channel hears the chat topic and may do nothing', () => {
    const chat = Object.keys(existing.findResources('AWS::SNS::Topic')).find((id) => id.startsWith('ChatTopic'));
    expect(only(existing, 'AWS::Chatbot::SlackChannelConfiguration')).toMatchObject({
      SlackWorkspaceId: 'T0123ABCD',
      SlackChannelId: 'C0123ABCD',
      SnsTopicArns: [{ Ref: chat }],
      GuardrailPolicies: [expect.toSatisfy((arn) => JSON.stringify(arn).includes('policy/AWSDenyAll'))],
    });
    prod.resourceCountIs('AWS::Chatbot::SlackChannelConfiguration', 0);
  });
});

describe('function', () => {
  test.for(ALL)('$name: Node 24 on arm64, its logs in JSON, kept for the time asked', (environment) => {
    const template = templateOf(environment);
    for (const [id, logId] of [
      ['Function', 'Log'],
      ['DashboardFunction', 'DashboardLog'],
    ] as const) {
      const log = byId(template, 'AWS::Logs::LogGroup', logId);
      expect(functionNamed(template, id)).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        LoggingConfig: { LogFormat: 'JSON', LogGroup: { Ref: log.name } },
      });
      expect(log.Properties).toMatchObject({ RetentionInDays: environment.retention.logDays });
    }
  });

  test('prod keeps its log, but not that of a first deploy that fails; dev lets it go', () => {
    prod.allResources('AWS::Logs::LogGroup', { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
    dev.allResources('AWS::Logs::LogGroup', { DeletionPolicy: 'Delete' });
  });

  test('the runner has a quarter of an hour, the sentinel a minute', () => {
    expect(functionNamed(prod, 'Function')).toMatchObject({ Timeout: 900, MemorySize: 1_769 });
    expect(functionNamed(mailHost, 'Function')).toMatchObject({ Timeout: 60, MemorySize: 256 });
  });

  test('concurrency is reserved only where asked for', () => {
    expect(functionNamed(prod, 'Function')).not.toHaveProperty('ReservedConcurrentExecutions');
    expect(functionNamed(existing, 'Function')).toMatchObject({ ReservedConcurrentExecutions: 1 });
  });

  test('MTA-STS policies are looked at unless the environment says otherwise, over TCP to any port', () => {
    const variables = (template: Template) =>
      (functionNamed(template, 'Function') as { Environment: { Variables: Record<string, unknown> } }).Environment.Variables;
    expect(variables(prod)).not.toHaveProperty('WATCH_MTA_STS');
    const record = example('prod');
    if (record.runner !== 'function') throw new Error('prod is no function');
    expect(variables(synthesise({ ...record, mtaSts: 'never' }).template)).toMatchObject({ WATCH_MTA_STS: 'never' });
    for (const template of [prod, existing])
      template.hasResourceProperties('AWS::EC2::SecurityGroup', {
        SecurityGroupEgress: Match.arrayWith([
          Match.objectLike({ IpProtocol: 'tcp', FromPort: 0, ToPort: 65_535, CidrIp: '0.0.0.0/0' }),
          Match.objectLike({ IpProtocol: 'udp', FromPort: 53, ToPort: 53 }),
        ]),
      });
  });

  test('the sentinel reads the run records of the mail host', () => {
    expect(functionNamed(mailHost, 'Function')).toMatchObject({
      Environment: { Variables: { WATCH_VANTAGE: 'mail.example.com', WATCH_SILENCE_HOURS: '26' } },
    });
  });
});

describe('way out', () => {
  const parts = (template: Template) =>
    ['AWS::EC2::VPC', 'AWS::EC2::NatGateway', 'AWS::EC2::EIP', 'AWS::EC2::VPCEndpoint', 'AWS::EC2::SecurityGroup'].map(
      (type) => Object.keys(template.findResources(type)).length,
    );

  test('nat-gateway: one NAT gateway behind one Elastic IP, which is kept and told', () => {
    expect(parts(prod)).toEqual([1, 1, 1, 1, 1]);
    prod.hasResource('AWS::EC2::EIP', { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
    prod.hasResourceProperties('AWS::EC2::NatGateway', { AllocationId: { 'Fn::GetAtt': ['ElasticIp', 'AllocationId'] } });
    prod.hasOutput('ElasticIpAddress', { Value: { 'Fn::GetAtt': ['ElasticIp', 'PublicIp'] } });
    prod.hasOutput('ElasticIpAllocation', { Value: { 'Fn::GetAtt': ['ElasticIp', 'AllocationId'] } });
  });

  test('nat-gateway: the function stands in the private subnet', () => {
    const [subnet] = Object.keys(prod.findResources('AWS::EC2::Subnet')).filter((id) => id.startsWith('VpcWatchSubnet'));
    expect(functionNamed(prod, 'Function')).toMatchObject({ VpcConfig: { SubnetIds: [{ Ref: subnet }] } });
  });

  test('nat-gateway: what goes to DynamoDB through the gateway endpoint goes to this table', () => {
    const [table] = Object.keys(prod.findResources('AWS::DynamoDB::GlobalTable'));
    expect(only(prod, 'AWS::EC2::VPCEndpoint')).toMatchObject({
      VpcEndpointType: 'Gateway',
      PolicyDocument: { Statement: [{ Effect: 'Allow', Resource: { 'Fn::GetAtt': [table, 'Arn'] } }] },
    });
  });

  test('nat-gateway: an address that port 25 is open for already is taken instead', () => {
    const taken = synthesise({ ...example('prod'), elasticIp: 'eipalloc-0123456789abcdef0' } as Environment).template;
    expect(parts(taken)).toEqual([1, 1, 0, 1, 1]);
    taken.hasResourceProperties('AWS::EC2::NatGateway', { AllocationId: 'eipalloc-0123456789abcdef0' });
    taken.hasOutput('ElasticIpAllocation', { Value: 'eipalloc-0123456789abcdef0' });
  });

  test('vpc-existing: the function stands in the subnets named, and nothing else is built', () => {
    expect(parts(existing)).toEqual([0, 0, 0, 0, 1]);
    expect(functionNamed(existing, 'Function')).toMatchObject({ VpcConfig: { SubnetIds: ['subnet-0123456789abcdef0'] } });
    expect(only(existing, 'AWS::EC2::SecurityGroup')).toMatchObject({ VpcId: 'vpc-0123456789abcdef0' });
  });

  test('the function behind the dashboard stands outside any VPC: it meets nobody', () => {
    for (const template of [prod, existing]) expect(functionNamed(template, 'DashboardFunction')).not.toHaveProperty('VpcConfig');
  });

  test('nobody comes in', () => {
    for (const template of [prod, existing]) {
      expect(only(template, 'AWS::EC2::SecurityGroup')).not.toHaveProperty('SecurityGroupIngress');
      template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
    }
  });

  test.for([
    ['none', dev],
    ['mail-host', mailHost],
  ] as const)('%s: the function stands outside any VPC', ([, template]) => {
    expect(parts(template)).toEqual([0, 0, 0, 0, 0]);
    expect(functionNamed(template, 'Function')).not.toHaveProperty('VpcConfig');
  });
});

describe('runner', () => {
  test('the vantage that judges is the function, or the mail host by its name', () => {
    prod.hasOutput('VantageName', { Value: 'function' });
    mailHost.hasOutput('VantageName', { Value: 'mail.example.com' });
  });

  test('a mail host is given a policy to attach, a function runner none', () => {
    expect(Object.keys(mailHost.findOutputs('MailHostPolicy'))).toHaveLength(1);
    expect(Object.keys(prod.findOutputs('MailHostPolicy'))).toHaveLength(0);
  });

  test.for(ALL)('$name: one function runs, and one answers the dashboard', (environment) => {
    templateOf(environment).resourceCountIs('AWS::Lambda::Function', 2);
  });

  test.for(ALL)('$name: commands find table, topics, region and vantage in the outputs', (environment) => {
    const template = templateOf(environment);
    for (const output of ['Region', 'TableName', 'MailTopicArn', 'ChatTopicArn', 'PolicyName', 'VantageName']) {
      expect(Object.keys(template.findOutputs(output)), output).toHaveLength(1);
    }
  });
});

test.for(ALL)('$name: nothing is named globally', (environment) => {
  const named = Object.values(templateOf(environment).toJSON().Resources as Record<string, { Properties?: object }>).flatMap(
    ({ Properties = {} }) =>
      Object.keys(Properties).filter((key) =>
        /^(TableName|TopicName|QueueName|FunctionName|RoleName|AlarmName|DashboardName|LogGroupName|GroupName|Name|AliasName)$/.test(
          key,
        ),
      ),
  );
  // A FunctionName is a reference: whose invocations the retries are about, and what the queue feeds.
  expect(named).toEqual(environment.runner === 'mail-host' ? ['FunctionName'] : ['FunctionName', 'FunctionName']);
});

describe('an organisation with rules of its own', () => {
  const governed = templateOf(GOVERNED);

  test('tags on what takes them', () => {
    for (const type of [
      'AWS::DynamoDB::GlobalTable',
      'AWS::SNS::Topic',
      'AWS::Lambda::Function',
      'AWS::EC2::VPC',
      'AWS::IAM::Role',
    ])
      for (const { Properties } of Object.values(governed.findResources(type)))
        expect(JSON.stringify(Properties), type).toContain('{"Key":"cost-centre","Value":"mail"}');
    expect(JSON.stringify(prod.toJSON())).not.toContain('cost-centre');
  });

  test('every role is bounded', () => {
    const roles = Object.values(governed.findResources('AWS::IAM::Role'));
    expect(roles.length).toBeGreaterThan(1);
    for (const { Properties } of roles)
      expect(JSON.stringify(Properties.PermissionsBoundary)).toMatch(/:iam::.*:policy\/workload-boundary"/);
    const named = synthesise({ ...GOVERNED, permissionsBoundary: 'arn:aws:iam::123456789012:policy/team/edge' }).template;
    named.allResourcesProperties('AWS::IAM::Role', { PermissionsBoundary: 'arn:aws:iam::123456789012:policy/team/edge' });
  });

  test('its bootstrap is found by the qualifier', () => {
    expect(JSON.stringify(governed.toJSON())).toContain('/cdk-bootstrap/mailteam/version');
    expect(JSON.stringify(prod.toJSON())).toContain('/cdk-bootstrap/hnb659fds/version');
  });

  test('its zone is taken', () => {
    governed.allResourcesProperties('AWS::EC2::Subnet', { AvailabilityZone: 'eu-central-1b' });
  });
});

test('two environments live in one account: nothing is exported under a name', () => {
  expect(JSON.stringify([dev, prod].map((template) => template.toJSON()))).not.toContain('"Export"');
});

describe('dashboard', () => {
  /** The widgets, with the ARN of a function as its logical id. */
  const widgets = (template: Template) => {
    const { DashboardBody } = only(template, 'AWS::CloudWatch::Dashboard') as {
      DashboardBody: { 'Fn::Join': [string, unknown[]] };
    };
    const text = DashboardBody['Fn::Join'][1].map((part) =>
      typeof part === 'string' ? part : ((part as { 'Fn::GetAtt'?: string[] })['Fn::GetAtt']?.[0] ?? ''),
    );
    return (JSON.parse(text.join('')) as { widgets: { type: string; properties: Record<string, unknown> }[] }).widgets;
  };

  test.for(ALL)(
    '$name: it says first in words whether mail flows, and asks its function anew at a refresh alone',
    (environment) => {
      const template = templateOf(environment);
      expect(widgets(template)[0]).toMatchObject({
        type: 'custom',
        x: 0,
        y: 0,
        width: 24,
        properties: {
          title: `Does mail flow? (${environment.name})`,
          endpoint: byId(template, 'AWS::Lambda::Function', 'DashboardFunction').name,
          updateOn: { refresh: true, resize: false, timeRange: false },
        },
      });
      expect(widgets(template)[1]).toMatchObject({ type: 'alarm', y: 10 });
    },
  );

  test('its function is told what to read, and how long a silence may be', () => {
    const [table] = Object.keys(mailHost.findResources('AWS::DynamoDB::GlobalTable'));
    expect(functionNamed(mailHost, 'DashboardFunction')).toMatchObject({
      Timeout: 30,
      MemorySize: 512,
      Environment: {
        Variables: {
          WATCH_TABLE: { Ref: table },
          WATCH_POLICY: 'default',
          WATCH_VANTAGE: 'mail.example.com',
          WATCH_SILENCE_HOURS: '26',
        },
      },
    });
    expect(JSON.stringify(functionNamed(mailHost, 'DashboardFunction'))).not.toContain('RUNBOOK');
  });

  test('where the runbook is to be read, and the patience of "Run missed", are those of the record', () => {
    const runbook = 'https://wiki.example.com/tls-watch/runbook';
    const own = synthesise({ ...EXISTING_VPC, policy: 'edge', runbook }).template;
    expect(functionNamed(own, 'DashboardFunction')).toMatchObject({
      Environment: { Variables: { WATCH_POLICY: 'edge', WATCH_SILENCE_HOURS: '50', WATCH_RUNBOOK: runbook } },
    });
  });

  test.for(ALL)('$name: what a viewer needs is printed, to be attached', (environment) => {
    const template = templateOf(environment);
    const [output] = Object.values(template.findOutputs('ViewerPolicy'));
    const { name } = byId(template, 'AWS::Lambda::Function', 'DashboardFunction');
    expect(output?.Value).toEqual({
      'Fn::Join': [
        '',
        [
          '{"Statement":[{"Action":"lambda:InvokeFunction","Effect":"Allow","Resource":"',
          { 'Fn::GetAtt': [name, 'Arn'] },
          '","Sid":"SeeDashboard"}],"Version":"2012-10-17"}',
        ],
      ],
    });
  });
});

test('prod as a whole', () => {
  const text = JSON.stringify(prod.toJSON(), null, 2).replace(/"S3Key": "[0-9a-f]{64}\.zip"/g, '"S3Key": "CODE.zip"');
  expect(text).toMatchSnapshot();
});
