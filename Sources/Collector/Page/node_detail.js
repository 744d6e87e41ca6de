// What is shown of one node.

import { make, setClass, setFacts, setText } from './dom.js';
import * as format from './format.js';
import { level } from './cells.js';
import { AllValues, Charts, block, nameColumn, numberColumn, rateColumn } from './detail_parts.js';
import { stateOf } from './nodes.js';
import { Table } from './table.js';
import { setView } from './view.js';

const tables = {
  filesystems: {
    title: 'Filesystems', key: 'mount', columns: () => [
      nameColumn('mount', 'Mount'), { ...nameColumn('device', 'Device'), isHeading: false },
      { ...nameColumn('type', 'Type', 'state'), isHeading: false },
      numberColumn('size_bytes', 'Size', format.bytes), numberColumn('available_bytes', 'Available', format.bytes),
      numberColumn('used_percent', 'Used %', format.percent),
    ],
  },
  disks: {
    title: 'Disks', key: 'device', columns: () => [
      nameColumn('device', 'Device'), numberColumn('busy_percent', 'Busy %', format.percent),
      numberColumn('reads_per_s', 'Reads/s', format.count), numberColumn('writes_per_s', 'Writes/s', format.count),
      rateColumn('read_bytes_per_s', 'Read/s'), rateColumn('write_bytes_per_s', 'Written/s'),
      numberColumn('in_flight', 'In flight', format.count),
    ],
  },
  interfaces: {
    title: 'Network interfaces', key: 'interface', columns: () => [
      nameColumn('interface', 'Interface'), rateColumn('rx_bytes_per_s', 'In/s'), rateColumn('tx_bytes_per_s', 'Out/s'),
      ...[['rx_errors', 'Errors in'], ['tx_errors', 'out'], ['rx_dropped', 'Dropped in'], ['tx_dropped', 'out']]
        .map(([id, title]) => numberColumn(id, title, format.count)),
    ],
  },
};

export class NodeDetail {
  kind = 'node';
  #facts = make('dl', { class: 'facts' });
  #charts = new Charts();
  #cores = make('ul', { class: 'cores' });
  #host = new AllValues('All values of the host’s last tick');
  #agent = new AllValues('All values of the agent’s last tick');
  #tables = new Map();

  constructor(model, name) {
    this.model = model;
    this.name = name;
    const showContainers = make('button', { type: 'button', click: () => setView({ node: name, open: '' }) }, 'Show its containers');
    this.elements = [this.#facts, make('p', {}, showContainers), this.#charts.element, block('Cores', this.#cores)];
    for (const [part, { title, key, columns }] of Object.entries(tables)) {
      const element = make('table', { 'aria-label': title });
      const state = { sort: key, items: [] };
      const table = new Table(element, columns(), {
        sort: () => state.sort, key: (item) => item[key],
        onSort: (sort) => {
          state.sort = sort;
          table.show(state.items);
        },
      });
      this.#tables.set(part, { table, state });
      this.elements.push(block(title, make('div', { class: 'scroll' }, element)));
    }
    this.elements.push(this.#host.element, this.#agent.element);
  }

  title() {
    return this.name;
  }

  render() {
    const node = this.model.nodes.get(this.name);
    if (!node) return;
    const state = stateOf(node, this.model.run);
    const used = node.memory_total_bytes == null ? null : node.memory_total_bytes - node.memory_available_bytes;
    const pressures = [node.psi_cpu_percent, node.psi_memory_percent, node.psi_io_percent];
    const agent = [format.percentSign(node.agent_cpu_percent), format.bytes(node.agent_rss_bytes)];
    agent.push(`late by ${format.microseconds(node.agent_lateness_us)}`);
    setFacts(this.#facts, [
      ['State', node.connected ? state : `lost for ${format.duration(node.lost_ms)}`, state === 'connected' ? 'good' : 'bad'],
      ['CPU', `${format.percentSign(node.cpu_percent)} of ${format.count(node.cores)} cores`],
      ['Load', node.load1 == null ? '–' : node.load1.toFixed(2)],
      ['Memory', `${format.bytes(used)} of ${format.bytes(node.memory_total_bytes)}`],
      ['Waits for CPU · memory · I/O', pressures.map(format.percentSign).join(' · ')],
      ['Clock', format.uncertain(node.clock_offset_us, node.clock_error_us)],
      ['Last tick', `${format.duration(node.last_tick_age_ms)} ago`],
      ['Backlog', `${format.count(node.backlog_frames)} frames`],
      ['Agent', agent.join(', ')],
      ['Containers · processes', `${format.count(node.containers)} · ${format.count(node.processes)}`],
      ['Address', node.address ?? '–'],
      ['Kernel', node.kernel ?? '–', 'name'],
      ['Agent’s version', `${node.version ?? '–'}${node.privileged === false ? ', not as root' : ''}`],
      ['cgroup', node.cgroup ?? '–'],
    ]);
  }

  take(detail) {
    this.#charts.show(detail.charts);
    this.#host.show(detail.host);
    this.#agent.show(detail.agent);
    this.#showCores(detail.cores ?? []);
    for (const [part, { table, state }] of this.#tables) {
      state.items = detail[part] ?? [];
      table.show(state.items);
    }
  }

  #showCores(cores) {
    cores.forEach((core, index) => {
      let item = this.#cores.children[index];
      if (!item) this.#cores.append((item = make('li', {}, make('span'), make('span', { class: 'bar' }, make('i')))));
      const clock = core.frequency_hz ? `, ${(core.frequency_hz / 1e9).toFixed(1)} GHz` : '';
      setText(item.firstChild, `${core.cpu}: ${format.percentSign(core.cpu_percent)}${clock}`);
      const fill = item.lastChild.firstChild;
      fill.style.width = `${Math.min(100, core.cpu_percent ?? 0)}%`;
      setClass(fill, level(core.cpu_percent / 100));
    });
    while (this.#cores.children.length > cores.length) this.#cores.lastChild.remove();
  }
}
