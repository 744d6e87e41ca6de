/// One container's, or one unit's, use of resources during a recording.
struct CgroupUse: Encodable, Sendable, Equatable {
    var node: String
    /// A container's id, or the path of a unit's cgroup.
    var id: String
    var name: String?
    var image: String?
    /// Of a unit.
    var kind: String?
    /// CPU time; absent where nothing says how much was used within the run.
    var cpuUs: UInt64?
    /// That CPU time over the time that it is of: 100 is one core.
    var cpuPercent: Double?
    var cpuP95Percent: Double?
    /// The highest of one tick.
    var cpuPeakPercent: Double?
    var memoryMeanBytes: UInt64?
    var memoryPeakBytes: UInt64?
    /// The highest working set: usage without the inactive file pages.
    var workingSetPeakBytes: UInt64?

    enum CodingKeys: String, CodingKey {
        case node, id, name, image, kind
        case cpuUs = "cpu_us"
        case cpuPercent = "cpu_percent"
        case cpuP95Percent = "cpu_p95_percent"
        case cpuPeakPercent = "cpu_peak_percent"
        case memoryMeanBytes = "memory_mean_bytes"
        case memoryPeakBytes = "memory_peak_bytes"
        case workingSetPeakBytes = "working_set_peak_bytes"
    }

    init(_ use: SubjectUse) {
        node = use.subject.node
        id = use.facts.id ?? ""
        (name, image, kind) = (use.facts.name, use.facts.image, use.facts.unitKind)
        let (cpu, memory) = (use[Measure.cpu], use[Measure.memory])
        cpuUs = cpu?.totalMicroseconds
        cpuPercent = cpu?.mean
        cpuP95Percent = cpu?.value(.p95)
        cpuPeakPercent = cpu?.max
        memoryMeanBytes = memory?.mean.flatMap(whole)
        memoryPeakBytes = memory?.max.flatMap(whole)
        workingSetPeakBytes = use[Measure.workingSet]?.max.flatMap(whole)
    }

    var title: [String] { [name ?? "", node, id] }
}

extension MeasureUse {
    /// Of CPU time.
    var totalMicroseconds: UInt64? { total.flatMap { whole($0 * 1e6) } }
}

/// - Returns: `nil` for what no whole number can be.
func whole(_ value: Double) -> UInt64? { UInt64(exactly: value.rounded()) }

extension Array {
    /// Those with the highest values. Leaves out those without one. Equal ones are ordered by name, so that the result is always the same.
    func top(
        _ count: Int, by value: (Element) -> UInt64?, else other: (Element) -> UInt64? = { _ in nil }, named title: (Element) -> [String]
    ) -> [Element] {
        let valued = compactMap { use in (value(use) ?? other(use)).map { (use: use, value: $0, title: title(use)) } }
        return valued.sorted { left, right in
            left.value != right.value ? left.value > right.value : left.title.lexicographicallyPrecedes(right.title)
        }.prefix(count).map(\.use)
    }
}
