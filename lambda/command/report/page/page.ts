/**
 * The page: one document that needs nothing from anywhere. Its policy lets in its own style and its
 * own script, by their digests, and nothing else.
 */
import { createHash } from 'node:crypto';
import { moment } from '../../../text/dates.ts';
import { VERSION } from '../../../version.ts';
import type { State } from '../../status/text.ts';
import type { Report } from '../model.ts';
import { certificatesSection } from './certificates-section.ts';
import { DETAILS, type Detail, MOST_BYTES } from './detail.ts';
import { entriesSection } from './entries-section.ts';
import { GENERATOR } from './generator.ts';
import { html, type Part, render, verbatim } from './html.ts';
import { mailSection } from './mail-section.ts';
import { nowSection } from './now-section.ts';
import { pageScript } from './script.ts';
import { symbols } from './shapes.ts';
import { STYLE } from './style.ts';
import { timelineScript } from './timeline-script.ts';
import { timelineSection } from './timeline-section.ts';

/** The page in the most detail that fits; 2,000,000 bytes are a page that opens at once. */
export function page(report: Report): string {
  let text = '';
  for (const detail of DETAILS) {
    text = pageIn(report, detail);
    if (Buffer.byteLength(text) <= MOST_BYTES) break;
  }
  return text;
}

/** The script as it stands in the page. */
const SCRIPT = [pageScript, timelineScript].map((part) => `(${part.toString()})();`).join('\n');

function pageIn(report: Report, detail: Detail): string {
  const { first, of, at } = report;
  const sections: readonly (readonly [id: string, title: string, part: Part])[] = [
    ['entries', 'Entries', entriesSection(report, detail)],
    ['timeline', 'Timeline', timelineSection(report, detail)],
    ['certificates', 'Certificates', certificatesSection(report, detail)],
    ['mail', 'Mail', mailSection(report)],
  ];
  return render(html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta http-equiv="Content-Security-Policy" content=${contentPolicy()} />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="referrer" content="no-referrer" />
      <meta name="color-scheme" content="light dark" />
      <meta name="robots" content="noindex" />
      <meta name="generator" content=${GENERATOR} />
      <title>${`${TITLES[first.state]} · postfix-tls-watch · ${moment(at)}`}</title>
      <link rel="icon" href=${favicon(first.state)} />
      <style dangerouslySetInnerHTML=${verbatim(STYLE)}></style>
    </head>
    <body>
      ${symbols()}
      <a class="skip" href="#main">Skip to what is open</a>
      <nav aria-label="Sections">
        <a href="#now">Now</a>
        ${sections.map(([id, title]) => html`<a href=${`#${id}`}>${title}</a>`)}
      </nav>
      <main id="main">
        ${nowSection(report)}
        ${sections.map(
          ([id, title, part]) => html`<section id=${id} aria-labelledby=${`h-${id}`}>
            <h2 id=${`h-${id}`}>${title}</h2>
            ${part}
          </section>`,
        )}
      </main>
      <footer>
        <p>
          Made ${moment(at)} by postfix-tls-watch ${VERSION}, from what ${of.vantage} saw of the policy
          “${of.policy}”, kept in ${of.place}. Nothing was probed for it. Times are UTC.
        </p>
      </footer>
      <script dangerouslySetInnerHTML=${verbatim(SCRIPT)}></script>
    </body>
  </html>`);
}

function contentPolicy(): string {
  return [
    "default-src 'none'",
    `style-src '${digest(STYLE)}'`,
    `script-src '${digest(SCRIPT)}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

const digest = (text: string): string =>
  `sha256-${createHash('sha256').update(text).digest('base64')}`;

/** The state as a shape, so that a tab tells it. */
function favicon(state: State): string {
  const [colour, path] = FAVICONS[state];
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="${colour}" d="${path}"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

const FAVICONS: Readonly<Record<State, readonly [colour: string, path: string]>> = {
  well: ['#2f6f4f', 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1z'],
  attention: ['#b07a10', 'M8 1l7.5 13.5H.5z'],
  failing: ['#b3261e', 'M1 1h14v14H1z'],
  unknown: ['#6b4fa0', 'M8 0l8 8-8 8-8-8z'],
};

const TITLES: Readonly<Record<State, string>> = {
  well: 'Mail flows',
  attention: 'Attention',
  failing: 'Failing',
  unknown: 'Unknown',
};
