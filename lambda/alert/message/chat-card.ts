/**
 * A message as a chat card: the custom notification of Amazon Q Developer in chat applications
 * (once AWS Chatbot), published on a topic of its own.
 *
 * The service drops what does not fit its schema without an error, and shows markdown: names, and
 * whatever else strangers may have chosen, are code spans, where no mention, link or markup works.
 * It is short, and says what it leaves out.
 */

import { chatCode, chatProse, chatTitle, cut } from '../../text/strangers.ts';
import type { ItemKind } from '../incident/due.ts';
import type { Block } from './block.ts';
import { type Alert, type AlertItem, newAndReminders, newsFirst, statusOf } from './describe.ts';

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
    .flatMap((block) => (block.kind === 'text' ? [chatProse(inShort(block.text))] : []))
    .slice(0, 1);
  const counts = newAndReminders(alert);
  const shown = fitting(newsFirst(alert), DESCRIPTION_CHARS - intro.join('').length);
  const left = alert.items.length - shown.length;
  const leftOut = left === 0 ? '' : `${left} more ${left === 1 ? 'is' : 'are'} left out here. `;
  const closing = `${leftOut}All of it: ${chatCode(statusOf(alert), STEP_CHARS)}`;
  return {
    version: '1.0',
    source: 'custom',
    content: {
      textType: 'client-markdown',
      title: chatTitle(alert.subject),
      description: [
        ...intro,
        ...(counts === undefined ? [] : [`${counts}:`]),
        ...shown.map(itemLine),
        closing,
      ].join('\n\n'),
      nextSteps: steps(shown, alert),
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

/** The headline, and of what is new the first sentences of its story. */
function itemLine(item: AlertItem): string {
  const story = item.blocks.find((block) => block.kind === 'text' && block.caution !== true);
  return [
    `*${KEYWORDS[item.kind]}* ${chatProse(item.title, TITLE_CHARS)}`,
    ...(story?.kind !== 'text' || item.reminder === true ? [] : [chatProse(inShort(story.text))]),
  ].join('\n');
}

/** Whole sentences, where the first fits. */
function inShort(text: string): string {
  const sentences = text.split(/(?<=[.!?]) (?=[A-Z])/);
  const fitting = sentences.filter(
    (_, i) => sentences.slice(0, i + 1).join(' ').length <= STORY_CHARS,
  );
  return fitting.length === 0 ? cut(text, STORY_CHARS) : fitting.join(' ');
}

/** The first few, and how many there are besides. */
function steps(shown: readonly AlertItem[], alert: Alert): readonly string[] {
  const all = shown.filter(({ reminder }) => reminder !== true).flatMap(nextSteps);
  if (all.length <= STEPS_SHOWN) return all;
  const left = all.length - STEPS_SHOWN + 1;
  return [
    ...all.slice(0, STEPS_SHOWN - 1),
    `${left} more lines and cautions: ${chatCode(statusOf(alert), STEP_CHARS)}`,
  ];
}

/** What must be read before any line, then the lines. */
function nextSteps(item: AlertItem): readonly string[] {
  return item.blocks.flatMap((block, i) => {
    if (block.kind === 'text' && block.caution === true)
      return [`first: ${chatProse(block.text, CAUTION_CHARS)}`];
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
  'mta-sts': 'MTA-STS',
};

/** Well below what a chat service shows of one message. */
const ITEMS_SHOWN = 10;
const DESCRIPTION_CHARS = 2_500;
const TITLE_CHARS = 200;
const STORY_CHARS = 300;
const STEPS_SHOWN = 5;
const STEP_CHARS = 300;
const CAUTION_CHARS = 900;
