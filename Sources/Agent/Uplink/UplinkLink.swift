import StatsCore
import Synchronization

/// The state of an uplink's connection, shared by its tasks.
final class UplinkLink: Sendable {
    private let heard = Atomic<Int64>(0)
    private let up = Atomic<Bool>(false)
    private let pingInterval = Atomic<Int>(1000)
    private let serving = Atomic<Bool>(false)

    var isUp: Bool { up.load(ordering: .relaxed) }
    var silence: Duration { .microseconds(Clocks.monotonicMicroseconds() - heard.load(ordering: .relaxed)) }
    func setUp(_ isUp: Bool) { up.store(isUp, ordering: .relaxed) }
    /// Whether the agent belongs to the collector of the present connection.
    var isServing: Bool { serving.load(ordering: .relaxed) }
    func setServing(_ isServing: Bool) { serving.store(isServing, ordering: .relaxed) }
    /// The interval of pings that the collector asked for.
    var heartbeat: Duration { .milliseconds(pingInterval.load(ordering: .relaxed)) }
    func setHeartbeat(_ milliseconds: Int) { pingInterval.store(min(max(milliseconds, 100), 5000), ordering: .relaxed) }
    func hear() { heard.store(Clocks.monotonicMicroseconds(), ordering: .relaxed) }
}
