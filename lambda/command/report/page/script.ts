/**
 * What the page does where scripts run: sorting, filtering, zooming. It is written into the page as
 * its own text, so that it uses nothing from outside of itself; and it makes no markup of any text.
 */
/// <reference lib="dom" />

export function pageScript(): void {
  const DAY = 86_400_000;
  const SVG = 'http://www.w3.org/2000/svg';
  const ROLES: Record<string, string> = { col: 'columnheader', row: 'rowheader' };
  const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
  const one = <T extends Element>(selector: string): T | null =>
    document.querySelector<T>(selector);
  const all = <T extends Element>(selector: string): T[] => [
    ...document.querySelectorAll<T>(selector),
  ];

  document.documentElement.classList.add('on-js');
  naming();
  sorting();
  filtering();
  zooming();
  following();

  /**
   * The table is laid out as blocks, by which some browsers take it for none: it is named as what it
   * is. A story that is folded away is out of sight of a screen reader also where its row was not
   * drawn yet.
   */
  function naming(): void {
    const table = one<HTMLTableElement>('#list');
    if (table === null) return;
    table.setAttribute('role', 'table');
    for (const body of [...(table.tHead === null ? [] : [table.tHead]), ...table.tBodies])
      body.setAttribute('role', 'rowgroup');
    for (const row of table.rows) {
      row.setAttribute('role', 'row');
      if (row.className === 'story') row.setAttribute('aria-hidden', 'true');
      for (const cell of row.cells) cell.setAttribute('role', ROLES[cell.scope] ?? 'cell');
    }
    const told = ({ target }: Event) => {
      if (!(target instanceof HTMLDetailsElement)) return;
      const story = target.closest('tbody')?.rows[1];
      if (target.open) story?.removeAttribute('aria-hidden');
      else story?.setAttribute('aria-hidden', 'true');
    };
    table.addEventListener('toggle', told, true);
  }

  /** A click on the head of a column sorts by it, a second one the other way round. */
  function sorting(): void {
    const table = one<HTMLTableElement>('#list');
    for (const [i, head] of all<HTMLTableCellElement>('#list thead th').entries()) {
      const button = document.createElement('button');
      button.type = 'button';
      button.append(...head.childNodes);
      head.append(button);
      head.setAttribute('aria-sort', 'none');
      button.addEventListener('click', () => {
        const sign = head.getAttribute('aria-sort') === 'ascending' ? -1 : 1;
        for (const other of all('#list thead th')) other.setAttribute('aria-sort', 'none');
        head.setAttribute('aria-sort', sign === 1 ? 'ascending' : 'descending');
        const bodies = [...(table?.tBodies ?? [])].map((body) => ({ body, key: keyOf(body, i) }));
        bodies.sort((a, b) => sign * compare(a.key, b.key));
        table?.append(...bodies.map(({ body }) => body));
      });
    }
  }

  function keyOf(body: HTMLTableSectionElement, column: number): string | number {
    const cell = body.rows[0]?.cells[column];
    const value = cell?.dataset.v;
    return value === undefined ? (cell?.textContent ?? '').trim() : Number(value);
  }

  function compare(a: string | number, b: string | number): number {
    return typeof a === 'number' && typeof b === 'number'
      ? a - b
      : String(a).localeCompare(String(b), 'en');
  }

  function filtering(): void {
    const form = one<HTMLFormElement>('#filter');
    const output = form?.querySelector('output');
    const bodies = all<HTMLTableSectionElement>('#list tbody');
    let texts: string[] | undefined;
    if (form === null) return;
    const apply = () => {
      const wanted = new FormData(form);
      const of = (name: string) => String(wanted.get(name) ?? '');
      const words = of('q').toLowerCase().split(/\s+/);
      texts ??= bodies.map((body) => (body.textContent ?? '').toLowerCase());
      let shown = 0;
      for (const [i, body] of bodies.entries()) {
        const cells = [...(body.rows[0]?.cells ?? [])].map((cell) => cell.textContent ?? '');
        const fits =
          words.every((word) => texts?.[i]?.includes(word)) &&
          (of('v') === '' ||
            body.rows[0]?.cells[1]?.querySelector('span')?.textContent === of('v')) &&
          (of('l') === '' || cells[2] === of('l')) &&
          (of('p') === '' || (cells[4] ?? '').split(/, | and /).includes(of('p')));
        body.hidden = !fits;
        if (fits) shown++;
      }
      if (output) output.textContent = `${shown} of ${bodies.length}`;
    };
    form.addEventListener('input', apply);
    form.addEventListener('reset', () => setTimeout(apply));
    form.addEventListener('submit', (event) => event.preventDefault());
  }

  /** Parts of the axis from 0 to 1 are drawn over its whole width. */
  function zooming(): void {
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
      const action =
        target instanceof Element && target.closest<HTMLElement>('[data-z]')?.dataset.z;
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
  }

  function dayOf(at: number): string {
    const date = new Date(at);
    return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
  }

  /** A link to a line opens it; an old page says so. */
  function following(): void {
    const open = () => {
      const target =
        location.hash.length > 1 ? document.getElementById(location.hash.slice(1)) : null;
      if (target instanceof HTMLDetailsElement) target.open = true;
    };
    addEventListener('hashchange', open);
    open();
    const made = one('#now time')?.getAttribute('datetime');
    const hours = Math.floor((Date.now() - Date.parse(made ?? '')) / 3_600_000);
    const age = one('#age');
    if (age && hours >= 2)
      age.textContent = ` · this page is ${hours < 48 ? `${hours} hours` : `${Math.floor(hours / 24)} days`} old`;
  }
}
