/// What is live of the things that one node or one container has.
extension LiveKind where Source == RowSource {
    package static let process = LiveKind(
        "process",
        [
            LiveField("pid", .number("pid"), "PID", .plain, "Process id on the host"),
            LiveField("ppid", .number("ppid"), "PPID", .plain, "Process id of its parent"),
            LiveField("comm", .text("comm"), "Command", .text, "Name of its program, at most 15 bytes"),
            LiveField("command_line", .commandLine, "Command line", .text, "Its first 256 bytes, as far as they are known"),
            LiveField("container", .text(["container", "container_id"]), "Container", .text, "The container that it runs in"),
            LiveField("unit", .text("unit"), "Unit", .text, "The systemd unit that it belongs to"),
            LiveField("user", .text(["user", "uid"]), "User", .text, "Its effective user"),
            LiveField(
                "state", .text("state"), "State", short: "S", .text,
                "R running, S sleeping, D waiting for I/O, Z zombie, T stopped, I idle"),
            LiveField("threads", .number("threads"), "Threads", short: "THR", .count, "Threads"),
            // A process that keeps a core busy is at work, and no reason to worry.
            LiveField("cpu_percent", .number("cpu_percent", .tenths), "CPU %", short: "CPU%", .percent, "CPU time: 100 is one core"),
            LiveField("rss_bytes", .number("rss_bytes"), "Resident", short: "RSS", .bytes, "Resident memory"),
            LiveField("vsz_bytes", .number("vsz_bytes"), "Virtual", short: "VSZ", .bytes, "Virtual memory"),
            LiveField(
                "memory_percent", .number("memory_percent", .tenths), "Mem %", short: "MEM%", .percent, "Resident memory over the host's"),
            LiveField("swap_bytes", .number("swap_bytes"), "Swapped", short: "SWAP", .bytes, "Memory swapped out"),
            LiveField("start_us", .number("start_us"), "Start", .microseconds, "When it began, since the host's boot"),
            LiveField(
                "read_bytes_per_s", .rate("read_bytes"), "Read/s", short: "RD/s", .bytesPerSecond, "Fetched from storage a second"),
            LiveField(
                "write_bytes_per_s", .rate("write_bytes"), "Write/s", short: "WR/s", .bytesPerSecond, "Sent to storage a second"),
        ])

    package static let unit = LiveKind(
        "unit",
        [
            LiveField("unit", .text("unit"), "Unit", .text, "Its name"),
            LiveField("kind", .text("unit_kind"), "Kind", .text, "service, scope, slice, lxc, vm, command or other"),
            LiveField("cgroup", .text("cgroup"), "Cgroup", .text, "Its cgroup, from the hierarchy's root"),
            LiveField(
                "cpu_percent", .number("cpu_percent", .tenths), "CPU %", short: "CPU%", .percent, "CPU time: 100 is one core",
                // As a container's.
                .from(warm: 0.8, hot: 0.95, of: .cores(limit: "cpu_limit"))),
            LiveField(
                "cpu_limit", .number("cpu_limit"), "CPU limit", short: "CORES", .decimal,
                "Cores that it may use; unknown without a limit"),
            LiveField(
                "memory_usage_bytes", .number("memory_usage_bytes"), "Memory", short: "MEM", .bytes,
                "Memory charged to it, file pages included"),
            LiveField(
                "memory_rss_bytes", .number("memory_rss_bytes"), "Anonymous", short: "ANON", .bytes,
                "Memory charged to it that is no file's"),
            LiveField("pids", .number("pids"), "Processes", short: "PIDS", .count, "Processes and threads"),
            LiveField(
                "io_read_bytes_per_s", .rate("io_read_bytes"), "Read/s", short: "RD/s", .bytesPerSecond,
                "Read from block devices a second"),
            LiveField(
                "io_write_bytes_per_s", .rate("io_write_bytes"), "Written/s", short: "WR/s", .bytesPerSecond,
                "Written to block devices a second"),
            LiveField(
                "oom_kills", .number("oom_kills"), "OOM kills", short: "OOM", .count, "Processes killed for want of memory",
                .above(0, .warm)),
        ])

    package static let core = LiveKind(
        "core",
        [
            LiveField("cpu", .label("cpu"), "Core", .text, "The core's number"),
            LiveField(
                "cpu_percent", .busy, "CPU %", short: "CPU%", .percent, "The share of time in which it was not idle",
                .from(warm: 0.8, hot: 0.95, of: .value(100))),
            LiveField("frequency_hz", .number("frequency_hz"), "Clock", .hertz, "The core's clock"),
        ])

    package static let disk = LiveKind(
        "disk",
        [
            LiveField("device", .text("device"), "Device", short: "DISK", .text, "The device's name"),
            LiveField(
                "reads_per_s", .rate("reads", .tenths), "Reads/s", short: "READS/s", .countPerSecond, "Reads completed a second"),
            LiveField(
                "writes_per_s", .rate("writes", .tenths), "Writes/s", short: "WRITES/s", .countPerSecond, "Writes completed a second"),
            LiveField(
                "read_bytes_per_s", .rate("read_sectors", times: 512), "Read/s", short: "RD/s", .bytesPerSecond, "Bytes read a second"),
            LiveField(
                "write_bytes_per_s", .rate("write_sectors", times: 512), "Written/s", short: "WR/s", .bytesPerSecond,
                "Bytes written a second"),
            LiveField(
                "busy_percent", .rate("io_us", times: 1e-4, .tenths), "Busy %", short: "BUSY%", .percent,
                "The share of time in which a request was in flight",
                // A disk that answers many at once is busy long before it is at its end, but nothing says so better.
                .from(warm: 0.8, hot: 0.95, of: .value(100))),
            LiveField(
                "in_flight", .number("in_flight"), "In flight", .count,
                "Requests that the device has not answered yet"),
        ])

    package static let filesystem = LiveKind(
        "filesystem",
        [
            LiveField("mount", .text("mount"), "Mount", .text, "Where it is mounted"),
            LiveField("device", .text("device"), "Device", .text, "The device or server that holds it"),
            LiveField("type", .text("type"), "Type", .text, "The file system's type"),
            LiveField("size_bytes", .number("size_bytes"), "Size", .bytes, "Size"),
            LiveField(
                "available_bytes", .number("available_bytes"), "Available", short: "FREE", .bytes,
                "Space that users without privileges can still use"),
            LiveField(
                "used_percent", .fullness, "Used %", short: "USED%", .percent, "How full it is, as df says it",
                // As a node's fullest.
                .from(warm: 0.85, hot: 0.95, of: .value(100))),
        ])

    package static let interface = LiveKind(
        "interface",
        [
            LiveField("interface", .text("interface"), "Interface", .text, "The interface's name"),
            LiveField("rx_bytes_per_s", .rate("rx_bytes"), "In/s", short: "RX/s", .bytesPerSecond, "Received a second"),
            LiveField("tx_bytes_per_s", .rate("tx_bytes"), "Out/s", short: "TX/s", .bytesPerSecond, "Sent a second"),
            LiveField(
                "rx_errors", .number("rx_errors"), "Errors in", short: "RX ERR", .count,
                "Packets not received because of errors, since boot", .above(0, .warm)),
            LiveField(
                "tx_errors", .number("tx_errors"), "Errors out", short: "TX ERR", .count,
                "Packets not sent because of errors, since boot", .above(0, .warm)),
            LiveField(
                "rx_dropped", .number("rx_dropped"), "Dropped in", short: "RX DROP", .count,
                "Packets dropped though they arrived whole, since boot", .above(0, .warm)),
            LiveField(
                "tx_dropped", .number("tx_dropped"), "Dropped out", short: "TX DROP", .count,
                "Packets dropped for lack of room, since boot", .above(0, .warm)),
        ])
}
