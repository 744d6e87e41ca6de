// What is wrong with a container or a node, as the stream says: `troubles`, the worst first.

import { fields, showWithUnit } from './fields.js';

export const troublesOf = (item) => item.troubles ?? [];

/** What the collector says once of a kind's troubles, by their names. */
const known = Object.fromEntries(Object.entries(fields).map(([kind, list]) =>
  [kind, Object.fromEntries(Object.values(list).filter((field) => field.trouble).map(({ trouble }) => [trouble.name, trouble]))]));

export const titleOf = (kind, name) => known[kind][name]?.title ?? name;

/** The value that a trouble is about, as a person reads it. */
export function textOf(kind, item, name) {
  const field = fields[kind][name];
  return field.format === 'count' ? `${showWithUnit(field, item[name])} ×` : showWithUnit(field, item[name]);
}

/** How bad a trouble is; 0 for none. It changes with the trouble alone and not with its value. */
export function severity(kind, trouble) {
  return trouble ? (trouble.level === 'hot' ? 200 : 100) - (known[kind][trouble.name]?.rank ?? 0) : 0;
}
