/**
 * How the timeline zooms where scripts run. It is written into the page as its own text, so that it
 * uses nothing from outside of itself; and it makes no markup of any text.
 */
/// <reference lib="dom" />

/** Parts of the axis from 0 to 1 are drawn over its whole width. */
export function timelineScript(): void {
  const DAY = 86_400_000;
  const SVG = 'http://www.w3.org/2000/svg';
  const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
  const one = <T extends Element>(selector: string): T | null =>
    document.querySelector<T>(selector);
  const all = <T extends Element>(selector: string): T[] => [
    ...document.querySelectorAll<T>(selector),
  ];

  const zoom = one<HTMLElement>('#zoom');
  const axis = one<SVGSVGElement>('#axis');
  const labels = axis?.querySelector('svg');
  if (zoom === null || axis === null || !labels) return;
  const from = Number(zoom.dataset.from);
  const length = Number(zoom.dataset.to) - from;
  const months = [...labels.childNodes];
  const back = one('#back');
  const grid = [...(back?.querySelectorAll('.grid') ?? [])];
  const least = Math.min(1, (2 * DAY) / length);
  let [left, width] = [0, 1];

  const show = (newLeft: number, newWidth: number) => {
    width = Math.min(1, Math.max(least, newWidth));
    left = Math.min(1 - width, Math.max(0, newLeft));
    const isWhole = width === 1 && labels.getAttribute('width') === null;
    for (const inner of isWhole ? [] : all<SVGSVGElement>('#zoom svg.z > svg')) {
      inner.setAttribute('x', `${(-left / width) * 100}%`);
      inner.setAttribute('width', `${100 / width}%`);
    }
    labels.replaceChildren(...(width === 1 ? months : dates()));
    for (const line of back?.querySelectorAll('.grid') ?? []) line.remove();
    back?.prepend(...(width === 1 ? grid : dates().map(lineAt)));
    const days = Math.round((width * length) / DAY);
    for (const button of all<HTMLButtonElement>('#zoom [data-z]'))
      button.setAttribute(
        'aria-pressed',
        String(button.dataset.z === (width === 1 ? 'all' : String(days))),
      );
    const output = one('#shown');
    if (output)
      output.textContent = `${dayOf(from + left * length)} to ${dayOf(from + (left + width) * length - 1)}, ${days} days`;
  };

  /** Firsts of months, Mondays or days, as there is room. */
  const dates = (): Element[] => {
    const room = Math.max(2, axis.clientWidth / 70);
    const days = (width * length) / DAY;
    const step = [1, 2, 7, 14, 28].find((n) => days / n <= room) ?? 28;
    const made: Element[] = [];
    const first = from + Math.max(0, left - width) * length;
    for (
      let at = Math.ceil(first / DAY) * DAY;
      at < from + (left + 2 * width) * length;
      at += DAY
    ) {
      // The first day of 1970 was a Thursday.
      if ((at / DAY + 3) % step !== 0) continue;
      const text = document.createElementNS(SVG, 'text');
      text.setAttribute('x', `${((at - from) / length) * 100}%`);
      text.setAttribute('y', '15');
      text.textContent = dayOf(at).slice(0, days > 200 ? undefined : -5);
      made.push(text);
    }
    return made;
  };

  const lineAt = (label: Element): Element => {
    const line = document.createElementNS(SVG, 'line');
    line.setAttribute('class', 'grid');
    for (const end of ['x1', 'x2']) line.setAttribute(end, label.getAttribute('x') ?? '');
    line.setAttribute('y2', '100%');
    return line;
  };

  const around = (middle: number, newWidth: number) => show(middle - newWidth / 2, newWidth);
  const act = (action: string) => {
    if (action === 'all') show(0, 1);
    else if (action === 'in') around(left + width / 2, width / 2);
    else if (action === 'out') around(left + width / 2, width * 2);
    else if (action === 'back') show(left - width / 2, width);
    else if (action === 'on') show(left + width / 2, width);
    else {
      const wanted = Math.min(1, (Number(action) * DAY) / length);
      // From the whole to its latest part, today at its end; else around what is shown.
      const today = Number(zoom.dataset.now ?? Number.NaN);
      const end = width === 1 && Number.isFinite(today) ? (today - from) / length : undefined;
      if (end === undefined) around(left + width / 2, wanted);
      else show(end - wanted * 0.85, wanted);
    }
  };
  zoom.addEventListener('click', ({ target }) => {
    const action = target instanceof Element && target.closest<HTMLElement>('[data-z]')?.dataset.z;
    if (action) act(action);
  });

  axis.setAttribute('tabindex', '0');
  axis.setAttribute('role', 'application');
  axis.setAttribute('aria-label', 'Dates: arrows move, + and − zoom, Home shows all');
  axis.removeAttribute('aria-hidden');
  const KEYS: Record<string, string> = {
    ...{ ArrowLeft: 'back', ArrowRight: 'on', '+': 'in', '=': 'in', '-': 'out', Home: 'all' },
  };
  axis.addEventListener('keydown', (event) => {
    const action = KEYS[event.key];
    if (action === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act(action);
  });

  let began: number | undefined;
  const pick = document.createElementNS(SVG, 'rect');
  pick.id = 'pick';
  pick.setAttribute('height', '22');
  const place = ({ clientX }: PointerEvent) => {
    const box = axis.getBoundingClientRect();
    return Math.min(1, Math.max(0, (clientX - box.left) / box.width));
  };
  axis.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || event.pointerType === 'touch') return;
    began = place(event);
    axis.setPointerCapture(event.pointerId);
    pick.setAttribute('width', '0');
    axis.append(pick);
  });
  axis.addEventListener('pointermove', (event) => {
    if (began === undefined) return;
    const now = place(event);
    pick.setAttribute('x', `${Math.min(began, now) * 100}%`);
    pick.setAttribute('width', `${Math.abs(now - began) * 100}%`);
  });
  axis.addEventListener('pointerup', (event) => {
    if (began === undefined) return;
    const [a, b] = [began, place(event)].sort((x, y) => x - y) as [number, number];
    began = undefined;
    pick.remove();
    if (b - a > 0.01) show(left + a * width, (b - a) * width);
  });
  axis.addEventListener('dblclick', () => act('all'));
  act('all');

  function dayOf(at: number): string {
    const date = new Date(at);
    return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
  }
}
