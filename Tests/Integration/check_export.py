"""Exports runs and holds what three foreign readers see against the runs' CSV files: check_export.py SONDE SCRATCH [RUN...]

A run of its own, with whatever breaks careless writers, is made in SCRATCH and checked first."""
import csv, datetime, hashlib, json, os, pathlib, re, subprocess, sys

import duckdb
import polars
import pyarrow.dataset
import pyarrow.parquet

sonde, scratch, runs = sys.argv[1], pathlib.Path(sys.argv[2]), [pathlib.Path(run) for run in sys.argv[3:]]
faults = []
home = os.getcwd()


def check(is_so, what):
    if not is_so:
        faults.append(str(what))


# Texts that a careless reader or writer changes, as they are meant and as they stand in a run.
TEXTS = {
    "NA": "NA", "007": "007", "null": "null", "1e5": "1e5", "": '""', "ünïcode ☃ 数": "ünïcode ☃ 数", 'a, "b"': '"a, ""b"""',
    "two\nlines": '"two\nlines"', "=1+1": "'=1+1", "'=1+1": "''=1+1", "'tis": "'tis", " blank ": '" blank "', "-5": "'-5", "=a,b": '"\'=a,b"',
    "x" * 3000: "x" * 3000,
}
START = datetime.datetime(2026, 11, 21, 8, tzinfo=datetime.timezone.utc)


def instant(tick):
    return (START + datetime.timedelta(seconds=tick)).strftime("%Y-%m-%dT%H:%M:%S.000000Z")


def write_run(path, ticks, has_types):
    """A complete run of one node; if it has types, its table `event` has more rows than a row group."""
    texts = list(TEXTS.values())
    tables = {
        "host": [("load1", "count", "gauge", "double"), ("context_switches", "count", "counter", "uint64")],
        "container": [
            ("container_id", "", "identity", "string"), ("container", "", "identity", "string"), ("image", "", "identity", "string"),
            ("sample_age_us", "microseconds", "identity", "uint64"), ("cpu_us", "microseconds", "counter", "uint64"),
            ("cpu_percent", "percent", "gauge", "double"), ("memory_limit_bytes", "bytes", "gauge", "uint64"),
            ("cpu_limit", "cores", "gauge", "double"), ("health", "", "gauge", "string"), ("started_us", "microseconds", "identity", "uint64"),
        ],
        "event": [("kind", "", "identity", "string"), ("exit_code", "count", "identity", "int64"), ("detail", "", "identity", "json")],
    }
    leading = [("time", "UTC, RFC 3339", "identity", "timestamp"), ("tick", "count", "identity", "uint64"), ("node", "", "identity", "string")]
    gaps = [leading[0], leading[2]] + [(name, "count", "identity", "uint64") for name in ("from_tick", "to_tick", "ticks")]
    tables = {table: leading + columns for table, columns in tables.items()} | {"gaps": gaps + [("reason", "", "identity", "string")]}
    rows = {table: [] for table in tables}
    for tick in range(ticks):
        time = instant(tick)
        rows["host"].append(f"{time},{tick},a,{tick % 700 / 100},{tick * 1000 + tick % 7}")
        for number, name in enumerate(texts[:14]):
            age = 300 + tick * 7 % 100
            # Beyond 2⁶³, and anew in the middle.
            counter = (1 << 63) + tick * 977 if number == 0 else tick % 1000 * (number * 50)
            empty = tick % 13 == number
            rows["container"].append(
                f"{time},{tick},a,{number:064x},{name},img:{number % 3},{age},{counter},{'' if empty else tick * number % 1000 / 1000},"
                f",,{'healthy' if number else ''},1700000000000000")
    for number in range(270_000 if has_types else len(texts)):
        text = texts[number] if number < len(texts) else "mark"
        rows["event"].append(f"{instant(number % ticks)},{number % ticks},,{text},{-number if number % 2 else ''},\"{{\"\"a\"\":{number}}}\"")
    path.mkdir(parents=True)
    contents = {table: ",".join(name for name, *_ in tables[table]) + "\n" + "".join(row + "\n" for row in rows[table]) for table in tables}
    dictionary = "table,column,unit,kind,source,meaning" + (",type" if has_types else "") + "\n"
    count = 0
    for table, columns in tables.items():
        for name, unit, kind, kept in columns:
            unit = f'"{unit}"' if "," in unit else unit
            dictionary += f"{table},{name},{unit},{kind},Sonde,What it is" + (f",{kept}" if has_types else "") + "\n"
            count += 1
    contents["columns"] = dictionary
    files = {}
    for table, text in contents.items():
        data = text.encode()
        (path / f"{table}.csv").write_bytes(data)
        files[f"{table}.csv"] = {
            "rows": len(rows[table]) if table in rows else count, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    node = {"node": "a", "agent": "x", "addresses": ["192.0.2.7"], "version": "1", "expected": ticks, "present": ticks, "missing": {}}
    manifest = {
        "format": 1, "id": "r1", "name": "odd", "state": "complete", "interval_us": 1000000, "t0": instant(0),
        "t0_us": int(START.timestamp()) * 1000000, "ticks": ticks, "last_tick": ticks - 1, "ended": instant(ticks), "collector_version": "0.1.0",
        "verdict": f"complete: {ticks} of {ticks} ticks on 1 node", "nodes": [node], "files": files}
    (path / "run.json").write_text(json.dumps(manifest))


def records(file):
    """The rows of a CSV file as lists of cells as they stand, quotes and all."""
    text, cells, start, is_quoted = file.read_bytes().decode(), [], 0, False
    for found in re.finditer('[",\n]', text):
        mark = found.group()
        if mark == '"':
            is_quoted = not is_quoted
        elif not is_quoted:
            cells.append(text[start:found.start()])
            start = found.end()
            if mark == "\n":
                yield cells
                cells = []


def value(cell, kind):
    if cell == "":
        return None
    if kind in ("uint64", "int64"):
        return int(cell)
    if kind == "double":
        return float(cell)
    if cell.startswith('"'):
        cell = cell[1:-1].replace('""', '"')
    if kind == "timestamp":
        return datetime.datetime.fromisoformat(cell)
    return re.sub(r"^'('*[=+\-@\t\r\n])", r"\1", cell, flags=re.S)


ARROW = {"uint64": "uint64", "int64": "int64", "double": "double", "timestamp": "timestamp[us, tz=UTC]", "string": "string", "json": "string"}
DUCK = {"uint64": "UBIGINT", "int64": "BIGINT", "double": "DOUBLE", "timestamp": "TIMESTAMP WITH TIME ZONE", "string": "VARCHAR", "json": "VARCHAR"}
POLARS = {
    "uint64": polars.UInt64, "int64": polars.Int64, "double": polars.Float64, "timestamp": polars.Datetime("us", "UTC"), "string": polars.String,
    "json": polars.String}
INSTANCE = {
    "cpu": ["cpu"], "disk": ["device"], "filesystem": ["mount"], "network": ["interface"], "container": ["container_id"], "unit": ["cgroup"],
    "process": ["container_id", "pid", "start_us"]}


def export(run, output, *options):
    done = subprocess.run([sonde, "export", str(run), "--output", str(output), *options], capture_output=True, text=True)
    check(done.returncode == 0, f"sonde export {run} {options}: {done.stderr}")
    return done


def dictionary(directory):
    tables = {}
    for row in csv.DictReader((directory / "columns.csv").open(newline="")):
        tables.setdefault(row["table"], {})[row["column"]] = row
    return tables


def compare(run):
    name = json.loads((run / "run.json").read_text())["name"]
    output = scratch / f"{run.name}.parquet"
    export(run, output)
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    for table, columns in dictionary(output).items():
        kinds = {column: row["type"] for column, row in columns.items()}
        names = list(kinds)
        rows = records(run / f"{table}.csv")
        check(next(rows) == names[1:], f"{table}: columns {names}")
        expected = [(name, *(value(cell, kinds[column]) for cell, column in zip(row, names[1:]))) for row in rows]
        path = str(output / f"{table}.parquet")
        file = pyarrow.parquet.ParquetFile(path)
        arrow = file.read()
        # Within a row group rows stand by instance, and in the order of their ticks.
        start, ordered = 0, []
        places = [names.index(column) for column in ["node"] + INSTANCE.get(table, []) if column in names]
        for group in range(file.num_row_groups):
            size = file.metadata.row_group(group).num_rows
            part, first = expected[start:start + size], {}
            for row in part:
                first.setdefault(tuple(row[place] for place in places), len(first))
            if table not in ("event", "gaps"):
                part.sort(key=lambda row: first[tuple(row[place] for place in places)])
            ordered += part
            start += size
        check(start == len(expected), f"{table}: {start} rows, and the run has {len(expected)}")
        for column, kind in kinds.items():
            check(str(arrow.schema.field(column).type) == ARROW[kind], f"{table}.{column}: {arrow.schema.field(column).type} in pyarrow, and is {kind}")
        lists = {"pyarrow": list(zip(*arrow.to_pydict().values())) if arrow.num_rows else []}
        query = connection.sql(f"SELECT * FROM read_parquet('{path}')")
        for column, kind, seen in zip(names, kinds.values(), query.types):
            check(str(seen) == DUCK[kind], f"{table}.{column}: {seen} in DuckDB, and is {kind}")
        lists["DuckDB"] = list(zip(*query.to_arrow_table().to_pydict().values())) if arrow.num_rows else query.fetchall()
        frame = polars.read_parquet(path)
        for column, kind in kinds.items():
            check(frame.schema[column] == POLARS[kind], f"{table}.{column}: {frame.schema[column]} in polars, and is {kind}")
        lists["polars"] = frame.rows()
        for reader, seen in lists.items():
            check(len(seen) == len(ordered), f"{table}: {len(seen)} rows in {reader}, and the run has {len(ordered)}")
            wrong = next(((place, a, b) for place, (a, b) in enumerate(zip(ordered, seen)) if a != b), None)
            if wrong:
                differing = [(column, a, b) for column, a, b in zip(names, wrong[1], wrong[2]) if a != b]
                check(False, f"{table}: row {wrong[0]} in {reader}: {str(differing)[:500]}")
        statistics(file, table, names, ordered)
        print(f"{run.name} {table}: {len(expected)} rows, {len(names)} columns, {file.num_row_groups} row groups")
    # Readers leave row groups out by their bounds, here and in a folder of runs.
    host = str(output / "host.parquet")
    last = connection.sql(f"SELECT max(tick) FROM '{host}'").fetchall()[0][0]
    for found in (
        connection.sql(f"SELECT count(*) FROM '{host}' WHERE tick = {last}").fetchall()[0][0],
        pyarrow.dataset.dataset(host).filter(pyarrow.dataset.field("tick") == last).count_rows(),
        polars.scan_parquet(host).filter(polars.col("tick") == last).collect().height,
    ):
        check(found >= 1, "the last tick is found by its number")
    return output


def statistics(file, table, names, rows):
    """Bounds and counts of each row group are those of its rows."""
    start = 0
    for group in range(file.num_row_groups):
        metadata = file.metadata.row_group(group)
        part = rows[start:start + metadata.num_rows]
        start += metadata.num_rows
        for place, column in enumerate(names):
            seen = metadata.column(place).statistics
            own = [row[place] for row in part if row[place] is not None]
            check(seen.null_count == len(part) - len(own), f"{table}.{column}: {seen.null_count} nulls by its statistics")
            if not own:
                check(not seen.has_min_max, f"{table}.{column}: bounds without values")
                continue
            if isinstance(own[0], str):
                own = [text.encode() for text in own]
                bounds = (min(own), max(own))
                if seen.has_min_max:
                    check((seen.min.encode(), seen.max.encode()) == bounds, f"{table}.{column}: bounds {seen.min} and {seen.max}")
                else:
                    check(len(bounds[0]) > 256 or len(bounds[1]) > 256, f"{table}.{column}: no bounds")
            else:
                check((seen.min, seen.max) == (min(own), max(own)), f"{table}.{column}: bounds {seen.min} and {seen.max}, {min(own)} and {max(own)}")


def plain(row):
    """The same text for the same values, whatever kind of time zone a reader gives UTC."""
    return repr([cell.isoformat() if isinstance(cell, datetime.datetime) else cell for cell in row])


def rates(run):
    """The same run with rates, as Parquet and as CSV: both say the same, and it is what the counters grew by."""
    one, other = scratch / f"{run.name}.rates", scratch / f"{run.name}.rates.csv"
    export(run, one, "--rates")
    export(run, other, "--rates", "--format", "csv")
    count = 0
    for table, columns in dictionary(other).items():
        rates = [column for column in columns if column.endswith("_per_s") and columns[column]["source"] + "_per_s" == column]
        if not rates:
            continue
        names = list(columns)
        for rate in rates:
            check(names[names.index(rate) - 1] == columns[rate]["source"] and columns[rate]["type"] == "double", f"{table}.{rate} stands behind its counter")
        rows = records(other / f"{table}.csv")
        check(next(rows) == names, f"{table}: columns of the CSV file")
        kinds = [columns[column]["type"] for column in names]
        seen = [tuple(value(cell, kind) for cell, kind in zip(row, kinds)) for row in rows]
        frame = polars.read_parquet(one / f"{table}.parquet")
        check(sorted(map(plain, seen)) == sorted(map(plain, frame.rows())), f"{table}: Parquet and CSV with rates differ")
        key = ["node"] + INSTANCE.get(table, [])
        before = {}
        for row in seen:
            row = dict(zip(names, row))
            instance = tuple(row.get(column) for column in key)
            last = before.get(instance)
            before[instance] = row
            for rate in rates:
                counter = columns[rate]["source"]
                if last is None or row["tick"] != last["tick"] + 1 or row[counter] is None or last[counter] is None or row[counter] < last[counter]:
                    continue
                if row.get("started_us") != last.get("started_us") or row[rate] is None:
                    continue
                ages = (row.get("sample_age_us") or 0, last.get("sample_age_us") or 0)
                elapsed = (row["time"] - last["time"]).total_seconds() * 1e6 - ages[0] + ages[1]
                if elapsed < 1e5 and any(ages):
                    continue
                should = (row[counter] - last[counter]) / elapsed * 1e6
                check(abs(row[rate] - should) <= 1e-9 * max(1, abs(should)), f"{table}.{rate} at tick {row['tick']}: {row[rate]}, and not {should}")
                count += 1
    print(f"{run.name}: {count} rates")
    return count


def kubemon(run):
    output = scratch / f"{run.name}.kubemon"
    export(run, output, "--layout", "kubemon")
    files = sorted(output.glob("*/*.csv"))
    check(files and {file.parent.name for file in output.glob("*/*.csv")} <= {"OSMonitor", "DockerMonitor", "ProcessMonitor"}, files)
    for file in files:
        frame = polars.read_csv(file, infer_schema_length=None)
        check(frame.columns[-1] == "timestamp" and file.name.startswith(file.parent.name + "_"), file)
        datetime.datetime.fromisoformat(frame["timestamp"][0])
    print(f"{run.name}: {len(files)} files of kubemon's")
    return output


scratch.mkdir(parents=True, exist_ok=True)
for name, ticks in (("odd", 1500), ("odd-untyped", 200)):
    made = scratch / name
    write_run(made, ticks, has_types=name == "odd")
    output = compare(made)
    if name == "odd":
        event = pyarrow.parquet.ParquetFile(output / "event.parquet")
        check(event.num_row_groups > 1, "the table has several row groups")
        check(rates(made) > 20_000, "rates were compared")
        check(event.metadata.metadata[b"sonde.run"] == b"odd", "the file says which run it is of")
        text = duckdb.sql(f"SELECT detail::JSON->>'a' FROM '{output}/event.parquet' WHERE kind = '=1+1'").fetchall()[0][0]
        check(text == str(list(TEXTS).index("=1+1")), text)
    kubemon(made)
# Runs of one kind can be joined, whatever was empty in one of them.
folder = pyarrow.dataset.dataset([str(scratch / f"{name}.parquet/container.parquet") for name in ("odd", "odd-untyped")])
check(folder.count_rows() == 1700 * 14, folder.count_rows())
# docs/EXPORT.md's own lines, on runs whose labels differ.
work = scratch / "document"
(work / "other.parquet").mkdir(parents=True, exist_ok=True)
(work / "test000.parquet").symlink_to((scratch / "odd.parquet").resolve())
polars.read_parquet(scratch / "odd.parquet/container.parquet").with_columns(
    polars.lit("other").alias("run"), polars.lit("x").alias("label_of_other")).write_parquet(work / "other.parquet/container.parquet")
lines = (pathlib.Path(__file__).parents[2] / "docs/EXPORT.md").read_text().split("\n    import pandas, polars, duckdb\n")[1].split("\n\n")[0].splitlines()
scope = {}
os.chdir(work)
exec("import pandas, polars, duckdb\n" + "\n".join(line.strip().replace("FROM '*.parquet/container.parquet'", "FROM read_parquet('*.parquet/container.parquet', union_by_name => true)") for line in lines), scope)
check(set(scope["runs"]["run"]) == {"odd", "other"}, scope["runs"])
os.chdir(home)
for run in runs:
    compare(run)
    rates(run)
    kubemon(run)
sys.exit("\n".join(faults[:40]) or None)
