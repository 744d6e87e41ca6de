// The table of containers: its columns, filter and groups, and the controls above it.

import { byId, make, setText } from './dom.js';
import * as format from './format.js';
import { buttonCell, column, meterCell, nameCell, textCell, worstLevel } from './cells.js';
import { fields, levelOf, shareOf, show } from './fields.js';
import { Table, sorted } from './table.js';
import { defaults, openContainer, setView, view, wordsOf } from './view.js';

/** Many pods' containers share a name; those of Docker have the pod's in it. */
export const nameOf = ({ name, pod, namespace, id }) => (
  name ? (pod && namespace && !name.startsWith('k8s_') ? `${pod}/` : '') + name : id.slice(0, 12));

export const groups = {
  project: (item) => item.project ?? item.namespace,
  service: (item) => item.service ?? item.pod,
  namespace: (item) => item.namespace,
  // Of some pods only the UID is known.
  pod: (item) => item.pod && (item.namespace ? `${item.namespace}/${item.pod}` : item.pod),
  node: (item) => item.node,
};

/** Whether it is listed although it has ended. */
export const hasEnded = ({ state }) => state === 'exited';

/** What runs is as its health check says, where it has one; what has ended as it ended. */
export const stateOf = (item) => (
  hasEnded(item) ? ['exited', item.exit_code].join(' ').trim() : (item.state === 'running' && item.health) || item.state || '–');

const worries = ['state', 'health', 'failures_10m', 'restarts_10m'];

/** How much its state, its health and how it ended should worry. */
export const stateLevel = (container) => worstLevel(container, worries);

function columns(nodes, toggle) {
  const of = fields.container;
  const name = (id, more, value) => ({
    id, field: id, title: of[id].title, help: of[id].help, isName: true, className: `${id} ${more}`, value, cell: nameCell(value),
  });
  const number = (id, name, more = '') => ({ ...column('container', name, `number ${id} ${more}`), id, field: name });
  /** A value whose bar, level and course are those of the field `by`. */
  const meter = (id, name, by, help, detail) => ({
    ...number(id, name), help: `${of[name].help}; ${help}`,
    cell: meterCell({
      text: (item) => show(of[name], item[name]), detail, share: (item) => shareOf(of[by], item, nodes.get(item.node)),
      level: (item) => levelOf(item, by), values: (item) => item.history[by], top: (values) => Math.max(10, ...values),
    }),
  });
  const titleOf = (item) => item.title ?? nameOf(item);
  const stateText = (item) => (item.members ? '' : stateOf(item));
  return [
    {
      ...name('name', '', titleOf), isHeading: true,
      cell: buttonCell(titleOf, (item) => (item.members ? toggle(item) : openContainer(item.id))),
    },
    { ...name('id', 'wider-only', (item) => item.id), cell: textCell((item) => item.id?.slice(0, 12) ?? '') },
    name('node', 'middle-only', (item) => item.node),
    name('image', 'wider-only', (item) => item.image),
    { ...name('state', 'middle-only', stateText), cell: textCell(stateText, ...worries) },
    meter('cpu', 'cpu_percent', 'cpu_percent', 'the bar is the share of its limit, or of its node'),
    meter('memory', 'memory_usage_bytes', 'memory_percent', 'and its limit, or its node’s memory', (item) => (
      item.memory_limit_bytes == null ? '' : `of ${show(of.memory_limit_bytes, item.memory_limit_bytes)}`)),
    number('share', 'memory_percent'), number('in', 'rx_bytes_per_s', 'wide-only'), number('out', 'tx_bytes_per_s', 'wide-only'),
    number('read', 'io_read_bytes_per_s', 'wide-only'), number('write', 'io_write_bytes_per_s', 'wide-only'),
    number('pids', 'pids', 'wide-only'),
  ];
}

export class Containers {
  #collapsed = new Set();
  #nodeNames = '';

  constructor(model) {
    this.model = model;
    this.columns = columns(model.nodes, (group) => this.#toggle(group));
    this.table = new Table(byId('containers'), this.columns, {
      sort: () => view.sort, onSort: (sort) => setView({ sort }), key: (item) => item.uid, isLong: true,
      rowClass: (item) => (item.members ? `group${this.#collapsed.has(item.uid) ? ' collapsed' : ''}` : this.#rowClass(item)),
    });
    this.tools = byId('tools');
    this.tools.addEventListener('submit', (event) => event.preventDefault());
    this.tools.addEventListener('input', () => this.#readTools());
    for (const column of this.columns) {
      const direction = column.isName ? '' : '-';
      this.tools.sort.append(make('option', { value: direction + column.id }, column.title));
    }
  }

  #rowClass(container) {
    const state = stateLevel(container) === 'hot' ? 'sick' : container.state === 'running' || container.state == null ? 'well' : 'off';
    return view.open === `container:${container.id}` ? `${state} chosen` : state;
  }

  #readTools() {
    const { find, node, group, sort } = this.tools;
    this.table.stir();
    setView({ find: find.value, node: node.value, group: group.value, sort: sort.value || view.sort });
  }

  #toggle(group) {
    if (!this.#collapsed.delete(group.uid)) this.#collapsed.add(group.uid);
    this.table.stir();
    this.render();
  }

  /** Puts into the controls what the address says. */
  #showTools() {
    const names = [...this.model.nodes.keys()].sort();
    if (names.join('\n') !== this.#nodeNames) {
      this.#nodeNames = names.join('\n');
      const options = names.map((name) => make('option', { value: name }, name));
      this.tools.node.replaceChildren(make('option', { value: '' }, 'all'), ...options);
    }
    if (view.node && !this.model.nodes.has(view.node) && this.tools.node.value !== view.node) {
      this.tools.node.append(make('option', { value: view.node }, view.node));
    }
    for (const name of ['find', 'node', 'group', 'sort']) {
      if (this.tools[name].value !== view[name]) this.tools[name].value = view[name];
    }
  }

  render() {
    this.#showTools();
    const all = [...this.model.containers.values()];
    const chosen = all.filter(filter());
    const of = chosen.length === all.length ? '' : ` of ${format.count(all.length)}`;
    const more = this.model.totals.nodes.left_out?.container;
    const shown = this.model.isWhole('containers') ? format.count(chosen.length) + of : this.#shownOf(chosen.length);
    setText(byId('count'), shown + (more ? `; ${format.count(more)} more aren’t shown` : ''));
    if (view.group === 'none') this.table.show(chosen);
    else this.table.show(this.#grouped(chosen), true);
    const empty = byId('empty');
    empty.hidden = chosen.length > 0;
    setText(empty, all.length ? 'No container fits the filter.' : 'No containers are running on the connected nodes.');
  }

  /** What is here of a fleet that is too large to be sent whole. */
  #shownOf(shown) {
    const { count, found } = this.model.totals.containers;
    if (!isFiltered()) return `${format.count(shown)} of ${format.count(count)} shown: filter to see others`;
    // Others may look for too much else, or the answer is still to come.
    if (found == null) return `${format.count(shown)} found among ${format.count(this.model.containers.size)} of ${format.count(count)}`;
    if (shown < found) return `${format.count(shown)} of ${format.count(found)} that fit shown: filter for fewer`;
    return `${format.count(shown)} of ${format.count(count)}`;
  }

  /** What the collector is asked for when it doesn't send everything: the same that is shown here. */
  get wish() {
    if (this.model.isWhole('containers') && this.model.isWhole('nodes')) return [];
    const down = view.sort.startsWith('-') ? '-' : '';
    const column = this.columns.find(({ id }) => id === view.sort.slice(down.length));
    const sort = column && view.sort !== defaults.sort ? down + column.field : '';
    // The collector looks for eight words; the others are looked for here, in what it sends.
    const find = wordsOf(view.find).slice(0, 8).join(' ');
    return [['find', find], ['on', view.node], ['sort', sort]].filter(([, value]) => value);
  }

  /** Groups and their members, both in the order that is asked for. */
  #grouped(containers) {
    const grouped = Map.groupBy(containers, (container) => groups[view.group]?.(container) ?? '');
    const sums = [...grouped].map(([name, members]) => sumOf(name, members));
    return sorted(sums, this.columns, view.sort).flatMap((sum) =>
      this.#collapsed.has(sum.uid) ? [sum] : [sum, ...sorted(sum.members, this.columns, view.sort)]);
  }
}

const searched = ['name', 'id', 'image', 'node', 'state', 'health', 'project', 'service', 'pod', 'namespace'];

const isFiltered = () => Boolean(view.find.trim() || view.node);

/** What passes the text and the node; every word has to stand somewhere. */
function filter() {
  const words = wordsOf(view.find);
  return (container) => {
    if (view.node && container.node !== view.node) return false;
    if (!words.length) return true;
    const text = searched.map((name) => container[name]).join('\n').toLowerCase();
    return words.every((word) => text.includes(word));
  };
}

const summed = [
  'cpu_percent', 'memory_usage_bytes', 'rx_bytes_per_s', 'tx_bytes_per_s', 'io_read_bytes_per_s', 'io_write_bytes_per_s', 'pids',
];

/** The row of a group: the sums of what is known. */
function sumOf(name, members) {
  const title = `${name || `no ${view.group}`} · ${format.count(members.length)}`;
  const sum = { uid: `group:${name}`, title, members, history: { cpu_percent: [], memory_percent: [] } };
  for (const field of summed) {
    const known = members.map((member) => member[field]).filter((value) => value != null);
    sum[field] = known.length ? known.reduce((total, value) => total + value, 0) : null;
  }
  return sum;
}
