// What is shown of one container.

import { make, setFacts, setText } from './dom.js';
import * as format from './format.js';
import { AllValues, Charts, block, nameColumn, numberColumn, rateColumn } from './detail_parts.js';
import { isSick, nameOf } from './containers.js';
import { Table } from './table.js';
import { openNode } from './view.js';

const processColumns = () => [
  nameColumn('comm', 'Command'),
  numberColumn('pid', 'PID', String),
  numberColumn('cpu_percent', 'CPU %', format.percent, '100 is one core'),
  numberColumn('rss_bytes', 'Resident', format.bytes),
  numberColumn('vsz_bytes', 'Virtual', format.bytes),
  numberColumn('swap_bytes', 'Swapped', format.bytes),
  rateColumn('read_bytes_per_s', 'Read/s'),
  rateColumn('write_bytes_per_s', 'Write/s'),
  numberColumn('threads', 'Threads', format.count),
  { ...nameColumn('state', 'State', 'state'), isHeading: false },
];

export class ContainerDetail {
  kind = 'container';
  #sort = '-cpu_percent';
  #detail = null;
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
    this.elements = [this.#facts, this.#charts.element, processes, this.#values.element];
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
    setText(this.node.firstChild, container.node);
    const of = (show, value, limit) => (limit == null ? show(value) : `${show(value)} of ${show(limit)}`);
    const bothRates = (one, other) => `${format.rateWithUnit(one)} · ${format.rateWithUnit(other)}`;
    const { health, state, cpu_limit: cores } = container;
    const belongs = [container.project ?? container.namespace, container.service ?? container.pod].filter(Boolean).join(' / ');
    setFacts(this.#facts, [
      ['State', [state ?? '–', health].filter(Boolean).join(', '), isSick(container) ? 'bad' : ''],
      ['CPU', of(format.percentSign, container.cpu_percent, cores == null ? null : cores * 100)],
      ['Throttled', format.percentSign(container.throttled_percent), container.throttled_percent > 0 ? 'bad' : ''],
      ['Memory', of(format.bytes, container.memory_usage_bytes, container.memory_limit_bytes)],
      ['Memory of its limit', format.percentSign(container.memory_percent)],
      ['Killed for memory', format.count(container.oom_kills), container.oom_kills ? 'bad' : ''],
      ['Restarts', format.count(container.restarts)],
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
