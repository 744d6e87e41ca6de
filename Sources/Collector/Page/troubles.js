// What is wrong with a container or a node, as the stream says: `troubles`, the worst first.

import { fields, showWithUnit } from './fields.js';

export const troublesOf = (item) => item.troubles ?? [];

/** What the collector says once of such a trouble: its title and its rank. */
export const knownOf = (kind, { field }) => fields[kind][field].trouble;

/** The value that a trouble is about, as a person reads it. */
export function textOf(kind, item, { field: name }) {
  const field = fields[kind][name];
  return field.format === 'count' ? `${showWithUnit(field, item[name])} ×` : showWithUnit(field, item[name]);
}

/** How bad a trouble is; 0 for none. It changes with the trouble alone and not with its value. */
export const severity = (kind, trouble) => (trouble ? (trouble.level === 'hot' ? 200 : 100) - knownOf(kind, trouble).rank : 0);
