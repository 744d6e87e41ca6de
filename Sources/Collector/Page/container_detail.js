// What is shown of one container.

import { make, setFacts, setText } from './dom.js';
import * as format from './format.js';
import { AllValues, Charts, Troubles, block } from './detail_parts.js';
import { column } from './cells.js';
import { groups, nameOf, stateLevel, stateOf } from './containers.js';
import { fields, levelOf, showWithUnit } from './fields.js';
import { Table } from './table.js';
import { openNode } from './view.js';

const processColumns = () => [
  { ...column('process', 'comm'), isHeading: true },
  ...['pid', 'cpu_percent', 'rss_bytes', 'vsz_bytes', 'swap_bytes', 'read_bytes_per_s', 'write_bytes_per_s', 'threads']
    .map((name) => column('process', name)),
  column('process', 'state', 'state'),
  column('process', 'command_line', 'name'),
];

export class ContainerDetail {
  kind = 'container';
  #sort = '-cpu_percent';
  #detail = null;
  #troubles = new Troubles();
  #facts = make('dl', { class: 'facts' });
  #charts = new Charts();
  #values = new AllValues('All values of the last tick');
  #left = make('p', { class: 'soft', hidden: true });

  constructor(model, name) {
    this.model = model;
    this.name = name;
    const table = make('table', { 'aria-label': 'Processes' });
    this.processes = new Table(table, processColumns(), {
      sort: () => this.#sort, key: (process) => `${process.pid} ${process.start_us}`,
      onSort: (sort) => {
        this.#sort = sort;
        this.#showProcesses();
      },
    });
    const open = () => this.#container() && openNode(this.#container().node);
    this.node = make('button', { type: 'button', class: 'open', click: open }, make('bdi'));
    const processes = block('Processes', make('div', { class: 'scroll' }, table), this.#left);
    this.elements = [this.#troubles.element, this.#facts, this.#charts.element, processes, this.#values.element];
  }

  #container() {
    const known = [...this.model.containers.values()];
    return known.find((container) => container.id === this.name)
      ?? known.find((container) => container.name === this.name || container.id.startsWith(this.name));
  }

  title() {
    const container = this.#container();
    return container ? nameOf(container) : this.name;
  }

  render() {
    const container = this.#container();
    if (!container) return;
    this.#troubles.show(container);
    setText(this.node.firstChild, container.node);
    const fact = (name) => {
      const field = fields.container[name];
      return [field.title, showWithUnit(field, container[name]), '', levelOf(container, name)];
    };
    const of = (show, value, limit) => (limit == null ? show(value) : `${show(value)} of ${show(limit)}`);
    const bothRates = (one, other) => `${format.rateWithUnit(one)} · ${format.rateWithUnit(other)}`;
    const { cpu_limit: cores } = container;
    const belongs = [groups.project(container), groups.service(container)].filter(Boolean).join(' / ');
    setFacts(this.#facts, [
      ['State', stateOf(container), '', stateLevel(container)],
      ['CPU', of(format.percentSign, container.cpu_percent, cores == null ? null : cores * 100), '', levelOf(container, 'cpu_percent')],
      fact('throttled_percent'),
      ['Memory', of(format.bytes, container.memory_usage_bytes, container.memory_limit_bytes)],
      fact('memory_percent'), fact('oom_kills_10m'), fact('oom_kills'), fact('restarts_10m'), fact('restarts'),
      ['Network in · out', bothRates(container.rx_bytes_per_s, container.tx_bytes_per_s)],
      ['Read · written', bothRates(container.io_read_bytes_per_s, container.io_write_bytes_per_s)],
      ['PIDs', of(format.count, container.pids, container.pids_limit)],
      ['Node', this.node],
      ['Belongs to', belongs || '–'],
      ['Image', container.image ?? '–', 'name'],
      ['ID', container.id, 'id'],
    ]);
  }

  take(detail) {
    this.#detail = detail;
    this.#charts.show(detail.charts);
    this.#values.show(detail.row);
    this.#showProcesses();
    this.#left.hidden = !detail.processes_left_out;
    setText(this.#left, `and ${format.count(detail.processes_left_out)} that use less CPU`);
  }

  #showProcesses() {
    this.processes.show(this.#detail?.processes ?? []);
  }
}
