// What happened of late, newest first; what a governor decided with all that it follows from.

import { byId, make, setFacts, setLevel } from './dom.js';
import * as format from './format.js';

/** Two events that are alike in all of this are one row. */
const keyOf = ({ time, node, kind, container_id: id, message, detail }) => [time, node, kind, id, message, detail].join('\n');

/** All that a decision follows from; null where an event has none, as it may come from anywhere. */
function decisionOf(event) {
  if (event.kind !== 'action' || !event.detail) return null;
  try {
    const decision = JSON.parse(event.detail);
    return Array.isArray(decision?.ranking) ? decision : null;
  } catch {
    return null;
  }
}

export class Events {
  #rows = new Map();
  #shown = null;

  constructor(model) {
    this.model = model;
  }

  render() {
    const { events } = this.model;
    if (events === this.#shown) return;
    this.#shown = events;
    byId('events-card').hidden = !events.length;
    const before = this.#rows;
    this.#rows = new Map();
    for (const event of events.toReversed()) {
      const key = keyOf(event);
      this.#rows.set(key, before.get(key) ?? row(event));
    }
    // Rows that are there stay: what is open in them stays open and keeps the focus.
    const body = byId('events');
    for (const [key, element] of before) if (!this.#rows.has(key)) element.remove();
    let next = body.firstChild;
    for (const element of this.#rows.values()) {
      if (element === next) next = next.nextSibling;
      else body.insertBefore(element, next);
    }
  }
}

function row(event) {
  const { time, node, kind, container, exit_code: code, message, level } = event;
  const name = (text, more) => make('td', { class: more, title: text }, make('bdi', {}, text ?? ''));
  const said = make('bdi', {}, [message, code == null ? null : `exit ${code}`].filter(Boolean).join(' · '));
  const decision = decisionOf(event);
  const what = make('td', { class: 'what' });
  if (decision) {
    const { result } = decision;
    const details = make('details', {},
      make('summary', {}, result && make('span', { class: `pill ${level === 'hot' ? 'incomplete' : 'complete'}` }, String(result)), ' ', said));
    details.addEventListener('toggle', () => details.append(...reasons(decision)), { once: true });
    what.append(details);
  } else what.append(said);
  const type = name(kind);
  setLevel(type, level ?? '');
  return make('tr', {}, make('td', { title: time }, format.timeOfDay(new Date(time))), name(node, 'middle-only'), type,
    name(container), what);
}

/** What a decision follows from: the policy, and the ranking with the values behind it. */
function reasons(decision) {
  const { policy, policy_sha256: hash, mode, group, action, keep, place, ranked, ranking, why, reason, duration_us: took } = decision;
  const facts = make('dl', { class: 'facts' });
  const known = [
    ['Policy', `${policy}, ${mode}`], ['SHA-256', String(hash).slice(0, 12)], ['Group', group], ['Action', action],
    ['Place', `${place} of ${ranked}, of which ${keep} stay`], ['Took', format.microseconds(took)], ['Why', why], ['Reason', reason],
  ];
  setFacts(facts, known.filter(([, value]) => value != null).map(([title, value]) => [title, String(value)]));
  const titles = ['Container', 'Image', 'CPU %', 'Memory', 'Resident', 'Virtual'];
  const line = (entry, index) => make('tr', { class: index + 1 === place ? 'chosen' : null },
    make('td', {}, String(index + 1)),
    ...[entry.name, entry.image].map((text) => make('td', {}, make('bdi', {}, String(text ?? '–')))),
    make('td', { class: 'number' }, format.percent(entry.cpu_percent)),
    ...['memory_bytes', 'rss_bytes', 'vsz_bytes'].map((field) => make('td', { class: 'number' }, format.bytes(entry[field]))));
  const head = titles.map((title, index) => make('th', { scope: 'col', class: index > 1 ? 'number' : null }, title));
  const table = make('table', { 'aria-label': 'Ranking' },
    make('thead', {}, make('tr', {}, make('th', { scope: 'col' }, '#'), ...head)), make('tbody', {}, ...ranking.map(line)));
  const more = ranked > ranking.length ? make('p', { class: 'soft' }, `and ${format.count(ranked - ranking.length)} more`) : null;
  return [facts, make('div', { class: 'scroll' }, table), more].filter(Boolean);
}
