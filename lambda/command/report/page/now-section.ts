/** The first screen: does mail flow, what is open, what is not watched, the last run, what ends next. */
import { sentence as inWords } from '../../../alert/message/wording.ts';
import { moment } from '../../../text/dates.ts';
import type { Verdict } from '../../../verdict/verdict.ts';
import type { State } from '../../status/text.ts';
import { VERDICT_ORDER } from '../../summary.ts';
import type { Ending, FirstScreen, Group, ShownEntry, ShownIncident } from '../first-screen.ts';
import type { Report } from '../model.ts';
import { html, type Part } from './html.ts';
import { code, counted, names, shape, time, VERDICT_OF, VERDICT_WORDS, when } from './words.ts';

export function nowSection({ first, counts, at, of }: Report): Part {
  return html`<section id="now" class=${`now ${LOOKS[first.state]}`} aria-labelledby="h-now">
    <p class="where">postfix-tls-watch · <span class="n">${of.vantage}</span>${of.policy === 'default' ? '' : html` · policy <span class="n">${of.policy}</span>`}</p>
    <h1 id="h-now">${shape(LOOKS[first.state])}<span>${first.sentence}</span></h1>
    <p class="asof">
      As of ${time(at, moment(at))}<span id="age"></span> · ${first.lastRun.isWell ? first.lastRun.sentence : html`<strong>${first.lastRun.sentence}</strong>`}
    </p>
    ${tally(counts)}
    <div class="two">
      <div>
        <h2>Open</h2>
        ${first.incidents.length + first.pending.length === 0 ? html`<p class="none">Nothing is open.</p>` : ''}
        ${first.incidents.map((incident) => incidentPart(incident, at))}
        ${first.moreIncidents === 0 ? '' : html`<p>and ${first.moreIncidents} more: see the entries.</p>`}
        ${first.pending.map(
          (one) => html`<article class="card degraded">
            <h3>${shape('degraded')}<span><b>Not confirmed</b> ${one.name}</span></h3>
            <p>${inWords(one.sentence)}</p>
            <p class="dim">Seen once, ${when(one.at, at)}; the next look confirms it.</p>
          </article>`,
        )}
        ${first.morePending === 0 ? '' : html`<p>and ${first.morePending} more to be confirmed.</p>`}
      </div>
      <div class="side">
        <h2>Ends next</h2>
        ${endsPart(first.ends, at)}
        ${first.notJudged.length === 0 ? '' : [html`<h2>Not judged</h2>`, groups(first.notJudged)]}
        <h2>Not watched</h2>
        ${notWatched(first)}
        ${first.problems.length === 0 ? '' : [html`<h2>Could not be read</h2>`, html`<ul>${first.problems.map((one) => html`<li>${one}</li>`)}</ul>`]}
      </div>
    </div>
  </section>`;
}

/** How many entries stand how, as one bar and in words. */
function tally(counts: Readonly<Record<Verdict, number>>): Part {
  const all = VERDICT_ORDER.filter((verdict) => counts[verdict] > 0);
  const total = all.reduce((sum, verdict) => sum + counts[verdict], 0);
  let x = 0;
  const parts = all.map((verdict) => {
    const from = x;
    x += (counts[verdict] / total) * 100;
    return html`<rect class=${verdict} x=${`${from.toFixed(2)}%`} width=${`${(x - from).toFixed(2)}%`} height="10" />`;
  });
  return html`<div class="tally">
    ${total === 0 ? '' : html`<svg class="bar" height="10" aria-hidden="true">${parts}</svg>`}
    <ul>
      ${all.map(
        (verdict) =>
          html`<li>${shape(verdict)}<b>${counts[verdict].toLocaleString('en-US')}</b> ${VERDICT_WORDS[verdict]}</li>`,
      )}
      ${total === 0 ? html`<li>no entry was judged yet</li>` : ''}
    </ul>
  </div>`;
}

function incidentPart(incident: ShownIncident, at: number): Part {
  const { standing, word, headline, since, toldAt, muted, entries, more, id } = incident;
  const verdict = VERDICT_OF[standing];
  return html`<article class=${`card ${verdict}${muted ? ' muted' : ''}`}>
    <h3>${shape(verdict)}<span><b>${muted ? `Muted, ${word.toLowerCase()}` : word}</b> ${headline}</span></h3>
    <p class="dim">
      Since ${when(since, at)}${muted ? '' : toldAt === undefined ? ', not told yet' : [', told ', when(toldAt, at)]}
    </p>
    ${entries.length === 1 ? entries.map((entry) => entryPart(entry, at)) : manyPart(entries, more, at)}
    <p class="dim id">incident <span class="n">${id}</span></p>
  </article>`;
}

function entryPart(entry: ShownEntry, at: number): Part {
  const { from, sentence, line, caution, proof, mutedUntil } = entry;
  return [
    from === undefined ? '' : html`<p>Fails from ${when(from, at)}.</p>`,
    html`<p>${inWords(sentence)}</p>`,
    caution === null
      ? ''
      : html`<p class="caution"><b>Before you change the line:</b> ${caution}</p>`,
    line === null ? '' : html`<p class="use"><span>Use instead</span>${code(line)}</p>`,
    line === null || proof === null ? '' : html`<p class="dim">It ${proof}.</p>`,
    mutedUntil === undefined ? '' : html`<p class="dim">Muted until ${when(mutedUntil, at)}.</p>`,
  ];
}

/** What one sentence says for all is said once; each has its own line to use. */
function manyPart(entries: readonly ShownEntry[], more: number, at: number): Part {
  const [first] = entries;
  if (first === undefined) return '';
  return [
    html`<p>${inWords(first.sentence)}</p>`,
    first.caution === null
      ? ''
      : html`<p class="caution"><b>Before you change a line:</b> ${first.caution}</p>`,
    html`<details>
      <summary>${counted(entries.length + more, 'entry', 'entries')}: since when, and the line to use</summary>
      <ul class="uses">
        ${entries.map(
          ({ name, since, from, line, proof }) => html`<li>
            <span class="n">${name}</span> since ${when(since, at)}${from === undefined ? '' : [', fails from ', when(from, at)]}
            ${line === null ? '' : code(line)}
            ${line === null || proof === null ? '' : html`<span class="dim">It ${proof}.</span>`}
          </li>`,
        )}
        ${more === 0 ? '' : html`<li>and ${more} more</li>`}
      </ul>
    </details>`,
  ];
}

function endsPart(ends: readonly Ending[], at: number): Part {
  if (ends.length === 0) return html`<p class="none">No end is known.</p>`;
  return html`<ol class="ends">
    ${ends.map(
      ({ at: ends, because, names: of, more }) => html`<li>
        ${when(ends, at)}
        <p><span class="who">${names(of.slice(0, ENDS_NAMED), more + Math.max(0, of.length - ENDS_NAMED))}</span>: ${because}</p>
      </li>`,
    )}
  </ol>`;
}

function notWatched({ notWatched: { count, groups: known } }: FirstScreen): Part {
  if (count === 0) return html`<p class="none">Every entry is watched.</p>`;
  return [
    html`<p>${counted(count, 'entry is', 'entries are')} not watched${known.length === 0 ? '; name the table to see which' : ':'}</p>`,
    groups(known),
  ];
}

const groups = (all: readonly Group[]): Part =>
  html`<ul class="groups">
    ${all.map(({ because, names: of, more }) => html`<li>${because}: ${names(of, more)}</li>`)}
  </ul>`;

const LOOKS: Readonly<Record<State, Verdict>> = {
  failing: 'fail',
  attention: 'degraded',
  unknown: 'undetermined',
  well: 'pass',
};
const ENDS_NAMED = 4;
