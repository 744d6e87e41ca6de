import StatsCore

/// Which processes are recorded: `--processes`, `--match`, `--kernel-threads`, `--hide-arguments`, and with `--processes units` also `--units`.
struct ProcessChoice: Sendable, Equatable {
    enum Scope: String, Sendable, CaseIterable {
        /// Those of the containers that are recorded.
        case containers
        /// Those of the units that are recorded, and of no container.
        case units
        /// All of the host, but for those of containers that are left out.
        case all
        case none

        /// Whether processes of containers are recorded.
        var takesContainers: Bool { self == .containers || self == .all }
        /// Whether processes of no container are recorded.
        var takesHost: Bool { self == .units || self == .all }
    }

    var scope = Scope.containers
    /// Those of which one matches; with none given, all.
    var match: [ProcessPattern] = []
    var kernelThreads = false
    /// Whether no process's command line is recorded, as any may hold secrets.
    var hidesArguments = false
    var units = UnitChoice()
    /// What `sonde record` runs.
    var command: Command?

    struct Command: Sendable, Equatable {
        /// The process of `sonde record`.
        var launcher: Int32
        /// Whether the command lines of its processes are recorded: they may hold secrets.
        var keepsArguments: Bool
    }
}

/// A pattern of `--match`, for a process's name, its program or its whole command line.
///
///     nginx*   java   *-jar kafka.jar*
struct ProcessPattern: Sendable, Equatable {
    private let glob: Glob

    /// - Returns: `nil` for an empty pattern.
    init?(_ text: String) {
        guard !text.isEmpty else { return nil }
        glob = Glob(text)
    }

    func matches(name: String) -> Bool { glob.matches(name) }

    /// - Parameter commandLine: arguments, each with a zero behind it.
    func matches(commandLine: [UInt8]) -> Bool {
        let words = ProcessSeen.words(commandLine)
        guard let program = words.split(separator: " ", maxSplits: 1).first else { return false }
        // The kernel cuts names at 15 bytes; the program's own name isn't.
        return glob.matches(words) || program.split(separator: "/").last.map { glob.matches(String($0)) } ?? false
    }
}
