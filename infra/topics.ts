/**
 * Where messages and alarms go: a topic for mail and one for chat cards, encrypted with a key of
 * their own.
 *
 * enforceSSL gives a topic a policy that holds a Deny and nothing else. It replaces the default
 * policy, which let CloudWatch publish, and for an encrypted topic CloudWatch needs the key too.
 * Without any one of the grants below alarms are lost without an error.
 */
import { ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { LoggingLevel, SlackChannelConfiguration } from 'aws-cdk-lib/aws-chatbot';
import { ManagedPolicy, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import type { CheckedEnvironment } from './environments.ts';

export interface Topics {
  readonly mail: Topic;
  readonly chat: Topic;
  readonly key: Key;
}

export function buildTopics(scope: Construct, environment: CheckedEnvironment): Topics {
  const key = new Key(scope, 'TopicKey', {
    description: `Messages of tls-watch ${environment.name} on their way`,
    enableKeyRotation: true,
    // A topic stores no messages, so the key is not needed once the stack is gone.
    removalPolicy: RemovalPolicy.DESTROY,
    pendingWindow: Duration.days(7),
  });
  key.addToResourcePolicy(
    alarmsOf(scope, {
      sid: 'AlarmsUseKey',
      actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
      resources: ['*'],
    }),
  );
  const topic = (id: string, displayName: string) => {
    const made = new Topic(scope, id, { displayName, masterKey: key, enforceSSL: true });
    made.addToResourcePolicy(
      alarmsOf(scope, {
        sid: 'AlarmsPublish',
        actions: ['sns:Publish'],
        resources: [made.topicArn],
      }),
    );
    return made;
  };
  const mail = topic('MailTopic', `TLS watch ${environment.name}`);
  const chat = topic('ChatTopic', `TLS watch ${environment.name} (chat)`);

  for (const address of environment.emails) mail.addSubscription(new EmailSubscription(address));
  if (environment.slack !== undefined) {
    new SlackChannelConfiguration(scope, 'Slack', {
      slackChannelConfigurationName: Stack.of(scope).stackName,
      slackWorkspaceId: environment.slack.workspace,
      slackChannelId: environment.slack.channel,
      notificationTopics: [chat],
      // The chat service only posts messages: members of the channel can do nothing in the account.
      guardrailPolicies: [ManagedPolicy.fromAwsManagedPolicyName('AWSDenyAll')],
      loggingLevel: LoggingLevel.NONE,
    });
  }
  return { mail, chat, key };
}

/** CloudWatch, on behalf of alarms of this account and region and of nobody else. */
function alarmsOf(
  scope: Construct,
  grant: {
    readonly sid: string;
    readonly actions: readonly string[];
    readonly resources: readonly string[];
  },
): PolicyStatement {
  const stack = Stack.of(scope);
  const alarms = stack.formatArn({
    service: 'cloudwatch',
    resource: 'alarm',
    resourceName: '*',
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  return new PolicyStatement({
    sid: grant.sid,
    principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
    actions: [...grant.actions],
    resources: [...grant.resources],
    conditions: {
      ArnLike: { 'aws:SourceArn': alarms },
      StringEquals: { 'aws:SourceAccount': stack.account },
    },
  });
}
