/** The function where its surroundings are near their limits: a table that throttles, and a resolver that drops questions. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { VARIABLES } from '../../lambda/config.ts';
import { createAuthority } from '../internet/authority.ts';
import { missingClient, startFunction } from './function.ts';
import type { Invoked } from './runtime-api.ts';
import { MAIL_TOPIC, raiseWorld, type World } from './world.ts';

const ENTRIES = 1_500;
const HOSTS = 5;
let world: World;

beforeAll(async () => {
  if (missingClient !== undefined) throw new Error(missingClient);
  world = await raiseWorld();
  const authority = await createAuthority('Strain Root');
  for (let i = 0; i < HOSTS; i++) {
    const host = `mx${i}.provider.example`;
    const { chainPem, keyPem } = await authority.issue({ commonName: host, dnsNames: [host] });
    const made = await world.internet.mailHost({ host, chain: chainPem, key: keyPem });
    for (let j = i; j < ENTRIES; j += HOSTS) world.internet.domain(`customer${j}.example`, made);
  }
  const lines = (count: number) =>
    Array.from({ length: count }, (_, j) => `customer${j}.example secure match=.provider.example\n`).join('');
  const { pem } = authority.certificate;
  await world.push('many', lines(ENTRIES), pem);
  for (const policy of ['fifth', 'half']) await world.push(policy, lines(60), pem);
});
afterAll(() => world?.close());
afterEach(() => {
  world.gatekeeper.turn('granted');
  world.sns.forget();
});

const subjects = () => world.sns.messages.filter(({ topicArn }) => topicArn === MAIL_TOPIC).map(({ subject }) => subject);

async function runOn(variables: Readonly<Record<string, string>>): Promise<Invoked> {
  const running = await startFunction(variables);
  try {
    return await running.invoke({ scheduledTime: `${new Date().toISOString().slice(0, 19)}Z` });
  } finally {
    await running.stop();
  }
}

test.each([
  { policy: 'fifth', mood: 'a-fifth-throttled' },
  { policy: 'half', mood: 'half-throttled' },
] as const)('a table that is $mood: complete in one invocation, and told once', async ({ policy, mood }) => {
  world.gatekeeper.turn(mood);
  expect(await runOn(world.queued(policy))).toMatchObject({
    kind: 'returned',
    value: { outcome: 'complete', counts: { pass: 60 } },
  });
  expect(subjects()).toEqual(['Now watching 60 entries: all deliver']);
  expect(world.sqs.messages).toEqual([]);
});

test('a resolver that drops what comes above 1,024 questions a second, as that of AWS: none is dropped, and all are judged', async () => {
  const resolver = await startLimited(world.internet.resolver);
  try {
    const variables = { ...world.queued('many'), [VARIABLES.resolver]: resolver.address };
    expect(await runOn(variables)).toMatchObject({ kind: 'returned', value: { outcome: 'complete', counts: { pass: ENTRIES } } });
    expect(resolver.asked()).toBeGreaterThan(ENTRIES);
    expect(resolver.dropped()).toBe(0);
  } finally {
    resolver.close();
  }
});

const LIMIT = 1_024;

/** Passes on as many questions a second as the resolver of a VPC takes from one interface, and says nothing to the others. */
async function startLimited(resolver: string) {
  const [host, port] = resolver.split(':');
  const server = createSocket('udp4');
  const inner = new Set<Socket>();
  let second = 0;
  let inSecond = 0;
  let asked = 0;
  let dropped = 0;
  server.on('message', (question, from: RemoteInfo) => {
    const now = Math.floor(performance.now() / 1_000);
    if (now !== second) [second, inSecond] = [now, 0];
    asked++;
    if (++inSecond > LIMIT) return void dropped++;
    const socket = createSocket('udp4');
    inner.add(socket);
    socket.on('message', (answer) => {
      server.send(answer, from.port, from.address);
      inner.delete(socket);
      socket.close();
    });
    socket.send(question, Number(port), host);
  });
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => asked,
    dropped: () => dropped,
    close: () => {
      for (const socket of inner) socket.close();
      server.close();
    },
  };
}
