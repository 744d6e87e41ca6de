import StatsCore

/// The host's memory and all processes of its containers at one moment, as a JSON object.
struct HostSnapshot: ~Copyable {
    private let roots: KernelRoots
    private var source: ContainerSource
    private var rows = TickRows()
    private let mailbox = TickMailbox()
    /// What was read last.
    private var newest = FrameRows()
    private var commands: [UInt64: String] = [:]
    private var readings = 0

    /// - Parameter index: gives the containers' names, if there is an engine.
    init(roots: KernelRoots, index: ContainerIndex) {
        self.roots = roots
        source = ContainerSource(roots: roots, mode: .cgroup, index: index, board: nil)
    }

    /// Reads all processes. Their use of the CPU is known from the second call on.
    mutating func read() {
        rows.removeAll()
        readings += 1
        let now = Clocks.monotonic()
        source.read(TickContext(instant: now, deadline: now + 5_000_000_000, interval: 500_000_000, run: "\(readings)"), into: &rows)
        mailbox.note(TickHeader(run: "", epoch: 0, seq: 0, tick: 0, time: 0, begin: 0, end: 0), rows, interval: 500_000)
        newest = mailbox.newest()?.rows ?? FrameRows()
        newest.forEachRow(of: .event) { row in
            // A command line comes as an event, once in each run. Each reading counts as a run, because a process may have started another program.
            if row.text("kind") == "process", let pid = row.count("pid"), let command = row.text("message") { commands[pid] = command }
        }
    }

    /// The last reading.
    func json(node: String) -> String {
        var out = ByteWriter()
        out.append("{")
        out.member("time", Timestamp.string(Clocks.wall() / 1000), isFirst: true)
        out.member("node", node)
        writeMemory(&out)
        out.append(",\"processes\":[")
        var isFirst = true
        newest.forEachRow(of: .process) { row in
            out.append(isFirst ? "\n{" : ",\n{")
            isFirst = false
            out.append("\"pid\":")
            out.append(row.bytes(of: "pid") ?? Array("null".utf8))
            out.append(",\"command_line\":")
            out.append(row.count("pid").flatMap { commands[$0] }.map { EncodedText($0).json } ?? Array("null".utf8))
            for (name, column) in Self.columns {
                out.append(",\"")
                out.append(Array(name.utf8))
                out.append("\":")
                out.append(row.bytes(of: column) ?? Array("null".utf8))
            }
            out.append("}")
        }
        out.append("]}")
        return out.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// The members of a process, and their columns in the table `process`.
    private static let columns = [
        ("name", "comm"), ("vsz_bytes", "vsz_bytes"), ("rss_bytes", "rss_bytes"), ("memory_percent", "memory_percent"),
        ("cpu_percent", "cpu_percent"), ("container_id", "container_id"), ("container", "container"),
    ]

    private func writeMemory(_ out: inout ByteWriter) {
        var memory = MemInfo()
        var buffer = ReadBuffer()
        if (try? KernelFile.readOnce("\(roots.proc)/meminfo", into: &buffer)) != nil { memory.update(parsing: buffer.bytes) }
        func write(_ name: StaticString, _ value: UInt64?, _ out: inout ByteWriter) {
            out.append(name)
            if let value { out.append(decimal: value) } else { out.append("null") }
        }
        let (total, available) = (memory[.total], memory[.available])
        write(",\"memory\":{\"total_bytes\":", total, &out)
        write(",\"free_bytes\":", memory[.free], &out)
        write(",\"available_bytes\":", available, &out)
        // Caches can be reclaimed, so they don't count as used.
        let used = total.flatMap { total in available.map { total - min($0, total) } }
        write(",\"used_bytes\":", used, &out)
        out.append("}")
    }
}
