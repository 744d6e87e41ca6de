/// What the processes of one name used over a recording: those of one user in one container or unit.
struct ProgramUse: Encodable, Sendable, Equatable {
    let node: String
    var name: String?
    var user: String?
    /// The container's name, or else its id.
    var container: String?
    var unit: String?
    /// How many there were in all.
    var processes: Int
    /// In microseconds, of all together.
    var cpuUs: UInt64?
    /// That CPU time over the time that it is of: 100 is one core.
    var cpuPercent: Double?
    var cpuP95Percent: Double?
    /// The most at one tick, of all together.
    var cpuPeakPercent: Double?
    /// Resident memory at one tick, of all together: shared pages count in each.
    var memoryMeanBytes: UInt64?
    /// The most of that; or what one of them had at any time, if that is more and it lived within the run.
    var memoryPeakBytes: UInt64?

    enum CodingKeys: String, CodingKey {
        case node, name, user, container, unit, processes
        case cpuUs = "cpu_us"
        case cpuPercent = "cpu_percent"
        case cpuP95Percent = "cpu_p95_percent"
        case cpuPeakPercent = "cpu_peak_percent"
        case memoryMeanBytes = "memory_mean_bytes"
        case memoryPeakBytes = "memory_peak_bytes"
    }

    init(_ use: SubjectUse) {
        node = use.subject.node
        (name, user) = (use.facts.name, use.facts.user ?? use.facts.uid)
        (container, unit) = (use.facts.container ?? use.facts.containerID, use.facts.unit)
        place = use.facts.container ?? use.facts.containerID.map { String($0.prefix(12)) } ?? use.facts.unit
        processes = use.instances
        let (cpu, memory) = (use[Measure.cpu], use[Measure.memory])
        cpuUs = cpu?.totalMicroseconds
        (cpuPercent, cpuP95Percent, cpuPeakPercent) = (cpu?.mean, cpu?.value(.p95), cpu?.max)
        memoryMeanBytes = memory?.mean.flatMap(whole)
        memoryPeakBytes = memory?.max.flatMap(whole)
    }

    /// For people: where the processes are.
    let place: String?

    var title: [String] { [name ?? "", container ?? "", unit ?? "", user ?? "", node] }
}
