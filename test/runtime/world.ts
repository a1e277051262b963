/**
 * Everything the function meets on AWS and beyond, on loopback: a DynamoDB-compatible table behind a gatekeeper that
 * allows what the role allows, SNS, and the private internet with the three founding domains.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runActions } from '../../infra/calls.ts';
import { VARIABLES } from '../../lambda/config.ts';
import { readBundle } from '../../lambda/policy/gather/this-machine.ts';
import { bundlePart } from '../../lambda/run/watch/stored-policy.ts';
import { type Store, spaceOf } from '../../lambda/store/keys.ts';
import { policyState, pushPolicy } from '../../lambda/store/policies.ts';
import { type FoundingDomains, foundingDomains } from '../internet/founding-domains.ts';
import { type Internet, startInternet } from '../internet/internet.ts';
import { type SnsServer, startSns } from '../internet/sns-server.ts';
import { type SqsServer, startSqs } from '../internet/sqs-server.ts';
import { startDynalite } from '../store/dynalite.ts';
import { type Gatekeeper, startGatekeeper } from './gatekeeper.ts';

export const MAIL_TOPIC = 'arn:aws:sns:eu-central-1:123456789012:mail';
export const CHAT_TOPIC = 'arn:aws:sns:eu-central-1:123456789012:chat';
export const VANTAGE = 'function';

export interface World {
  readonly internet: Internet;
  readonly domains: FoundingDomains;
  readonly gatekeeper: Gatekeeper;
  readonly sns: SnsServer;
  readonly sqs: SqsServer;
  /** What the stack would set, and where the private internet is; each name is a policy of its own in the one table. */
  variables(name: string): Readonly<Record<string, string>>;
  /** The same of a function that a queue brings back. */
  queued(name: string): Readonly<Record<string, string>>;
  /** The table without the gatekeeper, to look at and to prepare. */
  store(name: string): Store;
  /** Stores a policy as `policy push` would; the anchors are those of the founding domains unless given. */
  push(name: string, policy: string, anchors?: string): Promise<void>;
  close(): Promise<void>;
}

export async function raiseWorld(): Promise<World> {
  const database = await startDynalite('watch');
  const { table } = database;
  const gatekeeper = await startGatekeeper({ port: Number(new URL(database.endpoint).port) }, runActions());
  const sns = await startSns({ topics: [MAIL_TOPIC, CHAT_TOPIC] });
  for (const topic of [MAIL_TOPIC, CHAT_TOPIC])
    sns.subscribe(topic, [{ protocol: 'email', endpoint: 'postmaster@example.com', confirmed: true }]);
  const sqs = await startSqs();
  const internet = await startInternet();
  const domains = await foundingDomains(internet);

  const store = (name: string): Store => ({ table, space: spaceOf(name, VANTAGE) });

  const push = async (name: string, policy: string, anchors = domains.anchors) => {
    const folder = mkdtempSync(join(tmpdir(), 'tls-watch-policy-'));
    try {
      writeFileSync(join(folder, 'tls_policy'), policy);
      writeFileSync(join(folder, 'anchors.pem'), anchors);
      const bundle = await readBundle({ table: join(folder, 'tls_policy'), caFile: join(folder, 'anchors.pem') });
      const { rev } = await policyState(store(name));
      await pushPolicy(store(name), { parts: bundlePart(bundle), by: 'test', at: Date.now(), rev });
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  const variables: World['variables'] = (name) => ({
    AWS_ENDPOINT_URL_DYNAMODB: gatekeeper.url,
    AWS_ENDPOINT_URL_SNS: sns.endpoint,
    [VARIABLES.environment]: 'test',
    [VARIABLES.table]: 'watch',
    [VARIABLES.policy]: name,
    [VARIABLES.topic]: MAIL_TOPIC,
    [VARIABLES.chatTopic]: CHAT_TOPIC,
    [VARIABLES.vantage]: VANTAGE,
    [VARIABLES.resolver]: internet.resolver,
    [VARIABLES.smtpPort]: String(internet.smtpPort),
    [VARIABLES.allowPrivateAddresses]: 'yes',
    [VARIABLES.helo]: 'tls-watch.example.com',
  });

  return {
    internet,
    domains,
    gatekeeper,
    sns,
    sqs,
    store,
    push,
    variables,
    queued: (name) => ({ ...variables(name), [VARIABLES.continuations]: sqs.queueUrl }),
    close: async () => {
      await Promise.all([gatekeeper.close(), sns.close(), sqs.close(), internet.close()]);
      await database.close();
    },
  };
}
