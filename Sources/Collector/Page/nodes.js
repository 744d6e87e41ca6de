// The table of nodes: the ones in trouble first, and a few only until all are asked for.

import { byId, setText } from './dom.js';
import * as format from './format.js';
import { buttonCell, column, meterCell, nameCell, textCell } from './cells.js';
import { fields, levelOf, shareOf, show, showWithUnit } from './fields.js';
import { Table, sorted } from './table.js';
import { severity, troublesOf } from './troubles.js';
import { openNode, view, wordsOf } from './view.js';

const few = 6;

/** `lost`, `lagging` or `connected`. */
export function stateOf(node) {
  if (!node.connected) return 'lost';
  return levelOf(node, 'last_tick_age_ms') ? 'lagging' : 'connected';
}

export const waits = ['psi_cpu_percent', 'psi_memory_percent', 'psi_io_percent'];
const pressures = (node) => waits.map((name) => node[name]);

/** Who uses most CPU time of it and which share of all its cores, or ''. */
export const busiestOf = ({ busiest, busiest_cpu_percent: used, cores }) => (
  busiest == null ? '' : busiest + (cores ? ` ${format.percentSign(used / cores)}` : ''));

/** One dash when none of them is known. */
const allOf = (texts) => (texts.every((text) => text === '–') ? '–' : texts.join(' · '));

function columns() {
  const of = fields.node;
  const several = (id, title, help, value, text, names, more = '') => (
    { id, title, help, className: `number ${more}`, value, cell: textCell(text, ...names) });
  const number = (id, name, more = '') => ({ ...column('node', name, `number ${more}`), id });
  const meter = (id, name, detail) => ({
    ...number(id, name, id),
    cell: meterCell({
      text: (node) => show(of[name], node[name]), detail, share: (node) => shareOf(of[name], node), level: (node) => levelOf(node, name),
      values: (node) => node.history[name], top: () => 100,
    }),
  });
  const name = (node) => node.node;
  return [
    {
      id: 'node', title: of.node.title, isName: true, isHeading: true, className: 'name', value: name,
      cell: buttonCell(name, (node) => openNode(node.node)),
    },
    {
      id: 'state', title: 'State', className: 'state', value: (node) => severity('node', troublesOf(node)[0]),
      cell: textCell((node) => (node.connected ? stateOf(node) : `lost ${format.duration(node.lost_ms)}`), 'lost_ms', 'last_tick_age_ms'),
    },
    meter('cpu', 'cpu_percent'),
    {
      ...column('node', 'busiest', 'name busiest middle-only'), cell: nameCell(busiestOf, 'cpu_percent'),
    },
    meter('memory', 'memory_percent', (node) => (
      node.memory_total_bytes == null ? '' : `of ${show(of.memory_total_bytes, node.memory_total_bytes)}`)),
    several('pressure', 'Waiting %', 'Share of the last second in which a task waited for CPU, memory, I/O (pressure stall information)',
      (node) => Math.max(...pressures(node)), (node) => allOf(pressures(node).map(format.percent)), waits, 'middle-only'),
    {
      ...number('disk', 'disk_used_percent', 'disk'),
      cell: textCell((node) => `${showWithUnit(of.disk_used_percent, node.disk_used_percent)} ${node.disk_mount ?? ''}`, 'disk_used_percent'),
    },
    several('net', 'Net in/out', 'Received and sent a second', (node) => node.rx_bytes_per_s + node.tx_bytes_per_s,
      (node) => allOf([show(of.rx_bytes_per_s, node.rx_bytes_per_s), show(of.tx_bytes_per_s, node.tx_bytes_per_s)]), [], 'wide-only'),
    number('lag', 'last_tick_age_ms', 'middle-only'),
    several('clock', of.clock_offset_us.title, 'How far its clock is off, and how sure that is', (node) => Math.abs(node.clock_offset_us),
      (node) => format.uncertain(node.clock_offset_us, node.clock_error_us), [], 'wide-only'),
    number('backlog', 'backlog_frames', 'wide-only'),
    several('agent', 'Agent', 'What observing costs: CPU (100 % is one core) and memory', (node) => node.agent_cpu_percent,
      (node) => allOf([showWithUnit(of.agent_cpu_percent, node.agent_cpu_percent), show(of.agent_rss_bytes, node.agent_rss_bytes)]),
      ['agent_cpu_percent'], 'middle-only'),
    number('containers', 'containers'),
  ];
}

export class Nodes {
  #sort = '-state';
  #isWhole = false;

  constructor(model) {
    this.model = model;
    this.columns = columns();
    this.table = new Table(byId('nodes'), this.columns, {
      sort: () => this.#sort, key: (node) => node.node, rowClass: stateOf,
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

  /** Of a fleet that isn't here whole, the filter above the containers finds nodes too. */
  #wanted(nodes) {
    if (this.model.isWhole('nodes')) return nodes;
    const words = wordsOf(view.find);
    const named = nodes.filter(({ node }) => words.every((word) => node.toLowerCase().includes(word)));
    return named.length ? named : nodes;
  }

  render() {
    const nodes = this.#wanted([...this.model.nodes.values()]);
    const { connected, count } = this.model.totals.nodes;
    setText(byId('nodes-count'), format.count(connected) + (connected === count ? '' : ` of ${format.count(count)} connected`));
    this.more.hidden = nodes.length <= few;
    this.more.setAttribute('aria-expanded', this.#isWhole);
    const all = this.model.isWhole('nodes') ? `all ${nodes.length}` : `${format.count(nodes.length)} of ${format.count(count)}`;
    setText(this.more, this.#isWhole ? 'Show fewer' : `Show ${all}`);
    const ordered = sorted(nodes, this.columns, this.#sort);
    this.table.show(this.#isWhole ? ordered : ordered.slice(0, few), true);
  }
}
