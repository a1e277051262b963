/** history and diff on terminals: the picture below the words, no line too long, letters where the locale has no shapes. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { CLOCK_AT_NOON, type Scene, sceneNow, startScene } from '../scene.ts';
import { NO_TMUX, openScreen, type Screen } from './tmux.ts';

const DAY = 86_400_000;
let scene: Scene;
let screen: Screen | undefined;

beforeAll(async () => {
  scene = await startScene();
  const now = sceneNow();
  const present = async (names: readonly string[], days: number) =>
    scene.facebook.present(
      await scene.issue({ commonName: names[0] ?? '', dnsNames: names, notBefore: now - 80 * DAY, notAfter: now + days * DAY }),
    );
  await present(['*.facebook.com', '*.vvv.facebook.com'], 40);
  await scene.watch();
  await present(['*.fbsbx.example'], 60);
  await scene.watch();
});
afterEach(() => {
  screen?.close();
  screen = undefined;
});
afterAll(() => scene.close());

/** The picture alone: from the line of dates to that of shapes. */
const pictureIn = (shown: string) => {
  const lines = shown.split('\n');
  const end = lines.findIndex((line) => line.includes('; a cell is'));
  const begin = lines.slice(0, end).lastIndexOf('');
  return lines.slice(begin + 1, end + 1);
};

describe.skipIf(NO_TMUX !== undefined).each([
  { columns: 80, rows: 24 },
  { columns: 60, rows: 20 },
])('$columns columns and $rows rows (needs tmux)', ({ columns, rows }) => {
  const shown = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    screen = openScreen([...args, ...scene.storeFlags], columns, rows, { ...CLOCK_AT_NOON, ...env });
    const text = await screen.shows(/^END 0 same$/m);
    expect(text.split('\n').filter((line) => line.length > columns && !line.includes(scene.dir))).toEqual([]);
    return pictureIn(text);
  };

  test('history: the worst of the day, and both certificates', async () => {
    const [dates, strip, old, fresh, shapes] = await shown(['history', 'facebook.com']);
    expect(dates).toMatch(/^ +now +\d{4}-\d\d-\d\d$/);
    expect(strip).toMatch(/^facebook\.com +█│ +fail$/);
    expect(old).toMatch(/^msgin\S+com {2}━│─+→?$/);
    expect(fresh).toMatch(/^ +━│─+→? {2}\d\d days left$/);
    expect(shapes).toBe('  █ fail; ━ presented; ─ valid; a cell is a day');
  });

  test('history of everything: only what was not well', async () => {
    const [, ...strips] = await shown(['history']);
    expect(strips.map((line) => line.replaceAll(/ +/g, ' '))).toEqual([
      'facebook.com █ fail',
      'fastmail.fm █ fail',
      ' █ fail; a cell is a day',
    ]);
  });

  test('diff: what went and what came', async () => {
    const [dates, strip, old, fresh] = await shown(['diff', 'facebook.com']);
    expect(dates).toMatch(/^ +-\+ +\d{4}-\d\d-\d\d$/);
    expect(strip).toMatch(/^ {2}facebook\.com +█│ +fail$/);
    expect(old).toMatch(/^- msgin\S+com {2}━│─+→?$/);
    expect(fresh).toMatch(/^\+ +━│─+→? {2}\d\d days left$/);
  });

  test('where the locale has no shapes, letters', async () => {
    const [, strip, old, , shapes] = await shown(['history', 'facebook.com'], { LC_ALL: 'C' });
    expect(strip).toMatch(/^facebook\.com +#\| +fail$/);
    expect(old).toMatch(/^msgin\S+com {2}=\|-+>?$/);
    expect(shapes).toBe('  # fail; = presented; - valid; a cell is a day');
  });
});

test.each([['history', 'facebook.com'], ['history'], ['diff', 'facebook.com']])(
  'off a terminal there is none: %s %s',
  async (...args) => {
    const { out } = await scene.run([...args.filter((arg) => arg !== undefined), ...scene.storeFlags], { LC_ALL: 'C.UTF-8' });
    expect(out).not.toMatch(/[█━─│]|a cell is/);
  },
);
