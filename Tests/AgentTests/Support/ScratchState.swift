import TestSupport

@testable import Agent

extension ScratchDirectory {
    /// It as an agent's state directory.
    func state() throws -> StateDirectory { try StateDirectory(path) }
}
