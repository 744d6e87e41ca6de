// What the details of a container and of a node are made of.

import { make, setFacts, setLevel, setText } from './dom.js';
import { troublesOf } from './troubles.js';

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

/** What is wrong, in sentences. */
export class Troubles {
  element = make('ul', { class: 'troubles', hidden: true });

  show(item) {
    const troubles = troublesOf(item);
    this.element.hidden = !troubles.length;
    troubles.forEach(({ text, level }, index) => {
      const line = this.element.children[index] ?? this.element.appendChild(make('li'));
      setText(line, `${text}.`);
      setLevel(line, level);
    });
    while (this.element.children.length > troubles.length) this.element.lastChild.remove();
  }
}
