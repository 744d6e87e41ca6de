// Elements without markup: whatever a name holds becomes text.

/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/** Makes an element with attributes and children; a string among them becomes text. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, '');
    else if (value != null && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

/** Changes an element's text only when it is another one, to lay nothing out again. */
export function setText(element, text) {
  if (element.shownText === text) return;
  element.shownText = text;
  element.textContent = text;
}

/** A name from elsewhere, of any writing direction; whole in the tooltip when it is cut. */
export function setName(element, name) {
  if (element.shownText === name) return;
  setText(element, name);
  element.title = name;
}

export function setClass(element, name) {
  if (element.className !== name) element.className = name;
}

/** How much what is shown should worry: `warm`, `hot`, or nothing. */
export function setLevel(element, level) {
  if ((element.shownLevel ?? '') === level) return;
  element.shownLevel = level;
  if (level) element.dataset.level = level;
  else delete element.dataset.level;
}

/** A list of facts `[[title, value, class, level]]` in a <dl>, changed in place. Values are text, or elements. */
export function setFacts(list, facts) {
  facts.forEach(([title, value, className, level], index) => {
    let pair = list.children[index];
    if (!pair) list.append((pair = make('div', {}, make('dt'), make('dd'))));
    const [dt, dd] = pair.children;
    setText(dt, title);
    if (value instanceof Node) {
      if (dd.firstChild !== value) dd.replaceChildren(value);
    } else setText(dd, value);
    setClass(dd, className ?? '');
    setLevel(dd, level ?? '');
  });
  while (list.children.length > facts.length) list.lastChild.remove();
}

const announced = { timer: 0 };

/** Says a change of state, to be seen and to be read out: the one live region of the page. */
export function say(text, isBad = false) {
  const said = byId('said');
  said.textContent = text;
  said.className = `said shown${isBad ? ' bad' : ''}`;
  clearTimeout(announced.timer);
  announced.timer = setTimeout(() => said.classList.remove('shown'), isBad ? 12_000 : 6_000);
}
