/**
 * Situations that stand for kinds: a small configuration directory each, how a real Postfix ended
 * its deliveries when they were written down, and our check of the same directory.
 */
import { describe, expect, test } from 'vitest';
import { missingReference } from '../reference.ts';
import { compare } from './compare.ts';
import { type Played, play } from './play.ts';
import { report } from './report.ts';
import { createPem, createRoot, directoryOf, endingWords, neutral, type Situation } from './situation.ts';
import { engineSituations } from './situations-engine.ts';
import { sourceSituations } from './situations-sources.ts';
import { wayOutSituations } from './situations-way-out.ts';
import { standingScene } from './standing.ts';

/** As many as share a set of namespaces. */
const BATCH = 12;

const missing = missingReference();
if (missing !== undefined) console.log(`situations are not tried on a real Postfix: ${missing}`);

const only = process.env.REFERENCE_ONLY;
const all = [...sourceSituations, ...wayOutSituations, ...engineSituations]
  .map((situation, i) => ({ situation, index: i + 1 }))
  .filter(({ situation, index }) => only === undefined || Number(only) === index || situation.title.includes(only));
const played = missing === undefined ? await playAll() : [];

describe.skipIf(missing !== undefined)('situations', () => {
  test.each(played)('$one.directory.index. $situation.title', ({ situation, one }) => {
    const { index } = one.directory;
    const ended = one.postfix.delivered.map((delivered) => endingWords(delivered, index));
    expect(ended).toEqual(Object.values(situation.ends));
    const disagreements = compare(one);
    if (situation.told !== undefined) {
      const { assumed = [], entries = [] } = one.product ?? {};
      const said = [...assumed, ...entries.map(({ sentence }) => sentence)].map((text) => neutral(text, index));
      expect(said).toContain(situation.told);
    }
    if (situation.differs === undefined) expect(report(0, one, disagreements)).toBe('');
    else expect(disagreements.map(({ entry }) => neutral(entry?.sentence ?? '', index))).toEqual([situation.differs]);
  });
});

async function playAll(): Promise<{ readonly situation: Situation; readonly one: Played }[]> {
  const authority = await createRoot();
  const control = await authority.issue({ dnsNames: ['control.test'] });
  const standing = standingScene({ chain: control.chainPem, key: control.keyPem });
  const pem = await createPem(authority);
  const results: Played[] = [];
  for (let from = 0; from < all.length; from += BATCH) {
    const directories = await Promise.all(
      all
        .slice(from, from + BATCH)
        .map(({ situation, index }, i) => directoryOf(situation, { index, first: i === 0 }, authority, pem)),
    );
    results.push(...(await play(directories, standing)));
  }
  return all.flatMap(({ situation }, i) => {
    const one = results[i];
    return one === undefined ? [] : { situation, one };
  });
}
