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
import type { Detail } from './detail.ts';
import { html, type Part } from './html.ts';
import { type Scale, scaleOf } from './scale.ts';
import { counted, inParts, shape, time, VERDICT_WORDS } from './words.ts';

export function timelineSection(report: Report, detail: Detail): Part {
  const { axis, at, gaps, entries, hosts } = report;
  const scale = scaleOf(axis);
  if (entries.length + hosts.length === 0) return html`<p class="none">Nothing was seen yet.</p>`;
  return [
    legend(gaps.length > 0),
    background(scale, gaps, at),
    html`<div id="zoom" data-from=${axis.from} data-to=${axis.until} data-now=${at}>
      ${controls()}
      <div class="axis"><span class="label"></span>${ticks(scale)}</div>
      <h3>Entries</h3>
      ${entries.slice(0, detail.rows).map((entry, i) => entryRow(entry, i, scale, detail))}
      ${more(entries.length - detail.rows, 'entry', 'entries')}
      <h3>MX hosts</h3>
      ${hosts.slice(0, detail.rows).map((host) => hostRow(host, scale, detail))}
      ${more(hosts.length - detail.rows, 'host', 'hosts')}
    </div>`,
  ];
}

function legend(hasGaps: boolean): Part {
  const verdict = (of: Verdict, words: string) =>
    html`<li><svg class="key" height="18" aria-hidden="true">${bar(of, '0%', '100%')}</svg>${words}</li>`;
  const mark = (kind: Mark['kind'], words: string) =>
    html`<li><svg class="key m" height="18" aria-hidden="true"><use href=${`#m-${kind}`} x="50%" y="9" /></svg>${words}</li>`;
  return html`<ul class="legend">
    ${verdict('pass', 'pass')}${verdict('degraded', 'degraded')}${verdict('fail', 'fail')}
    ${verdict('undetermined', 'not judged')}${verdict('unchecked', 'unchecked')}
    ${mark('worse', 'turned worse')}${mark('better', 'turned better')}${mark('change', 'changed')}
    ${mark('renewal', 'renewed')}${mark('first', 'first seen')}
    <li><svg class="key" height="18" aria-hidden="true"><rect class="valid" y="6" width="100%" height="6" /><rect class="seen" x="30%" y="6" width="70%" height="6" /></svg>valid, and presented</li>
    ${hasGaps ? html`<li><svg class="key" height="18" aria-hidden="true"><rect class="gap" width="100%" height="18" /></svg>nobody looked</li>` : ''}
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

function entryRow(entry: ReportEntry, i: number, scale: Scale, detail: Detail): Part {
  const { name, verdict, line, since } = entry;
  const drawn = line.spans.flatMap((span) => {
    const part = scale.part(span);
    return part === undefined ? [] : [bar(span.verdict, part.x, part.width)];
  });
  const words = [shape(verdict), `${VERDICT_WORDS[verdict]} since ${moment(since).slice(4, 14)}`];
  return row({ id: `t${i}`, name, words, drawn, height: 20, marks: line.marks }, scale, detail);
}

/** The worse, the taller: it is told by more than colour. */
function bar(verdict: Verdict, x: string, width: string): Part {
  const [y, height] = BARS[verdict];
  return html`<rect class=${verdict} x=${x} y=${y} width=${width} height=${height} />`;
}

function hostRow({ name, line }: ReportHost, scale: Scale, detail: Detail): Part {
  const lanes: number[] = [];
  const latest = line.certificates.slice(-detail.certificates);
  const drawn = latest.flatMap(({ valid, seen }) => {
    const [whole, part] = [scale.part(valid), scale.part(seen)];
    if (whole === undefined) return [];
    const free = lanes.findIndex((until) => until <= valid.from);
    const lane = free === -1 ? Math.min(lanes.length, LANES - 1) : free;
    lanes[lane] = Math.max(lanes[lane] ?? 0, valid.until);
    const y = 4 + lane * LANE;
    return [
      html`<rect class="valid" ...${whole} y=${y} height="6" />`,
      part === undefined ? '' : html`<rect class="seen" ...${part} y=${y} height="6" />`,
    ];
  });
  const bare = line.without.flatMap((span) => {
    const part = scale.part(span);
    return part === undefined ? [] : [html`<rect class="fail" ...${part} y="3" height="3" />`];
  });
  const end = line.certificates.at(-1)?.valid.until;
  const words: Part =
    end === undefined
      ? 'no certificate seen'
      : ['until ', time(end, Number.isFinite(end) ? moment(end).slice(4, 14) : 'no date')];
  const height = 4 + Math.max(1, lanes.length) * LANE + 10;
  return row(
    { name, words, drawn: [drawn, bare], height, marks: line.marks, below: true },
    scale,
    detail,
  );
}

interface Row {
  readonly id?: string;
  readonly name: string;
  readonly words: Part;
  readonly drawn: Part;
  readonly height: number;
  readonly marks: readonly Mark[];
  /** Marks stand below what is drawn. */
  readonly below?: true;
}

function row(
  { id, name, words, drawn, height, marks, below }: Row,
  scale: Scale,
  detail: Detail,
): Part {
  const shown = marks.slice(-detail.changes);
  const y = below === undefined ? 6 : height - 6;
  const line = [
    html`<span class="label"><b>${inParts(name)}</b><small>${words}</small></span>`,
    html`<svg class="z" height=${height} aria-hidden="true">
      <svg>
        <use href="#back" />
        ${drawn}
        <use href="#gaps" />
        ${shown.map(({ at, kind }) => html`<use class=${kind} href=${`#m-${kind}`} x=${scale.at(at)} y=${y} />`)}
      </svg>
    </svg>`,
  ];
  if (shown.length === 0) return html`<div class="row" id=${id}>${line}</div>`;
  return html`<details class="row" id=${id}>
    <summary>${line}</summary>
    <ol>
      ${marks.length > shown.length ? html`<li>${counted(marks.length - shown.length, 'earlier change')} not shown</li>` : ''}
      ${shown.map(({ at, words: all }) => html`<li>${time(at, moment(at))} ${all.join('; ')}</li>`)}
    </ol>
  </details>`;
}

const more = (count: number, one: string, many: string): Part =>
  count > 0 ? html`<p>and ${counted(count, one, many)} more</p>` : '';

/** From the top, of a line that is 20 high. */
const BARS: Readonly<Record<Verdict, readonly [y: number, height: number]>> = {
  pass: [13, 5],
  degraded: [8, 10],
  fail: [2, 16],
  undetermined: [10, 8],
  unchecked: [16, 2],
};
const TICKS = 12;
const LANES = 3;
const LANE = 9;
