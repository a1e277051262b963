/** The shapes of states and changes, drawn once and used all over the page. */
import { html, type Part } from './html.ts';

/**
 * A verdict: circle, triangle, square with a cross, diamond, ring. A change on a timeline: an arrow
 * up or down where a verdict turned, a diamond, a dot for a routine renewal, a ring at first sight.
 */
export const symbols = (): Part => html`<svg class="defs" aria-hidden="true">
  <symbol id="s-pass" viewBox="0 0 16 16">
    <circle cx="8" cy="8" r="7" />
    <path class="on" d="M4.6 8.2l2.4 2.4 4.4-4.8" />
  </symbol>
  <symbol id="s-degraded" viewBox="0 0 16 16">
    <path d="M8 .8 15.6 15H.4z" />
    <path class="on" d="M8 6v4M8 12.2v.4" />
  </symbol>
  <symbol id="s-fail" viewBox="0 0 16 16">
    <path d="M1.5 1.5h13v13h-13z" />
    <path class="on" d="M5 5l6 6M11 5l-6 6" />
  </symbol>
  <symbol id="s-undetermined" viewBox="0 0 16 16">
    <path class="out" d="M8 1.2 14.8 8 8 14.8 1.2 8z" />
    <circle cx="8" cy="8" r="1.6" />
  </symbol>
  <symbol id="s-unchecked" viewBox="0 0 16 16">
    <circle class="out" cx="8" cy="8" r="5.6" />
  </symbol>
  <g id="m-worse">
    <path d="M-5-3.5h10L0 5z" />
  </g>
  <g id="m-better">
    <path d="M-5 3.5h10L0-5z" />
  </g>
  <g id="m-change">
    <path d="M0-4.6 4.6 0 0 4.6-4.6 0z" />
  </g>
  <g id="m-first">
    <circle class="out" r="3.4" />
  </g>
  <g id="m-left">
    <path class="out" d="M-3.5-3.5l7 7M3.5-3.5l-7 7" />
  </g>
</svg>`;
