import StatsCore
import SystemPackage

/// The result of a recording: what the machine, its containers, units and processes used, the verdict, and where the files are.
struct RecordReport: Presentable, Sendable {
    /// How many containers, units and programs are listed by each measure.
    static let top = 5

    let directory: String
    let run: RunManifest
    let host: HostUse?
    let topCPU: [CgroupUse]
    let topMemory: [CgroupUse]
    let topUnitsCPU: [CgroupUse]
    let topUnitsMemory: [CgroupUse]
    let topProcessesCPU: [ProgramUse]
    let topProcessesMemory: [ProgramUse]
    /// What the recorded command was and used; absent without one.
    let command: RecordedCommand?
    /// Its status as a shell gives it.
    let commandStatus: Int32?
    /// What went wrong during the recording.
    let failure: String?
    /// The same, with the status that `sonde` ends with.
    let problem: CommandFailure?
    /// Of the host, for the text.
    private let hostUse: SubjectUse?
    /// How many containers, units and programs there are in all.
    let counts: [SubjectKind: Int]
    /// What the user should know of what was asked for, as sentences.
    let warnings: [String]
    private let scraped: ScrapedSeries?
    /// Why the run can't be summed up.
    private let unread: [String]

    enum CodingKeys: String, CodingKey {
        case directory, run, failure, host, command, warnings
        case topCPU = "top_cpu"
        case topMemory = "top_memory"
        case topUnitsCPU = "top_units_cpu"
        case topUnitsMemory = "top_units_memory"
        case topProcessesCPU = "top_processes_cpu"
        case topProcessesMemory = "top_processes_memory"
        case commandStatus = "command_status"
    }

    /// Reads the run's files. If one can't be read, the text says so; the recording itself isn't affected.
    /// - Parameter patterns: by which was chosen what is recorded.
    init(
        directory: FilePath, run: RunManifest, command: RecordedCommand?, failure: CommandFailure?, patterns: RecordPatterns = .init()
    ) {
        self.directory = directory.string
        self.run = run
        self.command = command
        commandStatus = command?.status
        self.failure = failure?.message
        problem = failure
        var wish = RunSummary.Wish()
        wish.kinds = [.host, .container, .unit, .program]
        wish.countsSeries = true
        var (uses, unread, warnings): ([SubjectUse], [String], [String]) = ([], [], [])
        var scraped: ScrapedSeries?
        do {
            let summary = try RunSummary(directory.string, wish)
            (uses, scraped) = (summary.uses, summary.scraped)
            warnings = try RunOnDisk.naming(directory.string) {
                patterns.warnings(try RecordPatterns.Found(uses, RunOnDisk(directory.string)))
            }
        } catch {
            unread.append("The run can't be summed up: \(error)")
        }
        func all(_ kind: SubjectKind) -> [SubjectUse] { uses.filter { $0.subject.kind == kind } }
        hostUse = all(.host).first
        host = hostUse.map { use in HostUse(use, memoryTotalBytes: run.nodes.first { $0.node == use.subject.node }?.memoryBytes) }
        let (containers, units) = (all(.container).map { CgroupUse($0) }, all(.unit).map { CgroupUse($0) })
        let programs = all(.program).filter { $0.instances > 0 }.map { ProgramUse($0) }
        (topCPU, topMemory) = (Self.topByCPU(containers), Self.topByMemory(containers))
        (topUnitsCPU, topUnitsMemory) = (Self.topByCPU(units), Self.topByMemory(units))
        topProcessesCPU = programs.top(Self.top, by: \.cpuUs, named: \.title)
        topProcessesMemory = programs.top(Self.top, by: \.memoryPeakBytes, named: \.title)
        (self.unread, self.warnings, self.scraped) = (unread, warnings, scraped)
        counts = [.container: containers.count, .unit: units.count, .program: programs.count]
    }

    private static func topByCPU(_ uses: [CgroupUse]) -> [CgroupUse] { uses.top(top, by: \.cpuUs, named: \.title) }
    private static func topByMemory(_ uses: [CgroupUse]) -> [CgroupUse] {
        uses.top(top, by: \.workingSetPeakBytes, else: \.memoryPeakBytes, named: \.title)
    }

    /// The exit status: 2 for a run with missing ticks, else the command's. Errors have their own.
    var status: Int32 { run.isComplete ? commandStatus ?? 0 : 2 }

    /// First what was used, then the verdict, the files, and what can be done with them.
    var text: String {
        var parts: [String] = []
        if let hostUse { parts.append(SummaryReport.table([hostUse], of: .host, areManyNodes: false)) }
        if let command { parts.append(Self.table(command)) }
        let place = VisibleText.escape(ShellWord.quoted(directory))
        parts += [containerTable(place), unitTable(place), programTable(place)].compactMap(\.self)
        if let scraped { parts.append(scraped.sentence(place)) }
        parts += unread.map { VisibleText.escape($0) }
        let gaps = run.nodes.map { "\($0.node): \($0.missing.map(Gaps.text) ?? "unknown")" }.joined(separator: "; ")
        var end: [String] = []
        if let command { end.append("Command  \(command.ending)") }
        end += [
            "Verdict  \(run.verdict ?? (failure == nil ? run.state.rawValue : "not closed (\(run.state.rawValue))"))",
            "Gaps     \(gaps.isEmpty ? "none" : gaps)",
        ]
        end += LateRows.note(run.nodes.map(\.incompleteRows)).map { ["Rows     \($0)"] } ?? []
        end += run.remarks.map { "Remark   \($0)" } + warnings.map { "Warning  \($0)" }
        parts.append(end.map { VisibleText.escape($0) }.joined(separator: "\n"))
        parts.append("Files in \(VisibleText.escape(directory))\n\(run.fileTable)")
        parts.append(
            """
            Next     sonde summary \(place)
                     sonde report \(place) --output report.html
                     sonde plot \(place) --table host --column cpu_percent --output cpu.svg
            """)
        return parts.joined(separator: "\n\n")
    }

    /// What `time -v` tells, and more.
    static func table(_ command: RecordedCommand) -> String {
        var table = TextTable("COMMAND", VisibleText.escape(command.program))
        func bytes(_ value: UInt64?, _ what: String) -> String? { value.map { "\(HumanUnits.bytes($0)) \(what)" } }
        func list(_ parts: [String?]) -> String? {
            let known = parts.compactMap(\.self)
            return known.isEmpty ? nil : known.joined(separator: ", ")
        }
        let percent = command.cpuUs.flatMap { cpu in
            command.elapsedUs.flatMap { $0 > 0 ? HumanUnits.percent(Double(cpu) / Double($0) * 100) : nil }
        }
        table.append("elapsed", time(command.elapsedUs))
        table.append(
            "CPU time",
            list([
                time(command.cpuUs), time(command.cpuUserUs).map { "\($0) user" }, time(command.cpuSystemUs).map { "\($0) system" },
                percent.map { "\($0) of one core" },
            ]))
        table.append(
            "memory", list([bytes(command.memoryPeakBytes, "at most"), bytes(command.maxRSSBytes, "in its largest process")]))
        table.append("disk", list([bytes(command.ioReadBytes, "read"), bytes(command.ioWriteBytes, "written")]))
        table.append(
            "page faults",
            list([command.majorFaults.map { "\($0) with a read from disk" }, command.minorFaults.map { "\($0) without" }]))
        table.append(
            "switches",
            list([command.voluntarySwitches.map { "\($0) while it waited" }, command.involuntarySwitches.map { "\($0) against its will" }]))
        table.append(
            "processes",
            list([
                command.processes.map { HumanUnits.count($0, "process") + " started" },
                command.leftRunning.map { "\($0) still ran at its end and \($0 == 1 ? "was" : "were") ended" },
            ]))
        return table.text()
    }

    static func time(_ microseconds: UInt64?) -> String? {
        microseconds.map { HumanUnits.duration(microseconds: Int64(clamping: $0)) }
    }
}
