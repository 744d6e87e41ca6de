/// What a container is compared by.
package enum GovernorMetric: String, Sendable, CaseIterable {
    /// `cpu_percent`: 100 is one core.
    case cpu
    /// `memory_usage_bytes`.
    case memory
    /// Resident memory of its processes, summed up; what they share counts for each.
    case rss
    /// Virtual memory of its processes, summed up.
    case vsz
}

/// One reading of a container, or its means over a window. `nil` is "not measured".
package struct GovernorValues: Sendable, Equatable {
    /// 100 is one core.
    package var cpu: Double?
    /// In bytes, as the others.
    package var memory: Double?
    package var rss: Double?
    package var vsz: Double?

    package init(cpu: Double? = nil, memory: Double? = nil, rss: Double? = nil, vsz: Double? = nil) {
        (self.cpu, self.memory, self.rss, self.vsz) = (cpu, memory, rss, vsz)
    }

    /// Without what no measurement can give, which counts as not measured.
    var plausible: GovernorValues { GovernorValues(cpu: self[.cpu], memory: self[.memory], rss: self[.rss], vsz: self[.vsz]) }

    /// A value that no measurement can give counts as not measured.
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
