/** The environments that tests are about: the tracked example, and those that have what those leave out. */
import { EXAMPLE, readRecords } from '../../infra/environment-file.ts';
import type { Environment } from '../../infra/environments.ts';

export const ENVIRONMENTS = readRecords(EXAMPLE).records as readonly Environment[];

/** The record of that name; the examples are what most tests are about. */
export function example(name: string): Environment {
  const found = ENVIRONMENTS.find((environment) => environment.name === name);
  if (found === undefined) throw new Error(`no example environment ${name}`);
  return found;
}

/** A function runner inside an existing VPC with a Slack channel, account and region: what the examples leave out. */
export const EXISTING_VPC: Environment = {
  name: 'existing',
  account: '123456789012',
  region: 'eu-central-1',
  runner: 'function',
  egress: 'vpc-existing',
  vpc: { id: 'vpc-0123456789abcdef0', zones: ['eu-central-1a'], subnets: ['subnet-0123456789abcdef0'] },
  keep: true,
  schedule: { hour: 4, minute: 30, timeZone: 'America/New_York', jitterMinutes: 0 },
  retention: { logDays: 30, historyDays: 100 },
  emails: ['postmaster@example.com', 'second@example.com'],
  slack: { workspace: 'T0123ABCD', channel: 'C0123ABCD' },
  alarmTopicArns: ['arn:aws:sns:eu-central-1:210987654321:on-call'],
  reserveConcurrency: true,
  thresholds: { silenceHours: 50, unfinishedEntries: 3 },
};

/** A runner of an organisation with rules of its own, which goes where the credentials point. */
export const GOVERNED: Environment = {
  name: 'governed',
  runner: 'function',
  egress: 'nat-gateway',
  zone: 'eu-central-1b',
  keep: true,
  schedule: { hour: 6, minute: 0, timeZone: 'Europe/Berlin', jitterMinutes: 15 },
  retention: { logDays: 90, historyDays: 400 },
  emails: ['postmaster@example.com'],
  tags: { 'cost-centre': 'mail', owner: 'postmaster@example.com' },
  permissionsBoundary: 'workload-boundary',
  qualifier: 'mailteam',
};

export const ALL: readonly Environment[] = [...ENVIRONMENTS, EXISTING_VPC, GOVERNED];
