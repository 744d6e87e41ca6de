/// One unit at one tick.
package struct UnitReading: Sendable, Equatable {
    package var unit: EncodedText?
    package var kind: EncodedText?
    package var cgroup: EncodedText?
    /// 100 is one core.
    package var cpuPercent: Double?
    /// Without a network: a cgroup has none.
    package var counters = ContainerCounters()
    /// The tick's instant minus the reading's, in µs; below zero when it was read after the instant.
    package var sampleAge: Int64?
    /// When its first process was started, microseconds since boot.
    package var started: UInt64?

    package init() {}
}

/// The columns of `unit.csv`: a row per unit and tick, of those that `--units` names.
package enum UnitTable {
    package static func visit<V: ColumnVisitor & ~Copyable>(_ r: UnitReading, _ v: inout V) {
        v.identity("unit", r.unit, "cgroup path", "Its name, such as nginx.service; of what `sonde record` runs: command")
        v.identity("unit_kind", r.kind, "cgroup path", "service, scope, slice, lxc, vm, command or other")
        v.identity("cgroup", r.cgroup, "cgroup path", "Its cgroup, from the hierarchy's root. What is nested in it begins with this path")
        CgroupColumns.visitCPU(r.counters, percent: r.cpuPercent, &v)
        CgroupColumns.visitMemory(r.counters, &v)
        CgroupColumns.visitBlockIO(r.counters, &v)
        CgroupColumns.visitProcesses(r.counters, &v)
        CgroupColumns.visitPressure(r.counters, &v)
        v.signed(
            "sample_age_us", .identity, r.sampleAge, "", "Sonde",
            "How old the reading was at the tick's instant; negative: read so long after it")
        v.identity(
            "started_us", r.started, "/proc/<pid>/stat starttime",
            "When the first of its processes began, since the host's boot, as far as they lived when it was found; another value is another start"
        )
        CgroupColumns.visitDetails(r.counters.details, &v)
    }
}

extension TickRows {
    package mutating func append(_ reading: UnitReading) {
        row(.unit) { UnitTable.visit(reading, &$0) }
    }
}
