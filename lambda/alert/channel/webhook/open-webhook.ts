/**
 * Flags, files and environment → the webhook's channel; one that cannot be set up is there and tells
 * nothing.
 */
import { type Channel, unusable } from '../channel.ts';
import { readSecret, SetupError } from '../own-file.ts';
import { json } from './json.ts';
import { matrix } from './matrix.ts';
import type { Medium, WebhookFormat } from './medium.ts';
import { ntfy } from './ntfy.ts';
import { slack } from './slack.ts';
import { teams } from './teams.ts';
import {
  WEBHOOK_DEADLINES,
  type Webhook,
  type WebhookDeadlines,
  webhookChannel,
} from './webhook-channel.ts';

export interface WebhookFlags {
  readonly webhook?: string;
  readonly webhookFile?: string;
  readonly webhookFormat?: WebhookFormat;
  readonly webhookTokenFile?: string;
}

const MEDIA: Readonly<Record<WebhookFormat, Medium>> = { json, slack, ntfy, matrix, teams };

/** Empty where neither a flag nor the environment names one. */
export async function openWebhook(
  flags: WebhookFlags,
  env: Readonly<Record<string, string | undefined>>,
  now: () => number,
  deadlines: WebhookDeadlines = WEBHOOK_DEADLINES,
): Promise<readonly Channel[]> {
  const medium = MEDIA[flags.webhookFormat ?? 'json'];
  try {
    const webhook = await webhookOf(flags, medium, env);
    if (webhook === undefined) return [];
    const { ready, ...channel } = webhookChannel(webhook, now, deadlines);
    // Behind a proxy nothing is reached without a request.
    const direct = ready !== undefined && env.NODE_USE_ENV_PROXY === undefined;
    return [direct ? { ...channel, ready } : channel];
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    return [unusable({ kind: 'webhook', name: medium.label }, error.message)];
  }
}

async function webhookOf(
  flags: WebhookFlags,
  medium: Medium,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Webhook | undefined> {
  const { address, where } = await addressOf(flags, env);
  if (address === undefined) return undefined;
  const url = urlOf(address, where);
  const near = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol !== 'https:' && !(near && url.protocol === 'http:'))
    throw new SetupError(`${where}: https is wanted, beyond this host`);
  const [user, password] = [url.username, url.password].map(decoded) as [string, string];
  if (where === '--webhook' && (password !== '' || (medium.secretAddress && !near)))
    throw new SetupError(
      `${where}: such an address is a secret, and every user of this host can read a command ` +
        `line; put it into a file (--webhook-file) or into ${ADDRESS_VARIABLE}`,
    );
  const mistake = medium.mistake(url);
  if (mistake !== undefined) throw new SetupError(`${where}: ${mistake}`);
  const file = { path: flags.webhookTokenFile, flag: '--webhook-token-file' };
  const token = await readSecret(file, TOKEN_VARIABLE, env);
  if (medium.needsToken && token === undefined)
    throw new SetupError(
      `an access token is wanted, in a file (--webhook-token-file) or in ${TOKEN_VARIABLE}`,
    );
  url.username = '';
  url.password = '';
  const basic = `${user}:${password}`;
  const authorization =
    token !== undefined
      ? `Bearer ${token}`
      : basic === ':'
        ? undefined
        : `Basic ${Buffer.from(basic).toString('base64')}`;
  return {
    medium,
    url,
    ...(authorization === undefined ? {} : { authorization }),
    secrets: [
      ...secretsIn(url),
      ...[password, basic, token ?? ''].filter((secret) => secret !== ''),
    ],
  };
}

async function addressOf(
  { webhook, webhookFile }: WebhookFlags,
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly address: string | undefined; readonly where: string }> {
  if (webhook !== undefined) return { address: webhook, where: '--webhook' };
  const where = webhookFile === undefined ? ADDRESS_VARIABLE : `--webhook-file ${webhookFile}`;
  const file = { path: webhookFile, flag: '--webhook-file' };
  return { address: await readSecret(file, ADDRESS_VARIABLE, env), where };
}

function urlOf(address: string, where: string): URL {
  if (!URL.canParse(address)) throw new SetupError(`${where}: an https address is wanted`);
  return new URL(address);
}

/** The address, its path and query as a whole and in parts: a server may repeat any of them. */
function secretsIn({ href, pathname, search }: URL): readonly string[] {
  const parts = [...pathname.split('/'), ...search.split(/[?&=]/)].filter(
    (part) => part.length >= PART_CHARS,
  );
  const whole = [href, `${pathname}${search}`, pathname].filter((text) => text.length > 1);
  return [...whole, ...parts, ...[...whole, ...parts].map(decoded)];
}

/** A percent sign that escapes nothing stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const ADDRESS_VARIABLE = 'POSTFIX_TLS_WATCH_WEBHOOK';
const TOKEN_VARIABLE = 'POSTFIX_TLS_WATCH_WEBHOOK_TOKEN';
/** Shorter ones are words. */
const PART_CHARS = 8;
