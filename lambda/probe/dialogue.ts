/**
 * The SMTP dialogue as a script: what to say next, given what was answered. No sockets, no clock.
 *
 * Follows smtp_helo() in src/smtp/smtp_proto.c, with one difference: 421 at any step is the server
 * asking for a rest, and so no finding about its TLS. The caller plays the script and tells
 * time-outs and lost connections itself.
 */
import type { Conversation } from './conversation.ts';
import { type FullReply, offers } from './reply.ts';
import type { Phase, ProbeResult, Reply, Unseen, UnseenReason } from './result.ts';

/** Say this line (nothing before the greeting), then wait for one reply. */
export interface Turn {
  readonly phase: Phase;
  readonly say?: string;
}

export type Dialogue<Outcome> = Generator<Turn, Outcome, FullReply>;

/** From the greeting to the reply to STARTTLS: a result, or TLS may begin. */
export function* untilTls(
  conversation: Conversation,
  heloName: string,
): Dialogue<ProbeResult | 'handshake'> {
  const greeting = yield { phase: 'greeting' };
  const refused = greetingRefused(greeting);
  if (refused !== undefined) return unseen('greeting', refused, greeting);

  const ehlo = yield { phase: 'ehlo', say: `EHLO ${heloName}` };
  if (ehlo.code === 421) return unseen('ehlo', 'reply-421', ehlo);
  if (!succeeds(ehlo)) {
    const helo = yield { phase: 'ehlo', say: `HELO ${heloName}` };
    if (helo.code === 421) return unseen('ehlo', 'reply-421', helo);
    if (!succeeds(helo)) return unseen('ehlo', 'ehlo-refused', helo);
    return { kind: 'no-tls', why: 'ehlo-refused', reply: kept(ehlo) };
  }
  if (conversation.discardEhloKeywords.includes('starttls') || !offers(ehlo, 'STARTTLS'))
    return { kind: 'no-tls', why: 'not-offered' };

  const starttls = yield { phase: 'starttls', say: 'STARTTLS' };
  if (succeeds(starttls)) return 'handshake';
  if (starttls.code === 421) return unseen('starttls', 'reply-421', starttls);
  return {
    kind: 'no-tls',
    why: hundreds(starttls) === 4 ? 'refused-4xx' : 'refused-5xx',
    reply: kept(starttls),
  };
}

/**
 * Inside TLS: EHLO again, after the greeting in wrapper mode. A refusal other than 421 is kept, not
 * judged.
 */
export function* insideTls(
  conversation: Conversation,
  heloName: string,
): Dialogue<Reply | Unseen | undefined> {
  if (conversation.wrapperMode) {
    const greeting = yield { phase: 'ehlo-after-tls' };
    if (greeting.code === 421) return unseen('ehlo-after-tls', 'reply-421', greeting);
    if (!succeeds(greeting)) return kept(greeting);
  }
  const ehlo = yield { phase: 'ehlo-after-tls', say: `EHLO ${heloName}` };
  if (ehlo.code === 421) return unseen('ehlo-after-tls', 'reply-421', ehlo);
  return succeeds(ehlo) ? undefined : kept(ehlo);
}

function greetingRefused(greeting: FullReply): UnseenReason | undefined {
  if (greeting.code === 421) return 'reply-421';
  switch (hundreds(greeting)) {
    case 2:
      return undefined;
    case 4:
      return 'greeting-4xx';
    case 5:
      return 'greeting-5xx';
    default:
      return 'protocol-error';
  }
}

const unseen = (phase: Phase, reason: UnseenReason, reply: FullReply): Unseen => ({
  kind: 'unseen',
  phase,
  reason,
  reply: kept(reply),
});

const kept = ({ code, text }: FullReply): Reply => ({ code, text });
const hundreds = ({ code }: FullReply): number => Math.floor(code / 100);
const succeeds = (reply: FullReply): boolean => hundreds(reply) === 2;
