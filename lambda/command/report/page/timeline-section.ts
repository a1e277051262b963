/**
 * A year at a glance: of each entry its verdicts, of each MX host its certificates, and what changed
 * as marks with words. Everything is placed in percent, so that the script zooms by making an inner
 * drawing wider; nothing of it is needed to read the page.
 */
import { moment } from '../../../text/dates.ts';
import type { Verdict } from '../../../verdict/verdict.ts';
import type { Mark } from '../marks.ts';
import type { Report, ReportEntry, ReportHost } from '../model.ts';
import type { Span } from '../spans.ts';
import { alike } from './alike.ts';
import type { Detail } from './detail.ts';
import { html, type Part } from './html.ts';
import { type Scale, scaleOf, UNITS } from './scale.ts';
import { counted, inParts, VERDICT_WORDS } from './words.ts';

export function timelineSection(report: Report, detail: Detail): Part {
  const { axis, at, gaps, entries, hosts } = report;
  const scale = scaleOf(axis);
  const groups = alike(entries);
  if (entries.length + hosts.length === 0) return html`<p class="none">Nothing was seen yet.</p>`;
  return [
    legend(gaps.length > 0),
    background(scale, gaps, at),
    html`<div id="zoom" data-from=${axis.from} data-to=${axis.until} data-now=${at}>
      ${controls()}
      <div class="axis"><span class="label"></span>${ticks(scale)}</div>
      <h3>Entries</h3>
      ${groups.slice(0, detail.entries).map((group, i) => entryRow(group, i, scale, detail))}
      ${more(groups.length - detail.entries, 'line')}
      <h3>MX hosts</h3>
      ${hosts.slice(0, detail.lines).map((host) => hostRow(host, scale, detail))}
      ${more(hosts.length - detail.lines, 'host')}
    </div>`,
  ];
}

function legend(hasGaps: boolean): Part {
  const verdict = (of: Verdict, words: string) =>
    html`<li><svg class="key" height="20" width="26" aria-hidden="true">${path(of, `M0 ${MIDDLES[of]}h26`)}</svg>${words}</li>`;
  const mark = (kind: Mark['kind'], words: string) =>
    html`<li><svg class="key m" height="18" width="16" aria-hidden="true"><use href=${`#m-${kind}`} x="50%" y="9" /></svg>${words}</li>`;
  return html`<ul class="legend">
    ${verdict('pass', 'pass')}${verdict('degraded', 'degraded')}${verdict('fail', 'fail')}
    ${verdict('undetermined', 'not judged')}${verdict('unchecked', 'unchecked')}
    ${mark('worse', 'turned worse')}${mark('better', 'turned better')}${mark('change', 'changed')}
    <li><svg class="key" height="18" width="10" aria-hidden="true"><path class="dot" d="M5 9h0" /></svg>renewed</li>
    ${mark('first', 'first seen')}
    <li><svg class="key" height="18" width="26" aria-hidden="true"><path class="valid" d="M0 9h26" /><path class="seen" d="M8 9h18" /></svg>valid, and presented</li>
    ${hasGaps ? html`<li><svg class="key" height="18" width="26" aria-hidden="true"><rect class="gap" width="100%" height="18" /></svg>nobody looked</li>` : ''}
  </ul>`;
}

/** Drawn once, and used behind every line. */
const background = (scale: Scale, gaps: readonly Span[], at: number): Part =>
  html`<svg class="defs" aria-hidden="true">
    <defs>
      <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <path class="a" d="M0 0v6" /><path class="b" d="M3 0v6" />
      </pattern>
      <g id="back">
        ${scale.ticks(TICKS).map(({ x }) => html`<line class="grid" x1=${x} x2=${x} y2="100%" />`)}
        <line class="today" x1=${scale.at(at)} x2=${scale.at(at)} y2="100%" />
      </g>
      <g id="gaps">
        ${gaps.map((gap) => {
          const part = scale.part(gap);
          return part === undefined ? '' : html`<rect class="gap" ...${part} height="100%" />`;
        })}
      </g>
    </defs>
  </svg>`;

function controls(): Part {
  const button = (action: string, words: string) =>
    html`<button type="button" data-z=${action}>${words}</button>`;
  return html`<div class="js zoom" role="group" aria-label="Zoom the timeline">
    ${button('all', 'All')}${button('91', '3 months')}${button('31', 'Month')}${button('7', 'Week')}
    ${button('in', 'Closer')}${button('out', 'Farther')}${button('back', 'Earlier')}${button('on', 'Later')}
    <output id="shown" aria-live="polite"></output>
    <small>Or draw over the dates with the mouse; with the keyboard on the dates: arrows, + and −, Home.</small>
  </div>`;
}

const ticks = (scale: Scale): Part =>
  html`<svg class="z" id="axis" height="22" aria-hidden="true">
    <svg>
      ${scale.ticks(TICKS).map(({ x, words }) => html`<text x=${x} y="15">${words}</text>`)}
    </svg>
  </svg>`;

function entryRow(group: readonly ReportEntry[], i: number, scale: Scale, detail: Detail): Part {
  const [entry] = group;
  if (entry === undefined) return '';
  const { name, verdict, line, since } = entry;
  const drawn = [...Map.groupBy(line.spans, (span) => span.verdict)].map(([of, spans]) =>
    path(of, scale.strokes(spans.map((span) => ({ ...span, y: MIDDLES[of] })))),
  );
  const words = `${VERDICT_WORDS[verdict]} since ${moment(since).slice(4, 14)}`;
  const alsoOf = group.slice(1).map((one) => one.name);
  return row(
    { id: `t${i}`, name, alsoOf, words, drawn, height: 20, marks: line.marks },
    scale,
    detail,
  );
}

/** The worse, the taller (style.ts): it is told by more than colour. */
const path = (className: string, strokes: string): Part =>
  strokes === '' ? '' : html`<path class=${className} d=${strokes} />`;

function hostRow({ name, line }: ReportHost, scale: Scale, detail: Detail): Part {
  const lanes: number[] = [];
  const laid = line.certificates.slice(-detail.certificates).map(({ valid, seen }) => {
    const free = lanes.findIndex((until) => until <= valid.from);
    const lane = free === -1 ? Math.min(lanes.length, LANES - 1) : free;
    lanes[lane] = Math.max(lanes[lane] ?? 0, valid.until);
    const y = 7 + lane * LANE;
    return { valid: { ...valid, y }, seen: { ...seen, y } };
  });
  const height = 4 + Math.max(1, lanes.length) * LANE + 10;
  const dots = line.marks.filter(({ kind }) => kind === 'renewal').slice(-detail.certificates);
  const drawn = [
    path('valid', scale.strokes(laid.map(({ valid }) => valid))),
    path('seen', scale.strokes(laid.map(({ seen }) => seen))),
    path('bare', scale.strokes(line.without.map((span) => ({ ...span, y: 4 })))),
    path(
      'dot',
      scale.dots(
        dots.map(({ at }) => at),
        height - 6,
      ),
    ),
  ];
  const end = line.certificates.at(-1)?.valid.until;
  const words =
    end === undefined || !Number.isFinite(end)
      ? 'no certificate seen'
      : `until ${moment(end).slice(4, 14)}`;
  return row({ name, words, drawn, height, marks: line.marks, below: true }, scale, detail);
}

interface Row {
  readonly id?: string;
  readonly name: string;
  /** Whose line is the same. */
  readonly alsoOf?: readonly string[];
  readonly words: Part;
  readonly drawn: Part;
  readonly height: number;
  readonly marks: readonly Mark[];
  /** Marks stand below what is drawn. */
  readonly below?: true;
}

/** Routine renewals are dots in `drawn`, and dates in one line. */
function row(
  { id, name, alsoOf = [], words, drawn, height, marks, below }: Row,
  scale: Scale,
  detail: Detail,
): Part {
  const told = marks.filter(({ kind }) => kind !== 'renewal');
  const renewals = marks.filter(({ kind }) => kind === 'renewal').slice(-detail.certificates);
  const shown = told.slice(-detail.changes);
  const y = below === undefined ? 6 : height - 6;
  const line = [
    html`<span class="label"><b>${inParts(name)}${alsoOf.length === 0 ? '' : ` and ${alsoOf.length} more`}</b><small>${words}</small></span>`,
    html`<svg class="z" height=${height}>
      <svg>
        <use href="#back" />
        <svg viewBox=${`0 0 ${UNITS} ${height}`} preserveAspectRatio="none">${drawn}</svg>
        <use href="#gaps" />
        ${shown.map(({ at, kind }) => html`<use href=${`#m-${kind}`} x=${scale.at(at)} y=${y} />`)}
      </svg>
    </svg>`,
  ];
  if (shown.length + renewals.length + alsoOf.length === 0)
    return html`<div class="row" id=${id}>${line}</div>`;
  return html`<details class="row" id=${id}>
    <summary>${line}</summary>
    <ol>
      ${alsoOf.length === 0 ? '' : html`<li>the same of ${alsoOf.join(', ')}</li>`}
      ${told.length > shown.length ? html`<li>${counted(told.length - shown.length, 'earlier change')} not shown</li>` : ''}
      ${shown.map(({ at, words: all }) => html`<li><b>${moment(at)}</b> ${all.join('; ')}</li>`)}
      ${renewals.length === 0 ? '' : html`<li>renewed, as ever: ${renewals.map(({ at }) => moment(at).slice(4, 14)).join(', ')}</li>`}
    </ol>
  </details>`;
}

const more = (count: number, one: string): Part =>
  count > 0 ? html`<p>and ${counted(count, one)} more</p>` : '';

/** From the top, of a line that is 20 high. */
const MIDDLES: Readonly<Record<Verdict, number>> = {
  pass: 15.5,
  degraded: 13,
  fail: 10,
  undetermined: 14,
  unchecked: 17,
};
const TICKS = 12;
const LANES = 3;
const LANE = 9;
