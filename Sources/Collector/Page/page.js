// The page at `/`: one stream of values, and the parts that show them.

import { token } from './api.js';
import { Containers } from './containers.js';
import { Detail } from './detail.js';
import { byId, say, setLevel, setText } from './dom.js';
import { Events } from './events.js';
import * as format from './format.js';
import { Hurts } from './hurts.js';
import { Model } from './model.js';
import { Nodes } from './nodes.js';
import { Run } from './run.js';
import { Runs } from './runs.js';
import { Stream } from './stream.js';
import { onView, opened } from './view.js';

const model = new Model();
const runs = new Runs();
const detail = new Detail(model);
const containers = new Containers(model);
const parts = [new Run(model, () => runs.load()), new Hurts(model), new Nodes(model), new Events(model), containers, detail];
const stream = new Stream({ event: take, lost, refused });

let isDue = false;
let isKnown = false;

/** Draws everything once before the next frame; never in a tab that nobody sees. */
function render() {
  if (isDue || !isKnown) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    showCollector();
    for (const part of parts) part.render();
  });
}

function take(name, event) {
  if (name === 'detail') return detail.take(event);
  const before = new Map([...model.nodes].map(([node, { connected }]) => [node, connected]));
  model.apply(name, event);
  if (name === 'snapshot' && (!isKnown || isLost())) runs.load();
  found();
  isKnown = true;
  sayWhoCameAndWent(before);
  follow();
  render();
}

const isLost = () => document.body.classList.contains('lost');

function lost(since, why) {
  document.body.classList.add('lost');
  const banner = byId('lost');
  banner.hidden = false;
  setText(banner, `Collector lost since ${format.timeOfDay(since)} (${why}). These are the last values; trying again.`);
  document.title = '⚠ lost – Sonde';
  say('The collector is lost.', true);
}

function found() {
  if (!isLost()) return;
  document.body.classList.remove('lost');
  byId('lost').hidden = true;
  say('The collector is back.');
}

/** A token that it doesn't take, or an address that it doesn't answer to. */
function refused(refusal) {
  if (refusal.status !== 401) return lost(new Date(), refusal.message);
  setText(byId('token-fault'), token.get() ? 'That is not this collector’s token.' : '');
  token.forget();
  if (!byId('token').open) byId('token').showModal();
}

function askForToken() {
  const dialog = byId('token');
  // There is nothing to see without one.
  dialog.addEventListener('cancel', (event) => event.preventDefault());
  dialog.querySelector('form').addEventListener('submit', (event) => {
    event.preventDefault();
    const input = event.target.elements.token;
    const text = input.value.trim();
    if (!token.looksRight(text)) return setText(byId('token-fault'), 'A token has 64 digits from 0 to f.');
    setText(byId('token-fault'), '');
    token.set(text);
    input.value = '';
    dialog.close();
    connect();
  });
}

/** Changes of state, in one sentence, however many nodes it were. */
function sayWhoCameAndWent(before) {
  if (!before.size) return;
  const gone = [...model.nodes.values()].filter((node) => !node.connected && before.get(node.node));
  const back = [...model.nodes.values()].filter((node) => node.connected && before.get(node.node) === false);
  const list = (nodes) => (nodes.length > 3 ? `${nodes.length} nodes` : nodes.map(({ node }) => node).join(', '));
  if (gone.length) say(`Lost: ${list(gone)}.`, true);
  else if (back.length) say(`Connected again: ${list(back)}.`);
}

function showCollector() {
  const { collector } = model;
  if (!collector) return;
  const facts = [`version ${collector.version}`, `up ${format.duration(collector.uptime_s * 1000)}`];
  facts.push(`${format.bytes(collector.disk_free_bytes)} free in ${collector.data}`);
  if (collector.insecure) facts.push('open to everybody (--insecure)');
  if (collector.blocked) facts.push(`nothing is written: ${collector.blocked}`);
  const line = byId('collector');
  setLevel(line, collector.level === 'hot' ? 'hot' : '');
  setText(line, facts.join(' · '));
  line.title = collector.data;
}

/** Whoever types is asked no earlier (ms). */
const patience = 400;
let asked = {};
let timer = 0;

const textOf = (pairs) => pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');

/** What the stream is asked for: the details of what is open, and what is wanted of a fleet that isn't sent whole. */
function wanted() {
  const item = opened();
  return { open: item ? textOf([[item.kind, item.name]]) : '', wish: textOf(containers.wish) };
}

function connect() {
  clearTimeout(timer);
  asked = wanted();
  const query = [asked.open, asked.wish].filter(Boolean).join('&');
  stream.open(query && `?${query}`);
}

/** Asks for something else when something else is wanted. */
function follow() {
  const { open, wish } = wanted();
  if (open !== asked.open) return connect();
  clearTimeout(timer);
  if (wish !== asked.wish) timer = setTimeout(connect, patience);
}

onView(() => {
  detail.follow();
  follow();
  render();
});

byId('skip').addEventListener('click', () => byId('containers-title').focus());
askForToken();
detail.follow();
connect();
