import TestSupport
import Testing

@testable import StatsCore

@Suite("Fuzz: policies") struct PolicyFuzzTests {
    private static let policies = [
        """
        # a comment
        name: p
        mode: enforce
        period: 2m
        window: 30s
        max_actions_per_minute: 5
        only_above: {memory_percent: 80, cpu_pressure: 12.5}
        groups:
          - {name: a, match: {name: a}, keep: 1, action: stop}
          - name: b
            match: {image: [x, "y:*"], cpu: [">50%", "<150 %"], memory: ">1.5GiB", rank: bottom 2 by vsz}
            keep: 0
            order: [cpu asc, memory desc]
            action: {update: {cpus: 0.5, memory: 256MiB}}
            period: 5s
            grace: 0
        """,
        "groups:\n- name: \"\\x41\\u00e9\"\n  match: {name: '*'}\n  keep: 2\n  action: {stop: {timeout: 30s}}\n  cooldown: 1h\n",
    ].map { Array($0.utf8) }

    @Test("Whatever a policy says, it is taken or its faults are told, and a governor can follow it")
    func policies() async {
        await Fuzz.run("policy", Self.policies, count: 800) { one in
            let policy = try PolicyReader.read(one.input)
            for isSimulated in [false, true] {
                var governor = Governor(policy, isSimulated: isSimulated)
                governor.recall(actionOn: "0", ago: .max)
                for now in [Int64.min, 0, 1_000_000, 1 << 53, .max - 1, .max, 0, .max] {
                    let containers = (0..<4).map { number in
                        GovernorContainer(
                            id: "\(number)", facts: GovernorFacts(name: number == 0 ? nil : "a", image: "x:1", labels: [:]),
                            state: "running",
                            started: [nil, .min, .max, 0][number], sampled: number == 1 ? .min : now,
                            values: GovernorValues(cpu: 1e308, memory: -1, rss: .infinity, vsz: .nan))
                    }
                    var host = GovernorHost()
                    (host.sampled, host.memoryTotal, host.memoryAvailable, host.cpuPressure) = (now, 1e308, -1e308, 1e308)
                    for decision in governor.decide(GovernorSnapshot(interval: .max, host: host, containers: containers), at: now) {
                        _ = decision.detail()
                    }
                }
            }
        }
    }
}
