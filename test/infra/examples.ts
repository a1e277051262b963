/** The environments that tests are about: the examples of infra/environments.ts, and one that has what those leave out. */
import { ENVIRONMENTS, type Environment } from '../../infra/environments.ts';

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
  reserveConcurrency: true,
  thresholds: { silenceHours: 50, unfinishedEntries: 3 },
};

export const ALL: readonly Environment[] = [...ENVIRONMENTS, EXISTING_VPC];
