import ArgumentParser
import StatsCore

/// Why a command failed: a message for people, and a code and a status for scripts.
struct CommandFailure: Error, Equatable, CustomStringConvertible {
    /// Stable codes for scripts; `docs/CONTROL.md` lists those that come from the collector.
    let code: String
    let message: String
    let status: ExitCode
    /// Whether no connection came about, so that nobody has heard of what was asked.
    var isUnheard = false

    init(code: String, message: String, status: ExitCode = .failure) {
        self.code = code
        self.message = message
        self.status = status
    }

    /// A refusal by the collector.
    init(_ failure: ControlFailure) {
        self.init(code: failure.code, message: failure.message)
    }

    var description: String { message }
}

extension ExitCode {
    /// The run has ended, and ticks are missing.
    static let incomplete = ExitCode(2)
    /// A condition of `sonde compare --fail-if` holds.
    static let conditionHolds = ExitCode(3)
    /// The collector is unreachable: EX_UNAVAILABLE of sysexits.h.
    static let unavailable = ExitCode(69)
}
