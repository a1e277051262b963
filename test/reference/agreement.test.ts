/**
 * A real Postfix delivers one message to each destination of a scene, and our check judges the same destinations over
 * the same sockets: status, dsn and text must be among the endings we predict, and the only one where the order is certain.
 *
 * REFERENCE_SEED and REFERENCE_COUNT choose the generated ones; run.ts takes them as flags.
 */
import { describe, expect, test } from 'vitest';
import { hasPatch } from '../../lambda/postfix/version.ts';
import { LINE_BOUNDED } from '../../lambda/probe/conversation.ts';
import { createAuthority } from '../internet/authority.ts';
import { type Comparison, compare } from './compare.ts';
import { dialogueScene } from './dialogue-scene.ts';
import { engineScene } from './engine-scene.ts';
import { foundingScene } from './founding-scene.ts';
import { generate } from './generate.ts';
import { installedVersion } from './instance.ts';
import { differencesScene, KNOWN_DIFFERENCES } from './known-differences.ts';
import { missingReference, play } from './reference.ts';
import type { Configuration, Delivery, Scene } from './scene.ts';
import { withSuggestions } from './suggested.ts';
import { untriedScene } from './untried-scene.ts';

const seed = Number(process.env.REFERENCE_SEED ?? 1);
const count = Number(process.env.REFERENCE_COUNT ?? 50);
const missing = missingReference();
if (missing !== undefined) console.log(`the comparison with a real Postfix is skipped: ${missing}`);

const { scene, compared } = missing === undefined ? await playAll() : { scene: undefined, compared: [] };
const of = (name: string) => compared.filter(({ configuration }) => configuration.name === name);

describe.skipIf(missing !== undefined)('a real Postfix and the founding domains', () => {
  test.each([
    { recipient: 'facebook.com', ends: 'sent 2.0.0 250 queued', verdict: 'pass', line: undefined },
    { recipient: 'hearst.com', ends: 'sent 2.0.0 250 queued', verdict: 'pass', line: undefined },
    {
      recipient: 'fastmail.fm',
      ends: 'deferred 4.7.5 Server certificate not verified',
      verdict: 'fail',
      line: 'fastmail.fm secure match=.messagingengine.com ciphers=high',
    },
  ])('$recipient: $ends', ({ recipient, ends, verdict, line }) => {
    const found = of('founding').find((each) => each.recipient === recipient);
    expect(found?.disagreement).toBeUndefined();
    expect(endOf(found?.delivery)).toBe(ends);
    expect(found?.verdict?.verdict).toBe(verdict);
    expect(found?.verdict?.suggestion?.line).toBe(line);
  });
});

describe.skipIf(missing !== undefined)('a real Postfix where we knowingly differ', () => {
  test.each(KNOWN_DIFFERENCES.map((difference, i) => ({ ...difference, recipient: `k${i + 1}.test` })))(
    '$behaviour at $level: $because',
    ({ recipient, postfix, ours }) => {
      const found = of('known differences').find((each) => each.recipient === recipient);
      expect(endOf(found?.delivery).replace(/mx\.k\d+\.test\[[\d.]+\]/, '@')).toBe(postfix);
      expect(`${found?.verdict?.verdict} ${found?.verdict?.reason}`).toBe(ours);
      expect(found?.disagreement).toBeDefined();
    },
  );
});

const dialogues = compared.filter(({ configuration }) => configuration.name.startsWith('dialogue: '));

describe.skipIf(missing !== undefined)('a real Postfix and every oddity of a dialogue', () => {
  // Linux delivers what is on its way when a reader shuts down: Postfix may hear the server again.
  const byChance = hasPatch(installedVersion() ?? '', LINE_BOUNDED) ? 'banner-long-line.' : undefined;

  test.each(dialogues)('$recipient', ({ recipient, delivery, disagreement }) => {
    if (disagreement !== undefined && byChance !== undefined && recipient.startsWith(byChance))
      expect(delivery.text).toMatch(/^TLS is required, but was not offered by host |^250 queued$/);
    else expect(disagreement).toBeUndefined();
  });

  test('they are several hundred', () => {
    expect(dialogues.length).toBeGreaterThan(500);
  });
});

const engines = compared.filter(({ configuration }) => configuration.name.startsWith('engine: '));

describe.skipIf(missing !== undefined)('a real Postfix whose settings end smtp(8), its TLS engine or its tables', () => {
  test.each(engines)('$recipient', ({ disagreement }) => {
    expect(disagreement).toBeUndefined();
  });

  test('they are all played', () => {
    expect(engines.length).toBeGreaterThan(100);
  });
});

const untried = compared.filter(({ configuration }) => configuration.name.startsWith('untried: '));

describe.skipIf(missing !== undefined)('a real Postfix that passes over every address', () => {
  test.each(untried)('$recipient', ({ disagreement, verdict }) => {
    expect(disagreement).toBeUndefined();
    expect(verdict?.reason).toBe('wrapper-mode-below-encrypt');
  });

  test('they are all played', () => {
    expect(untried.length).toBeGreaterThan(100);
  });
});

const generated = compared.filter(({ configuration }) => configuration.generated);

describe.skipIf(missing !== undefined)(`a real Postfix and ${count} destinations of seed ${seed}`, () => {
  test.each(generated)('$configuration.name: $entry', ({ disagreement }) => {
    expect(disagreement).toBeUndefined();
  });

  test('they are as many as asked for, and of every kind of ending', () => {
    expect(generated.length).toBe(count);
    expect(new Set(generated.map(({ delivery }) => delivery.status))).toEqual(new Set(['sent', 'deferred', 'bounced']));
  });
});

describe.skipIf(missing !== undefined)('a real Postfix and the lines we suggest', async () => {
  const suggested = scene === undefined ? [] : await playSuggestions(scene, compared);
  test('fastmail.fm is among them', () => {
    expect(suggested.map(({ recipient }) => recipient)).toContain('fastmail.fm');
  });
  test.each(suggested)('$line', ({ end }) => {
    expect(end).toBe('sent 2.0.0 250 queued');
  });
});

type Named = Comparison & {
  readonly configuration: { readonly name: string; readonly generated: boolean };
};

async function playAll(): Promise<{ readonly scene: Scene; readonly compared: readonly Named[] }> {
  const authority = await createAuthority('Known Root');
  const known = await authority.issue({ dnsNames: ['known.test'] });
  const knownByRsa = await authority.issue({ dnsNames: ['known.test'], keyType: 'rsa' });
  const drawn = await generate(seed, count);
  // Where nobody is asked for STARTTLS it is the control host that proves the way out: its root counts, too.
  const anchors = `${authority.certificate.pem}${drawn.files['ca.pem']}`;
  const standing = [
    await foundingScene(),
    differencesScene({ chain: known.chainPem, key: known.keyPem }, authority.certificate.pem),
    dialogueScene(
      {
        ec: { chain: known.chainPem, key: known.keyPem },
        rsa: { chain: knownByRsa.chainPem, key: knownByRsa.keyPem },
      },
      anchors,
    ),
    engineScene({ chain: known.chainPem, key: known.keyPem }, anchors),
    untriedScene({ chain: known.chainPem, key: known.keyPem }),
  ];
  const merged = merge([...standing, drawn]);
  const played = await play(merged, { check: true });
  const fromSeed = new Set(drawn.configurations.map(({ name }) => name));
  return {
    scene: merged,
    compared: merged.configurations.flatMap((configuration, i) => {
      const named = { name: configuration.name, generated: fromSeed.has(configuration.name) };
      const one = played[i];
      return one === undefined ? [] : compare(configuration, one).map((each) => ({ ...each, configuration: named }));
    }),
  };
}

async function playSuggestions(whole: Scene, verdicts: readonly Named[]) {
  const configurations = whole.configurations.flatMap((configuration): Configuration[] => {
    const own = verdicts.filter((each) => each.configuration.name === configuration.name);
    return withSuggestions(configuration, own);
  });
  const played = await play({ ...whole, configurations }, { check: false });
  return played.flatMap(({ deliveries }, i) =>
    deliveries.map((delivery) => ({
      recipient: delivery.recipient,
      line: `${configurations[i]?.name}: ${lineOf(verdicts, configurations[i]?.name, delivery.recipient)}`,
      end: endOf(delivery),
    })),
  );
}

const lineOf = (verdicts: readonly Named[], name: string | undefined, recipient: string) =>
  verdicts.find((each) => each.configuration.name === name && each.recipient === recipient)?.verdict?.suggestion?.line;

function merge(scenes: readonly Scene[]): Scene {
  return {
    dns: scenes.flatMap(({ dns }) => dns),
    servers: scenes.flatMap(({ servers }) => servers),
    files: Object.assign({}, ...scenes.map(({ files }) => files)),
    configurations: scenes.flatMap(({ configurations }) => configurations),
  };
}

function endOf(delivery: Delivery | undefined): string {
  return delivery === undefined ? 'not played' : `${delivery.status} ${delivery.dsn} ${delivery.text}`;
}
