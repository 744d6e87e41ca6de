// The run in progress, and what starts, marks and stops one.

import { post } from './api.js';
import { byId, make, say, setFacts } from './dom.js';
import * as format from './format.js';

/** How long a second press on Stop counts as the answer to "really?". */
const doubt = 4000;

/** Ticks of the last second are on their way to the disk, and no fault. */
function accountOf(run, { recorded, recorded_connected: connected, ticks: present, missing }) {
  const due = run.ticks_due * recorded;
  const gone = Object.values(missing ?? {}).reduce((sum, ticks) => sum + ticks, 0);
  const onTheirWay = connected * (Math.ceil(1_000_000 / run.interval_us) + 1);
  const counted = Math.max(present + gone, due - onTheirWay);
  return { due, present, missing, gone, completeness: counted > 0 ? (100 * present) / counted : null };
}

/** 99.996 % is not 100.0 %. */
const share = (value) => (value == null ? '–' : `${value === 100 ? '100' : (Math.floor(value * 100) / 100).toFixed(2)} %`);

export class Run {
  constructor(model, onChange) {
    this.model = model;
    this.onChange = onChange;
    this.start = byId('start');
    this.mark = byId('mark');
    this.stop = byId('stop');
    this.facts = byId('run-facts');
    this.warnings = byId('run-warnings');
    this.name = make('bdi');
    this.state = make('span');
    this.heading = make('span', {}, this.state, ' ', this.name);
    this.start.addEventListener('submit', (event) => this.#submit(event, () => this.#begin()));
    this.mark.addEventListener('submit', (event) => this.#submit(event, () => this.#setMark()));
    this.stop.addEventListener('click', (event) => this.#submit(event, () => this.#end()));
    this.#suggestName();
  }

  /** Keeps a form from being sent twice, and says what the collector objects to. */
  async #submit(event, action) {
    event.preventDefault();
    const button = event.submitter ?? event.currentTarget;
    button.disabled = true;
    try {
      await action();
    } catch (error) {
      say(error.status ? error.message : `The collector did not answer: ${error.message}`, true);
    } finally {
      button.disabled = false;
    }
  }

  #suggestName() {
    this.start.elements.name.value = `run-${format.dateAndTime(new Date()).replaceAll(':', '').replace(' ', '-')}`;
  }

  async #begin() {
    const { name, interval, duration, labels, note } = this.start.elements;
    const given = [['interval', interval], ['duration', duration], ['note', note]].map(([key, { value }]) => [key, value]);
    // A comma ends a label; a value with one is for `sonde start --label`.
    given.push(...labels.value.split(',').map((label) => ['label', label]));
    const query = given.map(([key, value]) => [key, value.trim()]).filter(([, value]) => value);
    // The collector's queries are percent-encoded: a + is a plus.
    const text = query.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&');
    const run = await post(`start/${encodeURIComponent(name.value.trim())}?${text}`);
    say(`Recording ${run.name}.`);
    note.value = '';
    this.onChange();
  }

  async #setMark() {
    const { label } = this.mark.elements;
    const mark = await post(`mark/${encodeURIComponent(label.value)}`);
    say(mark.tick == null ? `Marked “${mark.label}”.` : `Marked “${mark.label}” at tick ${format.count(mark.tick)}.`);
    label.value = '';
  }

  async #end() {
    if (!this.doubtedAt || performance.now() - this.doubtedAt > doubt) {
      this.doubtedAt = performance.now();
      this.stop.textContent = 'Really stop?';
      say('Press again to stop the run.');
      setTimeout(() => (this.stop.textContent = 'Stop'), doubt);
      return;
    }
    this.doubtedAt = 0;
    const manifest = await post('stop');
    say(`Stopped ${manifest.name}: ${manifest.verdict ?? manifest.state}`, manifest.state !== 'complete');
    this.#suggestName();
    this.onChange();
  }

  render() {
    const { run } = this.model;
    this.start.hidden = Boolean(run);
    this.mark.hidden = !run;
    this.facts.hidden = !run;
    this.#warn(run?.warnings ?? []);
    document.title = run ? `● ${run.name} – Sonde` : 'Sonde';
    if (this.runId !== run?.id) {
      if (this.runId) this.onChange();
      this.runId = run?.id;
    }
    if (run) this.#show(run);
  }

  /** What spoiled measurements before the run began. It doesn't change while the run goes on. */
  #warn(warnings) {
    this.warnings.hidden = !warnings.length;
    const shown = JSON.stringify(warnings);
    if (this.warned === shown) return;
    this.warned = shown;
    this.warnings.replaceChildren(...warnings.map(({ message }) => make('li', { dir: 'auto' }, message)));
  }

  #show(run) {
    const account = accountOf(run, this.model.totals.nodes);
    const rows = Object.values(run.rows).reduce((sum, count) => sum + count, 0);
    this.name.textContent = run.name;
    this.state.className = `pill ${run.state}`;
    this.state.textContent = run.state;
    const elapsed = format.duration(Math.max(0, run.elapsed_us) / 1000);
    const facts = [
      ['Run', this.heading],
      ['Elapsed', run.duration_us ? `${elapsed} of ${format.duration(run.duration_us / 1000)}` : elapsed],
      ['Interval', format.duration(run.interval_us / 1000)],
      ['Ticks', `${format.count(account.present)} of ${format.count(account.due)} due`],
      ['Complete', share(account.completeness), account.gone ? 'bad' : 'good'],
      ['Missing', account.gone ? format.byReason(account.missing) : 'none', account.gone ? 'bad' : ''],
      ['Rows on disk', format.count(rows)],
      ['Last commit', run.last_commit_age_ms == null ? '–' : `${format.duration(run.last_commit_age_ms)} ago`],
    ];
    if (run.labels) facts.push(['Labels', format.labels(run.labels)]);
    if (run.note) facts.push(['Note', run.note]);
    setFacts(this.facts, facts);
  }
}
