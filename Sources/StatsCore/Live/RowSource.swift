/// Where a live value comes from: columns of a table's row, or what two readings of them say.
package enum RowSource: Sendable {
    /// The node whose row it is.
    case node
    /// The first of these columns that says something.
    case text([String])
    /// A number that names something, such as a core's, as a text.
    case label(String)
    case number(String, LiveRounding = .exact)
    /// What a counter grew by per second, times what one of it is.
    case rate(String, times: Double = 1, LiveRounding = .whole)
    /// What one counter grew by over what another did, in percent.
    case share(String, of: String)
    /// The share of time in which a core was not idle (`CPUTimes`).
    case busy
    /// How full a file system is in percent, as `df` says it: used over used and available, what is kept for root left out.
    case fullness
    /// What happened in the last ten minutes. No row says that: whoever follows the ticks has to remember it.
    case past(PastFact)
    /// The command line of a process, which an event told when the process was new.
    case commandLine

    package static func text(_ column: String) -> RowSource { .text([column]) }

    /// The columns that are read, in the order in which `RowReader` finds their cells.
    var columns: [String] {
        switch self {
        case .node, .past, .commandLine: []
        case .text(let columns): columns
        case .label(let column), .number(let column, _), .rate(let column, _, _): [column]
        case .share(let part, let whole): [part, whole]
        case .busy: ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"].map { "cpu_\($0)_us" }
        case .fullness: ["size_bytes", "free_bytes", "available_bytes"]
        }
    }

    /// Whether it takes two readings.
    var isDerived: Bool {
        switch self {
        case .rate, .share, .busy: true
        case .node, .text, .label, .number, .fullness, .past, .commandLine: false
        }
    }
}

/// What is known of a container's last ten minutes besides its present row.
package enum PastFact: Sendable {
    /// How it ended last.
    case exitCode
    /// Times that it ended with an error although nobody had told it to end.
    case failures
    case restarts
    case oomKills
}
