import Foundation
import TestSupport

/// The length and the random numbers of the fault tests. `SONDE_FAULTS=long` (as in `make faults`) runs for minutes with many kills, otherwise
/// the tests are short; `SONDE_FAULT_SEED` gives other numbers than CI's.
enum FaultPlan {
    static let isLong = ProcessInfo.processInfo.environment["SONDE_FAULTS"] == "long"
    static let seed = ProcessInfo.processInfo.environment["SONDE_FAULT_SEED"].flatMap { UInt64($0) } ?? 1

    /// A count that is larger in the long form.
    static func count(short: Int, long: Int) -> Int { isLong ? long : short }

    /// Random numbers for one test, the same in every run with the same seed.
    static func random(_ test: String = #function) -> SeededRandom {
        SeededRandom(state: test.utf8.reduce(seed) { ($0 &* 1_099_511_628_211) ^ UInt64($1) })
    }

    /// Prints a figure of docs/RELIABILITY.md.
    static func report(_ figure: String, _ value: String) { print("figure: \(figure): \(value)") }
}
