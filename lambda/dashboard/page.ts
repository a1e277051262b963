/**
 * The first screen on the dashboard: the same words as a page has, in the markup that CloudWatch shows
 * in a widget, with its own look. Every text is escaped by the library, and characters that would move
 * or hide text are made visible before. Pure.
 */
import { render } from 'preact-render-to-string';
import { sentence as inWords } from '../alert/message/wording.ts';
import type {
  Ending,
  FirstScreen,
  Group,
  ShownEntry,
  ShownIncident,
} from '../command/report/first-screen.ts';
import { html, type Part } from '../command/report/page/html.ts';
import { moment } from '../text/dates.ts';
import { plain } from '../text/strangers.ts';
import { CANNOT_SAY, type RunbookEntry, runbookPart } from './runbook.ts';

/** What stands around the words. */
export interface Around {
  /** Where the runbook is to be read; undefined where only its name is known. */
  readonly runbook: string | undefined;
  /** The command that tells all of it, undefined where no shell takes it. */
  readonly command: string | undefined;
  /** What of the runs is not as it should be. */
  readonly trouble: RunbookEntry | undefined;
}

/** HTML of some hundred kilobytes at most: what is beyond is counted. */
export function dashboardPage(first: FirstScreen, around: Around): string {
  const { incidents, pending, ends, notJudged, problems, lastRun, at } = first;
  const shown = incidents.slice(0, INCIDENTS_SHOWN);
  const more = incidents.length - shown.length + first.moreIncidents;
  return render(html`<div>
    <h2>${MARKS[first.state]} ${text(first.sentence)}</h2>
    <p>As of ${moment(at)}; ${text(lastRun.sentence)}.${
      around.trouble === undefined
        ? ''
        : html` What to do: ${runbookPart(around.trouble, around.runbook)}.`
    }</p>
    <h3>Open</h3>
    ${shown.length + pending.length === 0 ? html`<p>Nothing is open.</p>` : ''}
    ${shown.map(incidentPart)}
    ${more === 0 ? '' : html`<p>and ${more} more</p>`}
    ${pending.map(
      ({ name, at: seenAt, sentence }) =>
        html`<p><strong>Not confirmed: ${text(name)}.</strong> ${said(sentence)} Seen once, ${moment(seenAt)}; the next look confirms it.</p>`,
    )}
    ${first.morePending === 0 ? '' : html`<p>and ${first.morePending} more to be confirmed</p>`}
    <h3>Ends next</h3>
    ${ends.length === 0 ? html`<p>No end is known.</p>` : html`<ul>${ends.map(endPart)}</ul>`}
    ${notJudged.length === 0 ? '' : [html`<h3>Not judged</h3>`, groupsPart(notJudged)]}
    <h3>Not watched</h3>
    ${notWatchedPart(first)}
    ${problems.length === 0 ? '' : [html`<h3>Could not be read</h3>`, html`<ul>${problemsPart(problems)}</ul>`]}
    <p>${
      around.command === undefined ? '' : html`All of it: <code>${text(around.command)}</code>. `
    }Each alarm has its entry in the ${runbookPart(undefined, around.runbook)}.</p>
  </div>`);
}

/** That there is nothing to show, and what to do: one sentence, without its full stop. */
export function dashboardFailure(sentence: string, runbook: string | undefined): string {
  return render(html`<div>
    <h2>${MARKS.unknown} It is not known whether mail flows.</h2>
    <p>This page could not be made: ${text(sentence)}. See ${runbookPart(CANNOT_SAY, runbook)}.</p>
  </div>`);
}

function incidentPart({
  word,
  headline,
  since,
  toldAt,
  muted,
  entries,
  more,
  id,
}: ShownIncident): Part {
  const told = toldAt === undefined ? 'not told yet' : `told ${moment(toldAt)}`;
  const [first] = entries;
  return [
    html`<p>
      <strong>${muted ? `Muted, ${word.toLowerCase()}` : word}: ${text(headline)}</strong><br/>
      Since ${moment(since)}${muted ? '' : `, ${told}`}; incident ${text(id)}
    </p>`,
    first === undefined ? '' : html`<p>${said(first.sentence)}</p>`,
    // One caution is about all of them, and stands before any line.
    first?.caution == null ? '' : html`<p>Before you change the line: ${text(first.caution)}.</p>`,
    html`<ul>
      ${entries.map(entryPart)}
      ${more === 0 ? '' : html`<li>and ${more} more</li>`}
    </ul>`,
  ];
}

const entryPart = ({ name, since, from, line, proof, mutedUntil }: ShownEntry): Part => html`<li>
  ${text(name)}, since ${moment(since)}${from === undefined ? '' : `, fails from ${moment(from)}`}${mutedUntil === undefined ? '' : `, muted until ${moment(mutedUntil)}`}
  ${line === null ? '' : [html`<br />`, 'Use instead: ', html`<code>${text(line)}</code>`]}
  ${line === null || proof === null ? '' : [html`<br />`, `It ${proof}.`]}
</li>`;

const endPart = ({ at, names, more, because }: Ending): Part =>
  html`<li>${moment(at)}: ${namesPart(names, more)}: ${text(because)}</li>`;

const groupsPart = (groups: readonly Group[]): Part =>
  html`<ul>${groups.map(({ because, names, more }) => html`<li>${text(because)}: ${namesPart(names, more)}</li>`)}</ul>`;

function notWatchedPart({ notWatched: { count, groups } }: FirstScreen): Part {
  if (count === 0) return html`<p>Every entry is watched.</p>`;
  return groups.length === 0
    ? html`<p>${count} ${count === 1 ? 'entry is' : 'entries are'} not watched.</p>`
    : groupsPart(groups);
}

const problemsPart = (problems: readonly string[]): Part => [
  ...problems.slice(0, PROBLEMS_SHOWN).map((one) => html`<li>${text(one)}</li>`),
  problems.length <= PROBLEMS_SHOWN
    ? ''
    : html`<li>and ${problems.length - PROBLEMS_SHOWN} more</li>`,
];

const namesPart = (names: readonly string[], more: number): string =>
  [...names.map((name) => text(name)), ...(more === 0 ? [] : [`and ${more} more`])].join(', ');

const text = (words: string): string => plain(words, CHARS_SHOWN);
/** As a sentence: with a capital and a full stop. */
const said = (words: string): string => inWords(text(words));

/** The state as a shape, beside its words: colour would be lost on some. */
const MARKS = { failing: '✖', attention: '▲', unknown: '?', well: '✔' } as const;
const INCIDENTS_SHOWN = 10;
const PROBLEMS_SHOWN = 10;
const CHARS_SHOWN = 1_000;
