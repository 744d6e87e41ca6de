"""Compares tables container and unit of a run with the kernel's files that were copied before and behind it: check_v2.py DIRECTORY, as v2_guest.sh wrote it.

Containers and units were frozen meanwhile. So a cell is what stood in the file before and behind; where those differ, it lies between them.
"""
import csv, json, pathlib, sys

root = pathlib.Path(sys.argv[1])


class Files:
    """The files of one container's cgroup, read by code that shares nothing with Sonde's."""

    def __init__(self, directory):
        self.directory = directory

    def text(self, name):
        return (self.directory / name).read_text()

    def whole(self, name):
        """The one number of a file; None for `max`."""
        text = self.text(name).strip()
        return None if text == "max" else int(text)

    def keyed(self, name, key):
        return next(int(line.split()[1]) for line in self.text(name).splitlines() if line.split()[0] == key)

    def io(self, *keys):
        """The sum over all devices; 0 where no device has a line, since then nothing was transferred."""
        fields = [dict(word.split("=") for word in line.split()[1:]) for line in self.text("io.stat").splitlines()]
        return sum(int(device[key]) for device in fields for key in keys)

    def pressure(self, name, kind):
        line = next(line for line in self.text(name).splitlines() if line.startswith(kind))
        return int(line.rsplit("total=", 1)[1])

    def network(self, place):
        lines = [line.split(":") for line in self.text("net.dev").splitlines() if ":" in line]
        counted = [numbers.split() for name, numbers in lines if name.strip() != "lo"]
        return sum(int(numbers[place]) for numbers in counted) if counted else None

    def cores(self):
        quota, period = self.text("cpu.max").split()
        return None if quota == "max" else int(quota) / int(period)


    def optional(self, name, key=None):
        """A number that this kernel may not tell."""
        try:
            return self.keyed(name, key) if key else self.whole(name)
        except (FileNotFoundError, StopIteration):
            return None

    def protection(self, name):
        """`max` protects all that there is."""
        return min(self.whole(name) if self.text(name).strip() != "max" else total, total)


total = next(int(line.split()[1]) << 10 for line in (root / "before/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
limit = lambda f: min(f.whole("memory.max") or total, total)
stat = lambda key: lambda f: f.keyed("memory.stat", key)
COLUMNS = {
    "cpu_us": lambda f: f.keyed("cpu.stat", "usage_usec"), "cpu_user_us": lambda f: f.keyed("cpu.stat", "user_usec"),
    "cpu_system_us": lambda f: f.keyed("cpu.stat", "system_usec"), "cpu_periods": lambda f: f.keyed("cpu.stat", "nr_periods"),
    "cpu_throttled_periods": lambda f: f.keyed("cpu.stat", "nr_throttled"), "cpu_throttled_us": lambda f: f.keyed("cpu.stat", "throttled_usec"),
    "cpu_limit": lambda f: f.cores(), "cpu_percent": lambda f: 0,
    "memory_usage_bytes": lambda f: f.whole("memory.current"), "memory_limit_bytes": limit,
    "memory_percent": lambda f: f.whole("memory.current") / limit(f) * 100,
    "memory_working_set_bytes": lambda f: f.whole("memory.current") - f.keyed("memory.stat", "inactive_file"),
    "memory_peak_bytes": lambda f: f.whole("memory.peak"), "memory_rss_bytes": stat("anon"), "memory_cache_bytes": stat("file"),
    "memory_mapped_file_bytes": stat("file_mapped"), "memory_kernel_bytes": stat("kernel"),
    "memory_swap_bytes": lambda f: f.whole("memory.swap.current"), "active_anon_bytes": stat("active_anon"),
    "inactive_anon_bytes": stat("inactive_anon"), "active_file_bytes": stat("active_file"), "inactive_file_bytes": stat("inactive_file"),
    "unevictable_bytes": stat("unevictable"), "pgfault": stat("pgfault"), "pgmajfault": stat("pgmajfault"),
    "memory_failures": lambda f: f.keyed("memory.events", "max"), "oom_kills": lambda f: f.keyed("memory.events", "oom_kill"),
    "io_read_bytes": lambda f: f.io("rbytes"), "io_write_bytes": lambda f: f.io("wbytes"), "io_discard_bytes": lambda f: f.io("dbytes"),
    "io_total_bytes": lambda f: f.io("rbytes", "wbytes", "dbytes"), "io_reads": lambda f: f.io("rios"), "io_writes": lambda f: f.io("wios"),
    "pids": lambda f: f.whole("pids.current"), "pids_limit": lambda f: f.whole("pids.max"),
    "psi_cpu_some_us": lambda f: f.pressure("cpu.pressure", "some"), "psi_memory_some_us": lambda f: f.pressure("memory.pressure", "some"),
    "psi_memory_full_us": lambda f: f.pressure("memory.pressure", "full"), "psi_io_some_us": lambda f: f.pressure("io.pressure", "some"),
    "psi_io_full_us": lambda f: f.pressure("io.pressure", "full"), "psi_cpu_full_us": lambda f: f.pressure("cpu.pressure", "full"),
    "memory_high_bytes": lambda f: f.whole("memory.high"), "memory_low_bytes": lambda f: f.protection("memory.low"),
    "memory_min_bytes": lambda f: f.protection("memory.min"), "memory_swap_limit_bytes": lambda f: f.whole("memory.swap.max"),
    "memory_high_events": lambda f: f.keyed("memory.events", "high"), "memory_oom_events": lambda f: f.keyed("memory.events", "oom"),
    "oom_group_kills": lambda f: f.optional("memory.events", "oom_group_kill"), "swap_failures": lambda f: f.keyed("memory.swap.events", "fail"),
    "anon_thp_bytes": lambda f: f.optional("memory.stat", "anon_thp"), "shmem_bytes": stat("shmem"), "slab_bytes": stat("slab"),
    "sock_bytes": stat("sock"), "file_dirty_bytes": stat("file_dirty"), "file_writeback_bytes": stat("file_writeback"),
    "swap_cached_bytes": stat("swapcached"), "zswap_bytes": lambda f: f.optional("memory.stat", "zswap"), "pgscan": stat("pgscan"),
    "pgsteal": stat("pgsteal"), "workingset_refault_anon": stat("workingset_refault_anon"),
    "workingset_refault_file": stat("workingset_refault_file"), "cpu_bursts": lambda f: f.keyed("cpu.stat", "nr_bursts"),
    "cpu_burst_us": lambda f: f.keyed("cpu.stat", "burst_usec"), "cpu_weight": lambda f: f.whole("cpu.weight"),
    "cpu_throttled_local_us": lambda f: f.optional("cpu.stat.local", "throttled_usec"), "pids_peak": lambda f: f.optional("pids.peak"),
    "pids_limit_hits": lambda f: f.keyed("pids.events", "max"), "io_discards": lambda f: f.io("dios"),
}
for prefix, first in (("rx", 0), ("tx", 8)):
    for place, name in enumerate(["bytes", "packets", "errors", "dropped"]):
        COLUMNS[f"{prefix}_{name}"] = lambda f, place=first + place: f.network(place)
# What cgroup v2 doesn't have, and what only an engine tells.
EMPTY = {"pgpgin", "pgpgout", "io_sync_bytes", "io_async_bytes", "container", "image", "state", "health", "restarts", "names"}
# Which row it is.
IDENTITY = {"time", "tick", "node", "container_id", "source", "sample_age_us", "started_us", "network"}
# All but a few of these are above zero, or the guest's loads have not done what they are for.
IDLE = {"cpu_percent", "memory_mapped_file_bytes", "unevictable_bytes", "io_discard_bytes", "rx_errors", "rx_dropped", "tx_errors", "tx_dropped",
        "active_file_bytes", "inactive_file_bytes", "memory_cache_bytes", "pgmajfault", "active_anon_bytes", "inactive_anon_bytes",
        # What the guest's loads don't do, or its kernel doesn't count.
        "oom_group_kills", "anon_thp_bytes", "shmem_bytes", "sock_bytes", "file_dirty_bytes", "file_writeback_bytes", "swap_cached_bytes",
        "zswap_bytes", "workingset_refault_anon", "workingset_refault_file", "cpu_bursts", "cpu_burst_us", "cpu_throttled_local_us", "pids_peak",
        "io_discards"}

faults, compared, above = [], 0, set()


def compare(table, key, columns, empty, identity):
    """Each cell of a table's rows, which `key` names as the copied directories are named. Returns all rows."""
    global compared
    with open(root / f"run/{table}.csv", newline="") as file:
        every = list(csv.DictReader(file))
    known = {path.name for path in (root / f"before/{table}s").iterdir()}
    for column in every[0] if every else []:
        if column not in columns.keys() | empty | identity and not column.startswith(("compose_", "swarm_", "kubernetes_")):
            faults.append(f"nobody compares column {column} of {table}")
    rows = [row for row in every if row[key] in known]
    if {row[key] for row in rows} != known or len(known) != 4:
        faults.append(f"rows of {({row[key] for row in rows})}, and not of {known}")
    for row in rows:
        name = row[key].rstrip("0")
        sides = [Files(root / side / f"{table}s" / row[key]) for side in ("before", "after")]
        for column, read in columns.items():
            if column == "cpu_percent" and row[column] == "":
                continue  # the first row has no reading before it
            expected = [read(files) for files in sides]
            compared += 1
            if None in expected or row[column] == "":
                if expected != [None, None] or row[column] != "":
                    faults.append(f"{column} at tick {row['tick']} of {name} is {row[column]!r}, the kernel says {expected}")
                continue
            low, high = min(expected), max(expected)
            # A decimal is written with a few digits.
            slack = 0.01 if isinstance(low, float) else 0
            if not low - slack <= float(row[column]) <= high + slack:
                faults.append(f"{column} at tick {row['tick']} of {name} is {row[column]}, the kernel says {expected}")
            if high > 0:
                above.add(column)
        faults.extend(f"{column} of {table} is {row[column]!r}, and can't be known" for column in empty if row[column] != "")
    if len({(row["tick"], row[key]) for row in every}) != len(every):
        faults.append(f"two rows of one {table} at a tick")
    return every


compare("container", "container_id", COLUMNS, EMPTY, IDENTITY)
traffic = {column for column in COLUMNS if column.startswith(("rx_", "tx_"))}
of_units = {column: read for column, read in COLUMNS.items() if column not in traffic}
units = compare("unit", "unit", of_units, EMPTY & {"pgpgin", "pgpgout", "io_sync_bytes", "io_async_bytes"},
                {"time", "tick", "node", "unit", "unit_kind", "cgroup", "sample_age_us", "started_us"})
# The manager in which others are isn't counted a second time, and no container is a unit.
kinds = {row["unit"]: row["unit_kind"] for row in units}
wanted = {"nginx.service": "service", "foo.service": "service", "init.scope": "scope", "100.scope": "vm", "flash.service": "service"}
if kinds != wanted:
    faults.append(f"units {kinds}, and not {wanted}")
flash = [row["cpu_us"] for row in units if row["unit"] == "flash.service"][-1:]
told_by_kernel = (root / "flash").read_text().split()[1]
if flash != [told_by_kernel]:
    faults.append(f"a unit of a moment used {flash}, the kernel says {told_by_kernel}")
idle = COLUMNS.keys() - above - IDLE
if idle:
    faults.append(f"nothing happened in {sorted(idle)}")

# The recorded command: a block of 20 MiB, and two hundred shells of a moment, besides the shell itself and dd.
command = json.loads((root / "command/run.json").read_text()).get("command", {})
last = [row for row in csv.DictReader((root / "command/unit.csv").open()) if row["unit"] == "command"][-1:]
told = {
    "measure": command.get("measure") == "cgroup", "exit_status": command.get("exit_status") == 3,
    "memory_peak_bytes": 20 << 20 <= command.get("memory_peak_bytes", 0) <= 40 << 20, "processes": command.get("processes") == 202,
    "cpu_us": command.get("cpu_us", 0) > 0 and [row["cpu_us"] for row in last] == [str(command.get("cpu_us"))],
    "its cgroup is gone": (root / "left").read_text() == "",
}
faults += [f"of the recorded command: {name}: {command} {last}" for name, holds in told.items() if not holds]
print(f"{compared} cells of {len(COLUMNS)} columns, of four containers and four units, compared, {len(above)} columns above zero")
sys.exit("\n".join(faults[:30]) or None)
