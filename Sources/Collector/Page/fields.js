// What the collector says of each value for all who draw it: title, help, format, what a bar of it fills, trouble.

import * as format from './format.js';

/** By kind (`container`, `node`, `process`, …), then by the value's name. */
export const fields = Object.fromEntries(Object.entries(await (await fetch('fields.json')).json()).map(([kind, list]) =>
  [kind, Object.fromEntries(list.map((field) => [field.name, field]))]));

const shows = {
  text: (value) => value ?? '–', plain: (value) => String(value ?? '–'), percent: format.percent, bytes: format.bytes, bytes_per_s: format.rate, count: format.count,
  count_per_s: format.count, milliseconds: format.duration, microseconds: format.microseconds,
  decimal: (value) => (value == null ? '–' : value.toFixed(2)),
  counts: (value) => format.byReason(value ?? {}),
  hertz: (value) => (value == null ? '–' : `${(value / 1e9).toFixed(1)} GHz`),
};

/** How a value of this field reads in a column; the column's title has the unit. */
export const show = (field, value) => (shows[field.format] ?? String)(value);

/** The same where there is no column: with its unit. */
export const showWithUnit = (field, value) => ({ percent: format.percentSign, bytes_per_s: format.rateWithUnit }[field.format]
  ?? shows[field.format] ?? String)(value);

/** The level of one of an item's values: `warm`, `hot`, or nothing. */
export const levelOf = (item, name) => item.levels?.[name] ?? '';

/** A value's share of what it may be, from 0 to 1 and above; null when that isn't known. */
export function shareOf(field, item, node) {
  const { whole } = field;
  const most = typeof whole === 'number' ? whole : whole && (item[whole.field] ?? node?.[whole.node]) * whole.times;
  const value = item[field.name];
  return value == null || !most ? null : value / most;
}
