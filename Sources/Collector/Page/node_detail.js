// What is shown of one node.

import { make, setClass, setFacts, setText } from './dom.js';
import * as format from './format.js';
import { column, worstLevel } from './cells.js';
import { AllValues, Charts, Troubles, block } from './detail_parts.js';
import { fields, levelOf, shareOf, show } from './fields.js';
import { busiestOf, stateOf, waits } from './nodes.js';
import { Table } from './table.js';
import { setView } from './view.js';

const tables = {
  filesystems: {
    title: 'Filesystems', kind: 'filesystem',
    names: ['mount', 'device', 'type', 'size_bytes', 'available_bytes', 'used_percent'],
  },
  disks: {
    title: 'Disks', kind: 'disk',
    names: ['device', 'busy_percent', 'reads_per_s', 'writes_per_s', 'read_bytes_per_s', 'write_bytes_per_s', 'in_flight'],
  },
  interfaces: {
    title: 'Network interfaces', kind: 'interface',
    names: ['interface', 'rx_bytes_per_s', 'tx_bytes_per_s', 'rx_errors', 'tx_errors', 'rx_dropped', 'tx_dropped'],
  },
  units: {
    title: 'Units', kind: 'unit', sort: '-cpu_percent',
    names: ['unit', 'kind', 'cpu_percent', 'memory_usage_bytes', 'pids', 'io_read_bytes_per_s', 'io_write_bytes_per_s', 'oom_kills', 'cgroup'],
  },
  processes: {
    title: 'Processes', kind: 'process', sort: '-cpu_percent',
    names: ['pid', 'comm', 'user', 'container', 'unit', 'cpu_percent', 'rss_bytes', 'read_bytes_per_s', 'write_bytes_per_s', 'state',
      'command_line'],
  },
};

export class NodeDetail {
  kind = 'node';
  #troubles = new Troubles();
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
    this.elements = [this.#troubles.element, this.#facts, make('p', {}, showContainers), this.#charts.element, block('Cores', this.#cores)];
    for (const [part, { title, kind, names, sort }] of Object.entries(tables)) {
      const element = make('table', { 'aria-label': title });
      const [key] = names;
      const state = { sort: sort ?? key, items: [] };
      const columns = names.map((name) => ({ ...column(kind, name, name === 'type' ? 'state' : null), isHeading: name === key }));
      const table = new Table(element, columns, {
        sort: () => state.sort, key: (item) => item[key],
        onSort: (sort) => {
          state.sort = sort;
          table.show(state.items);
        },
      });
      this.#tables.set(part, { table, state });
      const left = make('p', { class: 'soft', hidden: true });
      this.#tables.get(part).left = left;
      this.elements.push(block(title, make('div', { class: 'scroll' }, element), left));
    }
    this.elements.push(this.#host.element, this.#agent.element);
  }

  title() {
    return this.name;
  }

  render() {
    const node = this.model.nodes.get(this.name);
    if (!node) return;
    this.#troubles.show(node);
    const state = stateOf(node);
    const level = (...names) => worstLevel(node, names);
    const used = node.memory_total_bytes == null ? null : node.memory_total_bytes - node.memory_available_bytes;
    const agent = [format.percentSign(node.agent_cpu_percent), format.bytes(node.agent_rss_bytes)];
    agent.push(`late by ${format.microseconds(node.agent_lateness_us)}`);
    setFacts(this.#facts, [
      ['State', node.connected ? state : `lost for ${format.duration(node.lost_ms)}`, '', level('lost_ms', 'last_tick_age_ms')],
      ['CPU', `${format.percentSign(node.cpu_percent)} of ${format.count(node.cores)} cores`, '', level('cpu_percent')],
      ['Load', show(fields.node.load1, node.load1), '', level('load1')],
      ['Memory', `${format.bytes(used)} of ${format.bytes(node.memory_total_bytes)}`, '', level('memory_percent')],
      ['Waits for CPU · memory · I/O', waits.map((name) => format.percentSign(node[name])).join(' · '), '', level(...waits)],
      ['Clock', format.uncertain(node.clock_offset_us, node.clock_error_us)],
      ['Last tick', `${format.duration(node.last_tick_age_ms)} ago`, '', level('last_tick_age_ms')],
      ['Backlog', `${format.count(node.backlog_frames)} frames`, '', level('backlog_frames')],
      ['Agent', agent.join(', '), '', level('agent_cpu_percent')],
      ['Containers · processes', `${format.count(node.containers)} · ${format.count(node.processes)}`],
      ['Address', node.address ?? '–'],
      ['Kernel', node.kernel ?? '–', 'name'],
      ['Agent’s version', `${node.version ?? '–'}${node.privileged === false ? ', not as root' : ''}${node.processes_hidden ? ', processes hidden' : ''}`],
      ['cgroup', node.cgroup ?? '–'],
    ]);
  }

  take(detail) {
    this.#charts.show(detail.charts);
    this.#host.show(detail.host);
    this.#agent.show(detail.agent);
    this.#showCores(detail.cores ?? []);
    for (const [part, { table, state, left }] of this.#tables) {
      state.items = detail[part] ?? [];
      table.show(state.items);
      left.hidden = !detail[`${part}_left_out`];
      setText(left, `and ${format.count(detail[`${part}_left_out`])} that use less CPU`);
    }
  }

  #showCores(cores) {
    cores.forEach((core, index) => {
      let item = this.#cores.children[index];
      if (!item) this.#cores.append((item = make('li', {}, make('span'), make('span', { class: 'bar' }, make('i')))));
      const clock = core.frequency_hz ? `, ${show(fields.core.frequency_hz, core.frequency_hz)}` : '';
      setText(item.firstChild, `${core.cpu}: ${format.percentSign(core.cpu_percent)}${clock}`);
      const fill = item.lastChild.firstChild;
      fill.style.width = `${Math.round(100 * Math.min(1, shareOf(fields.core.cpu_percent, core) ?? 0))}%`;
      setClass(fill, levelOf(core, 'cpu_percent'));
    });
    while (this.#cores.children.length > cores.length) this.#cores.lastChild.remove();
  }
}
