/// The quantity by which containers are compared.
package enum GovernorMetric: String, Sendable, CaseIterable {
    /// `cpu_percent`: 100 is one core.
    case cpu
    /// `memory_usage_bytes`.
    case memory
    /// The sum of its processes' resident memory; shared memory counts once for each process.
    case rss
    /// The sum of its processes' virtual memory.
    case vsz
}

/// One reading of a container, or its means over a window. `nil` means "not measured".
package struct GovernorValues: Sendable, Equatable {
    /// 100 is one core.
    package var cpu: Double?
    /// In bytes, as are the next two.
    package var memory: Double?
    package var rss: Double?
    package var vsz: Double?

    package init(cpu: Double? = nil, memory: Double? = nil, rss: Double? = nil, vsz: Double? = nil) {
        (self.cpu, self.memory, self.rss, self.vsz) = (cpu, memory, rss, vsz)
    }

    /// The same values, but impossible ones count as not measured.
    var plausible: GovernorValues { GovernorValues(cpu: self[.cpu], memory: self[.memory], rss: self[.rss], vsz: self[.vsz]) }

    /// An impossible value, such as a negative one, counts as not measured.
    package subscript(metric: GovernorMetric) -> Double? {
        let value =
            switch metric {
            case .cpu: cpu
            case .memory: memory
            case .rss: rss
            case .vsz: vsz
            }
        return value.flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
    }
}
