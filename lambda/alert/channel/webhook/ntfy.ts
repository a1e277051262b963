/**
 * `--webhook-format ntfy`: published as JSON at the server's root, as its documentation has it; the
 * address is that of the topic. Plain text, which ntfy does not parse. Pure.
 *
 * ntfy answers 200 and the message as JSON; a longer message than 4,096 bytes it would make an
 * attachment of, or refuse.
 */
import type { ItemKind } from '../../incident/due.ts';
import type { Alert } from '../../message/describe.ts';
import { briefOf, type Piece } from './brief.ts';
import { jsonOf, type Medium } from './medium.ts';

export const ntfy: Medium = {
  label: 'ntfy',
  mistake: (url) =>
    topicOf(url) === undefined
      ? 'the address of a topic is wanted, such as https://ntfy.example.com/your-topic'
      : undefined,
  outgoing: (url, _, alert) => ({
    method: 'POST',
    url: new URL('/', url),
    body: { topic: topicOf(url), ...ntfyMessage(alert) },
  }),
  taken: (answer) => {
    const message = answer.status === 200 ? jsonOf(answer) : undefined;
    return message?.event === 'message' && typeof message.id === 'string';
  },
  expects: '200 and the message as JSON',
  repeatable: false,
  secretAddress: false,
  needsToken: false,
};

export function ntfyMessage(alert: Alert) {
  const pieces = briefOf(alert, {
    whole: MESSAGE_BYTES,
    piece: 300,
    sizeOf: (some) => Buffer.byteLength(textOf(some)),
  });
  const worst = alert.items[0]?.kind;
  return {
    title: alert.subject,
    message: textOf(pieces),
    priority: worst === undefined ? DEFAULT : (PRIORITY[worst] ?? DEFAULT),
    ...(worst === undefined
      ? {}
      : { tags: [worst === 'resolved' ? 'white_check_mark' : 'warning'] }),
  };
}

export const textOf = (pieces: readonly Piece[]): string =>
  pieces
    .map((piece) => {
      switch (piece.kind) {
        case 'headline':
          return `${piece.label}: ${piece.text}`;
        case 'text':
          return piece.text;
        case 'code':
          return piece.lines.join('\n');
      }
    })
    .join('\n\n');

/** As a path has it; the server's root has none beside it. */
function topicOf({ pathname }: URL): string | undefined {
  return /^\/([-_A-Za-z0-9]{1,64})\/?$/.exec(pathname)?.[1];
}

const DEFAULT = 3;
const HIGH = 4;
const PRIORITY: Readonly<Partial<Record<ItemKind, number>>> = { failing: HIGH, blind: HIGH };

const MESSAGE_BYTES = 4_000;
