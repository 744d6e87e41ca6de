import Logging
import StatsCore
import Synchronization

/// What all sessions of a server have in common.
final class SessionSetting: Sendable {
    let recorder: Recorder
    /// They get each tick when it comes.
    let sinks: [any ReceivedTickSink]
    let counters: RefusalCounters
    let throttle: LogThrottle
    let clock: CollectorClock
    /// The collector's own id, by which agents notice that two names lead to it; `nil` when it has none.
    let collector: String?
    /// The token that agents have to prove; `nil` if none is needed.
    let token: Token?
    /// Whether connections use TLS; an agent's certificate then names the one node for which it may deliver.
    let isSecure: Bool
    /// Whose agents are let in; `nil` when all are.
    let users = Mutex<LocalUsers?>(nil)
    let senders = SenderCatalogue()
    let logger: Logger

    init(
        recorder: Recorder, sinks: [any ReceivedTickSink], counters: RefusalCounters, throttle: LogThrottle, clock: CollectorClock,
        collector: String?, token: Token?, isSecure: Bool, logger: Logger
    ) {
        self.recorder = recorder
        self.sinks = sinks
        self.counters = counters
        self.throttle = throttle
        self.clock = clock
        self.collector = collector
        self.token = token
        self.isSecure = isSecure
        self.logger = logger
    }

    /// One line a second for each kind of refusal, with how many were held back: a stranger can cause thousands.
    func logRefusal(_ kind: String, _ reason: String, peer: String, node: String?) {
        guard let held = throttle.admit(kind) else { return }
        var metadata: Logger.Metadata = [LogKey.peer: "\(peer)", LogKey.node: "\(node ?? "")", LogKey.reason: "\(reason)"]
        if held > 0 { metadata[LogKey.held] = "\(held)" }
        logger.warning("refused", metadata: metadata)
    }
}
