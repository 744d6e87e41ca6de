"""Sonde beside psutil, which reads the same kernel by code of its own.

check_psutil.py sample FILE SECONDS PID...   writes what psutil says, again and again; PIDs are those of containers' first processes
check_psutil.py compare FILE RUN             holds a run that was recorded meanwhile against it

A counter that only grows has to lie between what psutil read before and behind it, however busy the machine is.
"""
import csv, datetime, json, pathlib, sys, time

import psutil


def sample(path, seconds, *pids):
    end, snapshots = time.time() + float(seconds), []
    while not snapshots or time.time() < end:
        begin = time.time()
        processes = {}
        for pid in map(int, pids):
            parent = psutil.Process(pid)
            for process in [parent, *parent.children(recursive=True)]:
                try:
                    processes[process.pid] = process.as_dict(
                        ["ppid", "name", "cpu_times", "memory_info", "num_threads", "num_ctx_switches", "io_counters", "create_time",
                         "nice", "num_fds"])
                except psutil.NoSuchProcess:
                    pass
        facts = {
            "cpu": psutil.cpu_times(percpu=True), "memory": psutil.virtual_memory(), "swap": psutil.swap_memory(),
            "disk": psutil.disk_io_counters(perdisk=True, nowrap=False), "network": psutil.net_io_counters(pernic=True, nowrap=False),
        }
        plain = {name: [v._asdict() for v in value] if name == "cpu" else value._asdict() if hasattr(value, "_asdict")
                 else {key: v._asdict() for key, v in value.items()} for name, value in facts.items()}
        plain["process"] = {pid: {name: value._asdict() if hasattr(value, "_asdict") else value for name, value in facts.items()}
                            for pid, facts in processes.items()}
        snapshots.append({"begin": begin, "end": time.time(), "boot": psutil.boot_time(), **plain})
        # How often is no claim: more looks only make the comparison closer.
        time.sleep(0.1)
    pathlib.Path(path).write_text(json.dumps(snapshots))


# Column: how psutil says it, as a counter that only grows.
SECOND, MILLISECOND, SECTOR = 1_000_000, 1000, 1 / 512
CPU = {f"cpu_{name}_us": (name, SECOND) for name in ["user", "nice", "system", "irq", "softirq", "steal", "guest", "guest_nice"]}
DISK = {
    "reads": ("read_count", 1), "writes": ("write_count", 1), "read_sectors": ("read_bytes", SECTOR), "write_sectors": ("write_bytes", SECTOR),
    "read_us": ("read_time", MILLISECOND), "write_us": ("write_time", MILLISECOND), "io_us": ("busy_time", MILLISECOND),
    "reads_merged": ("read_merged_count", 1), "writes_merged": ("write_merged_count", 1),
}
NETWORK = {
    "rx_bytes": ("bytes_recv", 1), "tx_bytes": ("bytes_sent", 1), "rx_packets": ("packets_recv", 1), "tx_packets": ("packets_sent", 1),
    "rx_errors": ("errin", 1), "tx_errors": ("errout", 1), "rx_dropped": ("dropin", 1), "tx_dropped": ("dropout", 1),
}
PROCESS = {
    "cpu_user_us": ("cpu_times.user", SECOND), "cpu_system_us": ("cpu_times.system", SECOND),
    "children_user_us": ("cpu_times.children_user", SECOND), "children_system_us": ("cpu_times.children_system", SECOND),
    "voluntary_switches": ("num_ctx_switches.voluntary", 1), "involuntary_switches": ("num_ctx_switches.involuntary", 1),
    "read_syscalls": ("io_counters.read_count", 1), "write_syscalls": ("io_counters.write_count", 1),
    "read_bytes": ("io_counters.read_bytes", 1), "write_bytes": ("io_counters.write_bytes", 1),
    "read_chars": ("io_counters.read_chars", 1), "write_chars": ("io_counters.write_chars", 1),
}
# Levels: where psutil says the same before and behind, so does Sonde.
LEVELS = {
    "rss_bytes": "memory_info.rss", "vsz_bytes": "memory_info.vms", "shared_bytes": "memory_info.shared", "text_bytes": "memory_info.text",
    "data_bytes": "memory_info.data", "threads": "num_threads", "ppid": "ppid", "nice": "nice", "open_files": "num_fds",
}
MEMORY = {
    "memory_free_bytes": "free", "memory_available_bytes": "available", "memory_buffers_bytes": "buffers", "memory_active_bytes": "active",
    "memory_inactive_bytes": "inactive", "memory_shmem_bytes": "shared",
}


class Comparison:
    def __init__(self, snapshots, run):
        self.snapshots, self.run, self.faults, self.compared = snapshots, pathlib.Path(run), [], {}
        # How long a tick's reading took, by tick.
        self.took = {row["tick"]: (int(row["lateness_us"]) + int(row["read_us"])) / 1e6 for row in self.rows("agent")}

    def rows(self, table):
        with open(self.run / f"{table}.csv", newline="") as file:
            return list(csv.DictReader(file))

    def around(self, row):
        """The last snapshot that was taken before the row was read, and the first behind it; None where there isn't one."""
        instant = datetime.datetime.fromisoformat(row["time"].replace("Z", "+00:00")).timestamp()
        slack = 0.05
        before = [s for s in self.snapshots if s["end"] < instant - slack]
        behind = [s for s in self.snapshots if s["begin"] > instant + self.took.get(row["tick"], 60) + slack]
        return (before[-1], behind[0]) if before and behind else None

    def bounds(self, what, row, columns, before, behind):
        for column, (name, factor) in columns.items():
            low, high = (value(facts, name) for facts in (before, behind))
            if low is None or high is None or row[column] == "":
                continue
            self.note(what, column)
            # Seconds and milliseconds of psutil are rounded.
            if not low * factor - 1 <= float(row[column]) <= high * factor + 1:
                self.fault(f"{what} {column} at tick {row['tick']} is {row[column]}, psutil had {low * factor} and {high * factor}")

    def note(self, what, column):
        self.compared[(what.split(" ")[0], column)] = self.compared.get((what.split(" ")[0], column), 0) + 1

    def fault(self, text):
        self.faults.append(text)

    def host(self):
        for row in self.rows("host"):
            if not (around := self.around(row)):
                continue
            before, behind = around
            sums = [{name: sum(core[name] for core in s["cpu"]) for name in s["cpu"][0]} for s in around]
            # Each core's time is in hundredths, which its sum isn't.
            self.bounds("host", row, {name: (n, f) for name, (n, f) in CPU.items()}, *[
                {name: seconds + sign * 0.01 * len(before["cpu"]) for name, seconds in s.items()} for s, sign in zip(sums, (-1, 1))])
            total = before["memory"]["total"]
            for column, expected in {"memory_total_bytes": total, "swap_total_bytes": before["swap"]["total"]}.items():
                self.note("host", column)
                if int(row[column]) != expected:
                    self.fault(f"host {column} is {row[column]}, psutil has {expected}")
            for column, name in MEMORY.items():
                levels = [s["memory"][name] for s in around]
                self.note("host", column)
                # What others allocate and free within a moment.
                if not min(levels) - total / 10 <= int(row[column]) <= max(levels) + total / 10:
                    self.fault(f"host {column} is {row[column]}, psutil had {levels}")

    def parts(self, table, key, columns, find):
        for row in self.rows(table):
            if not (around := self.around(row)):
                continue
            both = [find(s, row) for s in around]
            if None in both:
                if both == [None, None] and table != "process":
                    self.fault(f"psutil knows no {table} {row[key]}")
                continue
            self.bounds(f"{table} {row[key]}", row, columns, *both)
            yield row, *both

    def process(self):
        found = lambda snapshot, row: snapshot["process"].get(row["pid"])
        for row, before, behind in self.parts("process", "pid", PROCESS, found):
            for column, name in LEVELS.items():
                levels = {value(facts, name) for facts in (before, behind)}
                if len(levels) == 1 and row[column] != "":
                    self.note("process", column)
                    if int(row[column]) not in levels:
                        self.fault(f"process {row['pid']} {column} is {row[column]}, psutil has {levels}")
            self.note("process", "start_us")
            if abs(before["create_time"] - self.snapshots[0]["boot"] - int(row["start_us"]) / 1e6) > 0.02:
                self.fault(f"process {row['pid']} began at {row['start_us']}, psutil says {before['create_time']}")
            if not before["name"].startswith(row["comm"][:15]):
                self.fault(f"process {row['pid']} is called {row['comm']}, psutil says {before['name']}")

    def all(self):
        self.host()
        core = lambda snapshot, row: snapshot["cpu"][int(row["cpu"])] if int(row["cpu"]) < len(snapshot["cpu"]) else None
        for _ in self.parts("cpu", "cpu", CPU, core):
            pass
        for _ in self.parts("disk", "device", DISK, lambda snapshot, row: snapshot["disk"].get(row["device"])):
            pass
        for _ in self.parts("network", "interface", NETWORK, lambda snapshot, row: snapshot["network"].get(row["interface"])):
            pass
        self.process()
        for table, columns in [("host", [*CPU, *MEMORY]), ("cpu", CPU), ("disk", DISK), ("network", NETWORK), ("process", [*PROCESS, *LEVELS])]:
            for column in columns:
                if (table, column) not in self.compared:
                    self.fault(f"{table} {column} was compared nowhere")
        print(f"{sum(self.compared.values())} cells compared in {len(self.compared)} columns")
        sys.exit("\n".join(self.faults[:20]) or None)


def value(facts, path):
    for name in path.split("."):
        facts = facts.get(name) if facts else None
    return facts


if sys.argv[1] == "sample":
    sample(*sys.argv[2:])
else:
    Comparison(json.loads(pathlib.Path(sys.argv[2]).read_text()), sys.argv[3]).all()
