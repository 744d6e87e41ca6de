// The one connection over which values come: server-sent events, read by hand since EventSource can't send a token.

import { request } from './api.js';

/** The collector sends something every second; without anything for so long it is lost. */
const silence = 2500;
const firstPause = 1000;
const longestPause = 5000;

/** Splits text as it comes into events (WHATWG HTML, 9.2.6), as far as the collector makes use of the format. */
class EventParser {
  #rest = '';

  /** Calls `onEvent(name, data)` for each event that is whole now. */
  take(text, onEvent) {
    const blocks = (this.#rest + text).split('\n\n');
    this.#rest = blocks.pop();
    for (const block of blocks) {
      let name = 'message';
      const data = [];
      for (const line of block.split('\n')) {
        if (line.startsWith('event:')) name = line.slice(6).trim();
        else if (line.startsWith('data:')) data.push(line.slice(5));
      }
      if (data.length) onEvent(name, data.join('\n'));
    }
  }
}

/**
 * Keeps the connection: `handlers.event(name, value)` for what comes, `lost(since, why)` when the collector is silent or gone,
 * `refused(refusal)` when it doesn't want to talk; then it waits for `open`.
 */
export class Stream {
  #handlers;
  #query = '';
  #connection = null;
  #lastEvent = Date.now();
  #openedAt = 0;
  #isRefused = false;
  #isLost = false;
  #pause = firstPause;
  #timer = 0;

  constructor(handlers) {
    this.#handlers = handlers;
    setInterval(() => this.#watch(), 250);
  }

  /** Connects, or connects again with another query. */
  open(query = this.#query) {
    this.#query = query;
    this.#connection?.abort();
    clearTimeout(this.#timer);
    this.#connection = new AbortController();
    this.#openedAt = Date.now();
    // Nobody spoke while a token was looked for.
    if (this.#isRefused) this.#lastEvent = Date.now();
    this.#isRefused = false;
    this.#read(this.#connection);
  }

  async #read(connection) {
    try {
      const response = await request(`stream${this.#query}`, { signal: connection.signal });
      const parser = new EventParser();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { value, done } = await reader.read();
        if (connection !== this.#connection) return;
        if (done) throw new Error('the collector closed the connection');
        parser.take(value, (name, data) => this.#event(name, data));
      }
    } catch (error) {
      if (connection !== this.#connection) return;
      this.#connection = null;
      connection.abort();
      this.#isRefused = [401, 403, 421].includes(error.status);
      if (this.#isRefused) return this.#handlers.refused(error);
      this.#lose(error.message);
      this.#retry();
    }
  }

  #event(name, data) {
    const value = JSON.parse(data);
    this.#lastEvent = Date.now();
    this.#isLost = false;
    this.#pause = firstPause;
    this.#handlers.event(name, value);
  }

  #watch() {
    if (!this.#connection || Date.now() - this.#lastEvent < silence) return;
    this.#lose('it says nothing');
    // A new connection gets its time, and one that hangs is given up.
    if (Date.now() - Math.max(this.#lastEvent, this.#openedAt) < silence + this.#pause) return;
    this.#connection.abort();
    this.#connection = null;
    this.#retry();
  }

  #lose(why) {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#handlers.lost(new Date(this.#lastEvent), why);
  }

  #retry() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.open(), this.#pause);
    this.#pause = Math.min(longestPause, this.#pause * 2);
  }
}
