import StatsCore

/// An experiment: every combination of the levels of some factors, each again and again, and what is done in a run. docs/MATRIX.md explains each key.
struct MatrixPlan: Codable, Equatable, Sendable {
    struct Factor: Codable, Equatable, Sendable {
        let name: String
        let levels: [String]
    }

    enum OnFailure: String, CaseIterable, Codable, Sendable {
        case stop
        case `continue`
    }

    /// Commands of a run, each of which `/bin/sh -c` gets.
    enum Step: String, CaseIterable, Sendable {
        case setUp = "setup"
        case load
        case tearDown = "teardown"
    }

    var name: String
    var factors: [Factor] = []
    /// Combinations that are left out: those that have all of these levels.
    var exclude: [[String: String]] = []
    var repetitions = 1
    var seed: UInt64 = 1
    var interval = Interval.seconds(1).description
    var setup: String?
    var load: String?
    var teardown: String?
    var warmUp: String?
    var duration: String?
    var coolDown: String?
    /// What a failing command means for the runs behind it. It has no influence on any run, so that it may change.
    var onFailure = OnFailure.stop
    /// The control port of a collector elsewhere, as `host:port`; without one each run is recorded on this machine.
    var collector: String?
    /// How many nodes have to be connected to that collector.
    var expect: Int?
    /// Options of `sonde record` for what is recorded on this machine.
    var record: [String] = []
    var note: String?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case name, factors, exclude, repetitions, seed, interval, setup, load, teardown, duration, collector, expect, record, note
        case warmUp = "warm_up"
        case coolDown = "cool_down"
        case onFailure = "on_failure"
    }

    init(name: String) { self.name = name }

    func command(_ step: Step) -> String? {
        switch step {
        case .setUp: setup
        case .load: load
        case .tearDown: teardown
        }
    }

    var course: RunCourse {
        RunCourse(
            warmUp: warmUp.flatMap { Interval($0) }, duration: duration.flatMap { Interval($0) },
            coolDown: coolDown.flatMap { Interval($0) })
    }

    /// What begins the names of the variables that tell a command its levels.
    static let levelVariable = "SONDE_LEVEL_"
    /// Variables that tell a command which run it is for.
    static let runVariable = "SONDE_MATRIX_RUN"
    static let repetitionVariable = "SONDE_MATRIX_REPETITION"
    /// Labels of each run besides its levels.
    static let nameLabel = "matrix"
    static let repetitionLabel = "repetition"
}

extension MatrixPlan {
    /// In which keys another plan differs, as sentences; none where it is the same experiment.
    func differences(from other: MatrixPlan) throws -> [String] {
        var (ours, theirs) = (self, other)
        (ours.onFailure, theirs.onFailure) = (.stop, .stop)
        guard ours != theirs else { return [] }
        func members(_ plan: MatrixPlan) throws -> [String: JSONValue] {
            try JSONCoding.decode([String: JSONValue].self, from: JSONCoding.encode(plan))
        }
        let (now, before) = (try members(ours), try members(theirs))
        return try CodingKeys.allCases.map(\.rawValue).compactMap { key in
            func text(_ value: JSONValue?) throws -> String {
                try value.map { String(decoding: try JSONCoding.encode($0), as: UTF8.self) } ?? "nothing"
            }
            return now[key] == before[key] ? nil : "\(key) was \(try text(before[key])) and is \(try text(now[key]))"
        }
    }
}
