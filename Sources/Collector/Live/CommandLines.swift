import StatsCore

/// Command lines of the processes of one node, which its agent tells once, when a process is new. Where there are too many, the oldest are forgotten.
struct CommandLines: Sendable {
    /// The most of one node, in bytes as `cost` counts them.
    static let limit = 256 << 10
    /// How much of one is kept.
    private static let longest = 256
    /// What one takes besides its text.
    private static let overhead = 96

    private var texts: [UInt64: (text: String, number: UInt64)] = [:]
    private var order: [(pid: UInt64, number: UInt64)] = []
    private var last: UInt64 = 0
    private(set) var cost = 0

    /// By the process's pid. A later process with the same pid has told its own.
    subscript(pid: UInt64) -> String? { texts[pid]?.text }

    /// Takes over the events of a tick.
    /// - Parameter room: what these command lines may cost.
    mutating func take(_ rows: FrameRows, room: Int) {
        rows.forEachRow(of: .event) { row in
            guard row.text("kind") == "process", let pid = row.count("pid") else { return }
            if let old = texts.removeValue(forKey: pid) { cost -= old.text.utf8.count + Self.overhead }
            guard let text = row.text("message") else { return }
            let cut = String(decoding: text.utf8.prefix(Self.longest), as: UTF8.self)
            last += 1
            texts[pid] = (cut, last)
            order.append((pid, last))
            cost += cut.utf8.count + Self.overhead
        }
        forget(downTo: min(room, Self.limit))
    }

    private mutating func forget(downTo limit: Int) {
        var gone = 0
        while cost > limit, gone < order.count {
            let oldest = order[gone]
            gone += 1
            guard let entry = texts[oldest.pid], entry.number == oldest.number else { continue }
            texts[oldest.pid] = nil
            cost -= entry.text.utf8.count + Self.overhead
        }
        order.removeFirst(gone)
        if order.count > 2 * texts.count + 64 { order.removeAll { texts[$0.pid]?.number != $0.number } }
    }
}
