/**
 * What webhooks talk to, on loopback and as strict as the vendors' documentation: Slack's incoming webhooks, ntfy's JSON at the
 * root, Matrix's client-server API, a Teams workflow, and a plain listener. What they refuse is refused with their own answers,
 * and each can be out of order.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { WebhookFormat } from '../../lambda/alert/channel/webhook/medium.ts';

export interface Shown {
  readonly headers: IncomingHttpHeaders;
  readonly path: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into documents of five vendors
  readonly body: any;
}

/** An answer in place of the vendor's, or none; `answer-lost`: done, and dropped before the answer. */
export type WebhookFault =
  | 'drop'
  | 'hang'
  | 'answer-lost'
  | 'endless'
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string };

export interface WebhookServer {
  readonly port: number;
  /** What `--webhook` is given. */
  readonly url: string;
  /** What people would see, in order. */
  readonly shown: readonly Shown[];
  /** Every request, by method and path. */
  readonly asked: readonly string[];
  /** Why requests were refused. */
  readonly refusals: readonly string[];
  /** The next requests, or all from now on; undefined ends it. */
  fail(fault: WebhookFault | undefined, times?: number): void;
  forget(): void;
  close(): Promise<void>;
}

/** Of Matrix and ntfy. */
export const TOKEN = 'syt_c2VjcmV0_token';
export const SLACK_SECRET = 'XXXXXXXXXXXXXXXXXXXXXXXX';
export const TEAMS_SECRET = 'sig-of-the-workflow-x';

export async function startWebhook(format: WebhookFormat): Promise<WebhookServer> {
  const shown: Shown[] = [];
  const asked: string[] = [];
  const refusals: string[] = [];
  const transactions = new Map<string, string>();
  let fault: { readonly what: WebhookFault; left: number } | undefined;
  const vendor = VENDORS[format];

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const sent = await text(request);
    const path = request.url ?? '';
    asked.push(`${request.method} ${path}`);
    const played = fault !== undefined && fault.left-- > 0 ? fault.what : undefined;
    if (played === 'hang') return;
    if (played === 'drop') return void request.socket.destroy();
    if (played === 'endless') return endless(response);
    if (typeof played === 'object') return void response.writeHead(played.status, played.headers).end(played.body ?? '');
    const { status, body, seen } = vendor.answer({ request, path, sent, transactions });
    if (seen !== undefined) shown.push({ headers: request.headers, path, body: seen });
    if (status >= 300) refusals.push(`${status} ${body}`);
    if (played === 'answer-lost') return void request.socket.destroy();
    response.writeHead(status, { 'content-type': body.startsWith('{') ? 'application/json' : 'text/plain' }).end(body);
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}${vendor.path}`,
    shown,
    asked,
    refusals,
    fail(what, times = Number.POSITIVE_INFINITY) {
      fault = what === undefined ? undefined : { what, left: times };
    },
    forget() {
      for (const list of [shown, asked, refusals]) list.length = 0;
      transactions.clear();
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, 'close');
    },
  };
}

function endless(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/plain' });
  const more = () => {
    while (response.writable && response.write('ok'.repeat(8_000))) {
      // Until the buffer is full.
    }
  };
  response.on('drain', more);
  more();
}

interface Asked {
  readonly request: IncomingMessage;
  readonly path: string;
  readonly sent: string;
  readonly transactions: Map<string, string>;
}

interface Answered {
  readonly status: number;
  readonly body: string;
  readonly seen?: unknown;
}

interface Vendor {
  readonly path: string;
  readonly answer: (asked: Asked) => Answered;
}

const isJson = ({ headers }: IncomingMessage) => /^application\/json\b/.test(headers['content-type'] ?? '');

function parsed(sent: string): Record<string, unknown> | undefined {
  try {
    const read = JSON.parse(sent) as unknown;
    return typeof read === 'object' && read !== null ? (read as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const SLACK_PATH = `/services/T00000000/B00000000/${SLACK_SECRET}`;

const slack: Vendor = {
  path: SLACK_PATH,
  answer({ request, path, sent }) {
    if (path !== SLACK_PATH) return { status: 404, body: 'no_service' };
    const body = isJson(request) && request.method === 'POST' ? parsed(sent) : undefined;
    if (body === undefined) return { status: 400, body: 'invalid_payload' };
    if (typeof body.text !== 'string' || body.text === '') return { status: 400, body: 'no_text' };
    // A `<` that is not escaped begins a mention or a link.
    if (body.text.length > 40_000 || /[<>]/.test(body.text)) return { status: 400, body: 'invalid_payload' };
    if (!slackBlocks(body.blocks)) return { status: 400, body: 'invalid_blocks' };
    return { status: 200, body: 'ok', seen: body };
  },
};

function slackBlocks(blocks: unknown): boolean {
  if (!Array.isArray(blocks) || blocks.length > 50 || JSON.stringify(blocks).length > 13_200) return false;
  return blocks.every(({ type, text: title, elements }) => {
    if (type === 'header') return title.type === 'plain_text' && title.text.length >= 1 && title.text.length <= 150;
    return (
      type === 'rich_text' &&
      elements.every(
        (part: { type: string; elements: { type: string; text: string }[] }) =>
          ['rich_text_section', 'rich_text_preformatted'].includes(part.type) &&
          part.elements.length > 0 &&
          part.elements.every((run) => run.type === 'text' && run.text.length > 0),
      )
    );
  });
}

const ntfyError = (status: number, code: number, error: string): Answered => ({
  status,
  body: JSON.stringify({ code, http: status, error, link: 'https://ntfy.sh/docs/publish/#publish-as-json' }),
});

const ntfy: Vendor = {
  path: '/alerts-of-mx1',
  answer({ request, path, sent }) {
    if (request.method !== 'POST' || path !== '/') return ntfyError(404, 40401, 'page not found');
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return ntfyError(403, 40301, 'forbidden');
    const body = parsed(sent);
    if (body === undefined) return ntfyError(400, 40024, 'invalid request: request body must be valid JSON');
    const { topic, title, message, priority = 3, tags = [], ...more } = body;
    if (typeof topic !== 'string' || !/^[-_A-Za-z0-9]{1,64}$/.test(topic))
      return ntfyError(400, 40009, 'invalid request: topic invalid');
    if (![1, 2, 3, 4, 5].includes(priority as number)) return ntfyError(400, 40007, 'invalid request: priority invalid');
    if (!Array.isArray(tags) || Object.keys(more).length > 0 || typeof message !== 'string' || typeof title !== 'string')
      return ntfyError(400, 40024, 'invalid request: request body must be valid JSON');
    if (Buffer.byteLength(message) > 4_096) return ntfyError(413, 41301, 'attachment too large, or bandwidth limit reached');
    const published = { id: randomUUID().slice(0, 12), time: 1, expires: 2, event: 'message', topic, title, message };
    return { status: 200, body: JSON.stringify(published), seen: body };
  },
};

const matrixError = (status: number, errcode: string, error: string): Answered => ({
  status,
  body: JSON.stringify({ errcode, error }),
});

const matrix: Vendor = {
  path: '/!room:example.com',
  answer({ request, path, sent, transactions }) {
    const [, room = '', transaction = ''] =
      /^\/_matrix\/client\/v3\/rooms\/([^/]+)\/send\/m\.room\.message\/([A-Za-z0-9-]{1,255})$/.exec(path) ?? [];
    if (request.method !== 'PUT' || room === '') return matrixError(404, 'M_UNRECOGNIZED', 'Unrecognized request');
    const { authorization } = request.headers;
    if (authorization === undefined) return matrixError(401, 'M_MISSING_TOKEN', 'Missing access token');
    if (authorization !== `Bearer ${TOKEN}`)
      return matrixError(401, 'M_UNKNOWN_TOKEN', `Invalid access token ${authorization.replace('Bearer ', '')}`);
    if (decodeURIComponent(room) !== '!room:example.com') return matrixError(403, 'M_FORBIDDEN', 'User not in room');
    const body = parsed(sent);
    if (body === undefined) return matrixError(400, 'M_NOT_JSON', 'Content not JSON.');
    if (sent.length > 60_000) return matrixError(413, 'M_TOO_LARGE', 'event too large');
    const strings = [body.msgtype, body.body, body.format, body.formatted_body].every((value) => typeof value === 'string');
    if (!strings || !wellFormed(String(body.formatted_body))) return matrixError(400, 'M_BAD_JSON', 'bad content');
    const known = transactions.get(`${room} ${transaction}`);
    const event = known ?? `$${randomUUID()}`;
    transactions.set(`${room} ${transaction}`, event);
    return { status: 200, body: JSON.stringify({ event_id: event }), ...(known === undefined ? { seen: body } : {}) };
  },
};

/** Of the elements that we use, each closed in order, and nothing else that looks like one. */
function wellFormed(html: string): boolean {
  const open: string[] = [];
  for (const [tag, closes, name = ''] of html.matchAll(/<(\/?)([^<>]*)>|[<>]/g)) {
    if (!/^(p|strong|pre|code)$/.test(name) || tag === '<' || tag === '>') return false;
    if (closes === '') open.push(name);
    else if (open.pop() !== name) return false;
  }
  return open.length === 0 && !/&(?!amp;|lt;|gt;|quot;)/.test(html);
}

const TEAMS_PATH = '/workflows/0123/triggers/manual/paths/invoke?api-version=1&sig=';

const teams: Vendor = {
  path: `${TEAMS_PATH}${TEAMS_SECRET}`,
  answer({ request, path, sent }) {
    if (path !== `${TEAMS_PATH}${TEAMS_SECRET}`)
      return { status: 401, body: JSON.stringify({ error: { code: 'Unauthorized', message: `no such signature: ${path}` } }) };
    const refuse = (message: string) => ({ status: 400, body: JSON.stringify({ error: { code: 'InvalidRequest', message } }) });
    if (sent.length > 28_000) return { status: 413, body: JSON.stringify({ error: { code: 'RequestEntityTooLarge' } }) };
    const body = request.method === 'POST' && isJson(request) ? parsed(sent) : undefined;
    const [card] = (body?.attachments ?? []) as {
      contentType?: string;
      content?: { type?: string; version?: string; body?: unknown };
    }[];
    if (body?.type !== 'message' || card?.contentType !== 'application/vnd.microsoft.card.adaptive') return refuse('no card');
    const { content } = card;
    if (content?.type !== 'AdaptiveCard' || !/^1\.[2-5]$/.test(content.version ?? '')) return refuse('no adaptive card');
    const parts = content.body as { type: string; inlines: { type: string; text: string }[] }[];
    // Text blocks know markdown, and `<at>` is a mention.
    const inert = parts.every(
      ({ type, inlines }) =>
        type === 'RichTextBlock' && inlines.every((run) => run.type === 'TextRun' && run.text !== '' && !run.text.includes('<')),
    );
    return inert ? { status: 202, body: '', seen: body } : refuse('a part that is none');
  },
};

const json: Vendor = {
  path: '/listens-here/a-secret-path',
  answer: ({ request, sent }) =>
    isJson(request) && parsed(sent) !== undefined
      ? { status: 204, body: '', seen: parsed(sent) }
      : { status: 415, body: 'JSON is wanted' },
};

const VENDORS: Readonly<Record<WebhookFormat, Vendor>> = { json, slack, ntfy, matrix, teams };
