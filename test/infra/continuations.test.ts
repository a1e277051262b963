/** The queue by which a run comes back to the function: who may send and take, and what becomes of a message that fails. */
import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { ALL } from './examples.ts';
import { byId, functionNamed, only, templateOf } from './synth.ts';

const RUNNERS = ALL.filter(({ runner }) => runner === 'function');

/** The one queue that is not the dead letters', and that one. */
function queuesOf(template: Template) {
  const queues = Object.entries(template.findResources('AWS::SQS::Queue'));
  const [id, queue] = queues.find(([, { Properties }]) => Properties.RedrivePolicy !== undefined) ?? [];
  const [deadLetters] = queues.find(([name]) => name !== id) ?? [];
  return { id, properties: queue?.Properties as Record<string, unknown> | undefined, deadLetters, count: queues.length };
}

interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource?: unknown;
  readonly Condition?: unknown;
}

const statementsOf = (template: Template) =>
  Object.values(template.findResources('AWS::IAM::Policy')).flatMap(
    ({ Properties }) => Properties.PolicyDocument.Statement as readonly Statement[],
  );
const about = (template: Template, action: string) =>
  statementsOf(template).filter(({ Action }) => [Action].flat().includes(action));

describe.each(RUNNERS)('$name', (environment) => {
  const template = templateOf(environment);
  const { id, properties, deadLetters } = queuesOf(template);
  const arn = { 'Fn::GetAtt': [id, 'Arn'] };

  test('it is encrypted, and what fails five times lies with the dead letters', () => {
    expect(properties).toMatchObject({
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 86_400,
      RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': [deadLetters, 'Arn'] }, maxReceiveCount: 5 },
    });
  });

  test('a message is hidden for longer than the function works on it', () => {
    const { Timeout } = functionNamed(template, 'Function') as { Timeout: number };
    expect(properties?.VisibilityTimeout).toBe(Timeout + 60);
  });

  test('nobody reaches it without TLS', () => {
    const policies = Object.values(template.findResources('AWS::SQS::QueuePolicy'));
    const own = policies.find(({ Properties }) => JSON.stringify(Properties.Queues) === JSON.stringify([{ Ref: id }]));
    expect(own?.Properties.PolicyDocument.Statement).toEqual([
      expect.objectContaining({ Effect: 'Deny', Action: 'sqs:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
    ]);
  });

  test('it feeds the function, a message at a time', () => {
    const { name: runner } = byId(template, 'AWS::Lambda::Function', 'Function');
    expect(only(template, 'AWS::Lambda::EventSourceMapping')).toEqual({
      BatchSize: 1,
      EventSourceArn: arn,
      FunctionName: { Ref: runner },
      ScalingConfig: { MaximumConcurrency: 2 },
      ...(environment.tags === undefined ? {} : { Tags: expect.anything() }),
    });
    expect(functionNamed(template, 'Function')).toMatchObject({
      Environment: { Variables: { WATCH_CONTINUATIONS: { Ref: id } } },
    });
  });

  test('the function may send to it alone, and to the dead letters as Lambda does in its name', () => {
    const senders = about(template, 'sqs:SendMessage').map(({ Resource }) => Resource);
    expect(senders).toContainEqual(arn);
    expect(senders.filter((resource) => JSON.stringify(resource) !== JSON.stringify(arn))).toEqual(
      Array(senders.length - 1).fill({ 'Fn::GetAtt': [deadLetters, 'Arn'] }),
    );
  });

  test('Lambda takes from it with the role of the function, and the code does not', () => {
    const [taking, refused, ...more] = about(template, 'sqs:ReceiveMessage');
    expect(more).toEqual([]);
    expect(taking).toMatchObject({ Effect: 'Allow', Resource: arn });
    expect(taking).not.toHaveProperty('Condition');
    expect(refused).toMatchObject({ Effect: 'Deny', Action: taking?.Action, Resource: arn });
    expect(JSON.stringify(refused?.Condition)).toMatch(/^\{"ArnLike":\{"lambda:SourceFunctionArn":.*:function:\*"/);
  });

  test('neither schedules nor roles are for the function to make', () => {
    const [role] =
      Object.entries(template.findResources('AWS::IAM::Role')).find(([name]) => name.startsWith('FunctionRole')) ?? [];
    const own = Object.values(template.findResources('AWS::IAM::Policy')).filter(({ Properties }) =>
      JSON.stringify(Properties.Roles).includes(`"${role}"`),
    );
    expect(own).not.toEqual([]);
    expect(JSON.stringify(own)).not.toMatch(/"(scheduler|iam|events|sts):/);
  });
});

test('a mail host has none, and no right to send', () => {
  for (const environment of ALL.filter(({ runner }) => runner === 'mail-host')) {
    const template = templateOf(environment);
    expect(queuesOf(template)).toMatchObject({ id: undefined, count: 1 });
    template.resourceCountIs('AWS::Lambda::EventSourceMapping', 0);
    expect(JSON.stringify(template.findOutputs('MailHostPolicy'))).not.toContain('sqs:');
  }
});
