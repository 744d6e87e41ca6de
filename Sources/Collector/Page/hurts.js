// The totals, and what hurts: who looks for the first time shall find it at once.

import { byId, make, setClass, setFacts, setLevel, setName, setText } from './dom.js';
import * as format from './format.js';
import { hasEnded, nameOf, stateOf } from './containers.js';
import { fields, levelOf, showWithUnit } from './fields.js';
import { busiestOf } from './nodes.js';
import { knownOf, severity, textOf, troublesOf } from './troubles.js';
import { openContainer, openNode } from './view.js';

const places = 3;

/**
 * Each `pick(items)` gives `[{item, text, level, weight}]`, in any order; the three of most weight are shown. A `name` stands for the item's own. Of whom `field` isn't known,
 * nobody can say that it doesn't hurt.
 */
const cards = [
  { title: 'Most CPU', field: 'cpu_percent', pick: most('cpu_percent', 1), pickNodes: busiest },
  { title: 'Fullest memory', field: 'memory_percent', pick: most('memory_percent', 0.1) },
  alarm('container', 'throttled_percent', ['throttled']),
  alarm('container', 'oom_kills_10m', ['oom'], (item, value) => (hasEnded(item) ? `${value}, ${stateOf(item)}` : value)),
  alarm('container', 'failures_10m', ['unhealthy', 'down', 'restarted', 'failed'], (item, value, { name }) => (
    name === 'restarted' ? `restarted ${value}` : stateOf(item)), 'Unhealthy, restarting'),
  alarm('node', 'level', null, (item, value, trouble) => (
    `${knownOf('node', trouble).title.toLowerCase()} ${value}${trouble.name === 'cpu_pressure' && item.busiest ? `, most by ${busiestOf(item)}` : ''}`
  ), 'Nodes'),
];

/** The containers that use most. */
function most(name, least) {
  const field = fields.container[name];
  return (items) => items.filter((item) => item[name] >= least).map((item) => (
    { item, weight: item[name], text: showWithUnit(field, item[name]), level: levelOf(item, name) }));
}

/** What uses most of each node and is no container: those are there already. */
function busiest(nodes) {
  return nodes.filter((node) => node.busiest != null && node.busiest_kind !== 'container').map((node) => ({
    item: node, name: node.busiest, weight: node.busiest_cpu_percent, level: levelOf(node, 'cpu_percent'),
    text: showWithUnit(fields.node.busiest_cpu_percent, node.busiest_cpu_percent),
  }));
}

/** What has one of these troubles, or any; `text` makes something of the worst one's value. */
function alarm(kind, field, names, text = (item, value) => value, title = fields[kind][field].trouble.title) {
  const pick = (items) => items.flatMap((item) => {
    const trouble = troublesOf(item).find(({ name }) => !names || names.includes(name));
    if (!trouble) return [];
    // Those that are as bad are told apart by their values.
    const value = item[trouble.field];
    const weight = severity(kind, trouble) * 1e9 + (typeof value === 'number' ? value : 0);
    return { item, weight, text: text(item, textOf(kind, item, trouble), trouble), level: trouble.level };
  });
  return { kind, title, field, isAlarm: true, pick };
}

export class Hurts {
  constructor(model) {
    this.model = model;
    this.drawn = cards.map((card) => this.#card(card));
    byId('hurts').append(...this.drawn.map(({ element }) => element));
  }

  #card({ title, ...card }) {
    const lines = Array.from({ length: places }, () => line());
    const number = make('span', { class: 'number-of' });
    const none = make('p', { class: 'soft' });
    const list = make('ul', {}, ...lines.map(({ element }) => element));
    const element = make('section', {}, make('h3', {}, title, ' ', number), list, none);
    return { ...card, element, lines, number, none };
  }

  #totals({ kind }) {
    return this.model.totals[kind === 'node' ? 'nodes' : 'containers'];
  }

  /** Of how many nobody can say that they are well. */
  #unknown({ kind, field }) {
    const { count, hot, warm, ok, unknown } = this.#totals({ kind });
    if (kind === 'node') return count - hot - warm - ok;
    return unknown?.[field] ?? 0;
  }

  /** Whether some that hurt aren't here, as so many do. */
  #isCut(card, items) {
    const { hot, warm } = this.#totals(card);
    return items.filter(({ level }) => level === 'hot' || level === 'warm').length < hot + warm;
  }

  render() {
    setFigures(this.model);
    for (const card of this.drawn) {
      // Nothing moves away below the pointer or the focus.
      if (card.element.matches(':hover, :focus-within')) continue;
      const items = [...this.model[card.kind === 'node' ? 'nodes' : 'containers'].values()];
      const found = card.pick(items).concat(card.pickNodes?.([...this.model.nodes.values()]) ?? []);
      const unknown = this.#unknown(card);
      const worst = found.sort((a, b) => b.weight - a.weight).slice(0, places);
      setText(card.number, card.isAlarm && found.length > 0 ? format.count(found.length) + (this.#isCut(card, items) ? '+' : '') : '');
      card.none.hidden = found.length > 0;
      const none = this.#isCut(card, items) ? 'none of those shown' : 'none';
      setText(card.none, unknown ? `not known of ${format.count(unknown)}` : none);
      const alarm = found.some(({ level }) => level === 'hot') ? 'alarm' : 'alarm mild';
      setClass(card.element, card.isAlarm && found.length > 0 ? alarm : '');
      card.lines.forEach((line, index) => line.show(worst[index]));
    }
  }
}

function line() {
  let shown;
  const name = make('bdi');
  const value = make('span', { class: 'value' });
  const open = () => (shown.id ? openContainer(shown.id) : openNode(shown.node));
  const element = make('li', {}, make('button', { type: 'button', class: 'open', click: open }, name), value);
  return {
    element,
    show(found) {
      element.hidden = !found;
      if (!found) return;
      shown = found.item;
      setName(name, found.name ?? (shown.id ? nameOf(shown) : shown.node));
      setText(value, found.text);
      setLevel(value, found.level);
    },
  };
}

function setFigures(model) {
  const { nodes } = model.totals;
  const rates = (...fields) => fields.map((field) => format.rateWithUnit(nodes[field])).join(' · ');
  const lost = nodes.count - nodes.connected;
  const memory = nodes.memory_total_bytes;
  setFacts(byId('totals'), [
    ['Nodes', lost ? `${format.count(nodes.connected)}, ${format.count(lost)} lost` : format.count(nodes.connected)],
    ['Containers', format.count(nodes.containers ?? 0)],
    ['CPU', nodes.cores ? `${format.percent(nodes.cpu_percent)} % of ${format.count(nodes.cores)} cores` : '–'],
    ['Memory', memory ? `${format.bytes(memory - nodes.memory_available_bytes)} of ${format.bytes(memory)}` : '–'],
    ['Network in · out', rates('rx_bytes_per_s', 'tx_bytes_per_s')],
    ['Disk read · written', rates('disk_read_bytes_per_s', 'disk_write_bytes_per_s')],
  ]);
}
