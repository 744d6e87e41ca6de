// Requests to the collector, with its token where it has one.

const tokenKey = 'sonde-token';

export const token = {
  get: () => sessionStorage.getItem(tokenKey),
  set: (text) => sessionStorage.setItem(tokenKey, text),
  forget: () => sessionStorage.removeItem(tokenKey),
  looksRight: (text) => /^[0-9a-fA-F]{64}$/.test(text),
};

/** The collector's answer to what it refuses: a code for programs and a message for people. */
class Refusal extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** @throws {Refusal} for every answer that isn't 2xx; TypeError when there is no answer. */
export async function request(path, options = {}) {
  const secret = token.get();
  const headers = secret ? { Authorization: `Bearer ${secret}` } : {};
  const response = await fetch(path, { ...options, headers: { ...headers, ...options.headers } });
  if (response.ok) return response;
  const failure = await response.json().catch(() => ({}));
  throw new Refusal(response.status, failure.code, failure.message ?? `the collector answered ${response.status}`);
}

export const getJSON = async (path) => (await request(path)).json();
export const post = async (path) => (await request(path, { method: 'POST' })).json();

/** Follows a link with the token, which a link can't carry; without one the link itself is better, as nothing has to fit into memory. */
export async function download(link) {
  const blob = await (await request(link.getAttribute('href'))).blob();
  const address = URL.createObjectURL(blob);
  const copy = document.createElement('a');
  copy.href = address;
  copy.download = link.download;
  copy.click();
  // The browser has taken hold of it by then.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
