"""Loads every CSV file of a run as a user would, with pandas.read_csv and no options: check_run.py DIRECTORY"""
import json, pathlib, sys

import pandas

run = pathlib.Path(sys.argv[1])
manifest = json.loads((run / "run.json").read_text())
columns = pandas.read_csv(run / "columns.csv")
faults = []

for name, file in sorted(manifest["files"].items()):
    frame = pandas.read_csv(run / name)
    table = name.removesuffix(".csv")
    if len(frame) != file["rows"]:
        faults.append(f"{name}: {len(frame)} rows, and run.json says {file['rows']}")
    if any(str(column).startswith("Unnamed") for column in frame.columns):
        faults.append(f"{name}: a column without a name: {list(frame.columns)}")
    if not isinstance(frame.index, pandas.RangeIndex):
        faults.append(f"{name}: rows are longer than the header, so that the first column became the index")
    known = columns[columns["table"] == table]
    for column, kind, unit in zip(known["column"], known["kind"], known["unit"]):
        is_number = pandas.api.types.is_numeric_dtype(frame[column])
        if len(frame) and kind in ("counter", "gauge") and isinstance(unit, str) and not is_number:
            faults.append(f"{name}: {column} is a {kind} in {unit} and loads as {frame[column].dtype}")
    if table not in ("columns", "gaps") and len(frame):
        if frame["tick"].dtype != "int64" or (table != "event" and frame["node"].isna().any()):
            faults.append(f"{name}: tick or node is not what it should be")
        pandas.to_datetime(frame["time"], format="%Y-%m-%dT%H:%M:%S.%fZ")
    print(f"{name}: {len(frame)} rows, {len(frame.columns)} columns")

host, container = (pandas.read_csv(run / f"{table}.csv") for table in ("host", "container"))
if len(container.merge(host, on=["tick", "node"], validate="many_to_one")) != len(container):
    faults.append("container.csv and host.csv don't join on tick and node")
sys.exit("\n".join(faults) or None)
