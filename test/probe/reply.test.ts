import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type FullReply, offers, ReplyReader } from '../../lambda/probe/reply.ts';

/** All replies in a text, and what is left at its end. */
function read(...chunks: readonly (string | Uint8Array)[]) {
  const reader = new ReplyReader();
  const replies: (FullReply | 'too-long' | 'stopped')[] = [];
  for (const chunk of chunks) {
    reader.feed(Buffer.from(chunk));
    for (let reply = reader.take(); reply !== undefined; reply = reader.take()) {
      if (typeof reply === 'object' && 'toFilter' in reply) throw new Error('no filter was asked for');
      replies.push(reply);
      if (reply === 'too-long' || reply === 'stopped') return { replies, pending: reader.pending };
    }
  }
  return { replies, pending: reader.pending };
}

const texts = (...chunks: readonly (string | Uint8Array)[]) =>
  read(...chunks).replies.map((reply) => (reply === 'too-long' || reply === 'stopped' ? reply : `${reply.code}|${reply.text}`));

test.each([
  { said: '220 ready\r\n', heard: ['220|220 ready'], because: 'one line' },
  { said: '220 ready\n', heard: ['220|220 ready'], because: 'a bare line feed ends it too' },
  { said: '250\r\n', heard: ['250|250'], because: 'a code alone' },
  { said: '250-a\r\n250-b\r\n250 c\r\n', heard: ['250|250-a 250-b 250 c'], because: 'several lines are one reply' },
  { said: '250-a\r\n550 b\r\n', heard: ['550|250-a 550 b'], because: 'the last code counts' },
  { said: 'hello\r\n220 ready\r\n', heard: ['220|hello 220 ready'], because: 'a line without code is passed over' },
  {
    said: '2200 x\r\n22 x\r\n220x\r\n220 y\r\n',
    heard: ['220|2200 x 22 x 220x 220 y'],
    because: 'so is one with a malformed one',
  },
  { said: '220 a\r\n250 b\r\n', heard: ['220|220 a', '250|250 b'], because: 'two replies at once are two' },
  { said: '220 a', heard: [], because: 'half a line is none' },
  { said: '250-a\r\n', heard: [], because: 'half a reply neither' },
  { said: '554 \u001b[2J\u0007<b>\r\n', heard: ['554|554 ?[2J?<b>'], because: 'controls are made harmless' },
  { said: '554 a\rb\r\n', heard: ['554|554 a?b'], because: 'a bare carriage return too' },
  { said: '554 grüße\r\n', heard: ['554|554 grüße'], because: 'UTF-8 stays' },
  { said: '554 \u202Eevil\u200B\u2028x\r\n', heard: ['554|554 ?evil??x'], because: 'but not what turns or hides text' },
  { said: Buffer.from([0x35, 0x35, 0x34, 0x20, 0xff, 0x00, 0x0a]), heard: ['554|554 ?'], because: 'nor bytes that are none' },
  { said: '250-STARTTLS\0 x\r\n250 y\0z\r\n', heard: ['250|250-STARTTLS 250 y'], because: 'a line ends at a NUL' },
  { said: '220\0 x\r\n', heard: ['220|220'], because: 'even right behind the code' },
  { said: `554 ${'x'.repeat(500)}\r\n`, heard: [`554|554 ${'x'.repeat(296)}`], because: 'a long text is cut' },
  {
    said: `220 ${'x'.repeat(100_000)}\r\n250 ok\r\n`,
    heard: [`220|220 ${'x'.repeat(296)}`, '250|250 ok'],
    because: 'a long line is one line',
  },
  {
    said: '220-x\r\n'.repeat(199).concat('220 y\r\n'),
    heard: [expect.stringMatching(/^220\|220-x/)],
    because: '200 lines are taken',
  },
  { said: '220-x\r\n'.repeat(10_000), heard: ['too-long'], because: '10,000 are not' },
  { said: 'x\r\n'.repeat(10_000), heard: ['too-long'], because: 'nor as many without a code' },
])('$because', ({ said, heard }) => {
  expect(texts(said)).toEqual(heard);
});

test('each line is given out to a filter, and counts as it comes back', () => {
  const reader = new ReplyReader(undefined, true);
  reader.feed(Buffer.from('250-a\r\n250-STARTTLS\r\n250 c\r\n220 d\r\n'));
  expect(reader.take()).toEqual({ toFilter: '250-a' });
  expect(reader.take()).toBeUndefined();
  reader.filtered('250-a');
  expect(reader.take()).toEqual({ toFilter: '250-STARTTLS' });
  reader.filtered('250 x');
  const reply = reader.take();
  expect(reply).toMatchObject({ code: 250, lines: ['250-a', '250 x'], written: ['250-a', '250-STARTTLS'] });
  expect(reader.take()).toEqual({ toFilter: '250 c' });
  reader.filtered('250 c');
  expect(reader.take()).toEqual({ code: 250, dsn: '2.0.0', text: '250 c', lines: ['250 c'] });
});

test('an endless line is too long before it ends', () => {
  const reader = new ReplyReader();
  let last: unknown;
  for (let i = 0; i < 1_000 && last !== 'too-long'; i++) {
    reader.feed(Buffer.alloc(10_000, 'x'));
    last = reader.take();
  }
  expect(last).toBe('too-long');
});

test('what stands behind a reply is pending', () => {
  expect(read('220 go\r\ninjected').pending).toBe(8);
  expect(read('220 go\r\n').pending).toBe(0);
});

test.each([
  { reply: '250-mx.test\r\n250 STARTTLS\r\n', offered: true, because: 'a keyword' },
  { reply: '250-mx.test\r\n250-StartTLS\r\n250 SIZE 100\r\n', offered: true, because: 'in any case' },
  { reply: '250-mx.test\r\n250-STARTTLS please\r\n250 SIZE\r\n', offered: true, because: 'with parameters' },
  { reply: '250-mx.test\r\n250 STARTTLS=now\r\n', offered: true, because: 'by an equals sign as well' },
  { reply: '250 STARTTLS\r\n', offered: false, because: 'the first line is a name' },
  { reply: '250-STARTTLS\r\n250 SIZE\r\n', offered: false, because: 'of several lines too' },
  { reply: '250-mx.test\r\n250 STARTTLSX\r\n', offered: false, because: 'a longer word is another' },
  { reply: '250-mx.test\r\n250 XSTARTTLS\r\n', offered: false, because: 'in front too' },
  { reply: '250-mx.test\r\n250 AUTH STARTTLS\r\n', offered: false, because: 'a parameter is no keyword' },
  { reply: '250-mx.test\r\nSTARTTLS\r\n250 SIZE\r\n', offered: false, because: 'nor is a word alone' },
  {
    reply: '250-mx.test\r\nhi STARTTLS\r\n250 SIZE\r\n',
    offered: true,
    because: 'as Postfix reads it, the code may be any word',
  },
  { reply: '250-\r\n250 STARTTLS\r\n', offered: false, because: 'a server without a name has its first keyword taken for it' },
])('EHLO offers STARTTLS $offered: $because', ({ reply, offered }) => {
  const [full] = read(reply).replies;
  expect(full !== undefined && full !== 'too-long' && full !== 'stopped' && offers(full, 'STARTTLS')).toBe(offered);
});

test('it makes no difference how the bytes are cut', () => {
  const line = fc.string({ unit: 'binary', maxLength: 20 });
  fc.assert(
    fc.property(fc.array(line, { maxLength: 10 }), fc.array(fc.nat(50), { maxLength: 20 }), (lines, cuts) => {
      const bytes = Buffer.from(lines.map((text) => `250 ${text}\r\n`).join(''));
      const chunks: Uint8Array[] = [];
      let at = 0;
      for (const cut of cuts) {
        chunks.push(bytes.subarray(at, at + cut));
        at += cut;
      }
      chunks.push(bytes.subarray(at));
      expect(texts(...chunks)).toEqual(texts(bytes));
    }),
  );
});

test('whatever the bytes, a reply has no control character and a bounded text', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 10 }), (chunks) => {
      for (const text of texts(...chunks, '\n250 end\n')) {
        expect(text.length).toBeLessThanOrEqual(304);
        expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
      }
    }),
  );
});
