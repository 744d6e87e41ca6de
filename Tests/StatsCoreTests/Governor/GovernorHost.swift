@testable import StatsCore

/// A host for the governor's tests: its containers, and a clock that the test moves.
struct TestHost {
    static let second: Int64 = 1_000_000

    var governor: Governor
    var now: Int64 = 1000 * second
    var containers: [GovernorContainer] = []
    var host = StatsCore.GovernorHost()
    var interval = second

    init(_ policy: String) throws { governor = Governor(try PolicyReader.read(Array(policy.utf8))) }

    /// `memory` in MiB.
    mutating func add(
        _ name: String, image: String = "app", memory: Double? = 1, cpu: Double? = 1, started: Int64? = nil, labels: [String: String] = [:]
    ) {
        containers.append(
            GovernorContainer(
                id: "id-\(name)", facts: GovernorFacts(name: name, image: image, labels: labels), state: "running", started: started,
                values: GovernorValues(cpu: cpu, memory: memory.map { $0 * 1_048_576 }, rss: memory, vsz: memory)))
    }

    /// Ticks once a second and returns the decisions. Every value counts as just measured unless a test says otherwise.
    mutating func run(seconds: Int, isMeasured: Bool = true, isCarriedOut: Bool = false) -> [GovernorDecision] {
        var decisions: [GovernorDecision] = []
        for _ in 0..<seconds {
            now += interval
            host.sampled = now
            if isMeasured { for index in containers.indices { containers[index].sampled = now } }
            let decided = governor.decide(GovernorSnapshot(interval: interval, host: host, containers: containers), at: now)
            if isCarriedOut { containers.removeAll { container in decided.contains { $0.victim.id == container.id } } }
            decisions += decided
        }
        return decisions
    }
}

extension [GovernorDecision] {
    var victims: [String] { map(\.victim.name) }
}
