// A table's cells: each function returns one that fills a new cell, which returns one that shows an item in it.

import { make, setClass, setLevel, setName, setText } from './dom.js';
import { fields, levelOf, show } from './fields.js';

/** A text, with the worst level of the values by these names. */
export const textCell = (text, ...names) => (cell) => (item) => {
  setText(cell, text(item));
  setLevel(cell, worstLevel(item, names));
};

/** A value as its field says. */
const fieldCell = (field) => textCell((item) => show(field, item[field.name]), field.name);

/** The worst level of some of an item's values. */
export function worstLevel(item, names) {
  const levels = names.map((name) => levelOf(item, name));
  return levels.includes('hot') ? 'hot' : levels.includes('warm') ? 'warm' : '';
}

/** Text from elsewhere, as a name or an image, with the worst level of the values by these names. */
export const nameCell = (text, ...names) => (cell) => {
  const name = make('bdi');
  cell.append(name);
  return (item) => {
    setName(name, text(item) ?? '');
    setLevel(cell, worstLevel(item, names));
  };
};

/** A column of a live value, as its field says. */
export function column(kind, name, className) {
  const field = fields[kind][name];
  const isName = field.format === 'text';
  const value = (item) => item[name];
  return {
    id: name, title: field.title, help: field.help, value, isName, className: className ?? (isName ? 'name' : 'number'),
    cell: isName ? nameCell((item) => value(item) ?? '–') : fieldCell(field),
  };
}

/** A name that opens something when it is pressed. */
export const buttonCell = (text, open) => (cell) => {
  let shown;
  const name = make('bdi');
  cell.append(make('button', { type: 'button', class: 'open', click: () => open(shown) }, make('span', { class: 'dot' }), name));
  return (item) => {
    shown = item;
    setName(name, text(item) ?? '');
  };
};

/**
 * A number with a bar and the course of the last minutes.
 * @param meter `text(item)`, `detail(item)`, `share(item)` from 0 to 1 (null: no bar), `level(item)`, `values(item)`, and `top(values)`:
 *   the value at the line's top.
 */
export const meterCell = (meter) => (cell) => {
  const spark = sparkline();
  const text = make('span', { class: 'value' });
  const detail = make('span', { class: 'of' });
  const fill = make('i');
  cell.append(make('div', { class: 'meter' }, spark.element, text, detail, make('span', { class: 'bar' }, fill)));
  let width;
  return (item) => {
    setText(text, meter.text(item));
    setText(detail, meter.detail?.(item) ?? '');
    const share = meter.share(item);
    const wanted = share == null ? '0' : `${Math.round(Math.min(1, share) * 100)}%`;
    if (wanted !== width) fill.style.width = width = wanted;
    setClass(fill, meter.level(item));
    spark.show(meter.values(item), meter.top);
  };
};

const namespace = 'http://www.w3.org/2000/svg';

function sparkline() {
  const element = document.createElementNS(namespace, 'svg');
  const path = document.createElementNS(namespace, 'path');
  element.setAttribute('class', 'spark');
  element.setAttribute('viewBox', '0 0 59 20');
  element.setAttribute('preserveAspectRatio', 'none');
  element.setAttribute('aria-hidden', 'true');
  element.append(path);
  let drawn = '';
  return {
    element,
    show(values, top) {
      // A row is shown every second, and its history grows every other.
      const course = lineOf(values, top(values));
      if (course !== drawn) path.setAttribute('d', (drawn = course));
    },
  };
}

/** The course as a path; where nothing is known the line is interrupted. */
function lineOf(values, top) {
  let path = '';
  let isDown = false;
  const offset = 60 - values.length;
  values.forEach((value, index) => {
    if (value == null) return void (isDown = false);
    const y = 19 - 18 * Math.min(1, value / top);
    path += `${isDown ? 'L' : 'M'}${offset + index} ${Math.round(y * 10) / 10}`;
    isDown = true;
  });
  return path;
}
