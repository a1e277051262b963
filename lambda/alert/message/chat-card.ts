/**
 * A message as a chat card: the custom notification of Amazon Q Developer in chat applications
 * (once AWS Chatbot), published on a topic of its own.
 *
 * The service drops what does not fit its schema without an error, and shows markdown: strangers'
 * text is put into code spans, where no mention, link or markup works.
 */

import { chatCode, chatTitle } from '../../text/strangers.ts';
import type { ItemKind } from '../incident/due.ts';
import type { Block } from './block.ts';
import { type Alert, type AlertItem, statusOf } from './describe.ts';

export interface ChatCard {
  readonly version: '1.0';
  readonly source: 'custom';
  readonly content: {
    readonly textType: 'client-markdown';
    readonly title: string;
    readonly description: string;
    readonly nextSteps: readonly string[];
    readonly keywords: readonly string[];
  };
  readonly metadata: {
    /** Cards of one thread are shown together: those of one day. */
    readonly threadId: string;
    readonly summary: string;
    readonly eventType: string;
    readonly relatedResources: readonly string[];
    readonly additionalContext: Readonly<Record<string, string>>;
  };
}

export function cardOf(alert: Alert): ChatCard {
  const intro = alert.intro
    .flatMap((block) => (block.kind === 'text' ? [words(block.text)] : []))
    .slice(0, 1);
  const shown = fitting(alert.items, DESCRIPTION_CHARS - intro.join('').length);
  const left = alert.items.length - shown.length;
  const more = left === 0 ? [] : [`and ${left} more, see the mail or \`${statusOf(alert)}\``];
  return {
    version: '1.0',
    source: 'custom',
    content: {
      textType: 'client-markdown',
      title: chatTitle(alert.subject),
      description: [...intro, ...shown.map(itemLine), ...more].join('\n\n'),
      nextSteps: shown.flatMap(nextSteps).slice(0, STEPS_SHOWN),
      keywords: [...new Set(shown.map(({ kind }) => KEYWORDS[kind]))],
    },
    metadata: {
      threadId: `postfix-tls-watch-${new Date(alert.at).toISOString().slice(0, 10)}`,
      summary: chatTitle(alert.subject),
      eventType: 'postfix-tls-watch',
      relatedResources: shown.flatMap(({ incident }) => incident ?? []),
      additionalContext: { items: String(alert.items.length) },
    },
  };
}

/**
 * The headline in a code span, because it holds names, and the story's first sentence in another.
 */
function itemLine(item: AlertItem): string {
  const story = item.blocks.find((block) => block.kind === 'text');
  return [
    `*${KEYWORDS[item.kind]}* ${chatCode(item.title, 200)}`,
    ...(story === undefined ? [] : [words(story.text)]),
  ].join('\n');
}

const words = (text: string) => chatCode(text, STORY_CHARS);

/** What must be read before any line, then the lines. */
function nextSteps(item: AlertItem): readonly string[] {
  return item.blocks.flatMap((block, i) => {
    if (block.kind === 'text' && block.caution === true)
      return [`first: ${chatCode(block.text, CAUTION_CHARS)}`];
    if (!isCure(block, item.blocks[i - 1])) return [];
    return block.lines.slice(0, 2).map((line) => `use instead: ${chatCode(line, STEP_CHARS)}`);
  });
}

/** The lines to use instead, to be copied. */
export const curesOf = ({ blocks }: AlertItem): readonly string[] =>
  blocks.flatMap((block, i) => (isCure(block, blocks[i - 1]) ? block.lines : []));

const isCure = (
  block: Block,
  before: Block | undefined,
): block is Extract<Block, { readonly kind: 'code' }> =>
  block.kind === 'code' && before?.kind === 'text' && before.text.startsWith('Use th');

/** Whole items, worst first, at most ten. */
function fitting(items: readonly AlertItem[], room: number): readonly AlertItem[] {
  let used = 0;
  return items.slice(0, ITEMS_SHOWN).filter((item) => {
    used += itemLine(item).length + 2;
    return used <= room;
  });
}

const KEYWORDS: Readonly<Record<ItemKind, string>> = {
  failing: 'failing',
  'failing-soon': 'will fail',
  degraded: 'degraded',
  resolved: 'resolved',
  unjudged: 'not judged',
  blind: 'blind',
  partial: 'cut short',
  channel: 'cannot tell',
};

/** Well below what a chat service shows of one message. */
const ITEMS_SHOWN = 10;
const DESCRIPTION_CHARS = 2_500;
const STORY_CHARS = 400;
const STEPS_SHOWN = 5;
const STEP_CHARS = 300;
const CAUTION_CHARS = 900;
