import StatsCore
import SystemPackage

/// The result of a recording: what the machine, its containers and its processes used, the verdict, and where the files are.
struct RecordReport: Presentable, Sendable {
    /// How many containers, and how many programs, are listed by each measure.
    static let top = 5

    let directory: String
    let run: RunManifest
    let host: HostUse?
    let topCPU: [ContainerUse]
    let topMemory: [ContainerUse]
    let topProcessesCPU: [ProgramUse]
    let topProcessesMemory: [ProgramUse]
    /// The recorded command's status as a shell gives it; absent without a command.
    let commandStatus: Int32?
    /// What went wrong during the recording.
    let failure: String?
    /// Files that can't be summed up, and why.
    private let unread: [String]

    enum CodingKeys: String, CodingKey {
        case directory, run, failure, host
        case topCPU = "top_cpu"
        case topMemory = "top_memory"
        case topProcessesCPU = "top_processes_cpu"
        case topProcessesMemory = "top_processes_memory"
        case commandStatus = "command_status"
    }

    /// Reads the run's files. If one can't be read, the text says so; the recording itself isn't affected.
    init(directory: FilePath, run: RunManifest, commandStatus: Int32?, failure: String?) {
        self.directory = directory.string
        self.run = run
        self.commandStatus = commandStatus
        self.failure = failure
        var unread: [String] = []
        func read<Value>(_ name: String, _ body: () throws -> Value) -> Value? {
            do {
                return try body()
            } catch {
                unread.append("\(name) can't be summed up: \(error)")
                return nil
            }
        }
        let hosts = read("host.csv") { try HostUsage(directory: directory, intervalUs: run.intervalUs) }
        let containers = read("container.csv") {
            try ContainerUsage(file: directory.appending("container.csv"), intervalUs: run.intervalUs)
        }
        let programs = read("process.csv") {
            try ProgramUsage(
                file: directory.appending("process.csv"), intervalUs: run.intervalUs, uptimes: hosts?.uptimes ?? [:])
        }
        host = hosts?.hosts.first
        topCPU = containers?.topByCPU(Self.top) ?? []
        topMemory = containers?.topByMemory(Self.top) ?? []
        topProcessesCPU = programs?.topByCPU(Self.top) ?? []
        topProcessesMemory = programs?.topByMemory(Self.top) ?? []
        self.unread = unread
    }

    /// The exit status: 2 for a run with missing ticks, else the command's. Errors have their own.
    var status: Int32 { run.isComplete ? commandStatus ?? 0 : 2 }

    /// First what was used, then the verdict, the files, and what can be done with them.
    var text: String {
        var parts: [String] = []
        if let host { parts.append(Self.table(host)) }
        if let table = containerTable { parts.append(table) }
        if let table = programTable { parts.append(table) }
        parts += unread.map { VisibleText.escape($0) }
        let gaps = run.nodes.map { "\($0.node): \($0.missing.map(Gaps.text) ?? "unknown")" }.joined(separator: "; ")
        var end: [String] = []
        if let commandStatus { end.append("Command  ended with status \(commandStatus)") }
        end += ["Verdict  \(run.verdict ?? run.state.rawValue)", "Gaps     \(gaps.isEmpty ? "none" : gaps)"]
        end += run.remarks.map { "Remark   \($0)" }
        parts.append(end.map { VisibleText.escape($0) }.joined(separator: "\n"))
        parts.append("Files in \(VisibleText.escape(directory))\n\(run.fileTable)")
        let place = VisibleText.escape(Self.quoted(directory))
        parts.append(
            """
            Next     sonde report \(place) --output report.html
                     sonde plot \(place) --table host --column cpu_percent --output cpu.svg
            """)
        return parts.joined(separator: "\n\n")
    }

    /// As a shell takes it.
    private static func quoted(_ path: String) -> String {
        let isPlain = path.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/._-+:@%,".contains($0)) }
        return isPlain ? path : "'\(path.replacing("'", with: #"'\''"#))'"
    }

    private static func table(_ host: HostUse) -> String {
        var table = TextTable("HOST", ">MEAN", ">PEAK", ">IN ALL")
        table.append("CPU", host.cpuPercent.map(HumanUnits.percent), host.cpuPeakPercent.map(HumanUnits.percent), "of all cores")
        table.append(
            "memory", host.memoryMeanBytes.map(HumanUnits.bytes), host.memoryPeakBytes.map(HumanUnits.bytes),
            host.memoryTotalBytes.map { "of \(HumanUnits.bytes($0))" })
        for (name, traffic) in [
            ("network received", host.received), ("network sent", host.sent), ("disk read", host.read), ("disk written", host.written),
        ] {
            func rate(_ value: Double?) -> String? {
                value.flatMap { UInt64(exactly: $0.rounded()) }.map { "\(HumanUnits.bytes($0))/s" }
            }
            table.append(name, rate(traffic.mean), rate(traffic.peak), traffic.bytes.map(HumanUnits.bytes))
        }
        return table.text()
    }

    /// Those that used most CPU, then those that used most memory besides.
    private var containerTable: String? {
        let all = topCPU + topMemory.filter { use in !topCPU.contains { $0.id == use.id && $0.node == use.node } }
        guard !all.isEmpty else { return nil }
        var table = TextTable("CONTAINER", "ID", "IMAGE", ">CPU TIME", ">MEAN", ">PEAK", ">WORKING SET", ">USAGE")
        for use in all {
            table.append(
                use.name, String(use.id.prefix(12)), use.image, Self.time(use.cpuUs), use.cpuPercent.map(HumanUnits.percent),
                use.cpuPeakPercent.map(HumanUnits.percent), use.workingSetPeakBytes.map(HumanUnits.bytes),
                use.memoryPeakBytes.map(HumanUnits.bytes))
        }
        return table.text()
    }

    private var programTable: String? {
        let all = topProcessesCPU + topProcessesMemory.filter { !topProcessesCPU.contains($0) }
        guard !all.isEmpty else { return nil }
        var table = TextTable("PROCESS", ">NUMBER", "USER", "IN", ">CPU TIME", ">MEAN", ">PEAK", ">MEMORY", ">PEAK")
        for use in all {
            table.append(
                use.name, String(use.processes), use.user, use.container ?? use.unit, Self.time(use.cpuUs),
                use.cpuPercent.map(HumanUnits.percent), use.cpuPeakPercent.map(HumanUnits.percent),
                use.memoryMeanBytes.map(HumanUnits.bytes), use.memoryPeakBytes.map(HumanUnits.bytes))
        }
        return table.text()
    }

    private static func time(_ microseconds: UInt64?) -> String? {
        microseconds.map { HumanUnits.duration(microseconds: Int64(clamping: $0)) }
    }
}
