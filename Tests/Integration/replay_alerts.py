"""Lets vmalert evaluate rules on what a rules test of promtool describes: replay_alerts.py TESTS PORT, where a VictoriaMetrics listens that takes samples of the past. What fires at the instants that the
test names has to be what the test expects. Each test has a time of its own, so that none sees another's series."""
import os, re, struct, subprocess, sys, time, urllib.parse, urllib.request, json
from datetime import datetime, timezone
import yaml

tests, base = sys.argv[1], f"http://127.0.0.1:{sys.argv[2]}"
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
# What a series has when it ends; any other NaN is a value.
STALE = struct.pack("<Q", 0x7FF0000000000002)


def seconds(text):
    return sum(int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+)([smhd])", text))


def values(text):
    """The values of promtool's notation, as eight bytes each; `None` where there is no sample."""
    for word in text.split():
        found = re.fullmatch(r"_(?:x(\d+))?", word)
        if found:
            yield from [None] * int(found[1] or 1)
        elif word == "stale":
            yield STALE
        else:
            first, step, count = re.fullmatch(r"(-?[\d.]+)(?:([+-][\d.]+)?x(\d+))?", word).groups()
            # `1x3` are four values.
            for index in range(int(count or 0) + 1):
                yield struct.pack("<d", float(first) + index * float(step or 0))


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out) + bytes([number])


def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def series(text, points):
    """A TimeSeries of prometheus/prompb/types.proto."""
    name, labels = re.fullmatch(r"(\w+)(?:{(.*)})?", text).groups()
    pairs = dict(re.findall(r'(\w+)="([^"]*)"', labels or "")) | {"__name__": name}
    out = b"".join(field(1, field(1, key.encode()) + field(2, value.encode())) for key, value in sorted(pairs.items()))
    return out + b"".join(field(2, b"\x09" + value + b"\x10" + varint(at * 1000)) for at, value in points)


def snappy(content):
    """The block format, with literals only."""
    out = varint(len(content))
    for start in range(0, len(content), 60):
        piece = content[start : start + 60]
        out += bytes([len(piece) - 1 << 2]) + piece
    return out


def get(path, **query):
    with urllib.request.urlopen(f"{base}{path}?{urllib.parse.urlencode(query)}") as answer:
        return json.load(answer)


def instant(at):
    return datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


with open(tests) as file:
    # As text: `0x40` is 41 zeros, and no number.
    plan = yaml.load(file, yaml.BaseLoader)
rules = [os.path.join(os.path.dirname(tests), name) for name in plan["rule_files"]]
first = (int(time.time()) // 86400 - len(plan["tests"]) - 1) * 86400
faults, checked = [], 0

for number, test in enumerate(plan["tests"]):
    begin, step = first + number * 86400, seconds(test["interval"])
    request = b""
    for one in test["input_series"]:
        points = [(begin + index * step, value) for index, value in enumerate(values(one["values"])) if value is not None]
        request += field(1, series(one["series"], points))
    headers = {"Content-Encoding": "snappy", "Content-Type": "application/x-protobuf", "X-Prometheus-Remote-Write-Version": "0.1.0"}
    urllib.request.urlopen(urllib.request.Request(f"{base}/api/v1/write", snappy(request), headers)).close()
urllib.request.urlopen(f"{base}/internal/force_flush").close()

for number, test in enumerate(plan["tests"]):
    begin = first + number * 86400
    last = max(seconds(one["eval_time"]) for one in test["alert_rule_test"])
    words = [f"-rule={name}" for name in rules] + [f"-datasource.url={base}", f"-remoteWrite.url={base}", "-evaluationInterval=" + plan["evaluation_interval"]]
    words += [f"-replay.timeFrom={instant(begin)}", f"-replay.timeTo={instant(begin + last)}", "-datasource.queryStep=" + plan["evaluation_interval"], "-replay.rulesDelay=0s", "-replay.disableProgressBar", "-disableAlertgroupLabel"]
    done = subprocess.run(["vmalert"] + words, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
urllib.request.urlopen(f"{base}/internal/force_flush").close()

for number, test in enumerate(plan["tests"]):
    for one in test["alert_rule_test"]:
        at = first + number * 86400 + seconds(one["eval_time"])
        selector = f'ALERTS{{alertname="{one["alertname"]}",alertstate="firing"}}[15s]'
        found = [entry["metric"] for entry in get("/api/v1/query", query=selector, time=at, nocache=1)["data"]["result"] if entry["values"][-1][0] == at]
        found = [{key: value for key, value in labels.items() if key not in ("__name__", "alertname", "alertstate")} for labels in found]
        expected = [alert["exp_labels"] for alert in one["exp_alerts"]]
        checked += 1
        if sorted(map(repr, (sorted(labels.items()) for labels in found))) != sorted(map(repr, (sorted(labels.items()) for labels in expected))):
            faults.append(f"{test['name']}: {one['alertname']} at {one['eval_time']}: {found}, and not {expected}")
sys.exit("\n".join(faults)) if faults else print(f"{checked} times the alerts as Prometheus has them")
