// What the user chose to see, kept in the address behind #, so that a link shows the same.

export const defaults = { sort: '-cpu', find: '', node: '', group: 'none', open: '' };

export const view = { ...defaults };

const listeners = [];

export const onView = (listener) => listeners.push(listener);

/** Changes what is shown. Opening something is a step that Back undoes; sorting and filtering aren't. */
export function setView(change) {
  const isStep = 'open' in change && change.open !== view.open;
  Object.assign(view, change);
  const chosen = Object.entries(view).filter(([name, value]) => value !== defaults[name]);
  const address = `${location.pathname}${chosen.length ? `#${new URLSearchParams(chosen)}` : ''}`;
  history[isStep ? 'pushState' : 'replaceState'](null, '', address);
  for (const listener of listeners) listener();
}

/** The words of a filter, in small letters. */
export const wordsOf = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);

function readAddress() {
  const given = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  for (const name of Object.keys(defaults)) view[name] = given[name] ?? defaults[name];
  for (const listener of listeners) listener();
}

/** What is open: `{kind: 'container' or 'node', name}`, or null. */
export function opened() {
  const [, kind, name] = /^(container|node):(.+)$/s.exec(view.open) ?? [];
  return kind ? { kind, name } : null;
}

export const openContainer = (id) => setView({ open: `container:${id}` });
export const openNode = (name) => setView({ open: `node:${name}` });
export const closeDetail = () => setView({ open: '' });

addEventListener('popstate', readAddress);
addEventListener('hashchange', readAddress);
readAddress();
