import Glibc
import StatsCore
import TestSupport
import Testing

extension FaultTests {
    /// Agents with a misbehaving collector, and agents that are stopped.
    @Suite("A collector that misbehaves") struct AgentPeers {
        /// What a collector may do wrong for a while.
        enum Misconduct: String, CaseIterable {
            case resetsInMidFrame, rewindsToEverywhere, refusesAsBusy, saysGarbage, goesAway, neverReads
        }

        @Test("Whatever its collector does, an agent goes on, and then delivers every tick once", arguments: Misconduct.allCases)
        func misconduct(_ kind: Misconduct) async throws {
            try await Scene.run { scene in
                let collector = try scene.scriptedCollector()
                let lives = try AgentLives(scene, collector)
                try await lives.begin(interval: 10_000)
                let evidence = try await Self.commit(kind, collector)
                #expect(evidence > 0, "the collector did wrong")
                collector.behave { $0 = ScriptedCollector.Conduct() }
                let (before, mended) = (collector.ledger.entries.count, ContinuousClock.now)
                try await eventually("ticks after that") { collector.ledger.entries.count > before + 10 }
                FaultPlan.report("agent: ticks again after its collector \(kind)", "\(mended.duration(to: .now) / .seconds(1)) s")
                let ledger = try await lives.settle()
                #expect(ledger.entries.allSatisfy { $0.epoch == 1 }, "it is still its first life")
            }
        }

        /// - Returns: how often it did it.
        private static func commit(_ kind: Misconduct, _ collector: ScriptedCollector) async throws -> Int {
            let times = FaultPlan.count(short: 3, long: 60)
            switch kind {
            case .resetsInMidFrame:
                collector.behave { $0.resetsWithin = 20_000 }
                // Crashing also resets connections that exist already.
                collector.crash()
                try await eventually("resets in mid-frame") { collector.tally.resetsInMidFrame >= times }
                return collector.tally.resetsInMidFrame
            case .rewindsToEverywhere:
                collector.behave {
                    $0.rewindsEvery = 7
                    $0.acknowledges = false
                }
                try await eventually("rewinds") { collector.tally.rewinds >= times * 5 }
                return collector.ledger.repeated
            case .refusesAsBusy:
                collector.behave { $0.refusal = Refusal(code: "busy", message: "no memory") }
                collector.crash()
                try await eventually("refusals") { collector.tally.refusals >= min(times, 20) }
                return collector.tally.refusals
            case .saysGarbage:
                var greetings = 0
                for garbage in Self.garbage.prefix(times * 2) {
                    greetings = collector.tally.hellos.count
                    try await eventually("a connection") { collector.isConnected }
                    collector.say(raw: garbage)
                    try await eventually("a new connection behind \(garbage.prefix(20))") { collector.tally.hellos.count > greetings }
                }
                return collector.tally.hellos.count - 1
            case .goesAway:
                for _ in 0..<times {
                    collector.behave { $0.isAway = true }
                    try await collector.outlasts(12)
                    collector.crash()
                    collector.behave { $0.isAway = false }
                    try await eventually("a connection") { collector.isConnected }
                }
                return collector.tally.crashes
            case .neverReads:
                collector.behave { $0.isDeaf = true }
                try await eventually("ticks that nobody reads") { collector.ticksBehind > 150 }
                return 1
            }
        }

        /// Frames each of which ends a connection.
        private static let garbage: [[UInt8]] = [
            [0, 0, 0, 0], [0xff, 0xff, 0xff, 0xff], frame("{"), frame("[]"), frame("{\"type\":3}"), frame("{\"type\":\"ack\"}"),
            frame("{\"type\":\"ack\",\"epoch\":1,\"seq\":-1}"),
            frame("{\"type\":\"challenge\",\"protocols\":[1,1],\"nonce\":\"\",\"version\":\"\"}"),
            frame("{\"type\":\"error\",\"code\":\"replaced\",\"message\":\"\"}"), frame("\u{0}"),
            frame("{\"type\":\"run\",\"id\":\"x\",\"name\":\"x\",\"interval_us\":0,\"t0\":0}"),
            frame("{\"type\":\"welcome\",\"session\":\"x\",\"frame_limit\":1,\"heartbeat_ms\":1}"),
        ]

        private static func frame(_ text: String) -> [UInt8] {
            withUnsafeBytes(of: UInt32(text.utf8.count).bigEndian) { Array($0) } + Array(text.utf8)
        }

        @Test("An order to end the run at tick 2^64−1 ends the connection each time, and not the agent")
        func endsNever() async throws {
            try await Scene.run { scene in
                let collector = try scene.scriptedCollector()
                let lives = try AgentLives(scene, collector)
                try await lives.begin()
                let stop = try StopOrder(run: collector.ledger.run, lastTick: .max).encoded()
                for _ in 0..<3 {
                    try await eventually("a connection") { collector.isConnected }
                    let greetings = collector.tally.hellos.count
                    collector.say(raw: Self.frame(String(decoding: stop, as: UTF8.self)))
                    try await eventually("a new connection") { collector.tally.hellos.count > greetings }
                }
                try await lives.child.says("its `last_tick` is 18446744073709551615")
                let ledger = try await lives.settle()
                #expect(ledger.entries.allSatisfy { $0.epoch == 1 }, "it is still its first life")
            }
        }

        @Test("What an agent overran while it stood still is named as a gap, and no tick is caught up in a burst")
        func stoodStill() async throws {
            // In the long form longer than a collector's time limit.
            for seconds in FaultPlan.isLong ? [1, 5, 20] : [1] {
                try await Scene.run { scene in
                    let collector = try scene.scriptedCollector()
                    let lives = try AgentLives(scene, collector)
                    try await lives.begin()
                    let child = try lives.child
                    let stopped = UInt64(seconds * 50)
                    child.signal(SIGSTOP)
                    try await collector.outlasts(stopped)
                    child.signal(SIGCONT)
                    let due = collector.ticksDue
                    try await eventually("ticks behind the gap") { (collector.ledger.entries.last?.ticks.lowerBound ?? 0) > due + 10 }
                    let ledger = try await lives.settle()
                    let overrun = ledger.entries.filter { $0.reason == .overrun }
                    let longest = try #require(overrun.max { $0.ticks.count < $1.ticks.count }, "there is a gap")
                    #expect(longest.ticks.count > Int(stopped) - 10, "one gap names what was slept through: \(overrun.map(\.ticks))")
                    #expect(
                        ledger.ticks.count + overrun.reduce(0) { $0 + $1.ticks.count }
                            == Set(ledger.entries.flatMap { Array($0.ticks) }).count)
                }
            }
        }

        @Test("A run with a number of ticks ends on time while the collector is away; then every tick and the end of the run arrive")
        func endsByItself() async throws {
            try await Scene.run { scene in
                let collector = try scene.scriptedCollector()
                let lives = try AgentLives(scene, collector)
                try await lives.start()
                try await eventually("a connection") { collector.isConnected }
                collector.behave { $0.leavesAfter = 6 }
                let order = try collector.start(interval: 20_000, ticks: 100, lead: 2_000_000)
                try await eventually("the end of the run") { ScriptedCollector.now() > order.t0 + 2_300_000 }
                #expect(collector.ledger.entries.count == 6, "the collector was away")
                collector.behave { $0.isAway = false }
                try await eventually("the end of the run at the collector") { collector.tally.lastFin != nil && collector.ledger.isDurable }
                let ledger = lives.check(last: 99)
                #expect(ledger.unexplained(0...99).isEmpty && ledger.entries.last?.ticks.upperBound == 99, "\(ledger.unexplained(0...99))")
                #expect(collector.tally.lastFin?.seq == ledger.entries.last?.seqs.upperBound)
            }
        }

        @Test(
            "An agent gives up a collector that has said nothing for 15 s, and goes on with one that speaks", .enabled(if: FaultPlan.isLong)
        )
        func silence() async throws {
            try await Scene.run { scene in
                let collector = try scene.scriptedCollector()
                let lives = try AgentLives(scene, collector)
                try await lives.begin(interval: 100_000)
                collector.behave { $0.isSilent = true }
                try await eventually("word of the silence") { try lives.child.errors.contains("has said nothing") }
                try await lives.settle()
            }
        }
    }
}
