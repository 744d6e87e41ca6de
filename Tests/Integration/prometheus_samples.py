"""Prints what Prometheus' own Python client reads of expositions, one a line on standard input: `t` (text 0.0.4) or `o` (OpenMetrics 1.0), and the bytes
in hexadecimal. Of each a line of JSON: the samples in their order, or null for one that it refuses. Of samples of one series the first counts."""

import json
import struct
import sys

from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client import parser as text


def families(form, document):
    if form == "o":
        yield from openmetrics.text_string_to_metric_families(document)
        return
    declared = {}
    for line in document.split("\n"):
        words = line.split()
        if len(words) > 3 and words[:2] == ["#", "TYPE"]:
            declared[words[2]] = words[3]
    for family in text.text_string_to_metric_families(document):
        # The client names a counter's samples as OpenMetrics does; here they have the names that stand there.
        if family.type == "counter" and declared.get(family.name) == "counter":
            family.samples = [s._replace(name=s.name.removesuffix("_total")) for s in family.samples]
        yield family


def bits(value):
    return struct.pack(">d", value).hex() if value == value else "nan"


def microseconds(seconds):
    """As many as 64 bits hold."""
    value = seconds * 1e6
    return (2**63 - 1 if value > 0 else -(2**63)) if abs(value) >= 2**63 else round(value)


def read(form, document):
    seen = set()
    samples = []
    for family in families(form, document.decode("utf-8")):
        for sample in family.samples:
            labels = json.dumps(dict(sorted(sample.labels.items())), ensure_ascii=False)
            if (sample.name, labels) in seen:
                continue
            seen.add((sample.name, labels))
            time = None if sample.timestamp is None else microseconds(float(sample.timestamp))
            samples.append([sample.name, dict(sorted(sample.labels.items())), bits(float(sample.value)), time, family.type])
    return samples


for line in sys.stdin:
    form, document = line.rstrip("\n").split(" ")
    try:
        print(json.dumps(read(form, bytes.fromhex(document)), ensure_ascii=True))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError):
        print("null")
