import StatsCore
import SystemPackage

/// The result of a recording: where the files are, what is in them, the containers with the highest use, and the verdict.
struct RecordReport: Presentable, Sendable {
    /// How many containers are listed.
    static let top = 5

    let directory: String
    let run: RunManifest
    let topCPU: [ContainerUse]
    let topMemory: [ContainerUse]
    /// The recorded command's status as a shell gives it; absent without a command.
    let commandStatus: Int32?
    /// What went wrong during the recording.
    let failure: String?
    /// Why there is no list of containers.
    private let unread: String?

    enum CodingKeys: String, CodingKey {
        case directory, run, failure
        case topCPU = "top_cpu"
        case topMemory = "top_memory"
        case commandStatus = "command_status"
    }

    /// Reads the run's container.csv. If that fails, the text says so; the recording itself isn't affected.
    init(directory: FilePath, run: RunManifest, commandStatus: Int32?, failure: String?) {
        self.directory = directory.string
        self.run = run
        self.commandStatus = commandStatus
        self.failure = failure
        do {
            let usage = try ContainerUsage(file: directory.appending("container.csv"), intervalUs: run.intervalUs)
            topCPU = usage.topByCPU(Self.top)
            topMemory = usage.topByMemory(Self.top)
            unread = nil
        } catch {
            topCPU = []
            topMemory = []
            unread = "container.csv can't be summed up: \(error)"
        }
    }

    /// The exit status: 2 for a run with missing ticks, else the command's. Errors have their own.
    var status: Int32 { run.isComplete ? commandStatus ?? 0 : 2 }

    var text: String {
        var parts = ["CSV files in \(VisibleText.escape(directory))", run.fileTable]
        if let unread {
            parts.append(VisibleText.escape(unread))
        } else if topCPU.isEmpty && topMemory.isEmpty {
            parts.append("No containers were running.")
        } else {
            parts.append("Most CPU\n\(cpuTable)")
            parts.append("Most memory\n\(memoryTable)")
        }
        let gaps = run.nodes.map { "\($0.node): \($0.missing.map(Gaps.text) ?? "unknown")" }.joined(separator: "; ")
        var end = ["Gaps     \(gaps.isEmpty ? "none" : gaps)"]
        if let commandStatus { end.append("Command  ended with status \(commandStatus)") }
        end.append("Verdict  \(run.verdict ?? run.state.rawValue)")
        end += run.remarks.map { "Remark   \($0)" }
        parts.append(end.map { VisibleText.escape($0) }.joined(separator: "\n"))
        return parts.joined(separator: "\n\n")
    }

    private var cpuTable: String {
        var table = TextTable("CONTAINER", "ID", "IMAGE", ">CPU TIME", ">CPU")
        for use in topCPU {
            table.append(
                use.name, String(use.id.prefix(12)), use.image, use.cpuUs.map { HumanUnits.duration(microseconds: Int64(clamping: $0)) },
                use.cpuPercent.map(HumanUnits.percent))
        }
        return table.text(indent: "  ")
    }

    private var memoryTable: String {
        var table = TextTable("CONTAINER", "ID", "IMAGE", ">WORKING SET", ">USAGE")
        for use in topMemory {
            table.append(
                use.name, String(use.id.prefix(12)), use.image, use.workingSetPeakBytes.map(HumanUnits.bytes),
                use.memoryPeakBytes.map(HumanUnits.bytes))
        }
        return table.text(indent: "  ")
    }
}
