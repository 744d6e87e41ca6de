"""Holds sonde summary and sonde compare against pandas and scipy on the same files: check_compare.py SONDE DIRECTORY

Writes two groups of six runs into the directory, each with containers whose counters and gauges are random, has sonde sum them up and compare them,
and computes the same from the CSV files.
"""
import hashlib
import json
import pathlib
import subprocess
import sys

import numpy
import pandas
import scipy.special
import scipy.stats

sonde, root = sys.argv[1], pathlib.Path(sys.argv[2])
random = numpy.random.default_rng(5)
T0, INTERVAL, TICKS, RUNS = 1_700_000_000_000_000, 500_000, 900, 6
COLUMNS = {
    "time": "identity", "tick": "identity", "node": "identity", "container_id": "identity", "container": "identity",
    "sample_age_us": "identity", "cpu_us": "counter", "memory_usage_bytes": "gauge",
}
failures = []


def check(condition, what):
    if not condition:
        failures.append(what)


def write(name, factor):
    """A run of three containers. Two of them are read late by some milliseconds, and one has gaps."""
    run = root / name
    run.mkdir()
    rows = []
    for container, load in (("web", 0.4), ("db", 0.2), ("idle", 0.0)):
        own = random.normal(1, 0.04)
        cpu, last = 0, 0
        for tick in range(TICKS):
            if container == "db" and tick % 97 in (5, 6, 7):
                continue
            age = int(random.integers(-4000, 40_000)) if container != "idle" else 0
            now = tick * INTERVAL - age
            share = max(0, random.gamma(2, load * own * (factor if container == "web" else 1) / 2)) if load else 0
            cpu += int((now - last) * share)
            last = now
            time = str(pandas.Timestamp(T0 + tick * INTERVAL, unit="us", tz="UTC").strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
            memory = int(random.lognormal(17, 0.5) * own)
            rows.append((time, tick, "n", name + container, container, age, cpu, memory))
    frame = pandas.DataFrame(rows, columns=list(COLUMNS)).sort_values(["tick", "container"], kind="stable")
    frame.to_csv(run / "container.csv", index=False)
    (run / "gaps.csv").write_text("time,node,from_tick,to_tick,ticks,reason\n")
    units = {"sample_age_us": "microseconds", "cpu_us": "microseconds", "memory_usage_bytes": "bytes"}
    lines = ["table,column,unit,kind,source,meaning"]
    lines += [f"container,{column},{units.get(column, '')},{kind},test," for column, kind in COLUMNS.items()]
    lines += [f"gaps,{column},,identity,test," for column in ("time", "node", "from_tick", "to_tick", "ticks", "reason")]
    (run / "columns.csv").write_text("\n".join(lines) + "\n")
    files = {
        path.name: {
            "rows": path.read_bytes().count(b"\n") - 1, "bytes": path.stat().st_size,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        for path in sorted(run.glob("*.csv"))
    }
    manifest = {
        "format": 1, "id": name, "name": name, "state": "complete", "interval_us": INTERVAL, "t0": rows[0][0], "t0_us": T0,
        "ticks": TICKS, "last_tick": TICKS - 1, "ended": rows[-1][0], "collector_version": "test",
        "verdict": f"complete: {TICKS} of {TICKS} ticks on 1 node", "files": files,
        "nodes": [{
            "node": "n", "agent": "n", "addresses": [], "version": "test", "expected": TICKS, "present": TICKS, "missing": {},
        }],
    }
    (run / "run.json").write_text(json.dumps(manifest))
    return str(run)


def quantile(values, weights, share):
    """The smallest value that, with all smaller ones, has the share of the weight."""
    order = numpy.argsort(values, kind="stable")
    sums = numpy.cumsum(weights[order])
    return values[order][min(len(values) - 1, numpy.searchsorted(sums, share * sums[-1] * (1 - 1e-12)))]


def sums(run):
    """What each container of a run used, by the definitions of docs/COMPARE.md."""
    frame = pandas.read_csv(f"{run}/container.csv")
    result = {}
    for name, rows in frame.groupby("container"):
        sampled = rows["tick"] * INTERVAL - rows["sample_age_us"]
        grown, passed = rows["cpu_us"].diff().iloc[1:].to_numpy(), sampled.diff().iloc[1:].to_numpy()
        rates = grown / passed * 100
        # A rate over a gap stands for all of its ticks.
        result[name, "cpu_percent"] = (
            rates, numpy.maximum(1, numpy.round(passed / INTERVAL)), grown.sum() / passed.sum() * 100, grown.sum() / 1e6)
        memory = rows["memory_usage_bytes"].to_numpy().astype(float)
        result[name, "memory_bytes"] = (memory, numpy.ones(len(memory)), memory.mean(), memory.sum() * INTERVAL / 1e6)
    return result


def near(found, expected, tolerance=1e-9):
    return abs(found - expected) <= tolerance * max(1, abs(expected))


def call(*words):
    done = subprocess.run([sonde, *words], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{words} ended with {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)


groups = [[write(f"{letter}{number}", factor) for number in range(RUNS)] for letter, factor in (("a", 1.0), ("b", 1.15))]
expected = {run: sums(run) for run in groups[0] + groups[1]}

for summary in call("summary", "--json", *groups[0], *groups[1])["runs"]:
    seen = set()
    for thing in summary["things"]:
        for measure in thing["measures"]:
            key = thing["name"], measure["measure"]
            seen.add(key)
            values, weights, mean, total = expected[summary["directory"]][key]
            what = f"{summary['directory']} {key}"
            check(near(measure["mean"], mean), f"{what}: mean {measure['mean']}, and pandas has {mean}")
            check(near(measure["total"], total), f"{what}: total {measure['total']}, and pandas has {total}")
            check(near(measure["max"], values.max()), f"{what}: max {measure['max']}, and pandas has {values.max()}")
            for share in (50, 95, 99):
                exact = quantile(values, weights, share / 100)
                check(
                    near(measure[f"p{share}"], exact, 1e-9 if measure["exact"] else 0.0101),
                    f"{what}: p{share} {measure[f'p{share}']}, and numpy has {exact}")
    check(seen == set(expected[summary["directory"]]), f"{summary['directory']}: {seen} are summed up")


def bootstrap(a, b, statistic, paired):
    # More resamples than sonde's, so that nearly all of what is left is sonde's Monte Carlo error.
    return scipy.stats.bootstrap(
        (a, b), statistic, method="percentile", n_resamples=40_000, paired=paired, vectorized=True, rng=numpy.random.default_rng(9)
    ).confidence_interval


def difference(a, b, axis=-1):
    return b.mean(axis=axis) - a.mean(axis=axis)


def ratio(a, b, axis=-1):
    return b.mean(axis=axis) / a.mean(axis=axis) - 1


def hedges(a, b):
    freedom = len(a) + len(b) - 2
    pooled = numpy.sqrt(((len(a) - 1) * a.var(ddof=1) + (len(b) - 1) * b.var(ddof=1)) / freedom)
    correction = scipy.special.gamma(freedom / 2) / (numpy.sqrt(freedom / 2) * scipy.special.gamma((freedom - 1) / 2))
    return correction * (b.mean() - a.mean()) / pooled


compared = 0
for paired in (False, True):
    options = ["--pair"] if paired else []
    answer = call("compare", "--json", "--seed", "3", *options, *groups[0], "--to", *groups[1])
    check(answer["seed"] == 3, "the seed is told")
    for line in answer["comparisons"]:
        key = line["name"], line["measure"]
        a, b = (numpy.array([expected[run][key][2] for run in group]) for group in groups)
        check(numpy.allclose(line["values_a"], a) and numpy.allclose(line["values_b"], b), f"{key}: the repetitions' means")
        if key == ("idle", "cpu_percent"):
            check("ratio_interval" not in line and line["certainty"] == "none", "what is idle in both has no ratio")
            continue
        compared += 1
        for name, statistic in (("difference_interval", difference), ("ratio_interval", ratio)):
            theirs, ours = bootstrap(a, b, statistic, paired), line[name]
            # The standard error of a 2.5 % quantile of 10,000 draws is some 3 % of the interval's half width; both ends have one.
            tolerance = 0.1 * (theirs.high - theirs.low) / 2
            check(
                abs(ours[0] - theirs.low) < tolerance and abs(ours[1] - theirs.high) < tolerance,
                f"{key} {name}, paired {paired}: {ours}, and scipy has {theirs}")
        # Mann and Whitney's U counts the pairs of which B's value is above A's.
        delta = 2 * scipy.stats.mannwhitneyu(b, a).statistic / (len(a) * len(b)) - 1
        check(near(line["cliffs_delta"], delta, 1e-12), f"{key}: Cliff's delta {line['cliffs_delta']}, and scipy has {delta}")
        check(near(line["hedges_g"], hedges(a, b)), f"{key}: Hedges' g {line['hedges_g']}, and scipy has {hedges(a, b)}")
    web = next(line for line in answer["comparisons"] if (line["name"], line["measure"]) == ("web", "cpu_percent"))
    check(web["certainty"] == "clear" and web["ratio"] > 0.05, f"15 % more are found: {web}")
check(compared == 10, f"{compared} comparisons were held against scipy")

print("\n".join(failures) or f"summaries of {len(expected)} runs, {compared} comparisons")
sys.exit(1 if failures else 0)
