/** What a person sees of check and watch on terminals of 80 and 60 columns: no line too long, what is waited for, and a clean end. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Scene, startScene } from '../scene.ts';
import { NO_TMUX, openScreen, type Screen } from './tmux.ts';

const DAY = 86_400_000;
const SHOPS = Array.from({ length: 12 }, (_, i) => `shop${i + 1}.example`);
/** Lines that are to be copied: the terminal breaks them, and we do not. */
const COPIED = /^ {2,4}\S+ secure match=\S+/;

let scene: Scene;
let table: string;
let screen: Screen | undefined;

beforeAll(async () => {
  scene = await startScene();
  const { internet, issue, policy } = scene;
  const rate = await internet.mailHost({ host: 'mx.rate.test', ...(await issue({ commonName: 'mx.rate.test' })) });
  rate.behave('banner421');
  internet.domain('rate.test', rate);
  const names = ['*.in.mailhub.net'];
  const hub = await internet.mailHost({
    host: 'mx1.in.mailhub.net',
    ...(await issue({ commonName: 'mailhub.net', dnsNames: names })),
  });
  for (const shop of SHOPS) internet.domain(shop, hub);
  const ending = { notBefore: Date.now() - 80 * DAY, notAfter: Date.now() + 9 * DAY };
  const late = await internet.mailHost({ host: 'mx.late.test', ...(await issue({ commonName: 'late.test', ...ending })) });
  internet.domain('late.test', late);
  table = join(scene.dir, 'many');
  const lines = [...SHOPS.map((shop) => `${shop} secure match=mailhub.net`), 'rate.test secure', 'late.test secure'];
  writeFileSync(table, `${policy}${lines.join('\n')}\n`);
});

afterEach(() => {
  screen?.close();
  screen = undefined;
});
afterAll(() => scene.close());

const flags = () => [...scene.internet.flags, '--ca-file', join(scene.dir, 'ca.pem')];
const tooLong = (text: string, columns: number) => text.split('\n').filter((line) => line.length > columns && !COPIED.test(line));

describe.skipIf(NO_TMUX !== undefined).each([
  { columns: 80, rows: 24 },
  { columns: 60, rows: 20 },
])(`$columns columns and $rows rows (needs tmux)`, ({ columns, rows }) => {
  test('check: worst first, each cause once, no line too long, and nobody is waited for', async () => {
    screen = openScreen(['check', table, ...flags()], columns, rows);
    const shown = await screen.shows(/^END/m);
    expect(tooLong(shown, columns)).toEqual([]);
    const lines = shown.split('\n');
    expect(lines[0]).toMatch(/^fail +.*fastmail\.fm/);
    expect(lines[13]).toMatch(/^will fail +.*late\.test +.*from (?:Sun|Mon|Tue|Wed|Thu|Fri|Sat) \d+ [A-Z][a-z]{2} \(\d+ days\)$/);
    expect(lines[14]).toMatch(/^undetermined +.*rate\.test +.*nothing seen$/);
    expect(lines[15]).toMatch(/^pass +.*facebook\.com/);
    expect(shown.replaceAll(/\s+/g, ' ')).toContain('12 entries would defer: mailhub.net certificate lacks the name asked for');
    expect(shown).toMatch(/^ {2}■{8,9}·{12,13} {2}\d days left, until (?:Sun|Mon|Tue|Wed|Thu|Fri|Sat) \d+ [A-Z][a-z]{2}$/m);
    expect(shown).toContain('    shop10.example secure match=.in.mailhub.net\n    and 2 more (--all shows each)\n');
    expect(shown.replaceAll(/\s+/g, ' ')).toContain('mx.rate.test said 421: --patience 300 waits and asks once more END 2 same');
  });

  test('--problems: what passes is counted alone', async () => {
    screen = openScreen(['check', table, '--problems', ...flags()], columns, rows);
    const shown = await screen.shows(/^END 2 same$/m);
    expect(tooLong(shown, columns)).toEqual([]);
    expect(shown).not.toMatch(/^pass/m);
    expect(shown.replaceAll(/\s+/g, ' ')).toContain('17 entries: 13 fail, 1 undetermined, 3 pass; 1 will fail soon');
  });

  test('check with patience says for whom it waits, and Ctrl-C ends it', async () => {
    screen = openScreen(['check', table, '--patience', '300', ...flags()], columns, rows);
    const waiting = await screen.shows(/^waiting \d:\d\d for mx\.rate\.test, which said 421/m);
    expect(tooLong(waiting, columns)).toEqual([]);
    screen.press('C-c');
    const ended = await screen.shows(/^END/m);
    expect(ended.trim()).toBe('error: interrupted (SIGINT)\nEND 3 same');
  });

  test('watch counts down to its second look, and Ctrl-C ends it', async () => {
    const store = ['--store', join(scene.dir, `store-${columns}`)];
    const well = join(scene.dir, `well-${columns}`);
    writeFileSync(well, 'facebook.com secure\n');
    expect((await scene.run(['watch', well, ...store, ...flags()])).code).toBe(0);
    writeFileSync(well, 'facebook.com secure match=nexthop\n');
    screen = openScreen(['watch', well, ...store, ...flags()], columns, rows);
    const waiting = await screen.shows(/^looking again in \d+:\d\d at 1 new failure/m);
    expect(tooLong(waiting, columns)).toEqual([]);
    screen.press('C-c');
    const ended = await screen.shows(/^END/m);
    expect(ended.trim()).toBe('error: interrupted (SIGINT)\nEND 3 same');
  });

  test('explain and --help: no line too long', async () => {
    screen = openScreen(['explain', 'late.test', table, ...flags()], columns, rows);
    const story = await screen.shows(/^END/m);
    expect(story).toMatch(/^fails from +\w{3} \d{4}-\d\d-\d\d \d\d:\d\dZ \(\d+ days\): at\b/m);
    expect(tooLong(story, columns).filter((line) => !line.startsWith('  posttls-finger'))).toEqual([]);
    screen.close();
    screen = openScreen(['check', '--help'], columns, rows);
    expect(tooLong(await screen.shows(/^END 0 same$/m), columns)).toEqual([]);
  });
});
