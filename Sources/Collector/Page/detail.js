// One container or node, in a panel of its own: its charts, all its values, and what is in it.

import { ContainerDetail } from './container_detail.js';
import { NodeDetail } from './node_detail.js';
import { byId, make, setName, setText } from './dom.js';
import { closeDetail, opened } from './view.js';

export class Detail {
  #shown = '';
  #part = null;

  constructor(model) {
    this.model = model;
    this.dialog = byId('detail');
    this.body = byId('detail-body');
    this.dialog.addEventListener('close', () => opened() && closeDetail());
    // A click beside the panel closes it, as Escape does.
    this.dialog.addEventListener('click', (event) => event.target === this.dialog && this.dialog.close());
    byId('close').addEventListener('click', () => this.dialog.close());
  }

  /** Opens or closes the panel as the view says. */
  follow() {
    const wanted = opened();
    const name = wanted ? `${wanted.kind}:${wanted.name}` : '';
    if (name === this.#shown) return;
    this.#shown = name;
    if (!wanted) {
      this.#part = null;
      return this.dialog.close();
    }
    this.#part = new (wanted.kind === 'node' ? NodeDetail : ContainerDetail)(this.model, wanted.name);
    this.message = make('p', { class: 'notice', hidden: true });
    this.body.replaceChildren(this.message, ...this.#part.elements);
    this.body.scrollTop = 0;
    if (!this.dialog.open) this.dialog.showModal();
    this.render();
  }

  /** Takes a `detail` event. */
  take(event) {
    if (!this.#part || !(this.#part.kind in event)) return;
    const detail = event[this.#part.kind];
    this.message.hidden = detail !== null;
    if (detail) this.#part.take(detail);
    else setText(this.message, event.message ?? 'It is not there any more.');
  }

  render() {
    if (!this.#part) return;
    setName(byId('detail-title'), this.#part.title());
    this.#part.render();
  }
}
