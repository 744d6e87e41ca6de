// The totals, and what hurts: whoever looks for the first time shall find the container in trouble at once.

import { byId, make, setClass, setFacts, setLevel, setName, setText } from './dom.js';
import * as format from './format.js';
import { nameOf, stateOf } from './containers.js';
import { fields, levelOf, showWithUnit } from './fields.js';
import { severity, textOf, titleOf, troublesOf } from './troubles.js';
import { openContainer, openNode } from './view.js';

const places = 3;

/** Each `pick(model)` gives `[{item, text, level, weight}]`, in any order; the three of most weight are shown. */
const cards = [
  { title: 'Most CPU', pick: most('cpu_percent', 1) },
  { title: 'Fullest memory', pick: most('memory_percent', 0.1) },
  alarm('container', titleOf('container', 'throttled'), ['throttled']),
  alarm('container', titleOf('container', 'oom'), ['oom']),
  alarm('container', 'Unhealthy, restarting', ['unhealthy', 'down', 'restarted'], (item, name, value) => (
    name === 'restarted' ? `restarted ${value}` : stateOf(item))),
  alarm('node', 'Nodes', null, (item, name, value) => `${titleOf('node', name).toLowerCase()} ${value}`),
];

/** The containers that use most. */
function most(name, least) {
  const field = fields.container[name];
  return (model) => [...model.containers.values()].filter((item) => item[name] >= least).map((item) => (
    { item, weight: item[name], text: showWithUnit(field, item[name]), level: levelOf(item, name) }));
}

/** What has one of these troubles, or any; `text` makes something of the worst one's name and value. */
function alarm(kind, title, names, text = (item, name, value) => value) {
  const pick = (model) => [...model[`${kind}s`].values()].flatMap((item) => {
    const trouble = troublesOf(item).find(({ name }) => !names || names.includes(name));
    if (!trouble) return [];
    const { name, field, level } = trouble;
    // Those that are as bad are told apart by their values.
    const value = typeof item[field] === 'number' ? item[field] : 0;
    return { item, weight: severity(kind, trouble) * 1e9 + value, text: text(item, name, textOf(kind, item, field)), level };
  });
  return { title, isAlarm: true, pick };
}

export class Hurts {
  constructor(model) {
    this.model = model;
    this.drawn = cards.map((card) => this.#card(card));
    byId('hurts').append(...this.drawn.map(({ element }) => element));
  }

  #card({ title, isAlarm, pick }) {
    const lines = Array.from({ length: places }, () => line());
    const number = make('span', { class: 'number-of' });
    const none = make('p', { class: 'soft' }, 'none');
    const list = make('ul', {}, ...lines.map(({ element }) => element));
    const element = make('section', {}, make('h3', {}, title, ' ', number), list, none);
    return { element, lines, number, none, isAlarm, pick };
  }

  render() {
    setFigures(this.model);
    for (const card of this.drawn) {
      // Nothing moves away below the pointer or the focus.
      if (card.element.matches(':hover, :focus-within')) continue;
      const found = card.pick(this.model);
      const worst = found.sort((a, b) => b.weight - a.weight).slice(0, places);
      setText(card.number, card.isAlarm && found.length > 0 ? format.count(found.length) : '');
      card.none.hidden = found.length > 0;
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
      setName(name, shown.id ? nameOf(shown) : shown.node);
      setText(value, found.text);
      setLevel(value, found.level);
    },
  };
}

function setFigures(model) {
  const nodes = [...model.nodes.values()].filter((node) => node.connected);
  const sum = (field) => nodes.reduce((total, node) => total + (node[field] ?? 0), 0);
  const rates = (...fields) => fields.map((field) => format.rateWithUnit(sum(field))).join(' · ');
  const cores = sum('cores');
  const used = nodes.reduce((total, node) => total + (node.cores ?? 0) * (node.cpu_percent ?? 0), 0);
  const memory = sum('memory_total_bytes');
  const lost = model.nodes.size - nodes.length;
  setFacts(byId('totals'), [
    ['Nodes', lost ? `${format.count(nodes.length)}, ${lost} lost` : format.count(nodes.length)],
    ['Containers', format.count(model.containers.size)],
    ['CPU', cores ? `${format.percent(used / cores)} % of ${format.count(cores)} cores` : '–'],
    ['Memory', memory ? `${format.bytes(memory - sum('memory_available_bytes'))} of ${format.bytes(memory)}` : '–'],
    ['Network in · out', rates('rx_bytes_per_s', 'tx_bytes_per_s')],
    ['Disk read · written', rates('disk_read_bytes_per_s', 'disk_write_bytes_per_s')],
  ]);
}
