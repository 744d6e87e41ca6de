/// In what the hosts of a run differ from those of an earlier one.
package struct EnvironmentComparison: Codable, Sendable, Equatable {
    /// The earlier run's name.
    package var run: String
    /// Sentences such as `Governor was performance, is powersave (web-1, web-2)`.
    package var differences: [String]
    /// How many more there are; absent when there are none.
    package var more: Int?

    /// The most that are listed.
    package static let most = 20

    /// - Parameter all: however many there are.
    package init(run: String, all: [String]) {
        self.run = run
        differences = Array(all.prefix(Self.most))
        more = all.count > Self.most ? all.count - Self.most : nil
    }

    /// Sentences for people.
    package var sentences: [String] {
        differences.map { "Other than in run \(run): \($0)." } + (more.map { ["Other than in run \(run): \($0) more differences."] } ?? [])
    }
}
