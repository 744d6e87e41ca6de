import Foundation
import StatsCore
import Synchronization
import TestSupport

/// A collector that does what a test wants, right or wrong, to one real agent, and records everything that the agent sends.
///
/// It has a thread of its own, because tests wait on the cooperative pool.
final class ScriptedCollector: Sendable {
    /// How it behaves until a test changes that.
    struct Conduct {
        /// It doesn't listen: connections are refused, as if it weren't running.
        var isAway = false
        /// It goes away by itself once it has taken in so many frames.
        var leavesAfter: Int?
        /// It accepts connections and sends nothing.
        var isSilent = false
        /// It reads nothing.
        var isDeaf = false
        /// It makes frames durable and acknowledges them.
        var acknowledges = true
        /// Answers `hello` with this.
        var refusal: Refusal?
        /// After every n frames it requests a frame that is chosen at random.
        var rewindsEvery: Int?
        /// Resets each connection after a random number of bytes up to this.
        var resetsWithin: Int?
    }

    /// Counts of what has happened, as evidence that faults occurred.
    struct Tally {
        var hellos: [Hello] = []
        var frames = 0
        var live = 0
        var rewinds = 0
        var resets = 0
        var resetsInMidFrame = 0
        var refusals = 0
        var crashes = 0
        var lastFin: Fin?
        var lastPing: Ping?
        /// What agents sent as `error` before they closed.
        var complaints: [Refusal] = []
        /// When the last new numbered frame was taken, on the collector's clock.
        var lastStored: Int64 = 0
    }

    struct State {
        var conduct = Conduct()
        var tally = Tally()
        var ledger: DeliveryLedger
        var order: RunOrder?
        var stop: StopOrder?
        var connections: [Int32: AgentConnection] = [:]
        var listener: Int32?
        var random: SeededRandom
        var isEnded = false
    }

    let port: UInt16
    let state: Mutex<State>
    /// Added to the monotonic clock, in µs: the collector's clock never jumps.
    private static let anchor = Clocks.wall() / 1000 - Int64(Clocks.monotonic() / 1000)

    /// Microseconds since 1970 by this collector's clock.
    static func now() -> Int64 { Int64(Clocks.monotonic() / 1000) + anchor }

    init(random: SeededRandom) throws {
        let (listener, port) = try LoopbackSocket.listen(port: 0)
        self.port = port
        state = Mutex(State(ledger: DeliveryLedger(run: UUID().uuidString.lowercased()), listener: listener, random: random))
        Thread { [self] in work() }.start()
    }

    // MARK: What a test orders

    /// Changes its behaviour from now on.
    func behave(_ change: (inout Conduct) -> Void) {
        state.withLock { state in
            change(&state.conduct)
            if state.conduct.isAway { Self.hangUp(&state) }
        }
    }

    /// Orders a run whose first tick is a moment ahead.
    ///
    /// - Parameters:
    ///   - interval: µs.
    ///   - lead: µs until the first tick: time for the order to reach an agent that is there.
    @discardableResult func start(interval: Int64, ticks: UInt64? = nil, lead: Int64 = 200_000) throws -> RunOrder {
        try state.withLock { state in
            let t0 = (Self.now() / interval + 1) * interval + lead
            let order = RunOrder(id: state.ledger.run, name: "fault", intervalUs: interval, t0: t0, ticks: ticks)
            state.order = order
            try Self.tell(order, state)
            return order
        }
    }

    /// Stops the run after the tick that is due now.
    @discardableResult func stop() throws -> UInt64 {
        try state.withLock { state in
            guard let order = state.order else { return 0 }
            let last = Grid(t0: order.t0, interval: order.intervalUs).latest(at: Self.now()) ?? 0
            let stop = StopOrder(run: order.id, lastTick: last)
            state.stop = stop
            try Self.tell(stop, state)
            return last
        }
    }

    /// Loses every connection and everything that isn't durable, as by SIGKILL; `behave` decides whether it listens again at once.
    func crash() {
        state.withLock { state in
            state.tally.crashes += 1
            state.ledger.crash()
            Self.hangUp(&state)
        }
    }

    /// Sends bytes to every connected agent.
    func say(raw bytes: [UInt8]) { state.withLock { state in state.connections.values.forEach { $0.send(raw: bytes) } } }

    func end() { state.withLock { $0.isEnded = true } }

    // MARK: What a test asks

    var ledger: DeliveryLedger { state.withLock { $0.ledger } }
    var tally: Tally { state.withLock { $0.tally } }
    var order: RunOrder? { state.withLock { $0.order } }
    var isConnected: Bool { state.withLock { $0.connections.values.contains { $0.epoch != nil } } }

    /// How many ticks of the run are due, by its clock.
    var ticksDue: UInt64 { order.flatMap { Grid(t0: $0.t0, interval: $0.intervalUs).latest(at: Self.now()) }.map { $0 + 1 } ?? 0 }

    /// How many ticks the newest frame is behind the one that is due.
    var ticksBehind: UInt64 { max(ticksDue, ledger.newestTick.map { $0 + 1 } ?? 0) - (ledger.newestTick.map { $0 + 1 } ?? 0) }

    /// Lets so many ticks become due: an outage lasts for a number of ticks, however long the agent takes for them.
    func outlasts(_ ticks: UInt64) async throws {
        let end = ticksDue + ticks
        try await eventually("\(ticks) ticks more") { ticksDue >= end }
    }

    private static func tell(_ message: some WireMessage, _ state: State) throws {
        let encoded = try message.encoded()
        for connection in state.connections.values where connection.epoch != nil { connection.send(encoded) }
    }

    /// Shuts the connections down. The thread closes them, since it may be waiting for them.
    static func hangUp(_ state: inout State) {
        for (descriptor, _) in state.connections { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }
}
