"""Nodes and containers that don't exist, with every level in them: fleet.py HOST PORT. Each sends the same live tick each second, with counters that grow."""
import json, socket, struct, sys, threading, time, uuid

TABLES = {
    "host": ["cpu_percent", "memory_percent", "load1", "psi_cpu_some_us", "psi_memory_some_us", "psi_io_some_us"],
    "cpu": ["cpu"],
    "filesystem": ["mount", "size_bytes", "free_bytes", "available_bytes"],
    "container": ["container_id", "container", "state", "health", "cpu_percent", "cpu_limit", "memory_percent", "cpu_periods",
                  "cpu_throttled_periods", "restarts", "oom_kills"],
    "unit": ["unit", "unit_kind", "cgroup", "cpu_percent", "memory_usage_bytes"],
    "process": ["pid", "start_us", "comm", "unit", "user", "cpu_percent"],
    "event": ["kind", "container_id", "container", "exit_code"],
}
# Per node: what is used of its cores, of a disk of 1000, of memory, the load, and what of each second is waited for.
NODES = {"hot": (98, 960, 91, 8.5, 0.6), "warm": (85, 850, 80, 4, 0.19), "well": (50, 500, 79.9, 0.5, 0.01)}


def rows(passed, cpu, disk, memory, load, wait):
    waited = int(passed * wait * 1_000_000)
    return {
        # Only one node has units.
        "unit": [["idle.service", "service", "/system.slice/idle.service", 1, 4096],
                 ["mysql.service", "service", "/system.slice/mysql.service", 392, 1 << 20]] if cpu == 98 else [],
        "process": [[7, 1, "mysqld", "mysql.service", "mysql", 391]] if cpu == 98 else [],
        "host": [[cpu, memory, load, waited, waited, waited]], "cpu": [[core] for core in range(4)],
        "filesystem": [["/", 1000, 1000 - disk, 1000 - disk]],
        "container": [
            ["c1", "well", "running", "healthy", 10, None, 50, 0, 0, 0, 0],
            ["c2", "all cores", "running", None, 390, None, 10, 0, 0, 0, 0],
            ["c3", "one core of four", "running", None, 100, None, 10, 0, 0, 0, 0],
            ["c4", "at its limit", "running", None, 49, 0.5, 80, passed * 100, passed * 40, 0, 0],
            ["c5", "nearly at its limit", "running", None, 42, 0.5, 96, passed * 100, passed * 8, 0, 0],
            ["c6", "killed", "running", "unhealthy", 0, None, 20, 0, 0, 3, 2],
            ["c7", "paused", "paused", None, 0, None, 20, 0, 0, 0, 0],
            ["c8", "dead", "dead"] + [None] * 8,
            ["c9"] + [None] * 10,
        ],
        # One that was killed again and again, and is at no tick.
        "event": ([["oom", "c6", "killed", None]] + 4 * [
            ["container start", "c10", "gone", None], ["oom", "c10", "gone", None], ["container die", "c10", "gone", 137],
        ]) if passed == 0 else [],
    }


def live(node, facts):
    connection = socket.create_connection((sys.argv[1], int(sys.argv[2])))

    def send(**message):
        payload = json.dumps(message).encode()
        connection.sendall(struct.pack(">I", len(payload)) + payload)

    def drop_answers():
        while connection.recv(1 << 16):
            pass

    threading.Thread(target=drop_answers, daemon=True).start()
    send(type="hello", protocol=1, agent=str(uuid.uuid4()), epoch=1, node=node, monitor="Fleet", addresses=[], version="1",
         tables=TABLES, first_unacked=1, next_seq=1)
    begin, tick = time.time_ns() // 1000, 0
    while True:
        now = begin + tick * 1_000_000
        send(type="tick", run="", epoch=1, seq=0, tick=tick, time=now, begin=now, end=now, rows=rows(tick, *facts))
        tick += 1
        time.sleep(max(0, (begin + tick * 1_000_000) / 1e6 - time.time()))


for node, facts in NODES.items():
    threading.Thread(target=live, args=(node, facts)).start()
