/**
 * A real Postfix at DANE levels, with a resolver that sets AD as scripted, and our check of the same destinations over the
 * same sockets: status, dsn and text must be among the endings we predict, and the only one where the order is certain.
 *
 * REFERENCE_SEED and DANE_COUNT choose the generated ones.
 */
import { describe, expect, test } from 'vitest';
import { hasPatch } from '../../lambda/postfix/version.ts';
import { compare } from './compare.ts';
import { daneScene } from './dane-scene.ts';
import { installedVersion } from './instance.ts';
import { missingReference, play } from './reference.ts';

const seed = Number(process.env.REFERENCE_SEED ?? 1);
const count = Math.max(150, Number(process.env.DANE_COUNT ?? 180));
const missing = missingReference();
if (missing !== undefined) console.log(`the comparison with a real Postfix is skipped: ${missing}`);

const compared = missing === undefined ? await playAll() : [];

describe.skipIf(missing !== undefined)(`a real Postfix and ${count} DANE destinations of seed ${seed}`, () => {
  test.each(compared)('$configuration: $recipient $entry', ({ delivery, verdict, disagreement }) => {
    // smtp(8) dies, and there is no ending to compare.
    if (delivery.status === 'none')
      expect(`${verdict?.reason}: ${delivery.text}`).toBe(`tlsa-kills-smtp: ${verdict?.postfixSays}`);
    else expect(disagreement).toBeUndefined();
  });

  test('they are as many as asked for, beside the hostile ones', () => {
    expect(compared.filter(({ recipient }) => /^[dr]\d/.test(recipient))).toHaveLength(count);
    expect(compared.filter(({ recipient }) => recipient.startsWith('x'))).toHaveLength(48);
    expect(compared.filter(({ recipient }) => recipient.startsWith('y'))).toHaveLength(8);
  });

  test('and of every kind of ending', () => {
    // TLSA records that end smtp(8): none of them does any more.
    const deadly = hasPatch(installedVersion() ?? '', ['3.8.18', '3.9.12', '3.10.11', '3.11.4']) ? [] : ['none'];
    expect(new Set(compared.map(({ delivery }) => delivery.status))).toEqual(new Set(['sent', 'deferred', 'bounced', ...deadly]));
    const texts = compared.map(({ delivery }) => delivery.text);
    for (const text of [
      'Server certificate not verified',
      'no TLSA records found',
      'non DNSSEC destination',
      'TLSA records unusable',
      'client TLS configuration problem',
    ])
      expect(texts).toContain(text);
    expect(texts.some((text) => text.startsWith('TLSA lookup error for '))).toBe(true);
    expect(
      compared.filter(({ verdict }) => verdict?.protection === 'authenticated' && verdict.verdict === 'pass').length,
    ).toBeGreaterThan(20);
  });
});

async function playAll() {
  const scene = await daneScene(seed, count);
  const played = await play(scene, { check: true });
  return scene.configurations.flatMap((configuration, i) => {
    const one = played[i];
    return one === undefined ? [] : compare(configuration, one).map((each) => ({ ...each, configuration: configuration.name }));
  });
}
