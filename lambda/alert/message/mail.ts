/**
 * A message as plain mail text: what SNS, a terminal and `--hook` get.
 *
 * SNS takes less than 100 ASCII characters of subject and 256 KiB of message. Text that does not
 * fit is cut at whole items, and a sentence says so; items that were cut do not count as told, so
 * that they are due again in the next run.
 */

import { MAIL_WIDTH, mailParagraph } from '../../text/wrap.ts';
import type { ItemKind } from '../incident/due.ts';
import type { Block } from './block.ts';
import { type Alert, type AlertItem, newAndReminders, statusOf } from './describe.ts';
import { entriesCount } from './wording.ts';

export interface Mail {
  readonly subject: string;
  readonly text: string;
  /** How many of the alert's items are in the text; only these may be recorded as told. */
  readonly items: number;
}

/** SNS takes 262,144 bytes; some room is left for a document beside it. */
const MAIL_BYTES = 200_000;

/**
 * The mail for an alert: at most `limitBytes` of UTF-8, and at least one item, cut where it must
 * be.
 */
export function mailOf(alert: Alert, limitBytes = MAIL_BYTES): Mail {
  const head = alert.intro.map((block) => blockText(block, 0)).join('\n');
  const foot = `${RULE}\n\n${alert.footer.map((block) => blockText(block, 0)).join('\n')}`;
  const room = limitBytes - bytes(head) - bytes(foot) - 500;
  const { texts, reminders } = fitting(alert, room);
  const shown = texts.length + reminders.length;
  const left = alert.items.length - shown;
  const cut =
    left === 0
      ? []
      : [
          mailParagraph(
            `This message is full: ${left === 1 ? '1 item is' : `${left} items are`} left out ` +
              'and will come with the next run. This shows them now:',
            0,
          ),
          `    ${statusOf(alert)}\n`,
        ];
  return {
    subject: alert.subject,
    text: [head, ...counts(alert), ...texts, ...remindersText(reminders), ...cut, foot]
      .filter((part) => part !== '')
      .join('\n'),
    items: shown,
  };
}

interface Fitting {
  /** The news, in full. */
  readonly texts: readonly string[];
  /** A line for each. */
  readonly reminders: readonly string[];
}

/** The first items of an alert, as many as fit: the first news always, cut where it must be. */
function fitting(alert: Alert, room: number): Fitting {
  const { items } = alert;
  const news = items.filter(({ reminder }) => reminder !== true);
  const [first] = news;
  const texts: string[] = [];
  const reminders: string[] = [];
  let used = 0;
  for (const item of items) {
    const isReminder = item.reminder === true;
    const whole = isReminder ? reminderLine(item) : itemText(item, texts.length + 1, news.length);
    const left = room - used;
    const text =
      item === first && bytes(whole) > left ? cutLines(whole, left, statusOf(alert)) : whole;
    used += bytes(text) + 1;
    if (used > room && item !== first && texts.length > 0) break;
    (isReminder ? reminders : texts).push(text);
  }
  return { texts, reminders };
}

const reminderLine = ({ kind, title }: AlertItem): string => `${LABELS[kind]}: ${title}`;

const counts = (alert: Alert): string[] =>
  [newAndReminders(alert)].flatMap((words) => (words === undefined ? [] : `${words}:\n`));

function remindersText(lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const heading = 'Reminders, of what was told before:';
  return [blockText({ kind: 'list', heading, lines }, 0)];
}

/** `1. FAILING  fastmail.fm would defer: …`, then the blocks, indented. */
function itemText(item: AlertItem, number: number, of: number): string {
  const title = `${of === 1 ? '' : `${number}. `}${LABELS[item.kind]}: ${item.title}`;
  const blocks = item.blocks.map((block) => blockText(block, 3)).join('\n');
  return `${mailParagraph(title, of === 1 ? 0 : 3, '').trimEnd()}\n\n${blocks}`;
}

function blockText(block: Block, indent: number): string {
  const margin = ' '.repeat(indent);
  switch (block.kind) {
    case 'text':
      return mailParagraph(block.text, indent, margin);
    case 'code':
      return `${block.lines.map((line) => `${margin}    ${line}`).join('\n')}\n`;
    case 'list': {
      const lines = block.lines.map((line) => `${margin}  ${line}`).join('\n');
      return `${margin}${block.heading}\n${lines}\n`;
    }
  }
}

/** Cuts the last lines of an item that is larger than a whole message. */
function cutLines(text: string, room: number, status: string): string {
  const lines = text.split('\n');
  let used = 0;
  const kept = lines.filter((line) => {
    used += bytes(line) + 1;
    return used <= room - 100;
  });
  const more = entriesCount(0).replace(/^0 /, 'more ');
  const note = `(cut here: ${more} than a message holds, see ${status})`;
  return `${kept.join('\n')}\n   ${note}\n`;
}

const bytes = (text: string) => Buffer.byteLength(text);

const RULE = '-'.repeat(MAIL_WIDTH);

export const LABELS: Readonly<Record<ItemKind, string>> = {
  failing: 'FAILING',
  'failing-soon': 'WILL FAIL',
  degraded: 'DEGRADED',
  resolved: 'RESOLVED',
  unjudged: 'NOT JUDGED',
  blind: 'BLIND',
  partial: 'CUT SHORT',
  channel: 'CANNOT TELL',
  'mta-sts': 'MTA-STS',
};
