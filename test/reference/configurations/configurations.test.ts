/**
 * A real Postfix on drawn configuration directories, and our check of the same directories: which line, which service,
 * which next hop, which TLS engine counts is Postfix's, and ours is the same.
 *
 * REFERENCE_SEED, REFERENCE_COUNT and REFERENCE_ONLY choose them; run.ts takes them as flags.
 */
import { describe, expect, test } from 'vitest';
import { createAuthority } from '../../internet/authority.ts';
import { missingReference } from '../reference.ts';
import { compare } from './compare.ts';
import { drawDirectories } from './draw.ts';
import { type Played, play } from './play.ts';
import { report } from './report.ts';
import { standingScene } from './standing.ts';

const seed = Number(process.env.REFERENCE_SEED ?? 1);
const count = Number(process.env.REFERENCE_COUNT ?? 10);
const only = process.env.REFERENCE_ONLY;
const missing = missingReference();
if (missing !== undefined) console.log(`configurations are not tried on a real Postfix: ${missing}`);

/** As many at a time as one set of namespaces holds. */
const BATCH = 40;

const played = missing === undefined ? await playAll() : [];

describe.skipIf(missing !== undefined)(`a real Postfix and the directories of seed ${seed}`, () => {
  test.each(played)('directory $directory.index, $directory.oddities', (one) => {
    expect(report(seed, one, compare(one))).toBe('');
  });

  test('every message has an end, and all kinds of ends are there', () => {
    const endings = played.flatMap(({ postfix }) => postfix.delivered.map(({ ending }) => ending));
    expect(endings.length).toBeGreaterThanOrEqual(played.length * 8);
    if (played.length < BATCH) return;
    expect(new Set(endings.map(({ status }) => status))).toEqual(new Set(['sent', 'deferred', 'bounced', 'none']));
  });
});

async function playAll(): Promise<Played[]> {
  const authority = await createAuthority('Control');
  const control = await authority.issue({ dnsNames: ['control.test'] });
  const standing = standingScene({ chain: control.chainPem, key: control.keyPem });
  if (only !== undefined) return play(await drawDirectories(seed, Number(only), 1), standing);
  const all: Played[] = [];
  for (let from = 0; from < count; from += BATCH) {
    const directories = await drawDirectories(seed, from, Math.min(BATCH, count - from));
    all.push(...(await play(directories, standing)));
  }
  return all;
}
