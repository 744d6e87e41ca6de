import StatsCore

/// What a `CommandKeeper` is to do. It stands in that process's arguments, as the command does.
struct CommandOrder: Codable, Equatable {
    /// The FIFO by which it is told to start the command, and knows that `sonde` lives.
    var lifeline: String
    /// The file in which it says how the command ended, and what it used.
    var report: String
    var cgroup: CgroupTraces?
    /// Whether what the command leaves running goes on when it has ended.
    var leavesRunning = false
    var executable: String
    /// The command's name and arguments, as the user wrote them.
    var words: [String] = []

    private enum CodingKeys: CodingKey { case lifeline, report, cgroup, leavesRunning, executable }

    private static let mark = "--keep-command"

    init(lifeline: String, report: String, cgroup: CgroupTraces?, leavesRunning: Bool = false, executable: String, words: [String]) {
        (self.lifeline, self.report, self.cgroup, self.leavesRunning) = (lifeline, report, cgroup, leavesRunning)
        (self.executable, self.words) = (executable, words)
    }

    /// - Parameter arguments: of the program, with its name.
    /// - Returns: `nil` where these are no such arguments.
    init?(_ arguments: [String]) {
        guard arguments.count > 3, arguments[1] == Self.mark, var order = try? JSONCoding.decode(Self.self, from: arguments[2].utf8) else {
            return nil
        }
        order.words = Array(arguments[3...])
        self = order
    }

    /// Without the program's name.
    func arguments() throws -> [String] { [Self.mark, String(decoding: try JSONCoding.encode(self), as: UTF8.self)] + words }
}
