/** The entries of docs/runbook.md that the dashboard names, each with what leads there. Pure. */
import { html, type Part } from '../command/report/page/html.ts';
import type { Sight } from '../run/watch/sentinel.ts';

/** By their titles, which the alarms name too. */
export type RunbookEntry = 'Run missed' | 'Run failed' | 'Blind' | typeof CANNOT_SAY;

export const CANNOT_SAY = 'The dashboard cannot say';

/** What of the runs is not as it should be; the worst alone. */
export function troubleOf({ silent, failed, blind }: Sight): RunbookEntry | undefined {
  if (silent) return 'Run missed';
  if (blind) return 'Blind';
  return failed ? 'Run failed' : undefined;
}

/** A link where it is known where the runbook is to be read, else its name. */
export function runbookPart(entry: RunbookEntry | undefined, runbook: string | undefined): Part {
  const name = entry === undefined ? 'runbook' : `runbook, entry "${entry}"`;
  if (runbook === undefined)
    return entry === undefined ? 'runbook (docs/runbook.md)' : `docs/runbook.md, entry "${entry}"`;
  const anchor = entry === undefined ? '' : `#${entry.toLowerCase().replaceAll(' ', '-')}`;
  return html`<a href=${`${runbook}${anchor}`} target="_blank" rel="noopener noreferrer">${name}</a>`;
}
