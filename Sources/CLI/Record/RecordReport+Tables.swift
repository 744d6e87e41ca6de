import StatsCore

/// In each table stand those that used most CPU time, then those that used most memory besides.
extension RecordReport {
    /// By what those in a table were chosen, and where all are; nothing where all are there.
    private func chosen(_ shown: Int, of kind: SubjectKind, _ place: String) -> String {
        guard let all = counts[kind], all > shown else { return "" }
        return "\nThe \(Self.top) that used most CPU time, then those of the \(Self.top) with most memory; \(all - shown) more: "
            + "sonde summary \(place) --by \(kind.rawValue) --top \(all)"
    }

    func containerTable(_ place: String) -> String? {
        let all = topCPU + topMemory.filter { use in !topCPU.contains { $0.id == use.id && $0.node == use.node } }
        guard !all.isEmpty else { return nil }
        var table = TextTable("CONTAINER", "ID", "IMAGE", ">CPU TIME", ">MEAN", ">P95", ">PEAK", ">WORKING SET", ">USAGE")
        for use in all {
            table.append(
                use.name, String(use.id.prefix(12)), use.image, Self.time(use.cpuUs), use.cpuPercent.map(HumanUnits.percent),
                use.cpuP95Percent.map(HumanUnits.percent), use.cpuPeakPercent.map(HumanUnits.percent),
                use.workingSetPeakBytes.map(HumanUnits.bytes),
                use.memoryPeakBytes.map(HumanUnits.bytes))
        }
        return table.text() + chosen(all.count, of: .container, place)
    }

    func unitTable(_ place: String) -> String? {
        let all = topUnitsCPU + topUnitsMemory.filter { use in !topUnitsCPU.contains { $0.id == use.id && $0.node == use.node } }
        guard !all.isEmpty else { return nil }
        var table = TextTable("UNIT", "KIND", ">CPU TIME", ">MEAN", ">P95", ">PEAK", ">WORKING SET", ">USAGE")
        for use in all {
            table.append(
                use.name, use.kind, Self.time(use.cpuUs), use.cpuPercent.map(HumanUnits.percent),
                use.cpuP95Percent.map(HumanUnits.percent), use.cpuPeakPercent.map(HumanUnits.percent),
                use.workingSetPeakBytes.map(HumanUnits.bytes), use.memoryPeakBytes.map(HumanUnits.bytes))
        }
        return table.text() + chosen(all.count, of: .unit, place)
    }

    func programTable(_ place: String) -> String? {
        let all = topProcessesCPU + topProcessesMemory.filter { !topProcessesCPU.contains($0) }
        guard !all.isEmpty else { return nil }
        var table = TextTable("PROCESS", ">NUMBER", "USER", "IN", ">CPU TIME", ">MEAN", ">P95", ">PEAK", ">MEMORY", ">PEAK")
        for use in all {
            table.append(
                use.name, String(use.processes), use.user, use.place, Self.time(use.cpuUs),
                use.cpuPercent.map(HumanUnits.percent),
                use.cpuP95Percent.map(HumanUnits.percent), use.cpuPeakPercent.map(HumanUnits.percent),
                use.memoryMeanBytes.map(HumanUnits.bytes), use.memoryPeakBytes.map(HumanUnits.bytes))
        }
        return table.text() + chosen(all.count, of: .program, place)
    }
}
