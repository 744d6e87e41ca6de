// What is known at present: a snapshot, and the changes since.

const historyLength = 60;
/** How many events are kept and shown. */
const eventLimit = 50;

export class Model {
  collector = null;
  run = null;
  /** Counts and sums over all nodes and containers, also over those that aren't here. */
  totals = { nodes: {}, containers: {} };
  /** By name. */
  nodes = new Map();
  /** By `uid`, which outlives a connection, unlike the stream's keys. */
  containers = new Map();
  /** What happened last, oldest first; another array when there is more. */
  events = [];
  /** Goes up when histories have a value more. */
  historyVersion = 0;
  #uids = new Map();
  #step = 2000;
  #slot = 0;

  /** Takes a `snapshot` or an `update`. */
  apply(name, event) {
    if (name === 'snapshot') {
      this.events = [];
      this.nodes.clear();
      this.containers.clear();
      this.#uids.clear();
      this.#step = event.history_step_ms;
      this.#slot = this.#slotOf(event.time);
      this.historyVersion += 1;
    }
    if ('collector' in event) this.collector = event.collector;
    if ('run' in event) this.run = event.run;
    if ('totals' in event) this.totals = event.totals;
    for (const change of event.nodes ?? []) merge(this.nodes, change.node, change);
    for (const gone of event.gone_nodes ?? []) this.nodes.delete(gone);
    for (const change of event.containers ?? []) {
      if ('id' in change) this.#uids.set(change.key, `${change.id}@${change.node}`);
      merge(this.containers, this.#uids.get(change.key), change);
    }
    for (const gone of event.gone_containers ?? []) {
      this.containers.delete(this.#uids.get(gone));
      this.#uids.delete(gone);
    }
    if (event.events) this.events = [...this.events, ...event.events].slice(-eventLimit);
    this.#keepHistory(event.time);
  }

  /** Whether all `nodes` or `containers` are here. Of a large fleet some are: what hurts, and what is asked for. */
  isWhole(kind) {
    return this.totals[kind].shown === this.totals[kind].count;
  }

  #slotOf(time) {
    return Math.floor(Date.parse(time) / this.#step);
  }

  /** Appends the present values to the histories once a step. */
  #keepHistory(time) {
    const slot = this.#slotOf(time);
    if (slot === this.#slot) return;
    this.#slot = slot;
    this.historyVersion += 1;
    for (const map of [this.nodes, this.containers]) {
      for (const item of map.values()) {
        append(item.history.cpu_percent, item.cpu_percent);
        append(item.history.memory_percent, item.memory_percent);
      }
    }
  }
}

function merge(map, key, change) {
  if (key === undefined) return;
  const known = map.get(key);
  if (known) return void Object.assign(known, change);
  map.set(key, { uid: key, history: { cpu_percent: [], memory_percent: [] }, ...change });
}

function append(values, value) {
  values.push(value ?? null);
  if (values.length > historyLength) values.shift();
}
