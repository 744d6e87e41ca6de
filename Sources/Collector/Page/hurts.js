// The totals, and what hurts: whoever looks for the first time shall find the container in trouble at once.

import { byId, make, setClass, setName, setText } from './dom.js';
import * as format from './format.js';
import { level } from './cells.js';
import { cpuShare, isSick, nameOf, stateOf } from './containers.js';
import { troublesOf } from './nodes.js';
import { openContainer, openNode } from './view.js';

const places = 3;

/** Each `pick(model)` gives `[{item, text, level, weight}]`, in any order; the three of most weight are shown. */
const cards = [
  {
    title: 'Most CPU',
    pick: (model) => containers(model, (c) => c.cpu_percent >= 1 && {
      weight: c.cpu_percent, text: format.percentSign(c.cpu_percent), level: level(cpuShare(c, model.nodes)),
    }),
  },
  {
    title: 'Fullest memory',
    pick: (model) => containers(model, (c) => c.memory_percent > 0 && {
      weight: c.memory_percent, text: format.percentSign(c.memory_percent), level: level(c.memory_percent / 100),
    }),
  },
  {
    title: 'Throttled', isAlarm: true,
    pick: (model) => containers(model, (c) => c.throttled_percent > 0 && {
      weight: c.throttled_percent, text: format.percentSign(c.throttled_percent), level: c.throttled_percent >= 25 ? 'bad' : 'warn',
    }),
  },
  {
    title: 'Killed for memory', isAlarm: true,
    pick: (model) => containers(model, (c) => c.oom_kills > 0 && {
      weight: c.oom_kills, text: `${format.count(c.oom_kills)} ×`, level: 'bad',
    }),
  },
  {
    title: 'Unhealthy, restarting', isAlarm: true,
    pick: (model) => containers(model, (c) => {
      if (isSick(c)) return { weight: 1e9 + (c.restarts ?? 0), text: stateOf(c), level: 'bad' };
      return c.restarts > 0 && { weight: c.restarts, text: `restarted ${format.count(c.restarts)} ×`, level: 'warn' };
    }),
  },
  {
    title: 'Nodes', isAlarm: true,
    pick: (model) => [...model.nodes.values()].flatMap((node) => {
      const [worst] = troublesOf(node, model.run);
      return worst ? [{ item: node, weight: worst.weight, text: worst.text, level: worst.weight >= 70 ? 'bad' : 'warn' }] : [];
    }),
  },
];

function containers(model, judge) {
  const found = [];
  for (const item of model.containers.values()) {
    const judged = judge(item);
    if (judged) found.push({ item, ...judged });
  }
  return found;
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
      const alarm = found.some(({ level }) => level === 'bad') ? 'alarm' : 'alarm mild';
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
      setClass(value, `value ${found.level}`);
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
  const figures = [
    ['Nodes', lost ? `${format.count(nodes.length)}, ${lost} lost` : format.count(nodes.length)],
    ['Containers', format.count(model.containers.size)],
    ['CPU', cores ? `${format.percent(used / cores)} % of ${format.count(cores)} cores` : '–'],
    ['Memory', memory ? `${format.bytes(memory - sum('memory_available_bytes'))} of ${format.bytes(memory)}` : '–'],
    ['Network in · out', rates('rx_bytes_per_s', 'tx_bytes_per_s')],
    ['Disk read · written', rates('disk_read_bytes_per_s', 'disk_write_bytes_per_s')],
  ];
  const list = byId('totals');
  figures.forEach(([title, value], index) => {
    let pair = list.children[index];
    if (!pair) list.append((pair = make('div', {}, make('dt', {}, title), make('dd'))));
    setText(pair.lastChild, value);
  });
}
