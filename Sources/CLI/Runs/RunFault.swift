/// One thing that is wrong with a run's files.
struct RunFault: Encodable, Equatable {
    /// What kind of thing it is: stable, for scripts and tests.
    enum Code: String, Encodable, CaseIterable {
        /// run.json holds what can't be, or leaves out what must be there.
        case manifest = "bad_manifest"
        /// `.commit` is damaged, or says something else than run.json.
        case commit = "bad_commit"
        /// columns.csv doesn't say what the columns are.
        case dictionary = "bad_dictionary"
        case missingFile = "missing_file"
        /// A CSV file that run.json doesn't name.
        case unnamedFile = "unnamed_file"
        case unreadableFile = "unreadable_file"
        case size, rows, checksum
        /// What was wrong already when the run was closed, as run.json says.
        case known = "known_fault"
        case csv = "bad_csv"
        case header = "bad_header"
        /// A time that isn't its tick's.
        case time = "bad_time"
        /// No tick of the run.
        case tick = "bad_tick"
        case unknownNode = "unknown_node"
        /// A node's tick behind a later one of its ticks.
        case order = "out_of_order"
        /// More than one row of a tick where there can be one only.
        case twice = "tick_twice"
        /// A row of gaps.csv that can't be.
        case gap = "bad_gap"
        /// Ticks that two gaps name.
        case overlap = "gaps_overlap"
        /// Ticks that are neither in the files nor in gaps.csv.
        case unexplained
        /// Ticks that are both in the files and in gaps.csv.
        case contradiction
        /// run.json or `.commit` counts otherwise.
        case count = "wrong_count"
        case state = "wrong_state"
        case verdict = "wrong_verdict"
        /// A file of an archive isn't what was packed, is missing, or is one too many.
        case archive = "bad_archive"
    }

    let code: Code
    /// `nil` when it isn't in one file.
    let file: String?
    /// From 1; the line in which the row begins.
    let line: UInt64?
    let node: String?
    /// For a person: what is there, and what should be.
    let message: String

    /// `host.csv, line 7: …`
    var description: String {
        let place = [file, line.map { "line \($0)" }, file == nil ? node.map { "node \($0)" } : nil].compactMap(\.self)
        return place.isEmpty ? message : "\(place.joined(separator: ", ")): \(message)"
    }
}

/// What was found wrong. All of it is counted; of a file full of faults only the first are kept.
struct RunFaults {
    static let kept = 1000

    private(set) var list: [RunFault] = []
    private(set) var count: UInt64 = 0
    /// How many faults each file has.
    private(set) var byFile: [String: UInt64] = [:]

    mutating func note(
        _ code: RunFault.Code, file: String? = nil, line: UInt64? = nil, node: String? = nil, _ message: @autoclosure () -> String
    ) {
        count += 1
        if let file { byFile[file, default: 0] += 1 }
        if list.count < Self.kept { list.append(RunFault(code: code, file: file, line: line, node: node, message: message())) }
    }
}
