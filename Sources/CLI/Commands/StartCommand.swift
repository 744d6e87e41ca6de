import ArgumentParser
import StatsCore

struct StartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Start a run on all connected nodes.",
        discussion: """
            Nothing is ever overwritten: a run whose directory exists is refused. With several collectors (--host c1,c2,c3) all of them begin at the same instant, or none does, also \
            where this is interrupted; `sonde merge` makes one run of their parts.
            """)

    @Argument(help: "The run's name: a directory below the collector's data directory.")
    var directory: String

    @Option(help: "Time between two ticks: 100ms, 1s, 5m. (default: 1s)", transform: Interval.given)
    var interval: Interval?

    @Option(help: "How long to record; without it, until `sonde stop`.", transform: Interval.given)
    var duration: Interval?

    @Option(help: "How many nodes there must be; the run doesn't start with fewer.")
    var expect: Int?

    @Option(help: "A remark that is kept with the run.")
    var note: String?

    @OptionGroup var labels: LabelOptions

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        try RunName.check(directory)
        if let expect, expect < 1 { throw ValidationError("--expect takes a number of nodes above zero, not \(expect).") }
    }

    func run() async throws {
        if try connection.endpoints().count > 1 { return try await startTogether() }
        let report = try await connection.connected {
            try await $0.start(directory, interval: interval, duration: duration, expect: expect, note: note, labels: labels.label)
        }
        try Output.show(report, as: connection.format)
    }

    private func startTogether() async throws {
        let run = GroupRun(name: directory, interval: interval, duration: duration, note: note, labels: labels.label)
        let (connection, expect) = (connection, expect)
        let report = try await EndingSignals.run(orAtSecond: GroupStart.abandoned) { ending in
            try await connection.connectedToAll { group in
                var start = GroupStart(group, run, expect: expect)
                if connection.format == .text {
                    start.whenInterrupted = { Output.complain("Taking the run back from all collectors. Interrupt again to end at once.") }
                }
                return try await start.start(until: ending)
            }
        }
        try Output.show(report, as: connection.format)
    }
}

/// Checks a run's name before the collector is asked, which checks it again.
enum RunName {
    static func check(_ name: String) throws {
        guard !name.isEmpty, !name.hasPrefix("/") else {
            throw ValidationError(
                "A run's name is a relative path below the collector's data directory, such as test000; "
                    + "'\(VisibleText.escape(name))' is not.")
        }
    }
}
