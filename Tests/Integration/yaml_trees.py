#!/usr/bin/env python3
"""Reads YAML documents, one a line in hexadecimal, with PyYAML, and writes the tree of each as a line; `error` where it is refused.

Scalars are written by their type and bytes, so that nothing is lost on the way: t<hex> texts, i<n> integers, f<hex> decimals, b1 and b0, n.
"""
import struct
import sys

import yaml


def tree(value):
    if value is None:
        return "n"
    if isinstance(value, bool):
        return "b1" if value else "b0"
    if isinstance(value, int):
        return f"i{value}"
    if isinstance(value, float):
        return "f" + struct.pack(">d", value).hex()
    if isinstance(value, str):
        return "t" + value.encode("utf-8", "surrogatepass").hex()
    if isinstance(value, list):
        return "[" + ",".join(map(tree, value)) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{tree(key)}:{tree(item)}" for key, item in value.items()) + "}"
    return "other " + type(value).__name__


for line in sys.stdin:
    try:
        print(tree(yaml.safe_load(bytes.fromhex(line.strip()))))
    except Exception:
        print("error")
