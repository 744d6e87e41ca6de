import StatsCore
import TestSupport
import Testing

extension FaultTests {
    /// Agents that are killed in the middle of a change to their state directory.
    @Suite("An agent that dies at a certain point") struct AgentCrashPoints {
        /// The system calls by which an agent writes the epoch, the run's note, segments, gaps and the cursor.
        private static let calls = ["pwrite64", "fsync", "fdatasync", "/^rename", "/^unlink", "fallocate", "ftruncate"]
        /// A small quota, so that segments are begun, dropped and deleted all the time.
        private static let options = ["--spool-limit", "128KiB"]

        @Test(
            "An agent that dies at any call that changes its state directory, and again while it recovers, loses nothing and doubles nothing",
            .root)
        func everyCall() async throws {
            try await Scene.run { scene in
                var random = FaultPlan.random()
                let collector = try scene.scriptedCollector(random)
                let lives = try AgentLives(scene, collector, options: Self.options)
                // A life without a fault, in which it hears of the run: the next ones may have no collector.
                try await lives.begin()
                try await lives.kill()
                var deaths: [String: Int] = [:]
                var deathsInRecovery = 0
                for call in Self.calls {
                    for number in Self.numbers(&random) {
                        if try await Self.die(lives, at: call, number, &random) { deaths[call, default: 0] += 1 }
                        // At the first such call after its next start, if there is one.
                        let again = ["pwrite64", "fsync", "/^rename", "/^unlink", "ftruncate"].randomElement(using: &random) ?? "fsync"
                        if try await Self.die(lives, at: again, 1, &random, isBusy: false) { deathsInRecovery += 1 }
                    }
                }
                try await lives.start()
                let ledger = try await lives.settle()
                #expect(deaths.count >= 5 && deathsInRecovery > 0, "the faults were there: \(deaths), \(deathsInRecovery) in recovery")
                FaultPlan.report(
                    "agent: deaths at a call that changes its disk",
                    "\(deaths.values.reduce(0, +)) and \(deathsInRecovery) in recovery, \(ledger.ticks.count) ticks delivered")
            }
        }

        /// The first few calls, which an agent makes when it starts, and a later one, which the spool makes at work.
        private static func numbers(_ random: inout SeededRandom) -> [Int] {
            FaultPlan.isLong ? Array(1...12) + [20, 30] : [Int.random(in: 1...4, using: &random)]
        }

        /// Starts the agent, to be killed at its n-th call.
        ///
        /// - Parameter isBusy: whether the collector doesn't acknowledge for a while, so that the spool has work.
        /// - Returns: whether the fault killed it; otherwise it is killed here.
        private static func die(
            _ lives: AgentLives, at call: String, _ number: Int, _ random: inout SeededRandom, isBusy: Bool = true
        ) async throws -> Bool {
            let collector = lives.collector
            let fault = Injection(lives.scene, [.init(call, "signal=KILL", when: "\(number)")])
            collector.behave { conduct in
                conduct = ScriptedCollector.Conduct()
                conduct.acknowledges = !isBusy
                conduct.isAway = isBusy && Bool.random(using: &random)
            }
            try lives.launch(prefix: fault.prefix)
            if isBusy {
                // Most calls come soon, some never in this life. That is found out by ticks that pass, not by time.
                if try await lives.fall(untilTicks: 400) == nil {
                    // Segments are deleted only after an acknowledgement.
                    collector.behave { $0 = ScriptedCollector.Conduct() }
                    _ = try await lives.fall(untilTicks: 200)
                }
            } else {
                // It has recovered once it delivers what it reads now.
                _ = try await lives.fall(untilTicks: 100)
            }
            defer { if Bool.random(using: &random) { collector.crash() } }
            if try lives.child.poll() == nil {
                try await lives.kill()
                return false
            }
            return try lives.child.status == 128 + 9
        }
    }
}
