/** What is shown of addresses whose turn comes in another run: by `check`, `check --json` and `explain`. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CheckDocument } from '../../../lambda/command/check/verdict-schema.ts';
import { runCommand } from '../../command/run-command.ts';
import { hostsOf, openStreet, type Street } from './street.ts';

const NAME = 'stranger.test';
let street: Street;
let dir: string;
let flags: readonly string[];
beforeAll(async () => {
  street = await openStreet();
  dir = mkdtempSync(join(tmpdir(), 'fair-'));
  writeFileSync(join(dir, 'policy'), `${NAME} secure match=.test\na.good.test secure match=.test\n`);
  writeFileSync(join(dir, 'ca.pem'), street.anchorsPem);
  flags = [
    join(dir, 'policy'),
    ...['--ca-file', join(dir, 'ca.pem'), '--resolver', street.dns.resolver],
    ...['--smtp-port', String(street.port), '--allow-private-addresses'],
  ];
  street.settle({ name: NAME, hosts: hostsOf(NAME, 2, 60), behaves: 'ok' });
});
afterAll(async () => {
  await street.close();
  rmSync(dir, { recursive: true, force: true });
});

const SENTENCE =
  `too little was seen of ${NAME} to judge: 25 of the 120 addresses that Postfix may come to had their turn in this run, ` +
  'and the others have theirs on other days (seen 25 of 120 addresses)';
const DETAIL = 'not looked at in this run (of 120 addresses 25 are, and the others in their turn, day by day)';
const oneLine = (text: string) => text.replace(/\s+/g, ' ');

test('check', async () => {
  const { code, out, err } = await runCommand(['check', ...flags]);
  expect(err).toBe('');
  expect(oneLine(out)).toContain('undetermined line 1 stranger.test secure 2 hosts, 95 unseen partly unseen');
  expect(oneLine(out)).toContain(SENTENCE);
  expect(out).not.toContain('--deadline');
  expect(code).toBe(3);
});

test('check --json', async () => {
  const { out } = await runCommand(['check', ...flags, '--json']);
  const document = JSON.parse(out) as CheckDocument;
  expect(document.run.complete).toBe(true);
  const [entry] = document.entries;
  expect(entry).toMatchObject({ verdict: 'undetermined', reason: 'partly-unseen', sentence: SENTENCE });
  const waiting = entry?.hosts.flatMap(({ addresses }) => addresses).filter(({ reason }) => reason === 'not-attempted');
  expect(waiting?.length).toBe(95);
  expect(waiting?.[0]).toMatchObject({ outcome: 'unseen', phase: 'connect', detail: DETAIL, anotherRun: true });
});

test('explain', async () => {
  const { out } = await runCommand(['explain', NAME, ...flags]);
  expect(oneLine(out)).toContain('unseen (not attempted)');
  expect(oneLine(out)).toMatch(/127\.130\.\d+\.\d+:\d+ and 2[78] more unseen \(not attempted\) why not looked at in this run/);
  expect(oneLine(out)).toContain(DETAIL);
  expect(oneLine(out)).toContain(SENTENCE);
});
