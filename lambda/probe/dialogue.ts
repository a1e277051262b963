/**
 * The SMTP dialogue as a script: what to say next, given what was answered. No sockets, no clock.
 *
 * Follows smtp_helo() in src/smtp/smtp_proto.c, with one difference: 421 at any step is the server
 * asking for a rest, and so no finding about its TLS. The caller plays the script and tells
 * time-outs and lost connections itself.
 */
import type { HelloHabit } from '../policy/settings.ts';
import { type FullReply, kept, offers } from './reply.ts';
import type { HidingSetting, Phase, ProbeResult, Reply, Unseen, UnseenReason } from './result.ts';

/** Say this line (nothing before the greeting), then wait for one reply. */
export interface Turn {
  readonly phase: Phase;
  readonly say?: string;
}

export type Dialogue<Outcome> = Generator<Turn, Outcome, FullReply>;

/** EHLO keywords to act as if not offered, lower case, and the setting that says so. */
export type Discards =
  | {
      readonly kind: 'words';
      readonly words: readonly string[];
      readonly by: Extract<HidingSetting, `smtp_discard_${string}`>;
    }
  /** Postfix asks a table for them, and cannot. */
  | { readonly kind: 'error'; readonly detail: string };

/** What the dialogue needs to know of us. */
export interface Client {
  readonly heloName: string;
  readonly discards: Discards;
  readonly hello: HelloHabit;
  readonly wrapperMode: boolean;
}

/** From the greeting to the reply to STARTTLS: a result, or TLS may begin. */
export function* untilTls(client: Client): Dialogue<ProbeResult | 'handshake'> {
  const greeting = yield { phase: 'greeting' };
  const refused = greetingRefused(greeting);
  if (refused !== undefined) return unseen('greeting', refused, greeting);

  const habit = saysHelo(greeting, client.hello);
  if (habit === undefined) {
    const ehlo = yield { phase: 'ehlo', say: `EHLO ${client.heloName}` };
    if (ehlo.code === 421) return unseen('ehlo', 'reply-421', ehlo);
    if (succeeds(ehlo)) return yield* starttls(client, ehlo);
    const helo = yield { phase: 'helo', say: `HELO ${client.heloName}` };
    if (!succeeds(helo)) return heloRefused('helo', helo);
    return { kind: 'no-tls', why: 'ehlo-refused', reply: kept(ehlo) };
  }
  const helo = yield { phase: 'helo', say: `HELO ${client.heloName}` };
  if (!succeeds(helo)) return heloRefused('helo', helo);
  return { kind: 'no-tls', why: 'not-offered', heloBecause: habit };
}

function* starttls({ discards }: Client, ehlo: FullReply): Dialogue<ProbeResult | 'handshake'> {
  if (discards.kind === 'error') return localError('ehlo', discards.detail);
  const hiddenBy = hides(discards, ehlo);
  if (hiddenBy !== undefined || !offers(ehlo, 'STARTTLS'))
    return {
      kind: 'no-tls',
      why: 'not-offered',
      ...(hiddenBy === undefined ? {} : { hiddenBy }),
    };
  const answer = yield { phase: 'starttls', say: 'STARTTLS' };
  if (succeeds(answer)) return 'handshake';
  if (answer.code === 421) return unseen('starttls', 'reply-421', answer);
  return {
    kind: 'no-tls',
    why: hundreds(answer) === 4 ? 'refused-4xx' : 'refused-5xx',
    reply: kept(answer),
  };
}

/** Which setting of ours hides STARTTLS that the server offers. */
function hides(
  { words, by }: Extract<Discards, { readonly kind: 'words' }>,
  ehlo: FullReply,
): HidingSetting | undefined {
  const offered = offers({ lines: ehlo.written ?? ehlo.lines }, 'STARTTLS');
  if (offered && !offers(ehlo, 'STARTTLS')) return 'smtp_reply_filter';
  return words.includes('starttls') && offers(ehlo, 'STARTTLS') ? by : undefined;
}

const localError = (phase: Phase, detail: string): Unseen => ({
  kind: 'unseen',
  phase,
  reason: 'local-data-error',
  detail,
});

/** Whether the session goes on in plaintext where STARTTLS was refused: some servers close it. */
export function* behindRefusal(): Dialogue<undefined> {
  yield { phase: 'after-starttls', say: 'RSET' };
  return undefined;
}

/**
 * Inside TLS: EHLO again, and HELO where that is refused, after the greeting in wrapper mode. A
 * refusal of EHLO alone is kept, and no matter.
 */
export function* insideTls({
  heloName,
  hello,
  discards,
  wrapperMode,
}: Client): Dialogue<Reply | Unseen | undefined> {
  let heloOnly = false;
  if (wrapperMode) {
    const greeting = yield { phase: 'greeting' };
    const refused = greetingRefused(greeting);
    if (refused !== undefined) return unseen('greeting', refused, greeting);
    heloOnly = saysHelo(greeting, hello) !== undefined;
  }
  let refusal: Reply | undefined;
  if (!heloOnly) {
    const ehlo = yield { phase: 'ehlo-after-tls', say: `EHLO ${heloName}` };
    if (ehlo.code === 421) return unseen('ehlo-after-tls', 'reply-421', ehlo);
    if (succeeds(ehlo)) {
      return discards.kind === 'error' ? localError('ehlo-after-tls', discards.detail) : undefined;
    }
    refusal = kept(ehlo);
  }
  const helo = yield { phase: 'helo-after-tls', say: `HELO ${heloName}` };
  return succeeds(helo) ? refusal : heloRefused('helo-after-tls', helo);
}

/**
 * Why EHLO is not said. A greeting of nothing but `2`, `0`, blank and `*` is what a Cisco PIX makes
 * of any greeting, and smtp_pix_workarounds then has Postfix do without ESMTP.
 */
function saysHelo(
  { lines }: FullReply,
  { masked, word }: HelloHabit,
): 'masked-greeting' | 'setting' | undefined {
  if (masked === 'helo' && lines.every((line) => /^[20 *]*$/.test(line))) return 'masked-greeting';
  if (word === 'helo') return 'setting';
  return word === 'ehlo' || namesEsmtp(lines) ? undefined : 'setting';
}

/** The word ESMTP behind the first one of the greeting (the code, where a blank follows it). */
const namesEsmtp = (lines: readonly string[]): boolean =>
  lines
    .join('\n')
    .replace(/^[- \n]*[^- \n]+[- \n]?/, '')
    .split(/[ \n]+/)
    .some((word) => word.toUpperCase() === 'ESMTP');

/** A server that refuses HELO gets no mail; a reply of an odd class is a hard refusal. */
function heloRefused(phase: 'helo' | 'helo-after-tls', helo: FullReply): Unseen {
  return unseen(phase, helo.code === 421 ? 'reply-421' : 'ehlo-refused', helo);
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

const hundreds = ({ code }: FullReply): number => Math.floor(code / 100);
const succeeds = (reply: FullReply): boolean => hundreds(reply) === 2;
