// What the details of a container and of a node are made of.

import { make, setFacts, setName, setText } from './dom.js';
import * as format from './format.js';

/** Charts by their id: drawn by the collector, and replaced as they come. */
export class Charts {
  element = make('div', { class: 'charts' }, make('p', { class: 'soft' }, 'The charts are on their way.'));
  #figures = new Map();

  show(charts) {
    if (!charts) return;
    if (!this.#figures.size) this.element.replaceChildren();
    for (const { id, title, svg } of charts) {
      const drawing = new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement;
      if (drawing.localName !== 'svg') continue;
      let figure = this.#figures.get(id);
      if (!figure) {
        figure = make('figure', { 'aria-label': title });
        this.#figures.set(id, figure);
        this.element.append(figure);
      }
      figure.replaceChildren(document.adoptNode(drawing));
    }
  }
}

/** Every value by the name of its column, as it stands in the CSV files. */
export class AllValues {
  #list = make('dl', { class: 'columns' });

  constructor(title) {
    this.element = make('details', {}, make('summary', {}, title), this.#list);
  }

  show(row) {
    setFacts(this.#list, Object.entries(row ?? {}).map(([column, value]) => [column, value == null ? '–' : String(value)]));
  }
}

/** A heading and a table below it. */
export const block = (title, ...content) => make('section', {}, make('h3', {}, title), ...content);

export const numberColumn = (id, title, show, help) => ({
  id, title, help, className: 'number', value: (item) => item[id],
  cell: (cell) => (item) => setText(cell, show(item[id])),
});

export const nameColumn = (id, title, className = 'name') => ({
  id, title, className, isName: true, isHeading: true, value: (item) => item[id],
  cell: (cell) => {
    const name = make('bdi');
    cell.append(name);
    return (item) => setName(name, item[id] ?? '–');
  },
});

export const rateColumn = (id, title) => numberColumn(id, title, format.rate);
