/**
 * A message in short, for media that hold little: what it is about, the story's first sentence, the
 * line to use and what is to be read before it. What is left out is counted, and the command that
 * shows it is named. Pure.
 */
import { cut } from '../../../text/strangers.ts';
import type { Block } from '../../message/block.ts';
import { curesOf } from '../../message/chat-card.ts';
import { type Alert, type AlertItem, newsFirst, statusOf } from '../../message/describe.ts';
import { LABELS } from '../../message/mail.ts';

/** One paragraph. Its words are neutralised for plain text alone: each medium does the rest. */
export type Piece =
  | { readonly kind: 'headline'; readonly label: string; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  /** To be copied. */
  | { readonly kind: 'code'; readonly lines: readonly string[] };

export interface Room {
  /** Of the whole, as `sizeOf` counts. */
  readonly whole: number;
  /** Characters of one paragraph, or of one line to copy. */
  readonly piece: number;
  readonly sizeOf: (pieces: readonly Piece[]) => number;
}

/** What comes first, the items that fit, worst first, and where the rest is. */
export function briefOf(alert: Alert, room: Room): readonly Piece[] {
  const { intro } = alert;
  const items = newsFirst(alert);
  const head = intro.flatMap((block) => introPiece(block, room.piece)).slice(0, INTRO_PIECES);
  const groups = items.slice(0, ITEMS_SHOWN).map((item) => itemPieces(item, room.piece));
  const closing = (left: number): Piece => ({
    kind: 'text',
    text:
      left === 0
        ? `All of it: ${statusOf(alert)}`
        : `${left} more ${left === 1 ? 'is' : 'are'} left out here. All of it: ${statusOf(alert)}`,
  });
  const all = (shown: number) => [
    ...head,
    ...groups.slice(0, shown).flat(),
    closing(items.length - shown),
  ];
  let shown = groups.length;
  while (shown > 0 && room.sizeOf(all(shown)) > room.whole) shown--;
  return all(shown);
}

function itemPieces(item: AlertItem, limit: number): readonly Piece[] {
  const text = cut(item.title, HEADLINE_CHARS);
  const headline = { kind: 'headline', label: LABELS[item.kind], text } as const;
  if (item.reminder === true) return [headline];
  const story = item.blocks.find((block) => block.kind === 'text' && block.caution !== true);
  const cautions = item.blocks.flatMap((block): Piece[] =>
    block.kind === 'text' && block.caution === true
      ? [{ kind: 'text', text: cut(block.text, 2 * limit) }]
      : [],
  );
  const lines = curesOf(item)
    .filter((line) => line.length <= limit)
    .slice(0, LINES_SHOWN);
  return [
    headline,
    ...(story?.kind === 'text' ? [{ kind: 'text' as const, text: cut(story.text, limit) }] : []),
    ...cautions,
    ...(lines.length === 0
      ? []
      : [
          { kind: 'text' as const, text: 'Use instead:' },
          { kind: 'code' as const, lines },
        ]),
  ];
}

function introPiece(block: Block, limit: number): readonly Piece[] {
  switch (block.kind) {
    case 'text':
      return [{ kind: 'text', text: cut(block.text, limit) }];
    case 'code':
      return [{ kind: 'code', lines: block.lines.slice(0, LINES_SHOWN) }];
    case 'list': {
      const words = block.lines.map((line) => line.trim().replaceAll(/ {2,}/g, ' ')).join('; ');
      return [{ kind: 'text', text: cut(`${block.heading} ${words}`, limit) }];
    }
  }
}

const INTRO_PIECES = 3;
const ITEMS_SHOWN = 10;
const LINES_SHOWN = 2;
const HEADLINE_CHARS = 250;
