// Values as people read them. What is not known is a dash, never a zero.

const unknown = '–';

/** 100 is one core, or the whole: `0.3`, `12.4`, `1,870`. */
export const percent = (value) => (value == null ? unknown : value < 99.95 ? value.toFixed(1) : count(value));

export const percentSign = (value) => (value == null ? unknown : `${percent(value)} %`);

export const count = (value) => (value == null ? unknown : Math.round(value).toLocaleString('en'));

function scaled(value, base, units) {
  if (value == null) return unknown;
  let power = 0;
  // 999.5 would be shown as 1000.
  while (Math.abs(value) >= (base === 1000 ? 999.5 : 1023.5) && power < units.length - 1) {
    value /= base;
    power += 1;
  }
  return `${value < 9.95 && power > 0 ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
}

/** Memory and disks: `512 MiB`. */
export const bytes = (value) => scaled(value, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']);

/** Traffic: `3.4 kB` a second, in thousands as networks are. */
export const rate = (value) => (value === 0 ? '0' : scaled(value, 1000, ['B', 'kB', 'MB', 'GB', 'TB']));

/** `–` when it is not known, else with the unit. */
export const rateWithUnit = (value) => (value == null ? unknown : `${rate(value)}${value === 0 ? ' B' : ''}/s`);

/** `850 ms`, `12 s`, `3 min 05 s`, `2 h 04 min`, `5 d 3 h`. */
export function duration(milliseconds) {
  if (milliseconds == null) return unknown;
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = Math.floor(milliseconds / 1000);
  const two = (value) => String(value).padStart(2, '0');
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${two(Math.floor(seconds / 60) % 60)} min`;
  return `${Math.floor(seconds / 86400)} d ${Math.floor(seconds / 3600) % 24} h`;
}

/** Microseconds: `-85 µs`, `1.2 ms`. */
export function microseconds(value) {
  if (value == null) return unknown;
  if (Math.abs(value) < 1000) return `${Math.round(value)} µs`;
  if (Math.abs(value) < 1_000_000) return `${(value / 1000).toFixed(1)} ms`;
  return `${(value / 1_000_000).toFixed(1)} s`;
}

/** A measured time and how sure it is, in one unit: `-85 ± 12 µs`. */
export function uncertain(value, error) {
  if (value == null || error == null) return microseconds(value);
  const [size, unit] = Math.max(Math.abs(value), error) < 1000 ? [1, 'µs'] : [1000, 'ms'];
  const text = (time) => (time / size).toFixed(size === 1 ? 0 : 1);
  return `${text(value)} ± ${text(error)} ${unit}`;
}

/** The local time of day of an instant. */
export const timeOfDay = (date) => date.toLocaleTimeString('en-GB');

/** `2026-11-21 18:00:00`, local. */
export function dateAndTime(text) {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? unknown : `${date.toLocaleDateString('sv')} ${timeOfDay(date)}`;
}

/** `away: 3, overrun: 2`: how many by reason. */
export const byReason = (counts) => Object.entries(counts).map(([reason, number]) => `${reason}: ${count(number)}`).join(', ');

/** `load=high, variant=a`, by key. */
export const labels = (given) => Object.entries(given).sort().map(([key, value]) => `${key}=${value}`).join(', ');
