/**
 * `--webhook-format teams`: a workflow that posts an adaptive card ("When a Teams webhook request is
 * received"). Text stands in text runs, which know no markdown. Pure.
 *
 * A workflow answers 202: it posts the card afterwards, and what becomes of that is in its own run
 * history.
 */
import type { Alert } from '../../message/describe.ts';
import { briefOf, type Piece } from './brief.ts';
import { bytesOf, type Medium, withoutAngles } from './medium.ts';

export const teams: Medium = {
  label: 'Teams',
  mistake: () => undefined,
  outgoing: (url, _, alert) => ({ method: 'POST', url, body: teamsMessage(alert) }),
  taken: ({ status }) => status === 202,
  expects: '202',
  repeatable: false,
  secretAddress: true,
  needsToken: false,
};

export function teamsMessage(alert: Alert) {
  const pieces = briefOf(alert, {
    whole: CARD_BYTES,
    piece: 600,
    sizeOf: (some) => bytesOf(messageOf(alert.subject, some)),
  });
  return messageOf(alert.subject, pieces);
}

const messageOf = (subject: string, pieces: readonly Piece[]) => ({
  type: 'message',
  attachments: [
    {
      contentType: 'application/vnd.microsoft.card.adaptive',
      contentUrl: null,
      content: {
        $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
        type: 'AdaptiveCard',
        version: '1.4',
        msteams: { width: 'Full' },
        body: [
          paragraph(run(subject, { size: 'Large', weight: 'Bolder' })),
          ...pieces.flatMap(bodyOf),
        ],
      },
    },
  ],
});

function bodyOf(piece: Piece) {
  switch (piece.kind) {
    case 'headline':
      return [paragraph(run(`${piece.label} `, { weight: 'Bolder' }), run(piece.text))];
    case 'text':
      return [paragraph(run(piece.text))];
    case 'code':
      return piece.lines.map((line) => paragraph(run(line, { fontType: 'Monospace' })));
  }
}

const paragraph = (...inlines: readonly ReturnType<typeof run>[]) => ({
  type: 'RichTextBlock',
  inlines,
});

const run = (text: string, look: Readonly<Record<string, string>> = {}) => ({
  type: 'TextRun',
  text: withoutAngles(text),
  ...look,
});

/** A message has 28 KB. */
const CARD_BYTES = 20_000;
