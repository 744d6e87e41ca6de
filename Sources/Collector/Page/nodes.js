// The table of nodes: the ones in trouble first, and a few only until all are asked for.

import { byId, setText } from './dom.js';
import * as format from './format.js';
import { buttonCell, level, meterCell, textCell } from './cells.js';
import { Table, sorted } from './table.js';
import { openNode } from './view.js';

const few = 6;
/** Without a tick for so long, and for three intervals of the run, a node lags. */
const lagging = 3000;

/** `lost`, `lagging` or `connected`. */
export function stateOf(node, run) {
  if (!node.connected) return 'lost';
  return node.last_tick_age_ms > Math.max(lagging, 3 * (run?.interval_us ?? 0) / 1000) ? 'lagging' : 'connected';
}

/** What is wrong with a node, the worst first: `[{text, weight}]`. */
export function troublesOf(node, run) {
  const found = [];
  const note = (weight, text) => found.push({ weight, text });
  const state = stateOf(node, run);
  if (state === 'lost') note(100, `lost ${format.duration(node.lost_ms)}`);
  if (state === 'lagging') note(90, `last tick ${format.duration(node.last_tick_age_ms)} ago`);
  if (node.disk_used_percent >= 90) note(node.disk_used_percent - 20, `disk ${format.percentSign(node.disk_used_percent)}`);
  if (node.memory_percent >= 90) note(node.memory_percent - 25, `memory ${format.percentSign(node.memory_percent)}`);
  const waits = { memory: node.psi_memory_percent, 'I/O': node.psi_io_percent, CPU: node.psi_cpu_percent };
  for (const [what, value] of Object.entries(waits)) {
    if (value >= 25) note(value / 2, `${what} wait ${Math.round(value)} %`);
  }
  if (node.connected && node.backlog_frames > 100) note(30, `${format.count(node.backlog_frames)} frames behind`);
  return found.sort((a, b) => b.weight - a.weight);
}

const pressures = (node) => [node.psi_cpu_percent, node.psi_memory_percent, node.psi_io_percent];

/** One dash when none of them is known. */
const allOf = (texts) => (texts.every((text) => text === '–') ? '–' : texts.join(' · '));

function columns(model) {
  const number = (id, title, help, value, text, more = '') => (
    { id, title, help, className: `number ${more}`, value, cell: textCell(text) });
  const name = (node) => node.node;
  return [
    {
      id: 'node', title: 'Node', isName: true, isHeading: true, className: 'name', value: name,
      cell: buttonCell(name, (node) => openNode(node.node)),
    },
    {
      id: 'state', title: 'State', className: 'state', value: (node) => Math.round((troublesOf(node, model.run)[0]?.weight ?? 0) / 10),
      cell: textCell((node) => (node.connected ? stateOf(node, model.run) : `lost ${format.duration(node.lost_ms)}`)),
    },
    {
      id: 'cpu', title: 'CPU %', help: 'Of all its cores', className: 'number cpu', value: (node) => node.cpu_percent,
      cell: meterCell({
        text: (node) => format.percent(node.cpu_percent),
        share: (node) => (node.cpu_percent == null ? null : node.cpu_percent / 100),
        values: (node) => node.history.cpu_percent, top: () => 100,
      }),
    },
    {
      id: 'memory', title: 'Memory %', className: 'number memory', value: (node) => node.memory_percent,
      cell: meterCell({
        text: (node) => format.percent(node.memory_percent),
        detail: (node) => (node.memory_total_bytes == null ? '' : `of ${format.bytes(node.memory_total_bytes)}`),
        share: (node) => (node.memory_percent == null ? null : node.memory_percent / 100),
        values: (node) => node.history.memory_percent, top: () => 100,
      }),
    },
    number('pressure', 'Waiting %', 'Share of the last second in which something waited for CPU, memory, I/O (pressure stall information)',
      (node) => Math.max(...pressures(node)), (node) => allOf(pressures(node).map(format.percent)), 'middle-only'),
    {
      id: 'disk', title: 'Fullest disk', className: 'number disk', value: (node) => node.disk_used_percent,
      cell: (cell) => (node) => {
        setText(cell, node.disk_used_percent == null ? '–' : `${format.percent(node.disk_used_percent)} % ${node.disk_mount}`);
        cell.dataset.level = level(node.disk_used_percent / 100 + 0.05);
      },
    },
    number('net', 'Net in/out', 'Received and sent a second', (node) => node.rx_bytes_per_s + node.tx_bytes_per_s,
      (node) => allOf([format.rate(node.rx_bytes_per_s), format.rate(node.tx_bytes_per_s)]), 'wide-only'),
    number('lag', 'Last tick', 'How old the last tick is', (node) => node.last_tick_age_ms,
      (node) => format.duration(node.last_tick_age_ms), 'middle-only'),
    number('clock', 'Clock', 'How far its clock is off, and how sure that is', (node) => Math.abs(node.clock_offset_us),
      (node) => format.uncertain(node.clock_offset_us, node.clock_error_us), 'wide-only'),
    number('backlog', 'Backlog', 'Frames that the agent keeps until they are on the collector’s disk', (node) => node.backlog_frames,
      (node) => format.count(node.backlog_frames), 'wide-only'),
    number('agent', 'Agent', 'What observing costs: CPU (100 % is one core) and memory', (node) => node.agent_cpu_percent,
      (node) => allOf([format.percentSign(node.agent_cpu_percent), format.bytes(node.agent_rss_bytes)]), 'middle-only'),
    number('containers', 'Cont.', 'Containers', (node) => node.containers, (node) => format.count(node.containers)),
  ];
}

export class Nodes {
  #sort = '-state';
  #isWhole = false;

  constructor(model) {
    this.model = model;
    this.columns = columns(model);
    this.table = new Table(byId('nodes'), this.columns, {
      sort: () => this.#sort, key: (node) => node.node, rowClass: (node) => stateOf(node, model.run),
      onSort: (sort) => {
        this.#sort = sort;
        this.render();
      },
    });
    this.more = byId('nodes-more');
    this.more.addEventListener('click', () => {
      this.#isWhole = !this.#isWhole;
      this.table.stir();
      this.render();
    });
  }

  render() {
    const nodes = [...this.model.nodes.values()];
    const up = nodes.filter((node) => node.connected).length;
    setText(byId('nodes-count'), up === nodes.length ? format.count(up) : `${up} of ${nodes.length} connected`);
    this.more.hidden = nodes.length <= few;
    this.more.setAttribute('aria-expanded', this.#isWhole);
    setText(this.more, this.#isWhole ? 'Show fewer' : `Show all ${nodes.length}`);
    const ordered = sorted(nodes, this.columns, this.#sort);
    this.table.show(this.#isWhole ? ordered : ordered.slice(0, few), true);
  }
}
