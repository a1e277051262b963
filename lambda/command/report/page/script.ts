/**
 * What the page does where scripts run, beside zooming (timeline-script.ts): sorting, filtering,
 * following links. It is written into the page as its own text, so that it uses nothing from outside
 * of itself; and it makes no markup of any text.
 */
/// <reference lib="dom" />

export function pageScript(): void {
  const ROLES: Record<string, string> = { col: 'columnheader', row: 'rowheader' };
  const one = <T extends Element>(selector: string): T | null =>
    document.querySelector<T>(selector);
  const all = <T extends Element>(selector: string): T[] => [
    ...document.querySelectorAll<T>(selector),
  ];

  document.documentElement.classList.add('on-js');
  naming();
  sorting();
  filtering();
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
