import Foundation
import Glibc
import StatsCore
import TestSupport
import Testing

/// One agent over several starts: it is killed and started again on the same state directory, while a scripted collector records every frame.
final class AgentLives {
    /// One start, and the instant of the collector's clock up to which its ticks have to survive.
    private struct Life {
        let epoch: UInt64
        let bornAt: Int64
        let keptUntil: Int64
    }

    let scene: Scene
    let collector: ScriptedCollector
    /// Its state directory.
    let state: String
    let node: String
    private let options: [String]
    private var lives: [Life] = []
    private var birth: (at: Int64, epoch: UInt64?)?
    private(set) var starts = 0
    private var current: Child?

    init(_ scene: Scene, _ collector: ScriptedCollector, node: String = "here", state: String? = nil, options: [String] = []) throws {
        self.scene = scene
        self.collector = collector
        self.node = node
        self.state = try state ?? scene.inMemory("state-\(node)")
        self.options = options
    }

    /// The current process, or the last one.
    var child: Child {
        get throws { try #require(current, "the agent was never started") }
    }

    /// Starts it and waits for its ready line.
    ///
    /// - Parameter prefix: words before its command line, such as those of strace(1).
    func start(prefix: [String] = []) async throws {
        let child = try launch(prefix: prefix)
        try await eventually("the ready line of \(child.name)") {
            if let status = child.poll() { throw Child.Failure(description: "the agent ended with \(status)\n\(child.diary)") }
            return child.output.contains("sonde-agent ready: ")
        }
        birth = (ScriptedCollector.now(), try keptEpoch)
    }

    /// Orders a run, starts the agent, and waits until the collector has its first ticks.
    ///
    /// - Parameters:
    ///   - interval: of the run, in µs.
    ///   - prefix: words in front of the agent's command line.
    func begin(interval: Int64 = 20_000, prefix: [String] = []) async throws {
        try collector.start(interval: interval)
        try await start(prefix: prefix)
        try await eventually("the first ticks") { collector.ledger.entries.count > 5 }
    }

    /// Starts it without waiting: it may be killed before it is ready.
    @discardableResult func launch(prefix: [String] = []) throws -> Child {
        let words =
            prefix + [Products.agent, "--collector", "127.0.0.1:\(collector.port)", "--node", node, "--interval", "1s"]
            + ["--containers", "off", "--state", state] + options
        let child = try scene.start(words[0], Array(words.dropFirst()))
        current = child
        starts += 1
        birth = (ScriptedCollector.now(), nil)
        return child
    }

    /// Kills it with SIGKILL.
    ///
    /// - Parameter instant: on the collector's clock; what was read until then had to be kept. Without it that is what its spool has then.
    func kill(keptUntil instant: Int64? = nil) async throws {
        try await child.crash()
        try noteEnd(at: instant)
    }

    /// Ends it with SIGTERM: it may lose nothing.
    func end() async throws {
        let child = try child
        let asked = ScriptedCollector.now()
        let status = try await child.terminate()
        #expect(status == 0, "\(child.diary)")
        try noteEnd(at: asked - 200_000)
    }

    /// Waits until the injected fault has ended it.
    ///
    /// - Parameter ticks: how many have to become due before that is given up, counted from when it is ready.
    /// - Returns: how, as a shell says it; `nil` when the fault didn't come meanwhile.
    func fall(untilTicks ticks: UInt64) async throws -> Int32? {
        let child = try child
        var end: UInt64?
        try await eventually("the fault, or \(ticks) ticks\n\(child.diary)") {
            if child.poll() != nil { return true }
            if end == nil, child.output.contains("sonde-agent ready: ") { end = collector.ticksDue + ticks }
            return end.map { collector.ticksDue >= $0 } ?? false
        }
        guard let status = child.poll() else { return nil }
        try noteEnd()
        return status
    }

    private func noteEnd(at instant: Int64? = nil) throws {
        guard let birth else { return }
        self.birth = nil
        guard let epoch = try birth.epoch ?? keptEpoch, let kept = instant ?? spooledTick(of: epoch).flatMap({ grid?.instant(of: $0) })
        else {
            return
        }
        lives.append(Life(epoch: epoch, bornAt: birth.at, keptUntil: kept))
    }

    private var grid: Grid? { collector.order.map { Grid(t0: $0.t0, interval: $0.intervalUs) } }

    /// The tick from which on a life that began then has to keep what it reads, though the collector have nothing of it.
    private func firstTick(bornAt instant: Int64, _ grid: Grid) -> UInt64 { grid.next(at: max(instant, grid.t0) + 2_000_000) }

    /// Waits until the present life has ticks in the spool that it has to keep, however slow the machine is.
    func spoolsForGood() async throws {
        let (grid, birth, epoch) = try (#require(grid), #require(birth), #require(try keptEpoch))
        let due = firstTick(bornAt: birth.at, grid)
        try await eventually("tick \(due) of epoch \(epoch) in the spool\n\(brief)") { (spooledTick(of: epoch) ?? 0) >= due }
    }

    /// The epoch in its state directory; `nil` before the first.
    var keptEpoch: UInt64? {
        get throws {
            struct Kept: Decodable { let epoch: UInt64 }
            guard let data = FileManager.default.contents(atPath: state + "/agent.json") else { return nil }
            return try JSONDecoder().decode(Kept.self, from: data).epoch
        }
    }

    /// Waits until the collector has everything that the agent has, with the end of the run, and checks the account.
    ///
    /// - Parameter lostFrames: whether frames may be lost because the disk was damaged.
    /// - Returns: the ledger.
    @discardableResult func settle(lostFrames: Bool = false, within limit: Duration = .seconds(300)) async throws -> DeliveryLedger {
        collector.behave { $0 = ScriptedCollector.Conduct() }
        let last = try collector.stop()
        try await eventually("the end of the run behind tick \(last)\n\(brief)", within: limit) {
            let (fin, ledger) = (collector.tally.lastFin, collector.ledger)
            return fin.map { $0.epoch == ledger.epoch && $0.seq == ledger.accepted && ledger.isDurable } ?? false
        }
        try noteEnd(at: ScriptedCollector.now() - 200_000)
        return check(lostFrames: lostFrames, last: last)
    }

    /// Checks what must hold for everything that came.
    @discardableResult func check(lostFrames: Bool = false, last: UInt64) -> DeliveryLedger {
        let ledger = collector.ledger
        if lostFrames {
            #expect(ledger.violations.isEmpty, "\(ledger.violations.prefix(10))")
        } else {
            let faults = faults(in: ledger, last: last)
            #expect(faults.isEmpty, "\(faults.prefix(10))")
        }
        return ledger
    }

    /// The rules that the agent broke: by its frames, or by not keeping what it should have kept up to the run's last tick.
    func faults(in ledger: DeliveryLedger, last: UInt64) -> [String] {
        ledger.violations + ledger.losses.map { "frames \($0) are gone on both sides" }
            + required(last: last, in: ledger).flatMap { ledger.unexplained($0) }.map { "ticks \($0) had to be kept" }
    }

    /// The ticks that had to be kept, for each start: from its first tick, or soon after the start, up to the last one that had to be.
    func required(last: UInt64, in ledger: DeliveryLedger) -> [ClosedRange<UInt64>] {
        guard let grid else { return [] }
        return lives.compactMap { life in
            let due = firstTick(bornAt: life.bornAt, grid)
            let first = ledger.entries.first { $0.epoch == life.epoch }?.ticks.lowerBound ?? due
            guard let end = grid.latest(at: life.keptUntil).map({ min($0, last) }), min(first, due) <= end else { return nil }
            return min(first, due)...end
        }
    }

    /// How the account stands, for the message of a failure.
    var brief: String {
        let (tally, ledger) = (collector.tally, collector.ledger)
        return "\(ledger.entries.count) frames, last \(ledger.entries.last.map { "\($0)" } ?? "none"), epoch \(ledger.epoch), fin "
            + "\(tally.lastFin.map { "\($0)" } ?? "none"), connected \(collector.isConnected), violations \(ledger.violations.prefix(3))"
    }
}

extension Scene {
    /// A scripted collector for the length of this test.
    func scriptedCollector(_ random: SeededRandom = FaultPlan.random()) throws -> ScriptedCollector {
        let collector = try ScriptedCollector(random: random)
        later { collector.end() }
        return collector
    }
}
