"""Reads an exposition with Prometheus' own client: check_metrics.py FILE. Prints each sample as a line of JSON: name, labels, value."""
import json, pathlib, sys

from prometheus_client.parser import text_string_to_metric_families

text = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")
faults, names, series = [], set(), set()

for family in text_string_to_metric_families(text):
    if family.name in names:
        faults.append(f"{family.name} comes twice")
    names.add(family.name)
    if not family.documentation or family.type not in ("counter", "gauge", "unknown"):
        faults.append(f"{family.name} is a {family.type}: {family.documentation}")
    for sample in family.samples:
        key = (sample.name, tuple(sorted(sample.labels.items())))
        if key in series:
            faults.append(f"{key} comes twice")
        series.add(key)
        if family.type == "counter" and not (sample.name.endswith("_total") and sample.value >= 0):
            faults.append(f"{sample.name} {sample.value} is no counter")
        print(json.dumps([sample.name, sample.labels, sample.value]))

lines = [line for line in text.split("\n") if line and not line.startswith("#")]
if len(series) != len(lines):
    faults.append(f"{len(lines)} lines, and {len(series)} samples in them")
sys.exit("\n".join(faults) or None)
