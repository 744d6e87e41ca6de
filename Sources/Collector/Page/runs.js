// The runs on the collector's disk, with their files.

import { download, getJSON, token } from './api.js';
import { byId, make, say } from './dom.js';
import * as format from './format.js';
import { Summary } from './summary.js';

/** More would make the page long; `sonde runs` lists all of them. */
const most = 100;

export class Runs {
  /** What has been asked for of runs stays when the list is drawn anew. */
  #summaries = new Map();

  async load() {
    let runs;
    try {
      runs = await getJSON('runs?nodes=count');
    } catch (error) {
      // Whoever looks at the page sees by other means that the collector is gone.
      if (error.status && error.status !== 401) say(`The runs can't be listed: ${error.message}`, true);
      return;
    }
    const list = byId('runs');
    const open = new Set([...list.querySelectorAll('details[open]')].map((details) => details.dataset.run));
    const shown = runs.slice(0, most);
    const known = new Set(shown.map(keyOf));
    for (const key of this.#summaries.keys()) if (!known.has(key)) this.#summaries.delete(key);
    list.replaceChildren(...shown.map((run) => entry(run, open.has(run.name), isClosed(run) ? this.#summary(run) : null)));
    const older = `and ${format.count(runs.length - most)} older ones: sonde runs`;
    if (runs.length > most) list.append(make('li', { class: 'soft' }, older));
    if (!runs.length) list.append(make('li', { class: 'soft' }, 'None yet: start one above.'));
  }

  #summary(run) {
    const key = keyOf(run);
    if (!this.#summaries.has(key)) this.#summaries.set(key, new Summary(run.name));
    return this.#summaries.get(key).element;
  }
}

/** A name may be given again, and a run be copied. */
const keyOf = ({ id, name }) => `${id} ${name}`;

const isClosed = ({ state }) => state === 'complete' || state === 'incomplete';

function entry(run, isOpen, numbers) {
  const files = Object.entries(run.files ?? {});
  const sum = (field) => files.reduce((total, [, file]) => total + file[field], 0);
  const facts = [format.dateAndTime(run.t0), `${format.count(run.node_count)} ${run.node_count === 1 ? 'node' : 'nodes'}`];
  if (numbers) facts.push(`${format.count(sum('rows'))} rows`, format.bytes(run.disk_bytes ?? sum('bytes')));
  if (run.compressed) facts.push('compressed');
  if (run.pinned) facts.push('pinned');
  const summary = make('summary', {},
    make('span', { class: `pill ${run.state}` }, run.state), ' ', make('bdi', { class: 'name', title: run.name }, run.name),
    ' ', make('span', { class: 'soft' }, facts.join(' · ')));
  const links = make('ul', { class: 'files' });
  if (numbers) links.append(make('li', {}, link(run.name, 'report.html', 'Report', `${run.name.replaceAll('/', '-')}.html`)));
  for (const [name, file] of [...files, ['run.json', null]]) {
    const size = file ? make('span', { class: 'soft' }, ` ${format.count(file.rows)} rows, ${format.bytes(file.bytes)}`) : null;
    links.append(make('li', {}, link(run.name, name, name, name), size));
  }
  return make('li', {}, make('details', { 'data-run': run.name, open: isOpen }, summary,
    run.verdict ? make('p', { dir: 'auto' }, run.verdict) : null,
    run.labels ? make('p', { dir: 'auto' }, format.labels(run.labels)) : null,
    run.note ? make('p', { class: 'soft', dir: 'auto' }, run.note) : null, links,
    numbers ?? make('p', { class: 'soft' }, 'What hosts, containers and processes used can be summed up when the run is stopped.')));
}

function link(run, file, text, saveAs) {
  const element = make('a', { href: `runs/${encodeURIComponent(run)}/${file}`, download: saveAs }, text);
  element.addEventListener('click', async (event) => {
    if (!token.get()) return;
    event.preventDefault();
    try {
      await download(element);
    } catch (error) {
      say(`${saveAs} can't be downloaded: ${error.message}`, true);
    }
  });
  return element;
}
