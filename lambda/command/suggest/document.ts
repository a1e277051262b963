/** What was found as the one JSON document of `--json` (suggest.schema.json). Pure. */

import type { Change } from '../../run/suggest/change.ts';
import { DAY_MS } from '../../text/dates.ts';
import { runFacts } from '../check/document.ts';
import { exitStatus } from './exit-status.ts';
import { newDocument } from './new-document.ts';
import type { SuggestDocument } from './schema.ts';
import type { Shown } from './text.ts';
import { nameWords } from './words.ts';

export function suggestDocument(shown: Shown): SuggestDocument {
  const { suggested, bundle, memory, rewritten, written, upgrade } = shown;
  const { run, changes, unhelped, undetermined, unasked } = suggested;
  const remembered = memory.kind === 'remembered';
  return {
    version: 1,
    run: runFacts(run, bundle),
    vantage: { ipv4: run.vantage.ipv4, ipv6: run.vantage.ipv6 },
    exitStatus: exitStatus(suggested),
    upgrade,
    history: {
      store: remembered ? memory.place : null,
      days: remembered ? memory.past.days.length : 0,
      from: isoOf(remembered ? memory.past.days[0]?.at : null),
      because: remembered ? null : memory.because,
      problems: remembered ? [...memory.past.problems] : [],
    },
    changes: changes.map(changeDocument),
    unhelped: unhelped.map(({ caution, cannotSendName, exemption, ...rest }) => ({
      ...rest,
      ...(caution === undefined ? {} : { caution: structuredClone(caution) as never }),
      servernameAdvice: cannotSendName === undefined ? null : nameWords(cannotSendName),
      exemption: exemption === undefined ? null : { ...exemption },
    })),
    undetermined: undetermined.map(({ destination }) => destination),
    unasked: [...unasked],
    new: shown.fresh === undefined ? null : newDocument(shown.fresh),
    tables: rewritten.map(({ table, file, diff }) => ({ table, path: file.path, diff })),
    written: written ?? null,
  };
}

function changeDocument(change: Change): SuggestDocument['changes'][number] {
  const { kind, table, line, key, before, after, because, ground, today } = change;
  const { destination = null, held, heldBefore, renewedBeforeMs, edit } = change;
  return {
    ...{ kind, table, line, key, destination, before, after, because },
    how: edit?.kind ?? 'by-hand',
    ground: ground === undefined ? null : { ...ground, until: isoOf(ground.until) },
    today: today === undefined ? null : { ...today },
    held: held === undefined ? null : { ...held },
    heldBefore: heldBefore === undefined ? null : { ...heldBefore },
    renewedDaysBefore:
      renewedBeforeMs === undefined ? null : Math.max(0, Math.floor(renewedBeforeMs / DAY_MS)),
  };
}

const isoOf = (at: number | null | undefined): string | null =>
  at === null || at === undefined ? null : new Date(at).toISOString();
