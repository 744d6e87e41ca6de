/// Something that spoils measurements, found before a run began: in the answer to `POST /start`, in `GET /status` and in run.json.
package struct EnvironmentWarning: Codable, Sendable, Equatable {
    /// Stable, for scripts: `governor`, `turbo`, `swap`, `busy`, `steal`.
    package var code: String
    /// What is so, at which nodes, and what to do about it.
    package var message: String
    /// How many nodes it is true of.
    package var nodes: Int

    package init(code: String, message: String, nodes: Int) {
        self.code = code
        self.message = message
        self.nodes = nodes
    }
}
