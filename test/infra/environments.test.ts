/** Environment records: what is refused, and in which words. */
import { expect, test } from 'vitest';
import { checkEnvironment, chooseEnvironments } from '../../infra/environments.ts';
import { ENVIRONMENTS, EXISTING_VPC, example, GOVERNED } from './examples.ts';

const prod = example('prod');
const { name: _, ...nameless } = prod;
const { egress: __, ...waylessProd } = prod as typeof prod & { egress: string };

const REFUSED: readonly { readonly because: string; readonly record: unknown; readonly says: string }[] = [
  {
    because: 'a name becomes part of a stack name',
    record: { ...prod, name: 'Prod 1' },
    says: 'environment "Prod 1": name: "Prod 1" is no name of lower-case letters, digits and hyphens',
  },
  {
    because: 'alarms go to topics',
    record: { ...prod, alarmTopicArns: ['on-call'] },
    says: 'environment "prod": alarmTopicArns.0: "on-call" is no ARN of an SNS topic',
  },
  {
    because: 'the runbook becomes a link, to which an entry is added',
    record: { ...prod, runbook: 'https://wiki.example.com/runbook#blind' },
    says: 'environment "prod": runbook: "https://wiki.example.com/runbook#blind" is no https address without a fragment',
  },
  { because: 'a name is needed', record: nameless, says: 'environment undefined: name is missing' },
  {
    because: 'the runner decides which fields there are',
    record: { ...prod, runner: 'ec2' },
    says: 'environment "prod": runner: "ec2" is none of function, mail-host',
  },
  {
    because: 'a way out is one of three',
    record: { ...prod, egress: 'nat-instance' },
    says: 'environment "prod": egress: "nat-instance" is none of nat-gateway, vpc-existing, none',
  },
  { because: 'a function runner says its way out', record: waylessProd, says: 'environment "prod": egress is missing' },
  {
    because: 'a mail host has no way out of ours',
    record: { ...example('mail-host'), egress: 'none' },
    says: 'environment "mail-host": egress: no such field here',
  },
  {
    because: 'a misspelt field would be a setting that does nothing',
    record: { ...prod, controlHost: ['mx1.example.com'] },
    says: 'environment "prod": controlHost: no such field here',
  },
  {
    because: 'account and region go together',
    record: { ...GOVERNED, account: '123456789012' },
    says: 'environment "governed": account and region: give both or neither',
  },
  {
    because: 'an account has 12 digits',
    record: { ...prod, account: '1234', region: 'eu-central-1' },
    says: 'environment "prod": account: "1234" is no account number of 12 digits',
  },
  {
    because: 'a zone is no region',
    record: { ...prod, account: '123456789012', region: 'eu-central-1a' },
    says: 'environment "prod": region: "eu-central-1a" is no region, such as eu-central-1',
  },
  {
    because: 'every field at fault is told at once',
    record: { ...prod, schedule: { hour: 24, minute: 0, timeZone: 'Mars/Olympus', jitterMinutes: 0 } },
    says:
      'environment "prod": schedule.hour: 24 is above 23\n' +
      'environment "prod": schedule.timeZone: "Mars/Olympus" is no time zone, such as Europe/Berlin',
  },
  {
    because: 'CloudWatch keeps logs for certain times only',
    record: { ...prod, retention: { logDays: 15, historyDays: 400 } },
    says: 'environment "prod": retention.logDays: 15 is none of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731',
  },
  {
    because: 'a week of history is what changes are compared over',
    record: { ...prod, retention: { logDays: 14, historyDays: 6 } },
    says: 'environment "prod": retention.historyDays: 6 is below 7',
  },
  {
    because: 'an address that cannot be one is never confirmed',
    record: { ...prod, emails: ['postmaster'] },
    says: 'environment "prod": emails.0: "postmaster" is no e-mail address',
  },
  {
    because: 'Slack names by id',
    record: { ...prod, slack: { workspace: 'T0123ABCD', channel: '#mail' } },
    says: 'environment "prod": slack.channel: "#mail" is no Slack channel id, such as C0123ABCD',
  },
  {
    because: 'an Elastic IP is named by its allocation',
    record: { ...prod, elasticIp: '192.0.2.1' },
    says: 'environment "prod": elasticIp: "192.0.2.1" is no allocation id of an Elastic IP, such as eipalloc-0123456789abcdef0',
  },
  {
    because: 'each zone has its subnet',
    record: {
      ...EXISTING_VPC,
      vpc: {
        id: 'vpc-0123456789abcdef0',
        zones: ['eu-central-1a', 'eu-central-1b'],
        subnets: ['subnet-0123456789abcdef0'],
      },
    },
    says: 'environment "existing": vpc.subnets: one for each of vpc.zones, in the same order',
  },
  {
    because: 'a daily run is silent for a day',
    record: { ...prod, thresholds: { silenceHours: 24 } },
    says: 'environment "prod": thresholds.silenceHours: 24 is below 25',
  },
  {
    because: 'Lambda ends a function after a quarter of an hour',
    record: { ...prod, timeoutMinutes: 20 },
    says: 'environment "prod": timeoutMinutes: 20 is above 15',
  },
  {
    because: 'an EHLO name is a host name',
    record: { ...prod, helo: 'localhost' },
    says: 'environment "prod": helo: "localhost" is no host name',
  },
  {
    because: 'a zone of another region would be found out half an hour into a deploy',
    record: { ...prod, zone: 'us-east-1a' },
    says: 'environment "prod": zone: is none of the region',
  },
  {
    because: 'AWS keeps tags of its own',
    record: { ...prod, tags: { 'aws:owner': 'me' } },
    says: 'environment "prod": tags.aws:owner: "aws:owner" is no key of a tag',
  },
  {
    because: 'a boundary is a policy',
    record: { ...prod, permissionsBoundary: 'arn:aws:iam::123456789012:role/boundary' },
    says: 'environment "prod": permissionsBoundary: "arn:aws:iam::123456789012:role/boundary" is no name or ARN of a managed policy',
  },
  {
    because: 'CDK knows qualifiers of ten letters and digits',
    record: { ...prod, qualifier: 'Mail-Team' },
    says: 'environment "prod": qualifier: "Mail-Team" is no qualifier of a bootstrap',
  },
  { because: 'a record is one', record: null, says: 'environment undefined: is no record' },
];

const FILE = { records: ENVIRONMENTS, path: 'environments.json' };

test.for(REFUSED)('refused: $because', ({ record, says }) => {
  expect(() => checkEnvironment(record)).toThrow(new Error(says));
});

test('the examples are accepted, and defaults filled in', () => {
  expect(ENVIRONMENTS.map(checkEnvironment)).toMatchObject([
    { name: 'dev', policy: 'default', concurrency: 64, reserveConcurrency: false, thresholds: { silenceHours: 26 } },
    { name: 'prod', timeoutMinutes: 15, thresholds: { unfinishedEntries: 0 } },
    { name: 'mail-host', vantage: 'mail.example.com' },
  ]);
});

test('all environments are chosen without a name, one by its name', () => {
  expect(chooseEnvironments(undefined, FILE).map(({ name }) => name)).toEqual(['dev', 'prod', 'mail-host']);
  expect(chooseEnvironments('prod', FILE).map(({ name }) => name)).toEqual(['prod']);
});

test('an unknown name lists the known', () => {
  expect(() => chooseEnvironments('stage', FILE)).toThrow(
    new Error('environment "stage" is unknown: environments.json has dev, prod, mail-host'),
  );
});

test('a name given twice is told', () => {
  expect(() => chooseEnvironments(undefined, { ...FILE, records: [prod, prod] })).toThrow(
    new Error('environment "prod" is written twice in environments.json'),
  );
});
