/** Opens the doors to the world from configuration, for commands and for the function. */
import { hostname } from 'node:os';
import type { Channel, Delivery } from './alert/channel/channel.ts';
import { confirmedSubscribers, publishCard, publishMail, TopicError } from './alert/channel/sns.ts';
import { cardOf } from './alert/message/chat-card.ts';
import type { Alert } from './alert/message/describe.ts';
import { documentOf, severityOf } from './alert/message/document.ts';
import type { Mail } from './alert/message/mail.ts';
import { acceptedIn } from './certificate/anchors.ts';
import { DEFAULTS } from './limits.ts';
import { named } from './named-record.ts';
import type { Bundle } from './policy/bundle.ts';
import { lookupReply, mustBeAsked } from './policy/reply-tables.ts';
import { openProbe } from './probe/connection.ts';
import type { AskOwnTable, OwnAnswer } from './probe/own-tables.ts';
import type { PaceOptions } from './probe/pace.ts';
import { openDns, systemResolvers } from './route/dns.ts';
import { isLoopback, parseAddress } from './route/dns-address.ts';
import { type QuestionPace, questionsPerSecond } from './route/question-pace.ts';
import type { CheckDoors } from './run/check/check.ts';
import type { DnssecDoor } from './run/check/dnssec.ts';
import type { AskTable } from './run/check/status-filter.ts';

/** How to resolve and probe; every absent value has its default in limits.ts. */
export interface WorldConfig {
  /** `ip` or `ip:port`; none: the system's resolvers. */
  readonly resolvers?: readonly string[];
  /**
   * A validating resolver that may be believed (route/dns-encrypted.ts); none: the resolvers in
   * use, if they are on this host.
   */
  readonly dnssecResolver?: string;
  /** What proves that it validates. */
  readonly dnssecSignedName?: string;
  readonly dnssecBrokenName?: string;
  readonly helo?: string;
  readonly allowPrivateAddresses?: boolean;
  /** Each step of a conversation, the greeting included. */
  readonly stepTimeoutMs?: number;
  /** Epoch ms after which DNS is asked nothing more; conversations end by PaceOptions. */
  readonly stopAt?: number;
  /** The clock that `stopAt` goes by; the machine's where absent. */
  readonly now?: () => number;
  readonly signal?: AbortSignal;
  /** So many processes ask DNS beside one another; absent: this one alone. */
  readonly askingTogether?: number;
  /** Whether the policy is that of a Postfix on this host; false elsewhere. */
  readonly onMailHost?: boolean;
}

/** The web server with a domain's MTA-STS policy. */
export { openPolicyFetch } from './route/mta-sts/fetch.ts';

/** @param askTable asks tables of a Postfix on this host; absent elsewhere */
export function openWorld(config: WorldConfig, bundle: Bundle, askTable?: AskTable): CheckDoors {
  const pace = paceOfQuestions(config);
  return {
    dns: openDns({
      ...(config.resolvers === undefined ? {} : { servers: config.resolvers }),
      ...dnsOptions(config, pace),
    }),
    dnssec: openDnssec(config, pace),
    probe: openProbe({
      heloName: config.helo ?? bundle.settings.heloName ?? bundle.settings.myhostname ?? hostname(),
      greetingTimeoutMs: config.stepTimeoutMs ?? DEFAULTS.greetingTimeoutMs,
      stepTimeoutMs: config.stepTimeoutMs ?? DEFAULTS.stepTimeoutMs,
      anchors: acceptedIn(bundle.trust),
      allowPrivateAddresses: config.allowPrivateAddresses ?? false,
      onMailHost: config.onMailHost ?? false,
      ...(bundle.settings.openssl === undefined ? {} : { openssl: bundle.settings.openssl }),
      ...(bundle.replyTables === undefined ? {} : { askTable: replyTables(bundle, askTable) }),
    }),
    ...(askTable === undefined ? {} : { askTable }),
  };
}

/** Tables that were read are known; others are asked, about each key once. */
function replyTables(bundle: Bundle, askTable: AskTable | undefined): AskOwnTable {
  const asked = new Map<string, Promise<OwnAnswer>>();
  return (table, key) => {
    const found = lookupReply(table, key, bundle);
    if (found.kind === 'found' || found.kind === 'error') return Promise.resolve(found);
    if (found.kind === 'not-found' || askTable === undefined || !mustBeAsked(table, bundle))
      return Promise.resolve({ kind: 'not-found' });
    const id = `${table} ${key}`;
    const known = asked.get(id) ?? askOne(table, key, askTable);
    if (asked.size < REMEMBERED_LINES) asked.set(id, known);
    return known;
  };
}

async function askOne(table: string, key: string, askTable: AskTable): Promise<OwnAnswer> {
  const answer = named(await askTable(table, [key]), key);
  switch (answer?.kind) {
    case undefined:
      return { kind: 'not-found' };
    case 'unreadable':
      return { kind: 'unanswered', because: answer.because };
    case 'found':
    case 'not-found':
    case 'error':
      return answer;
  }
}

const REMEMBERED_LINES = 10_000;

/**
 * The resolver to believe about DNSSEC: the one named, or resolvers on this host, since nobody on
 * the way can change what they answer. `none` says why there is none.
 */
export function openDnssec(
  config: WorldConfig,
  pace: QuestionPace = paceOfQuestions(config),
): DnssecDoor {
  const servers =
    config.dnssecResolver !== undefined
      ? [config.dnssecResolver]
      : config.resolvers !== undefined && config.resolvers.length > 0
        ? config.resolvers
        : systemResolvers();
  if (servers.length === 0) {
    const because = 'there is no resolver; name a validating one with --dnssec-resolver';
    return { kind: 'none', because };
  }
  const name = servers.join(', ');
  // Postfix asks those of the system, whatever is asked here.
  const postfixAsks =
    config.onMailHost === true &&
    config.dnssecResolver === undefined &&
    (config.resolvers ?? []).length === 0;
  const resolver = {
    kind: 'resolver',
    name,
    dns: openDns({ servers, ...dnsOptions(config, pace), tellsBogus: true }),
    proof: {
      signed: config.dnssecSignedName ?? DEFAULTS.dnssecSignedName,
      broken: config.dnssecBrokenName ?? DEFAULTS.dnssecBrokenName,
    },
    postfixAsks,
  } as const;
  if (config.dnssecResolver !== undefined || servers.every(isLocal)) return resolver;
  return {
    kind: 'none',
    because:
      `the resolver ${name} is not on this host, so that anybody on the way could answer; name ` +
      'a validating one with --dnssec-resolver',
    ...(postfixAsks ? { postfixAsks: resolver } : {}),
  };
}

const isLocal = (server: string) => isLoopback(parseAddress(server)?.address ?? '');

const paceOfQuestions = ({ askingTogether = 1 }: WorldConfig): QuestionPace =>
  questionsPerSecond(DEFAULTS.dnsPerSecond, askingTogether);

const dnsOptions = (
  { stopAt, now, signal, askingTogether = 1 }: WorldConfig,
  pace: QuestionPace,
) => ({
  pace,
  firstTimeoutsMs: DEFAULTS.dnsFirstTimeoutsMs,
  timeoutMs: DEFAULTS.dnsTimeoutMs,
  tries: DEFAULTS.dnsTries,
  concurrency: Math.ceil(DEFAULTS.dnsConcurrency / askingTogether),
  ...(stopAt === undefined ? {} : { stopAt }),
  ...(now === undefined ? {} : { now }),
  ...(signal === undefined ? {} : { signal }),
});

export interface PaceConfig {
  readonly concurrency?: number;
  readonly perNetwork?: number;
  /** Epoch ms at which probing ends; what is left is `not-attempted`. */
  readonly stopAt: number;
  /** The clock that `stopAt` goes by; the machine's where absent. */
  readonly now?: () => number;
}

export function paceFor(config: PaceConfig): PaceOptions {
  return {
    concurrency: config.concurrency ?? DEFAULTS.concurrency,
    perAddress: DEFAULTS.perAddress,
    perNetwork: config.perNetwork ?? DEFAULTS.perNetwork,
    restAfter421Ms: DEFAULTS.restAfter421Ms,
    stopAt: config.stopAt,
    ...(config.now === undefined ? {} : { now: config.now }),
  };
}

export interface TopicConfig {
  /** ARN of the topic for mail. */
  readonly topic?: string | undefined;
  /**
   * ARN of the topic that the chat service reads: it gets cards, for plain text is dropped there.
   */
  readonly chatTopic?: string | undefined;
  /** Told with each message, for subscriptions that filter; absent: not told. */
  readonly environment?: string | undefined;
}

/** The topics named, mail first. */
export function openTopics({ topic, chatTopic, environment }: TopicConfig): readonly Channel[] {
  const attributes = (alert: Alert) => ({
    ...attributesFor(alert),
    ...(environment === undefined ? {} : { environment }),
  });
  const mail: Channel[] =
    topic === undefined
      ? []
      : [
          {
            kind: 'mail topic',
            name: `mail by the topic ${topic}`,
            tell: (message, alert) =>
              publishing(
                publishMail(topic, message, documentsOf(message, alert), attributes(alert)),
              ),
          },
        ];
  const chat: Channel[] =
    chatTopic === undefined
      ? []
      : [
          {
            kind: 'chat topic',
            name: `a chat card by the topic ${chatTopic}`,
            tell: (_, alert) =>
              publishing(publishCard(chatTopic, cardOf(alert), attributes(alert))),
          },
        ];
  return [...mail, ...chat];
}

/** The whole one, and shorter ones for a mail that leaves less room beside it. */
function* documentsOf(mail: Mail, alert: Alert) {
  for (const bytes of [undefined, 40_000, 10_000, 2_000]) yield documentOf(mail, alert, bytes);
}

const attributesFor = (alert: Alert) => ({
  severity: severityOf(alert),
  incident: alert.items.flatMap(({ incident }) => incident ?? []).slice(0, INCIDENTS_NAMED),
});

/** Of a message about more, the worst are named. */
const INCIDENTS_NAMED = 20;

/** @throws TopicError where the topic could not be asked */
export const countSubscribers: (topicArn: string) => Promise<number> = confirmedSubscribers;

async function publishing(published: Promise<string>): Promise<Delivery> {
  try {
    return { kind: 'told', messageId: await published };
  } catch (error) {
    if (error instanceof TopicError) return { kind: 'untold', because: error.message };
    throw error;
  }
}
