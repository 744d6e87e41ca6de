import StatsCore
import TestSupport
import Testing

extension FaultTests {
    /// Agents that are killed, while the collector makes trouble too.
    @Suite("Agents that are killed") struct AgentKills {
        @Test(
            "An agent that is killed at random moments keeps what it had on its disk, gives no number twice, and leaves only what was too young"
        )
        func randomKills() async throws {
            try await Scene.run { scene in
                var random = FaultPlan.random()
                let collector = try scene.scriptedCollector(random)
                let lives = try AgentLives(scene, collector)
                try await lives.begin()
                let kills = FaultPlan.count(short: 10, long: 200)
                for number in 0..<kills {
                    Self.trouble(number, collector, &random)
                    // Sometimes long enough for frames to get to the disk, mostly not.
                    if number % 5 == 4 { try await lives.spoolsForGood() }
                    // The moment is the test: nothing is waited for.
                    try await Task.sleep(for: .milliseconds(Int.random(in: 0...1000, using: &random)))
                    try await lives.kill()
                    // Once at least, whatever the numbers are.
                    if Bool.random(using: &random) || number == kills - 1 { collector.crash() }
                    try await lives.start()
                }
                let ledger = try await lives.settle()
                let required = try lives.required(last: #require(ledger.entries.last).ticks.upperBound, in: ledger)
                #expect(collector.tally.crashes > 0 && !required.isEmpty, "the faults were there: \(required)")
                FaultPlan.report("agent: random SIGKILLs survived", "\(kills), \(ledger.ticks.count) ticks delivered")
            }
        }

        /// What the collector does during the agent's next start.
        private static func trouble(_ number: Int, _ collector: ScriptedCollector, _ random: inout SeededRandom) {
            let kind = number % 5 == 4 ? [0, 1].randomElement(using: &random) : (0..<4).randomElement(using: &random)
            collector.behave { conduct in
                conduct = ScriptedCollector.Conduct()
                switch kind {
                case 0: conduct.isAway = true
                case 1: conduct.acknowledges = false
                case 2: conduct.isDeaf = true
                default: break
                }
            }
        }

        @Test("An agent that is ended while the collector is away keeps every tick for its next start")
        func endedWhileAway() async throws {
            try await Scene.run { scene in
                let collector = try scene.scriptedCollector()
                let lives = try AgentLives(scene, collector)
                try await lives.begin()
                collector.behave { $0.isAway = true }
                let before = try #require(collector.ledger.newestTick)
                try await collector.outlasts(35)
                try await lives.spools()
                try await lives.end()
                collector.behave { $0.isAway = false }
                try await lives.start()
                try await eventually("frames of the second life") { collector.ledger.entries.contains { $0.epoch == 2 } }
                let ledger = try await lives.settle()
                #expect(ledger.entries.contains { $0.epoch == 1 && $0.ticks.lowerBound > before }, "what the first life had arrives")
            }
        }
    }
}
