/**
 * `--webhook URL`: one HTTP request a message, in the shape of its medium. What was refused for the
 * moment is tried again while there is time; what nobody answered for only where the medium shows a
 * repeat once.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { plain } from '../../../text/strangers.ts';
import { withoutSecrets } from '../../../text/without-secrets.ts';
import type { Channel, Delivery } from '../channel.ts';
import { type Answer, jsonOf, type Medium, type Outgoing } from './medium.ts';
import { type Exchange, exchange, type Unanswered } from './post.ts';
import { reach } from './reach.ts';

export interface Webhook {
  readonly medium: Medium;
  readonly url: URL;
  /** For the header `Authorization`; absent: none. */
  readonly authorization?: string;
  /** What no error may show. */
  readonly secrets: readonly string[];
}

/** In ms. */
export interface WebhookDeadlines {
  readonly whole: number;
  readonly answer: number;
  /** Before each further attempt. */
  readonly pauses: readonly number[];
}

export const WEBHOOK_DEADLINES: WebhookDeadlines = {
  whole: 60_000,
  answer: 20_000,
  pauses: [1_000, 5_000],
};

export function webhookChannel(
  webhook: Webhook,
  now: () => number,
  deadlines: WebhookDeadlines,
): Channel {
  const { medium, url, secrets } = webhook;
  const name = nameOf(webhook);
  return {
    kind: 'webhook',
    name,
    tell: async (mail, alert) => {
      const outgoing = medium.outgoing(url, mail, alert);
      const last = await attempts(webhook, outgoing, now, deadlines);
      if (last.kind === 'answer' && medium.taken(last.answer)) return { kind: 'told' };
      return untold(name, sentenceOf(withoutSecretsIn(last, secrets), medium));
    },
    ready: async () => {
      const failure = await reached(url, now, deadlines);
      return failure === undefined ? undefined : `${name}: ${unreached(failure)}`;
    },
  };
}

/** The same in every run, and no secret: the host alone. */
export const nameOf = ({ medium, url }: Pick<Webhook, 'medium' | 'url'>): string =>
  `${medium.label} at ${url.host}`;

const untold = (name: string, sentence: string): Delivery => ({
  kind: 'untold',
  because: `${name}: ${sentence}`,
});

/** Before it is cut, so that no part of one is left. */
function withoutSecretsIn(last: Exchange, secrets: readonly string[]): Exchange {
  if (last.kind !== 'answer') return last;
  const { answer } = last;
  return { ...last, answer: { ...answer, body: withoutSecrets(answer.body, secrets) } };
}

async function reached(
  url: URL,
  now: () => number,
  { whole, answer, pauses }: WebhookDeadlines,
): Promise<Unanswered | undefined> {
  const ends = now() + whole;
  for (let attempt = 0; ; attempt++) {
    const failure = await reach(url, Math.min(answer, Math.max(ends - now(), 1)));
    const pauseMs = attempt === 0 ? pauses[0] : undefined;
    if (failure?.kind !== 'unsent' || pauseMs === undefined) return failure;
    await wait(pauseMs);
  }
}

async function attempts(
  { medium, authorization }: Webhook,
  outgoing: Outgoing,
  now: () => number,
  { whole, answer, pauses }: WebhookDeadlines,
): Promise<Exchange> {
  const credentials: Readonly<Record<string, string>> =
    authorization === undefined ? {} : { authorization };
  const ends = now() + whole;
  for (let attempt = 0; ; attempt++) {
    const last = await exchange(outgoing, credentials, Math.min(answer, Math.max(ends - now(), 1)));
    const pause = pauses[attempt];
    if (pause === undefined || !passes(last, medium)) return last;
    const asked = last.kind === 'answer' ? retryAfterMs(last.answer, now()) : undefined;
    const pauseMs = asked ?? pause;
    if (now() + pauseMs >= ends) return last;
    await wait(pauseMs);
  }
}

/** Whether another attempt may succeed, and can do no harm. */
function passes(last: Exchange, { repeatable }: Medium): boolean {
  switch (last.kind) {
    case 'unsent':
      return true;
    case 'unanswered':
      return repeatable;
    case 'tls':
      return false;
    case 'answer': {
      const { status } = last.answer;
      return status === 429 || status === 503 || (repeatable && status >= 500);
    }
  }
}

/** Seconds or a date; Matrix says it in its body, too. */
function retryAfterMs(answer: Answer, now: number): number | undefined {
  const { retryAfter } = answer;
  if (retryAfter !== null && /^\d{1,9}$/.test(retryAfter.trim())) return Number(retryAfter) * 1_000;
  const date = retryAfter === null ? Number.NaN : Date.parse(retryAfter);
  if (!Number.isNaN(date)) return Math.max(date - now, 0);
  const ms = answer.status === 429 ? jsonOf(answer)?.retry_after_ms : undefined;
  return typeof ms === 'number' && ms >= 0 ? ms : undefined;
}

const unreached = (failure: Unanswered): string =>
  failure.kind === 'tls' ? notBelieved(failure.why) : `no connection (${failure.why}); ${NEXT_RUN}`;

const notBelieved = (why: string): string =>
  `its certificate is not believed (${why}); NODE_EXTRA_CA_CERTS names a file with the CA that ` +
  'signed it';

function sentenceOf(last: Exchange, medium: Medium): string {
  switch (last.kind) {
    case 'unsent':
      return `no connection (${last.why}); ${NEXT_RUN}`;
    case 'tls':
      return notBelieved(last.why);
    case 'unanswered':
      return (
        `${last.why}; it may have arrived, and the next run tells it again` +
        (medium.repeatable ? ' under the same name' : '')
      );
    case 'answer':
      return answered(last.answer, medium);
  }
}

function answered(answer: Answer, { expects }: Medium): string {
  const { status, location } = answer;
  const said = saidIn(answer);
  if (status >= 300 && status <= 399)
    return (
      `answered ${status}, a redirect${hostOf(location)}, and redirects are not followed; give ` +
      'the address that it leads to'
    );
  switch (status) {
    case 401:
    case 403:
      return `answered ${status}${said}; check the token, or the address that holds it`;
    case 404:
    case 410:
      return `answered ${status}${said}; check the address`;
    case 429:
      return `asks to slow down (429)${said}; ${NEXT_RUN}`;
  }
  return status >= 500
    ? `answered ${status}${said}; ${NEXT_RUN}`
    : `answered ${status}${said}, and ${expects} is expected; check the address and ` +
        '--webhook-format';
}

function saidIn({ body, whole }: Answer): string {
  if (!whole) return ', with a body that does not end';
  const text = body.trim();
  return text === '' ? '' : ` ("${plain(text, 150)}")`;
}

const hostOf = (location: string | null): string =>
  location !== null && URL.canParse(location) ? ` to ${plain(new URL(location).host, 100)}` : '';

const NEXT_RUN = 'the next run tries again';
