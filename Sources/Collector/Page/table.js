// A table that stays smooth with thousands of rows: rows keep their elements, cells change only with their text, and of a long
// table only the rows in sight exist. Its order rests while someone points at it or has the focus in it, so that nobody clicks on the
// wrong row.

import { make, setClass } from './dom.js';

/** Rows that are drawn above and below what is in sight, so that scrolling by keyboard finds some. */
const margin = 8;
const restAfterPointer = 1500;

/**
 * @param columns `{id, title, help, className, value(item), cell(td)}`: `value` is what it is sorted by, `cell` fills a new cell and
 *   returns a function that shows an item in it.
 * @param options `sort()` gives the present order such as `-cpu`, `onSort(order)` is told of another; `key(item)`; `rowClass(item)`;
 *   `isLong`: draw what is in sight only, which takes rows of one height.
 */
export class Table {
  #rows = new Map();
  #items = [];
  #order = [];
  #pointedAt = 0;
  #rowHeight = 0;

  constructor(element, columns, options) {
    this.element = element;
    this.columns = columns;
    this.options = options;
    this.head = make('tr');
    for (const column of columns) this.head.append(this.#heading(column));
    this.body = make('tbody');
    this.above = make('tbody', { 'aria-hidden': 'true' }, make('tr', {}, make('td')));
    this.below = this.above.cloneNode(true);
    element.append(make('thead', {}, this.head), ...(options.isLong ? [this.above, this.body, this.below] : [this.body]));
    this.body.addEventListener('pointermove', () => (this.#pointedAt = performance.now()));
    this.body.addEventListener('click', (event) => openRow(event));
    this.body.addEventListener('keydown', (event) => this.#moveFocus(event));
    if (options.isLong) {
      addEventListener('scroll', () => requestAnimationFrame(() => this.#draw()), { passive: true });
      addEventListener('resize', () => {
        this.#rowHeight = 0;
        requestAnimationFrame(() => this.#draw());
      });
    }
  }

  #heading(column) {
    const button = make('button', { type: 'button', title: column.help, click: () => this.#sortBy(column) }, column.title);
    return make('th', { scope: 'col', class: column.className, 'data-column': column.id }, button);
  }

  /** Names go up first, numbers down; the same again turns it round. */
  #sortBy(column) {
    const { id, isName } = column;
    const present = this.options.sort();
    const first = isName ? id : `-${id}`;
    const second = isName ? `-${id}` : id;
    this.#pointedAt = 0;
    this.options.onSort(present === first ? second : first);
  }

  /** Shows these items, sorted, or in their own order when they come with one (`isSorted`). */
  show(items, isSorted = false) {
    this.#items = isSorted ? items : sorted(items, this.columns, this.options.sort());
    if (this.#isResting()) this.#items = inOrder(this.#items, this.#order, this.options.key);
    this.#order = this.#items.map(this.options.key);
    this.#markSorted();
    this.#draw();
  }

  /** Makes the next `show` sort, also under the pointer: the user asked for it. */
  stir() {
    this.#order = [];
  }

  #isResting() {
    if (!this.#order.length || this.options.sort() !== this.shownSort) return false;
    return performance.now() - this.#pointedAt < restAfterPointer || this.body.contains(document.activeElement);
  }

  #markSorted() {
    const order = this.options.sort();
    if (order === this.shownSort) return;
    this.shownSort = order;
    for (const cell of this.head.cells) {
      const id = cell.dataset.column;
      if (order === id || order === `-${id}`) cell.setAttribute('aria-sort', order === id ? 'ascending' : 'descending');
      else cell.removeAttribute('aria-sort');
    }
  }

  #draw() {
    const [first, end] = this.options.isLong ? this.#range() : [0, this.#items.length];
    const shown = this.#items.slice(first, end);
    const keys = new Set(shown.map(this.options.key));
    for (const [key, row] of this.#rows) {
      if (keys.has(key)) continue;
      row.element.remove();
      this.#rows.delete(key);
    }
    let next = this.body.firstChild;
    shown.forEach((item, index) => {
      const row = this.#row(this.options.key(item));
      if (row.element === next) next = next.nextSibling;
      else this.body.insertBefore(row.element, next);
      setClass(row.element, this.options.rowClass?.(item) ?? '');
      for (const update of row.updates) update(item);
      if (this.options.isLong && row.index !== first + index) {
        row.index = first + index;
        row.element.setAttribute('aria-rowindex', row.index + 2);
      }
    });
    if (this.options.isLong) this.#leaveRoom(first, end);
  }

  #range() {
    this.#rowHeight ||= this.body.rows[0]?.offsetHeight || 36;
    const top = this.element.getBoundingClientRect().top + this.head.offsetHeight;
    const count = this.#items.length;
    const first = Math.floor(-top / this.#rowHeight) - margin;
    const end = Math.ceil((innerHeight - top) / this.#rowHeight) + margin;
    const within = (index) => Math.max(0, Math.min(count, index));
    // Some rows there are in any case, for a focus to go to.
    return [within(Math.min(first, count - 2 * margin)), within(Math.max(end, 2 * margin))];
  }

  #leaveRoom(first, end) {
    const heights = [first * this.#rowHeight, (this.#items.length - end) * this.#rowHeight];
    [this.above, this.below].forEach((space, index) => {
      space.hidden = heights[index] === 0;
      space.rows[0].cells[0].style.height = `${heights[index]}px`;
    });
    this.element.setAttribute('aria-rowcount', this.#items.length + 1);
  }

  #row(key) {
    const known = this.#rows.get(key);
    if (known) return known;
    const element = make('tr');
    const updates = this.columns.map((column) => {
      const cell = make(column.isHeading ? 'th' : 'td', { class: column.className, scope: column.isHeading && 'row' });
      element.append(cell);
      return column.cell(cell);
    });
    const row = { element, updates, index: -1 };
    this.#rows.set(key, row);
    return row;
  }

  /** Up and down go from row to row, as in any list. */
  #moveFocus(event) {
    const step = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' }[event.key];
    const target = step && event.target.closest('tr')[step]?.querySelector('button');
    if (!target) return;
    event.preventDefault();
    target.focus();
  }
}

/** A click anywhere in a row is one on its button, unless somebody selects text. */
function openRow(event) {
  if (event.target.closest('button, a') || getSelection().toString()) return;
  event.target.closest('tr').querySelector('button')?.click();
}

/** By a column such as `name` or `-cpu`; what isn't known comes last either way, and equals by name, so that they stay where they are. */
export function sorted(items, columns, order) {
  const down = order.startsWith('-');
  const column = columns.find(({ id }) => id === (down ? order.slice(1) : order)) ?? columns[0];
  const name = columns[0].value;
  const marked = items.map((item) => ({ item, value: column.value(item) ?? null }));
  marked.sort((a, b) => compare(a.value, b.value, down) || compare(name(a.item), name(b.item), false));
  return marked.map(({ item }) => item);
}

function compare(a, b, down) {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? 1 : -1;
  const order = typeof a === 'string' ? collator.compare(a, b) : a - b;
  return down ? -order : order;
}

const collator = new Intl.Collator('en', { numeric: true });

/** The items in an order from before, new ones behind. */
function inOrder(items, order, key) {
  const rest = new Map(items.map((item) => [key(item), item]));
  const known = order.filter((name) => rest.has(name)).map((name) => {
    const item = rest.get(name);
    rest.delete(name);
    return item;
  });
  return [...known, ...rest.values()];
}
