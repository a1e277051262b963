/** The certificates: by provider, who leans on them, and when they end, all on one axis. */
import { DAY_MS, moment } from '../../../text/dates.ts';
import { listed } from '../../../text/listed.ts';
import { endWords, type HostCertificate, habitWords, type Provider } from '../certificates.ts';
import type { Report } from '../model.ts';
import type { Span } from '../spans.ts';
import type { Detail } from './detail.ts';
import { html, type Part } from './html.ts';
import { type Scale, scaleOf } from './scale.ts';
import { counted, inParts, names } from './words.ts';

export function certificatesSection({ providers, at }: Report, detail: Detail): Part {
  if (providers.length === 0) return html`<p class="none">No certificate was seen yet.</p>`;
  const shown = providers.slice(0, detail.lines);
  const scale = scaleOf(axisOf(shown, at));
  return [
    html`<p class="lead">
      Each bar ends where the certificate does; the light part begins where its host renewed before, by what was seen.
    </p>`,
    html`<svg class="defs" aria-hidden="true">
      <defs>
        <g id="ahead">
          ${scale.ticks(TICKS).map(({ x }) => html`<line class="grid" x1=${x} x2=${x} y2="100%" />`)}
          <line class="today" x1=${scale.at(at)} x2=${scale.at(at)} y2="100%" />
        </g>
      </defs>
    </svg>`,
    html`<div class="axis ends-axis">
      <span class="label"></span>
      <svg height="22" aria-hidden="true">${scale.ticks(TICKS).map(({ x, words }) => html`<text x=${x} y="15">${words}</text>`)}</svg>
    </div>`,
    shown.map((provider) => providerPart(provider, scale, at, detail)),
    providers.length > shown.length
      ? html`<p>and ${counted(providers.length - shown.length, 'provider')} more, whose certificates end later.</p>`
      : '',
  ];
}

function providerPart(
  { name, entries, certificates }: Provider,
  scale: Scale,
  at: number,
  detail: Detail,
): Part {
  const shown = entries.slice(0, Math.max(4, detail.hosts));
  return html`<div class="provider">
    <h3>${name}</h3>
    <p class="dim">${counted(entries.length, 'entry leans', 'entries lean')} on it: ${names(shown, entries.length - shown.length)}</p>
    ${certificates.slice(0, detail.hosts).map((one) => certificateRow(one, scale, at))}
    ${certificates.length > detail.hosts ? html`<p class="dim">and ${counted(certificates.length - detail.hosts, 'certificate')} more</p>` : ''}
  </div>`;
}

function certificateRow(certificate: HostCertificate, scale: Scale, at: number): Part {
  const { hosts, notBefore, notAfter, habit, names: of } = certificate;
  const renews = habit === undefined ? notAfter : notAfter - habit.leftMs;
  const [firm, then] = [
    scale.part({ from: notBefore, until: Math.min(renews, notAfter) }),
    scale.part({ from: Math.max(renews, notBefore), until: notAfter }),
  ];
  const late = habit !== undefined && habit.lateMs > 0;
  const state = notAfter <= at ? 'fail' : late || notAfter - at < SOON_MS ? 'degraded' : 'seen';
  const usual = habitWords(habit);
  return html`<div class="row cert">
    <span class="label"><b>${inParts(hosts.slice(0, 2).join(', '))}${hosts.length > 2 ? ` and ${hosts.length - 2} more` : ''}</b>${of.length === 1 && of[0] === hosts[0] ? '' : html`<small>${listed(of)}</small>`}</span>
    <span class="what">
      <svg height="20">
        <use href="#ahead" />
        ${firm === undefined ? '' : html`<rect class=${state} ...${firm} />`}
        ${then === undefined ? '' : html`<rect class=${`${state} tail`} ...${then} />`}
      </svg>
      <small>${moment(notAfter)}, ${endWords(notAfter, at)}${usual === undefined ? '' : `; ${usual}`}</small>
    </span>
  </div>`;
}

/** From a little before now to the last end within some two years; what ends later runs out of it. */
function axisOf(providers: readonly Provider[], at: number): Span {
  const ends = providers.flatMap(({ certificates }) =>
    certificates.map(({ notAfter }) => notAfter),
  );
  const last = ends
    .filter((end) => end < at + FARTHEST_MS)
    .reduce((a, b) => Math.max(a, b), at + SOON_MS);
  const until = last + (last - at) * 0.06;
  return { from: at - (until - at) * 0.08, until };
}

const FARTHEST_MS = 800 * DAY_MS;
const TICKS = 8;
const SOON_MS = 21 * DAY_MS;
