/**
 * Ten days of the year over real sockets: what the world says at the probe door is what the real probe brings home from a mail
 * server that behaves as the plan says. OpenSSL's own verdict is left out: it goes by the clock of this machine.
 */
import { expect, test } from 'vitest';
import { openProbe } from '../../lambda/probe/connection.ts';
import type { Conversation } from '../../lambda/probe/conversation.ts';
import type { ProbeResult } from '../../lambda/probe/result.ts';
import { startSmtp } from '../internet/smtp-server.ts';
import { type HostPlan, planYear } from './plan.ts';
import { randomFrom } from './random.ts';
import { openWorld, type World } from './world.ts';

const SEED = Number(process.env.SEED ?? 1);
const START = Date.UTC(2026, 10, 24, 6);

test(`ten days of seed ${SEED}, over sockets`, async () => {
  const random = randomFrom(SEED);
  const plan = planYear(random, START);
  const world = await openWorld(plan, random);
  const hosts = plan.providers.flatMap((provider) => provider.hosts);
  const kinds = new Map<string, number>();
  const days = random.of('sockets');
  for (let sampled = 0; sampled < 10; sampled++) {
    const at = plan.runs[days.between(0, plan.runs.length - 1)] ?? START;
    for (const host of hosts) {
      const { promised, found } = await bothOf(world, host, at);
      expect(found, `${host.name} on ${new Date(at).toISOString()}`).toEqual(promised);
      const what = promised.kind === 'unseen' ? promised.reason : promised.kind;
      kinds.set(what, (kinds.get(what) ?? 0) + 1);
    }
  }
  console.log([...kinds].map(([what, count]) => `${count} ${what}`).join(', '));
  expect(kinds.get('presented')).toBeGreaterThan(100);
});

interface Both {
  readonly promised: ProbeResult;
  readonly found: ProbeResult;
}

async function bothOf(world: World, host: HostPlan, at: number): Promise<Both> {
  const [address = ''] = host.addresses;
  const promised = await world.probe(conversation(address, 25), at);
  const issued = await world.presented(address, at);
  const server = await startSmtp({ chain: issued.chainPem, key: issued.keyPem, ...behaviourFor(promised) });
  try {
    const probe = openProbe({
      heloName: 'client.example',
      allowPrivateAddresses: true,
      greetingTimeoutMs: 300,
      stepTimeoutMs: 5_000,
      anchors: [],
    });
    return { promised: comparable(promised), found: comparable(await probe(conversation(server.address, server.port))) };
  } finally {
    await server.close();
  }
}

/** A mail server that gives a client what the world promised. */
function behaviourFor(promised: ProbeResult): Parameters<typeof startSmtp>[0] {
  switch (promised.kind) {
    case 'presented':
      return {};
    case 'no-tls':
      return { behaviour: 'nostarttls' };
    case 'handshake-failed':
      return { script: { behindStarttls: 'close' } };
    case 'unseen':
      return { script: { greeting: promised.reply === undefined ? 'silence' : { say: promised.reply.text } } };
  }
}

/** What decides: chains byte for byte, reasons; a time-out at the greeting stands for one at connecting. */
function comparable(result: ProbeResult): ProbeResult {
  switch (result.kind) {
    case 'presented':
      return { kind: 'presented', protocol: result.protocol, cipher: '', chain: result.chain, verify: '' };
    case 'no-tls':
      return { kind: 'no-tls', why: result.why };
    case 'handshake-failed':
      return { kind: 'handshake-failed', cause: '' };
    case 'unseen':
      return { kind: 'unseen', phase: 'greeting', reason: result.reason };
  }
}

function conversation(address: string, port: number): Conversation {
  return {
    id: `${address}:${port}`,
    address,
    port,
    wrapperMode: false,
    offer: { kind: 'offer', protocols: ['TLSv1.2', 'TLSv1.3'], ciphers: 'DEFAULT@SECLEVEL=1', groups: 'X25519:P-256' },
    discardEhloKeywords: [],
  };
}
