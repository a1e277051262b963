/** The entries as a table: sortable and filterable by the script, each row opening to its story. */
import { sentence as inWords } from '../../../alert/message/wording.ts';
import { DAY_MS, day, moment } from '../../../text/dates.ts';
import { listed } from '../../../text/listed.ts';
import { VERDICT_ORDER } from '../../summary.ts';
import type { Report, ReportEntry } from '../model.ts';
import { lineIds } from './alike.ts';
import type { Detail } from './detail.ts';
import { html, type Part } from './html.ts';
import { code, counted, inParts, relative, shape, VERDICT_WORDS } from './words.ts';

export function entriesSection({ entries, at, lookNow }: Report, detail: Detail): Part {
  if (entries.length === 0) return html`<p class="none">No entry was judged yet.</p>`;
  const shown = entries.slice(0, detail.entries);
  const ids = lineIds(entries);
  return [
    lookNow === undefined
      ? ''
      : html`<p class="lead">As last seen. One of them, as it is now: ${code(lookNow)}</p>`,
    filters(entries),
    html`<div class="wide">
      <table id="list">
        <caption class="vh">Entries; a name opens its story</caption>
        <thead>
          <tr>
            ${COLUMNS.map(([key, title]) => html`<th scope="col" data-k=${key}>${title}</th>`)}
          </tr>
        </thead>
        ${shown.map((entry) => rows(entry, ids.get(entry), at, detail))}
      </table>
    </div>`,
    shown.length < entries.length
      ? html`<p>and ${entries.length - shown.length} more, which stand better than these.</p>`
      : '',
  ];
}

/** Only with the script: hidden without. */
function filters(entries: readonly ReportEntry[]): Part {
  const options = (all: readonly string[]) => all.map((one) => html`<option>${one}</option>`);
  const values = (of: (entry: ReportEntry) => readonly string[]) =>
    [...new Set(entries.flatMap(of))].toSorted();
  const present = new Set(entries.map(({ verdict }) => verdict));
  return html`<form id="filter" class="js" role="search" aria-label="Filter the entries">
    <label>Text<input type="search" name="q" autocomplete="off" spellcheck=${false} /></label>
    <label>State<select name="v"><option value="">all</option>${VERDICT_ORDER.filter((one) => present.has(one)).map((one) => html`<option value=${VERDICT_WORDS[one]}>${VERDICT_WORDS[one]}</option>`)}</select></label>
    <label>Level<select name="l"><option value="">all</option>${options(values(({ level }) => [level]))}</select></label>
    <label>Provider<select name="p"><option value="">all</option>${options(values(({ providers }) => providers).slice(0, OPTIONS))}</select></label>
    <button type="reset">Clear</button>
    <output name="n" aria-live="polite">${counted(entries.length, 'entry', 'entries')}</output>
  </form>`;
}

function rows(entry: ReportEntry, line: string | undefined, at: number, detail: Detail): Part {
  const { name, verdict, reason, level, nextHop, service, providers, protection, end } = entry;
  return html`<tbody>
    <tr>
      <th scope="row"><details class="open"><summary>${name}</summary></details></th>
      <td data-v=${VERDICT_ORDER.indexOf(verdict)}>${shape(verdict)}<span>${VERDICT_WORDS[verdict]}</span>${reason === undefined ? '' : html` <small>${reason}</small>`}</td>
      <td>${level}</td>
      <td>${nextHop === name ? 'itself' : inParts(nextHop)}${service === undefined ? '' : html` <small>by ${service}</small>`}</td>
      <td>${inParts(listed(providers))}</td>
      <td>${protection}</td>
      <td data-v=${end === undefined ? LAST : Math.round(end / 60_000)}>${end === undefined ? '' : [`${day(end)} `, html`<small>(${relative(end, at)})</small>`]}</td>
    </tr>
    <tr class="story">
      <td colspan=${COLUMNS.length}>${story(entry, line, at, detail)}</td>
    </tr>
  </tbody>`;
}

/** In the order in which Postfix goes through it, as explain has it. */
function story(entry: ReportEntry, line: string | undefined, at: number, detail: Detail): Part {
  const { hosts, sentence, since, unjudgedSince, end, endBecause, suggestion, proof, caution } =
    entry;
  const shown = hosts.slice(0, detail.hosts);
  const more = hosts.length - shown.length;
  const quiet = entry.verdict === 'pass' && !detail.wellToo;
  const lines: readonly (readonly [label: string, part: Part | undefined])[] = [
    ['entry', entry.place],
    ['next hop', entry.route],
    ['asks', entry.demand],
    [
      'hosts',
      shown.length === 0
        ? undefined
        : [
            shown.map(
              ({ name, preference, notAfter }) =>
                html`<span class="host"><i>${preference}</i> ${name}${notAfter === undefined ? '' : `, certificate until ${moment(notAfter)}`}</span>`,
            ),
            more > 0 ? `and ${more} more` : '',
          ],
    ],
    ['verdict', [`${inWords(sentence)} `, html`<span class="dim">since ${moment(since)}</span>`]],
    [
      'not judged',
      unjudgedSince === undefined
        ? undefined
        : ['since ', moment(unjudgedSince), '; the verdict is the last one that was reached'],
    ],
    [
      'fails from',
      end === undefined || (quiet && end - at > FAR_MS)
        ? undefined
        : `${moment(end)}${endBecause === undefined ? '' : `: ${endBecause}`}`,
    ],
    ['caution', caution === undefined ? undefined : inWords(caution)],
    ['use instead', suggestion === undefined ? undefined : code(suggestion)],
    ['proof', proof === undefined ? undefined : `it ${proof}`],
    ['muted', entry.mutedUntil === undefined ? undefined : `until ${moment(entry.mutedUntil)}`],
    ['look now', entry.command === undefined || quiet ? undefined : code(entry.command)],
  ];
  return [
    html`<dl>
      ${lines.map(([label, part]) => (part === undefined ? '' : html`<dt>${label}</dt><dd>${part}</dd>`))}
    </dl>`,
    html`<a href=${`#${line}`}>Timeline</a>`,
  ];
}

const COLUMNS = [
  ['name', 'Entry'],
  ['verdict', 'State'],
  ['level', 'Level'],
  ['hop', 'Next hop and service'],
  ['provider', 'Provider'],
  ['protection', 'Protection'],
  ['end', 'Next end'],
] as const;

/** Behind every date. */
const LAST = 9_000_000_000_000;
const OPTIONS = 200;
/** Its date stands in the row. */
const FAR_MS = 30 * DAY_MS;
