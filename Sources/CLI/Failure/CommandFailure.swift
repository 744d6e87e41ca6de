import ArgumentParser
import StatsCore

/// Why a command could not do what it was asked to do: what a person reads, and what a script tests.
struct CommandFailure: Error, Equatable, CustomStringConvertible {
    /// The codes that scripts rely on; `docs/CONTROL.md` lists the ones that come from the collector.
    let code: String
    let message: String
    let status: ExitCode

    init(code: String, message: String, status: ExitCode = .failure) {
        self.code = code
        self.message = message
        self.status = status
    }

    /// What the collector refused.
    init(_ failure: ControlFailure) {
        self.init(code: failure.code, message: failure.message)
    }

    var description: String { message }
}

extension ExitCode {
    /// The run has ended, and something is missing from it.
    static let incomplete = ExitCode(2)
    /// The collector is out of reach: EX_UNAVAILABLE of sysexits.h.
    static let unavailable = ExitCode(69)
}
