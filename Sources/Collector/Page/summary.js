// What hosts, containers, units and processes used in a run: the table of `sonde summary`, which the collector has it make.

import { getJSON } from './api.js';
import { nameCell, textCell } from './cells.js';
import { make, setText } from './dom.js';
import * as format from './format.js';
import { Table, sorted } from './table.js';

/** The measures that most things have, by their names in `sonde summary --json`. */
const titles = {
  cpu_percent: 'CPU', memory_bytes: 'Memory', working_set_bytes: 'Working set', rx_bytes_per_s: 'Received', tx_bytes_per_s: 'Sent',
  read_bytes_per_s: 'Read', write_bytes_per_s: 'Written',
};

const units = {
  percent: format.percentSign,
  bytes: format.bytes,
  'bytes per second': format.rateWithUnit,
  'CPU seconds': (value) => `${value < 100 ? value.toFixed(2) : format.count(value)} s`,
  'byte seconds': (value) => `${format.bytes(value)}·s`,
};

const show = (value, unit) => (value == null ? '–' : units[unit]?.(value) ?? `${Number(value.toPrecision(4))} ${unit ?? ''}`);

/** More rows would make the page slow; the order decides which these are. */
const most = 200;

function columns() {
  const number = (id, title, help, unit = 'unit') => ({
    id, title, help, className: 'number', value: ({ use }) => use[id], cell: textCell(({ use }) => show(use[id], use[unit])),
  });
  const text = (id, title, help, more = {}) => (
    { id, title, help, isName: true, className: 'name', value: (item) => item[id], cell: nameCell((item) => item[id]), ...more });
  return [
    text('name', 'Name', 'Containers, units, and processes of one name', { isHeading: true }),
    text('kind', 'Kind', 'Host, container, unit or process', { className: 'kind' }),
    text('node', 'Node', 'Where it ran', { className: 'name middle-only' }),
    number('mean', 'Mean', 'Of a counter what it grew by over the time; of a level its mean over time'),
    number('p50', 'p50', 'The median: half of the time it was no more than this'),
    number('p95', 'p95', '95 % of the time it was no more than this'),
    number('p99', 'p99', '99 % of the time it was no more than this'),
    number('max', 'Max', 'The highest value of a tick'),
    number('total', 'Total', 'What was used in all: CPU time, bytes, or bytes held over time', 'total_unit'),
  ];
}

let made = 0;

export class Summary {
  #sort = '-total';
  #things = [];

  /** @param run its name. */
  constructor(run) {
    this.run = run;
    this.number = made += 1;
    this.remarks = make('ul', { class: 'warnings' });
    this.fault = make('p', { class: 'bad', role: 'alert' });
    this.shown = make('div', { hidden: true });
    this.form = make('form', { class: 'fields', autocomplete: 'off', submit: (event) => this.#load(event) },
      make('label', {}, 'From ', make('input', { name: 'from', size: 12, placeholder: 'begin', maxlength: 200, spellcheck: 'false' })),
      make('label', {}, 'To ', make('input', { name: 'to', size: 12, placeholder: 'end', maxlength: 200, spellcheck: 'false' })),
      make('button', { title: 'Of the whole run, or of the part between two marks or times (90s, 5m)' }, 'Table of what was used'));
    this.element = make('div', { class: 'summary' }, this.form, this.fault, this.shown);
  }

  async #load(event) {
    event.preventDefault();
    const { from, to } = this.form.elements;
    const ends = [from, to].filter(({ value }) => value.trim()).map(({ name, value }) => `${name}=${encodeURIComponent(value.trim())}`);
    const button = this.form.querySelector('button');
    button.disabled = true;
    setText(this.fault, '');
    try {
      const { runs } = await getJSON(`runs/${encodeURIComponent(this.run)}/summary${ends.length ? `?${ends.join('&')}` : ''}`);
      this.#take(runs[0]);
    } catch (error) {
      this.shown.hidden = true;
      setText(this.fault, `There is no table: ${error.message}`);
    }
    button.disabled = false;
  }

  #take({ things, remarks, window }) {
    this.#things = things.flatMap(({ measures, ...thing }, index) => measures.map((use) => ({ ...thing, use, key: `${index} ${use.measure}` })));
    if (!this.table) this.#make();
    this.remarks.replaceChildren(...remarks.map((remark) => make('li', { dir: 'auto' }, remark)));
    this.remarks.hidden = !remarks.length;
    setText(this.part, window ? `from ${window}` : 'whole run');
    const found = [...new Set(this.#things.map(({ use }) => use.measure))];
    fill(this.measure, found.map((name) => [name, titles[name] ?? name]));
    fill(this.kind, [['', 'all'], ...[...new Set(things.map(({ kind }) => kind))].map((kind) => [kind, kind])]);
    this.shown.hidden = false;
    this.#draw();
  }

  #make() {
    const choice = () => make('select', { change: () => this.#draw() });
    [this.measure, this.kind] = [choice(), choice()];
    [this.part, this.count] = [make('span', { class: 'soft', dir: 'auto' }), make('span', { class: 'soft' })];
    const element = make('table', { id: `summary-${this.number}`, 'aria-label': `What was used in ${this.run}` });
    this.columns = columns();
    this.table = new Table(element, this.columns, {
      sort: () => this.#sort, key: ({ key }) => key,
      onSort: (sort) => {
        this.#sort = sort;
        this.#draw();
      },
    });
    this.shown.append(
      make('div', { class: 'bar-line' }, make('label', {}, 'Of ', this.measure), make('label', {}, 'Kind ', this.kind), this.part, this.count),
      this.remarks, make('div', { class: 'scroll' }, element));
  }

  #draw() {
    const wanted = this.#things.filter(({ kind, use }) => use.measure === this.measure.value && (!this.kind.value || kind === this.kind.value));
    this.table.stir();
    this.table.show(sorted(wanted, this.columns, this.#sort).slice(0, most), true);
    const first = wanted.length > most ? `the first ${most} of ${format.count(wanted.length)} in this order` : '';
    setText(this.count, wanted.length ? first : 'nothing was recorded of it');
  }
}

/** Options `[value, text]` of a choice, of which the chosen one stays if it is still there. */
function fill(select, options) {
  const chosen = select.value;
  select.replaceChildren(...options.map(([value, text]) => make('option', { value }, text)));
  if (options.some(([value]) => value === chosen)) select.value = chosen;
}
