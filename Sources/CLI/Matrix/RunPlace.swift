import StatsCore

/// Where the runs of a matrix are recorded: on this machine, or by a collector elsewhere.
protocol RunPlace: Sendable {
    /// Variables that tell a command of this place.
    var environment: [String: String] { get }

    /// The name of a run at its collector.
    /// - Parameter directory: below the matrix's own.
    func name(_ directory: String) -> String

    /// Looks whether a run can begin, before anything is done for it.
    /// - Parameter isNew: it is the first of the matrix.
    /// - Throws: `CommandFailure` when not.
    func check(isNew: Bool) async throws

    /// Records a run and closes it.
    /// - Throws: `CommandFailure` when it couldn't be recorded for a reason that isn't the run's.
    func record(_ order: RecordingOrder, until ending: Latch<Ending>) async throws -> (run: RunManifest, outcome: RunCourse.Outcome)

    /// Sees to it that a run which was left by a killed `sonde` is closed.
    /// - Returns: what it says; `nil` when there is no such run, or nobody has closed it.
    func settle(_ name: String) async throws -> RunManifest?
}

/// What is to be recorded in one run of a matrix.
struct RecordingOrder: Sendable {
    let plan: MatrixPlan
    /// At its collector.
    let name: String
    let labels: [String]
    /// Of the load.
    let environment: [String: String]
    let streams: CommandStreams
    /// Is told how it went before the run is closed.
    let isOver: @Sendable (RunCourse.Outcome) throws -> Void
    let progress: Progress

    var interval: Interval { Interval(plan.interval) ?? .seconds(1) }
    /// The load's words; none without a load.
    var command: [String] { plan.load.map(MatrixShell.words) ?? [] }
}

/// How the commands of a plan are run: by `/bin/sh`, with levels in the environment, so that no level's text is ever taken for a part of a command.
enum MatrixShell {
    static let path = "/bin/sh"

    static func words(_ text: String) -> [String] { [path, "-c", text] }

    /// - Parameter directory: of the run, below the matrix's own.
    static func environment(_ plan: MatrixPlan, _ run: MatrixRun, directory: String) -> [String: String] {
        var variables = [MatrixPlan.runVariable: directory, MatrixPlan.repetitionVariable: "\(run.repetition)"]
        for (factor, level) in zip(plan.factors, run.levels) { variables[MatrixPlan.levelVariable + factor.name] = level }
        return variables
    }
}
