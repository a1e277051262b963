/** What a watch run says of itself: to a terminal in a line or two, to a program as JSON. Pure. */
import type { Bundle } from '../../policy/bundle.ts';
import { owedSentence } from '../../run/watch/owing.ts';
import type { LeftTold } from '../../run/watch/tell-left.ts';
import type { Watched } from '../../run/watch/watch.ts';
import { runFacts } from '../check/document.ts';
import { countVerdicts, nothingWatched, summarySentence, unreadableSources } from '../summary.ts';
import type { WatchDocument } from './schema.ts';

/** Without a terminal only what went wrong, so that cron sends no mail about a good run. */
export function watchText(watched: Watched, place: string, onTerminal: boolean): string {
  switch (watched.kind) {
    case 'already-done':
      return onTerminal ? `run ${watched.runId} was complete already\n` : '';
    case 'busy':
      return `error: ${place} is in use by a run of ${watched.holder}; wait for it to end\n`;
    case 'told-late':
      return [...watched.problems.map((problem) => `warning: ${problem}`), ...notTold(watched)]
        .map((line) => `${line}\n`)
        .join('');
    case 'done': {
      const nothing = nothingWatched(watched.verdicts);
      const wrong = [
        ...(nothing === undefined ? [] : [`error: ${nothing}`]),
        ...unreadableSources(watched.verdicts).map((sentence) => `error: ${sentence}`),
        ...watched.problems.map((problem) => `warning: ${problem}`),
        ...notTold(watched),
        ...watched.unready.map((because) => `error: ${because}`),
        ...(watched.check.complete
          ? []
          : [
              'error: not everything could be looked at in the time given; what was left comes ' +
                'first in the next run (--deadline)',
            ]),
      ];
      const said = onTerminal
        ? [
            ...(watched.check.noDnssec === undefined ? [] : [`no DANE: ${watched.check.noDnssec}`]),
            `${summarySentence(countVerdicts(watched.verdicts))}; ` +
              `${watched.mail === undefined ? 'nothing to tell' : 'told'}; kept in ${place}`,
          ]
        : [];
      return [...wrong, ...said].map((line) => `${line}\n`).join('');
    }
  }
}

/** No channel lacks a message, and none would have lacked one. */
export const toldByAll = ({ owed, unready }: Extract<Watched, { kind: 'done' }>): boolean =>
  owed.length === 0 && unready.length === 0;

function notTold({ told, owed }: Pick<LeftTold, 'told' | 'owed'>): string[] {
  return [
    ...(told?.kind === 'untold'
      ? [`error: the message was not told and is due again in the next run: ${told.because}`]
      : []),
    ...owed.map((one) => `error: ${owedSentence(one)}`),
  ];
}

/** `watch --json`. */
export function watchDocument(
  watched: Watched,
  bundle: Bundle,
  place: string,
  candidates: WatchDocument['candidates'],
): WatchDocument {
  if (watched.kind !== 'done') {
    return {
      version: 1,
      outcome: watched.kind,
      store: place,
      run: null,
      vantage: null,
      summary: null,
      message: null,
      mtaSts: null,
      problems: watched.kind === 'told-late' ? [...watched.problems] : [],
      candidates,
    };
  }
  const { mail, told } = watched;
  const nothing = nothingWatched(watched.verdicts);
  return {
    version: 1,
    outcome: !watched.complete ? 'incomplete' : toldByAll(watched) ? 'complete' : 'owed',
    store: place,
    run: { id: watched.runId, ...runFacts(watched.check, bundle) },
    vantage: { ...watched.check.vantage },
    summary: { ...countVerdicts(watched.verdicts) },
    message:
      mail === undefined
        ? null
        : { subject: mail.subject, text: mail.text, told: told?.kind === 'told' },
    mtaSts: policiesDocument(watched),
    problems: [
      ...(nothing === undefined ? [] : [nothing]),
      ...unreadableSources(watched.verdicts),
      ...watched.problems,
      ...(told?.kind === 'untold' ? [told.because] : []),
      ...watched.owed.map(owedSentence),
      ...watched.unready,
    ],
    candidates,
  };
}

function policiesDocument({
  policies,
}: Extract<Watched, { kind: 'done' }>): WatchDocument['mtaSts'] {
  if (policies === undefined) return null;
  const { asked, fetched, unreached, open } = policies;
  return {
    ...{ asked, fetched, unreached },
    findings: open.map(({ finding: { id, kind, domain, entries }, kept, isMuted }) => ({
      ...{ id, kind, domain, title: kept.title, muted: isMuted },
      entries: entries.map(({ label }) => label),
      toldAt: kept.toldAt === undefined ? null : new Date(kept.toldAt).toISOString(),
    })),
  };
}
