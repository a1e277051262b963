/**
 * The construct: everything one environment has on AWS, in a stack of ours (watch-stack.ts) or of
 * anybody's.
 *
 * No resource has a name of our choice, so that several environments fit into one account and a
 * resource can be replaced. What is public here has types that jsii can carry into other languages:
 * structs of readonly members, and words as strings, which are checked at synth. docs/construct.md
 * is made of these comments.
 */
import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import type { IAlarm, IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import {
  AttributeType,
  Billing,
  type ITable,
  TableEncryptionV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import type { IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { addActions, buildAlarms } from './alarms.ts';
import { buildContinuations, feedFrom } from './continuations.ts';
import { buildDashboard } from './dashboard.ts';
import { buildDashboardFunction } from './dashboard-function.ts';
import { type CheckedEnvironment, checkEnvironment } from './environments.ts';
import { buildFunction } from './function.ts';
import { buildWayOut } from './network.ts';
import { buildOutputs } from './outputs.ts';
import { pushStatement, viewStatement } from './permissions.ts';
import { buildSchedule } from './schedule.ts';
import { buildTopics } from './topics.ts';

/** When a run starts, once a day. The sentinel of a mail host looks every hour, at `minute`. */
export interface WatchSchedule {
  /** 0 to 23. */
  readonly hour: number;
  /** 0 to 59. */
  readonly minute: number;
  /** Such as `Europe/Berlin` or `Etc/UTC`. */
  readonly timeZone: string;
  /** A run starts up to so many minutes late, at random; 0 starts it on time. */
  readonly jitterMinutes: number;
}

/** How long what ages is kept. The latest state never ages. */
export interface WatchRetention {
  /** Of the log, one of the terms that CloudWatch offers. */
  readonly logDays: number;
  /** Of the history of entries and hosts, 7 to 3,650. */
  readonly historyDays: number;
}

/** A channel of Slack, by its ids; authorise the workspace once in the console. */
export interface WatchSlackChannel {
  /** Such as `T0123ABCD`. */
  readonly workspace: string;
  /** Such as `C0123ABCD`. */
  readonly channel: string;
}

/** When alarms ring. */
export interface WatchThresholds {
  /** "Run missed" rings after so many hours without a complete run, 25 to 168; default 26. */
  readonly silenceHours?: number;
  /** A run may leave so many entries unfinished without an alarm; default 0. */
  readonly unfinishedEntries?: number;
}

/** The environment record, and what an app has of its own in the place of a part. */
export interface TlsWatchProps {
  /** The environment: the dimension of its metrics, and part of every text about it. */
  readonly name: string;
  /** Who judges: `function`, or `mail-host`, over whose runs a sentinel watches. */
  readonly runner: string;
  /** For a function, the way out: `nat-gateway`, `vpc-existing` (with `vpc`) or `none`. */
  readonly egress?: string;
  /** For `nat-gateway`: an address for which port 25 is open already. Default: one is made. */
  readonly elasticIp?: string;
  /** For `nat-gateway`: its zone. Default: the first of the region. */
  readonly zone?: string;
  /** For `vpc-existing`: a VPC whose way out has port 25 open. */
  readonly vpc?: IVpc;
  /** Where the function stands in `vpc`. Default: its private subnets with a way out. */
  readonly vpcSubnets?: SubnetSelection;
  /** For a mail host: the `--vantage` it runs under. */
  readonly vantage?: string;
  /** Whether table, log and Elastic IP outlive the stack, the table protected from deletion. */
  readonly keep: boolean;
  /** When a run starts. */
  readonly schedule: WatchSchedule;
  /** How long what ages is kept. */
  readonly retention: WatchRetention;
  /** Who is told; each address gets one mail to confirm. */
  readonly emails: string[];
  /** The channel that is told as well. */
  readonly slack?: WatchSlackChannel;
  /** Topics of yours that alarms go to as well, when they begin and when they end. */
  readonly alarmTopicArns?: string[];
  /** The name the pushed policy is kept under; default `default`. */
  readonly policy?: string;
  /** Where the runbook is to be read, an https address, for the links of the dashboard. */
  readonly runbook?: string;
  /** When alarms ring. */
  readonly thresholds?: WatchThresholds;
  /** EHLO name; make it the PTR name of the address. Default: that of the pushed settings. */
  readonly helo?: string;
  /** Hosts of yours whose STARTTLS on port 25 proves each day that the way out is open. */
  readonly controlHosts?: string[];
  /** A validating resolver, `tls://IP#NAME` or `https://…`, for entries at dane and dane-only. */
  readonly dnssecResolver?: string;
  /** Whether MTA-STS policies of domains in the table are looked at, over HTTPS; default `daily`. */
  readonly mtaSts?: 'daily' | 'never';
  /** Conversations at a time, in all; default 64. */
  readonly concurrency?: number;
  /** Conversations at a time in one /24 or /48; default 4. */
  readonly perNetwork?: number;
  /** Memory of a function that judges; default 1,769, which is one whole processor. */
  readonly memoryMb?: number;
  /** Time limit of a function that judges, 3 to 15; default 15. */
  readonly timeoutMinutes?: number;
  /** Whether Lambda too keeps runs apart, by a reserved concurrency of 1; default false. */
  readonly reserveConcurrency?: boolean;
  /** A table with string keys `pk` and `sk` that expires by `expiresAt`. Default: one is made. */
  readonly table?: ITable;
  /** What each alarm does besides publishing to both topics, when it begins and when it ends. */
  readonly alarmActions?: IAlarmAction[];
}

/** Watches whether the Postfix TLS policy still delivers mail, and tells when it would stop. */
export class TlsWatch extends Construct {
  /** What is kept: the pushed policy, what was seen, what was told. */
  readonly table: ITable;
  /** Where messages go: text for mailboxes, a document for other subscribers. */
  readonly mailTopic: ITopic;
  /** Where cards for a chat go. */
  readonly chatTopic: ITopic;
  /** The function that judges, or the sentinel. */
  readonly runner: IFunction;
  /** Invocations that failed for good. */
  readonly deadLetters: IQueue;
  /** By which a run comes back to a function that judges. Undefined for a mail host. */
  readonly continuations?: IQueue;
  /** Answers on the dashboard whether mail flows. It only reads. */
  readonly dashboardReader: IFunction;
  /** Each has its entry in the runbook. */
  readonly alarms: IAlarm[];
  private readonly policy: string;

  constructor(scope: Construct, id: string, props: TlsWatchProps) {
    super(scope, id);
    const environment = checkedProps(props);
    this.policy = environment.policy;
    this.table = props.table ?? ownTable(this, environment);
    const topics = buildTopics(this, environment);
    this.mailTopic = topics.mail;
    this.chatTopic = topics.chat;
    const deadLetters = ownQueue(this);
    this.deadLetters = deadLetters;
    const { table } = this;
    const placement = buildWayOut(this, environment, { table, ...props });
    const continuations = buildContinuations(this, environment, deadLetters);
    const around = { table, topics, deadLetters, continuations, placement };
    const runner = buildFunction(this, environment, around);
    this.runner = runner;
    if (continuations !== undefined) {
      feedFrom(this, continuations, runner);
      this.continuations = continuations;
    }
    buildSchedule(this, environment, runner, deadLetters);
    const alarms = buildAlarms(this, environment, {
      runner,
      deadLetters,
      continuations,
      topics,
    });
    for (const alarm of alarms) addActions(alarm, props.alarmActions ?? []);
    this.alarms = [...alarms];
    const dashboardReader = buildDashboardFunction(this, environment, table);
    this.dashboardReader = dashboardReader;
    buildDashboard(this, environment, alarms, dashboardReader);
    buildOutputs(this, environment, { table, topics, runner, deadLetters, dashboardReader });
  }

  /** Lets somebody run `policy push`: four actions on the items of the policy, and no others. */
  grantPush(grantee: IGrantable): Grant {
    const { actions, resources, conditions } = pushStatement(this.table, this.policy);
    return Grant.addToPrincipal({ grantee, actions, resourceArns: resources, conditions });
  }

  /** Lets somebody read on the dashboard whether mail flows: CloudWatch asks in their name. */
  grantView(grantee: IGrantable): Grant {
    const { actions, resources } = viewStatement(this.dashboardReader);
    return Grant.addToPrincipal({ grantee, actions, resourceArns: resources });
  }
}

/**
 * The record among the props, by the rules for every record. A VPC is left to CDK: it may be of the
 * same app, so that no id is known yet.
 */
function checkedProps(props: TlsWatchProps): CheckedEnvironment {
  const { vpc, vpcSubnets, table: _, alarmActions: __, ...record } = props;
  if ((vpc !== undefined) !== (record.egress === 'vpc-existing'))
    throw new Error(
      `environment ${JSON.stringify(record.name)}: vpc goes with egress "vpc-existing", and ` +
        'egress "vpc-existing" with vpc',
    );
  if (vpcSubnets !== undefined && vpc === undefined)
    throw new Error(`environment ${JSON.stringify(record.name)}: vpcSubnets go with vpc`);
  return checkEnvironment(vpc === undefined ? record : { ...record, egress: 'none' });
}

function ownTable(scope: Construct, { keep }: CheckedEnvironment): ITable {
  return new TableV2(scope, 'Table', {
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    sortKey: { name: 'sk', type: AttributeType.STRING },
    timeToLiveAttribute: 'expiresAt',
    billing: Billing.onDemand(),
    encryption: TableEncryptionV2.awsManagedKey(),
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: keep,
    removalPolicy: keep ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
}

/** For invocations that could not be handed over and for runs that failed for good. */
function ownQueue(scope: Construct): Queue {
  const queue = new Queue(scope, 'DeadLetters', {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
  Validations.of(queue).acknowledge({
    id: 'AwsSolutions-SQS3',
    reason: 'it is the dead-letter queue itself',
  });
  return queue;
}
