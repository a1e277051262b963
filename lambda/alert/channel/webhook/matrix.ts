/**
 * `--webhook-format matrix`: a message in a room, by the client-server API. The transaction is named
 * after the news, so that a server which took it already does not show it again. Pure.
 *
 * Matrix answers 200 and an event_id.
 */
import { idOf } from '../../message/alert-id.ts';
import type { Alert } from '../../message/describe.ts';
import { briefOf, type Piece } from './brief.ts';
import { bytesOf, jsonOf, type Medium } from './medium.ts';
import { textOf } from './ntfy.ts';

export const matrix: Medium = {
  label: 'Matrix',
  mistake: (url) =>
    roomOf(url) === undefined || url.search !== ''
      ? 'the address of a room is wanted, such as https://matrix.example.com/!room:example.com, ' +
        'without a query'
      : undefined,
  outgoing: (url, _, alert) => {
    const { base, room } = roomOf(url) ?? { base: '', room: '' };
    const path =
      `${base}/_matrix/client/v3/rooms/${encodeURIComponent(room)}/send/m.room.message/` +
      `postfix-tls-watch-${idOf(alert)}`;
    return { method: 'PUT', url: new URL(path, url), body: matrixMessage(alert) };
  },
  taken: (answer) => answer.status === 200 && typeof jsonOf(answer)?.event_id === 'string',
  expects: '200 and an event_id',
  repeatable: true,
  secretAddress: false,
  needsToken: true,
};

export function matrixMessage(alert: Alert) {
  const message = (some: readonly Piece[]) => {
    const pieces: readonly Piece[] = [
      { kind: 'headline', label: 'postfix-tls-watch', text: alert.subject },
      ...some,
    ];
    return {
      // A notice would make no sound.
      msgtype: 'm.text',
      body: withoutRoom(textOf(pieces)),
      format: 'org.matrix.custom.html',
      formatted_body: withoutRoom(pieces.map(htmlOf).join('')),
      // Nobody is mentioned, whatever the text says.
      'm.mentions': {},
    };
  };
  const room = {
    whole: EVENT_BYTES,
    piece: 600,
    sizeOf: (some: readonly Piece[]) => bytesOf(message(some)),
  };
  return message(briefOf(alert, room));
}

function htmlOf(piece: Piece): string {
  switch (piece.kind) {
    case 'headline':
      return `<p><strong>${escaped(piece.label)}</strong> ${escaped(piece.text)}</p>`;
    case 'text':
      return `<p>${escaped(piece.text)}</p>`;
    case 'code':
      return `<pre><code>${escaped(piece.lines.join('\n'))}</code></pre>`;
  }
}

const escaped = (text: string) =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');

/** Servers older than m.mentions ring for everybody at this word. */
const withoutRoom = (text: string) => text.replaceAll(/@room/gi, '@ room');

/** `…/!room:server`, with `/_matrix/client/v3/rooms` before it and `/send/…` behind it, or without. */
function roomOf({ pathname }: URL): { readonly base: string; readonly room: string } | undefined {
  const [, base = '', given = ''] =
    /^(.*?)(?:\/_matrix\/client\/v3\/rooms)?\/((?:!|%21)[^/]+)(?:\/send\/m\.room\.message)?\/?$/i.exec(
      pathname,
    ) ?? [];
  try {
    const room = decodeURIComponent(given);
    return /^![\x21-\x7e]{1,254}$/.test(room) ? { base, room } : undefined;
  } catch {
    return undefined;
  }
}

/** A whole event has 65,536, with what servers add. */
const EVENT_BYTES = 20_000;
