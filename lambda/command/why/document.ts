/** `why --json`. Pure. */

import type { QueueReport } from '../../log/queue.ts';
import type { LogReport } from '../../log/report.ts';
import type { PeerEvidence } from '../../log/sessions.ts';
import type { Bundle } from '../../policy/bundle.ts';
import type { LoggedSuggestion } from '../../run/why/names.ts';
import type { Answer, Today } from '../../run/why/why.ts';
import type { OwnCommand } from '../../text/own-command.ts';
import { VERSION } from '../../version.ts';
import { lookCommand, stepsFor } from './commands.ts';
import type { WhyFlags } from './flags.ts';
import type { Live } from './live.ts';
import { todaySentence } from './live-words.ts';
import type { WhyDocument } from './schema.ts';
import {
  cureSentence,
  hostnameSentence,
  policySentence,
  whySentence,
  withoutMatchListSentence,
} from './words.ts';

/** All that is printed, in either form. */
export interface Told {
  readonly answers: readonly Answer[];
  readonly log: LogReport | undefined;
  readonly sources: readonly string[];
  readonly queue: QueueReport | undefined;
  readonly bundle: Bundle | undefined;
  /** Absent without --live, and where there was no policy to look by. */
  readonly live?: Live;
  readonly notes: readonly string[];
  readonly now: number;
  readonly flags: Pick<WhyFlags, 'configDirectory'>;
  readonly own: OwnCommand;
}

export function whyDocument(told: Told): WhyDocument {
  const { log, queue, bundle, sources, notes, answers } = told;
  return {
    version: 1,
    run: {
      tool: `postfix-tls-watch ${VERSION}`,
      postfixVersion: bundle?.settings.version ?? null,
      assumed: [...(bundle?.assumed ?? [])],
      notes: [...notes],
    },
    log:
      log === undefined
        ? null
        : {
            sources: [...sources],
            lines: log.lines,
            postfixLines: log.postfixLines,
            from: iso(log.firstAt),
            to: iso(log.lastAt),
            sent: log.sent,
            notTls: { ...log.other },
            forgotten: log.forgotten,
          },
    queue:
      queue === undefined
        ? null
        : {
            messages: queue.messages,
            notTls: { ...queue.other },
            unreadable: queue.unreadable,
            forgotten: queue.forgotten,
          },
    live: told.live === undefined ? null : liveDocument(told.live),
    answers: answers.map((answer) => answerDocument(answer, told)),
  };
}

function liveDocument({ run, proofs }: Live): NonNullable<WhyDocument['live']> {
  return {
    at: new Date(run.at).toISOString(),
    complete: run.complete,
    vantage: { ipv4: run.vantage.ipv4, ipv6: run.vantage.ipv6 },
    noDnssec: run.noDnssec ?? null,
    names: proofs.map(({ nextHop, dane, isAsked, mtaSts }) => ({
      nextHop,
      dane: dane.kind,
      daneAsked: isAsked,
      daneUnknown: dane.kind === 'unknown' ? dane.because : null,
      mtaSts: mtaSts?.kind ?? null,
    })),
  };
}

function todayDocument(today: Today): NonNullable<WhyDocument['answers'][number]['today']> {
  const { is, verdict } = today;
  return {
    is,
    sentence: todaySentence(today),
    verdict: verdict?.verdict ?? null,
    reason: verdict?.reason ?? null,
    postfixSays: verdict?.postfixSays ?? null,
    failsFrom: verdict?.failsFrom ?? null,
  };
}

function answerDocument(
  answer: Answer,
  { bundle, flags, own, live }: Told,
): WhyDocument['answers'][number] {
  const { held, asked, caution, suggestion, demand } = answer;
  const { cause, domain, dsn, tls, deliversAgain } = held;
  const { attempts, messages, recipients, bounced, delivered, otherwise } = held;
  return {
    domain,
    domains: answer.domains.slice(0, SHOWN),
    moreDomains: Math.max(0, answer.domains.length - SHOWN),
    nextHop: asked?.hop?.nextHop.text ?? null,
    state: answer.state,
    reasons: [...answer.reasons],
    postfixSays: cause.says,
    postfixDsn: dsn === '' ? null : dsn,
    means: cause.means,
    tls: tls ?? null,
    ...{ attempts, messages, recipients, bounced, delivered, otherwise },
    first: iso(held.firstAt),
    last: iso(held.lastAt),
    deliversAgain,
    waiting: waitingDocument(answer),
    policy: policySentence(answer),
    level: demand?.level ?? null,
    servers: held.peers.map(serverDocument),
    namesAsked: [...answer.namesAsked],
    why: whySentence(answer),
    today: answer.today === undefined ? null : todayDocument(answer.today),
    suggestion: suggestion === null ? null : lineDocument(suggestion),
    caution:
      caution === undefined
        ? null
        : {
            sentence: caution.sentence,
            hosts: [...caution.hosts],
            formerHosts: [...caution.formerHosts],
            confirm: caution.confirm,
            command: caution.command,
          },
    cure: cureSentence(answer, bundle),
    hostnameAdvice: hostnameSentence(answer),
    withoutMatchList: withoutMatchListSentence(answer, live?.proofs),
    steps: stepsFor(answer, flags).map(({ command, does }) => ({ command, does })),
    look: lookCommand(answer, own),
  };
}

const lineDocument = ({ line, restsOn, because }: LoggedSuggestion) => ({
  line,
  restsOn,
  because,
});

function waitingDocument({ held: { waiting }, givenUpFrom }: Answer) {
  const arrivals = waiting.flatMap(({ arrivedAt }) => arrivedAt ?? []);
  return {
    messages: waiting.length,
    recipients: waiting.reduce((sum, one) => sum + one.recipients, 0),
    queueIds: waiting.slice(0, SHOWN).map(({ queueId }) => queueId),
    oldest: arrivals.length === 0 ? null : iso(arrivals.reduce((a, b) => Math.min(a, b))),
    givenUpFrom: iso(givenUpFrom),
  };
}

function serverDocument({ peer, trust, names, moreNames, ...rest }: PeerEvidence) {
  return {
    host: peer.host,
    address: peer.address,
    port: peer.port ?? null,
    trust: trust ?? null,
    names: [...names],
    moreNames,
    commonName: rest.commonName ?? null,
    issuer: rest.issuer ?? null,
    chain: [...(rest.chain ?? [])],
    fingerprint: rest.fingerprints?.certificate ?? null,
    keyFingerprint: rest.fingerprints?.key ?? null,
    says: rest.unverified?.says ?? rest.warning ?? rest.handshake ?? null,
  };
}

const iso = (at: number | undefined): string | null =>
  at === undefined ? null : new Date(at).toISOString();

const SHOWN = 100;
