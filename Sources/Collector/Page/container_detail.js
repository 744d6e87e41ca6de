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
        this.node = make('button', { type: 'button', class: 'open', click: () => this.#container() && openNode(this.#container().node) }, make('bdi'));
        this.elements = [
            this.#facts, this.#charts.element, block('Processes', make('div', { class: 'scroll' }, table), this.#left), this.#values.element,
        ];
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
        const of = (value, limit) => (limit == null ? value : `${value} of ${limit}`);
        const isThrottled = container.throttled_percent > 0;
        const belongs = [container.project ?? container.namespace, container.service ?? container.pod].filter(Boolean).join(' / ');
        setFacts(this.#facts, [
            ['State', [container.state ?? '–', container.health].filter(Boolean).join(', '), isSick(container) ? 'bad' : ''],
            ['CPU', `${format.percentSign(container.cpu_percent)}${container.cpu_limit == null ? '' : ` of ${container.cpu_limit * 100} %`}`],
            ['Throttled', container.throttled_percent == null ? '–' : format.percentSign(container.throttled_percent), isThrottled ? 'bad' : ''],
            ['Memory', of(format.bytes(container.memory_usage_bytes), container.memory_limit_bytes == null ? null : format.bytes(container.memory_limit_bytes))],
            ['Memory of its limit', format.percentSign(container.memory_percent)],
            ['Killed for memory', format.count(container.oom_kills), container.oom_kills ? 'bad' : ''],
            ['Restarts', format.count(container.restarts)],
            ['Network in · out', `${format.rateWithUnit(container.rx_bytes_per_s)} · ${format.rateWithUnit(container.tx_bytes_per_s)}`],
            ['Read · written', `${format.rateWithUnit(container.io_read_bytes_per_s)} · ${format.rateWithUnit(container.io_write_bytes_per_s)}`],
            ['PIDs', of(format.count(container.pids), container.pids_limit == null ? null : format.count(container.pids_limit))],
            ['Node', this.node],
            ['Image', container.image ?? '–', 'name'],
            ['Belongs to', belongs || '–'],
            ['ID', container.id, 'id'],
            ['Read from', { docker: 'the engine', cgroup: 'cgroup files' }[container.source] ?? '–'],
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
