import StatsCore
import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Runs `sonde` to sum up a run, for `GET /runs/<dir>/summary`: one run at a time, in a process of its own, as reports are drawn.
actor RunSummaries {
    /// What is asked for: the part of the run, and which kinds of things.
    struct Wish: Hashable {
        /// Options of `sonde summary`.
        private(set) var arguments: [String] = []

        init() {}

        /// - Throws: `bad_option` for a key that this route doesn't know. What a value has to be is `sonde`'s to say.
        init(_ query: some Sequence<(key: Substring, value: Substring)>) throws(ControlFailure) {
            for (key, value) in query {
                guard Self.keys.contains(String(key)) else {
                    throw ControlFailure(
                        code: "bad_option", message: "unknown option `\(key)`; known are \(Self.keys.joined(separator: ", "))")
                }
                // In one word, so that no value is taken for an option.
                if !value.isEmpty { arguments.append("--\(key)=\(value)") }
            }
        }

        private static let keys = ["from", "to", "by"]
    }

    /// What of a run is known to have become an answer: the state of its run.json, which every change of a run that is over makes anew.
    struct Version: Hashable {
        let directory: String
        private let file: UInt64
        private let bytes: Int64
        private let seconds: Int
        private let nanoseconds: Int

        /// - Parameters:
        ///   - directory: the run's.
        ///   - path: the same, as the collector has resolved it.
        /// - Throws: `DiskError` when there is no run.json.
        init(_ directory: borrowing Descriptor, path: String) throws(DiskError) {
            let status = try directory.file(RunFiles.manifest).status()
            self.directory = path
            (file, bytes) = (UInt64(status.st_ino), Int64(status.st_size))
            (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
        }
    }

    private struct Answer {
        let version: Version
        let wish: Wish
        let json: [UInt8]
    }

    /// Of a table with more containers, processes or others than this nothing is summed up, as in a report: memory is in proportion to them.
    private static let most = 5000
    /// The largest answer, in bytes: that many things, of each kind.
    private static let limit = 64 << 20
    /// The time limit. A gigabyte of rows takes four seconds.
    private static let patience = Duration.seconds(120)
    /// How many answers are kept, and the most bytes of one: whoever looks at some runs again and again has them read once.
    private static let kept = 8
    private static let keptBytes = 1 << 20

    private let program: SondeProgram?
    private var isBusy = false
    /// The newest last.
    private var answers: [Answer] = []

    /// - Parameter program: the CLI; by default the one in this executable's directory.
    init(program: FilePath?) { self.program = program.map { SondeProgram(path: $0) } }

    init() { program = SondeProgram.sibling }

    /// - Parameter run: one that is over.
    /// - Returns: what `sonde summary --json` prints.
    /// - Throws: `ControlFailure` with `no_program`, `busy`, or what `sonde summary` said of the run or of the wish.
    func summary(of run: Version, _ wish: Wish) async throws -> [UInt8] {
        if let place = answers.firstIndex(where: { $0.version == run && $0.wish == wish }) {
            answers.append(answers.remove(at: place))
            return answers[answers.count - 1].json
        }
        guard let program else {
            throw ControlFailure(
                code: "no_program", message: "the program sonde, which sums up runs, is not beside sonde-collector: install it there")
        }
        guard !isBusy else {
            throw ControlFailure(code: "busy", message: "another run is being summed up: try again in some seconds")
        }
        isBusy = true
        defer { isBusy = false }
        let json = try await program.run(
            ["summary", run.directory, "--json", "--most=\(Self.most)"] + wish.arguments, limit: Self.limit, patience: Self.patience,
            slow: "the run was not summed up within \(Self.patience); use `sonde summary` on that machine")
        if json.count <= Self.keptBytes {
            answers.append(Answer(version: run, wish: wish, json: json))
            answers.removeFirst(max(0, answers.count - Self.kept))
        }
        return json
    }
}
