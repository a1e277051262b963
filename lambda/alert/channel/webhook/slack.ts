/**
 * `--webhook-format slack`: an incoming webhook of Slack. The message is made of elements whose text
 * is not parsed: no mention, link or markup of a stranger's works in them. Pure.
 *
 * Slack answers 200 and `ok`; what it refuses, with 4xx and one word.
 */
import { chatTitle, cut } from '../../../text/strangers.ts';
import type { Alert } from '../../message/describe.ts';
import { briefOf, type Piece } from './brief.ts';
import { bytesOf, type Medium, withoutAngles } from './medium.ts';

export const slack: Medium = {
  label: 'Slack',
  mistake: () => undefined,
  outgoing: (url, _, alert) => ({ method: 'POST', url, body: slackMessage(alert) }),
  taken: ({ status, body }) => status === 200 && body.trim() === 'ok',
  expects: '200 and "ok"',
  repeatable: false,
  secretAddress: true,
  needsToken: false,
};

export function slackMessage(alert: Alert) {
  const title = chatTitle(alert.subject);
  const pieces = briefOf(alert, {
    whole: MESSAGE_BYTES,
    piece: 600,
    sizeOf: (some) => bytesOf(elementsOf(some)),
  });
  return {
    // What a notification shows.
    text: title,
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      {
        type: 'header',
        text: { type: 'plain_text', text: cut(title, HEADER_CHARS), emoji: false },
      },
      { type: 'rich_text', elements: elementsOf(pieces) },
    ],
  };
}

const elementsOf = (pieces: readonly Piece[]) => pieces.map(elementOf);

function elementOf(piece: Piece) {
  switch (piece.kind) {
    case 'headline':
      return section(run(`\n${piece.label} `, { bold: true }), run(`${piece.text}\n`));
    case 'text':
      return section(run(`${piece.text}\n`));
    case 'code':
      return { type: 'rich_text_preformatted', elements: [run(piece.lines.join('\n'))] };
  }
}

const section = (...elements: readonly ReturnType<typeof run>[]) => ({
  type: 'rich_text_section',
  elements,
});

const run = (text: string, style?: { readonly bold: true }) => ({
  type: 'text',
  text: withoutAngles(text),
  ...(style === undefined ? {} : { style }),
});

const HEADER_CHARS = 150;
/** What Slack takes of blocks is not documented as one number; this is well below. */
const MESSAGE_BYTES = 10_000;
