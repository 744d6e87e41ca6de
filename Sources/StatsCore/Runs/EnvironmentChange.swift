/// A host's environment was found to be another one while the run went on.
package struct EnvironmentChange: Codable, Sendable, Equatable {
    /// The newest tick that was due.
    package var tick: UInt64
    package var node: String
    /// `Governor was performance, is powersave`
    package var what: String

    package init(tick: UInt64, node: String, what: String) {
        self.tick = tick
        self.node = node
        self.what = what
    }

    /// The most that a run keeps: the first ones.
    package static let most = 100

    package var text: String { "From tick \(tick) on \(node) is another than it was: \(what)." }
}
