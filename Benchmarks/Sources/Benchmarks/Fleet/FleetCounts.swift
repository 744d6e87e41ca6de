extension Fleet {
    /// What has happened to a fleet's agents since some moment.
    struct Counts {
        /// Frames of a run, again when they were sent again.
        var frames = 0
        var pings = 0
        /// Ticks that belong to no run.
        var live = 0
        /// Live ticks that were left out, as the kernel had not taken what went before.
        var leftOut = 0
        var rewinds = 0
        /// Connections that ended.
        var ended = 0
        /// Tries to connect that the kernel did not finish within two seconds, or refused.
        var unconnected = 0
        /// Errors that the collector has sent, by code.
        var refusals: [String: Int] = [:]
        /// Ticks of a run that were over when an agent learnt of it.
        var passed = 0

        /// What went wrong, with a semicolon in front; empty when nothing did.
        var faults: String {
            var parts: [String] = []
            if ended > 0 { parts.append("\(ended) connections ended") }
            if leftOut > 0 { parts.append("\(leftOut) live ticks left out, as earlier ones weren't read") }
            if rewinds > 0 { parts.append("\(rewinds) rewinds") }
            if passed > 0 { parts.append("\(passed) ticks over when their agents learnt of the run") }
            if !refusals.isEmpty {
                parts.append("refused: " + refusals.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
            }
            return parts.isEmpty ? "" : "; \(parts.joined(separator: "; "))"
        }
    }
}
