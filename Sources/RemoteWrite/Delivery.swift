import NIOCore
import StatsCore
import Synchronization

/// Brings requests to a target, however often that takes, and counts what becomes of them.
final class Delivery: Sendable {
    /// The target doesn't know the version of the protocol.
    struct OtherVersion: Error {}

    let report: Mutex<RemoteWriteReport>
    private let connections: [TargetConnection]
    private let news: @Sendable (News) -> Void
    /// Whether the last news was that it fails.
    private let isToldDown = Mutex(false)
    private static let patience = TimeAmount.seconds(30)
    /// How many requests may be made of one to find what a target doesn't want of it.
    private static let mostParts = 200

    enum News {
        case fails(String)
        case works
        /// A series, or a whole request of so many samples, that it will never have.
        case refused(String, samples: Int, series: String?)
    }

    init(_ report: RemoteWriteReport, _ connections: [TargetConnection], news: @escaping @Sendable (News) -> Void) {
        self.report = Mutex(report)
        self.connections = connections
        self.news = news
    }

    /// Delivers requests, those of one shard in their order and the shards beside each other.
    /// - Parameter mayRepeat: whether the target may have them already. What it says is out of order then isn't lost.
    /// - Throws: `OtherVersion`, `CancellationError`.
    func deliver(_ requests: [WriteRequest], mayRepeat: Bool) async throws {
        let shards = Dictionary(grouping: requests, by: \.shard)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for (shard, requests) in shards {
                tasks.addTask {
                    for request in requests {
                        var parts = Self.mostParts
                        try await self.deliver(request, over: self.connections[shard % self.connections.count], mayRepeat, &parts)
                    }
                }
            }
            try await tasks.waitForAll()
        }
    }

    private func deliver(_ request: WriteRequest, over connection: TargetConnection, _ mayRepeat: Bool, _ parts: inout Int) async throws {
        var backoff = Backoff(first: .milliseconds(200), longest: .seconds(10))
        // Who didn't say that it has a request may have it all the same.
        var mayRepeat = mayRepeat
        while true {
            try Task.checkCancellation()
            var wait: Duration?
            do {
                let (answer, wasRepeated) = try await connection.send(request, within: Self.patience)
                mayRepeat = mayRepeat || wasRepeated
                switch DeliveryVerdict(answer, to: request.protocol) {
                case .taken(let written): return took(request, written: written)
                case .partly(let part, let reason): return took(request, written: part.written(of: request.samples), reason)
                case .otherVersion: throw OtherVersion()
                // Types and helps alone, which not every receiver takes.
                case .split where request.samples == 0, .refused where request.samples == 0: return
                case .split(let reason) where mayRepeat && Self.isRepeated(reason): return
                case .refused(let reason) where request.protocol == .otlp && mayRepeat && Self.isRepeated(reason): return
                case .split(let reason):
                    let isStranger = isStranger
                    guard isStranger, let probes = RequestSplit(request)?.probes, try await takesNone(of: probes, over: connection) else {
                        return try await split(request, reason, over: connection, mayRepeat || isStranger, &parts)
                    }
                    failed("status_\(answer.status)", "\(reason) (it has never taken a sample: is the URL that of a receiver?)")
                case .refused(let reason): return drop(request, reason, series: nil)
                case .later(let after, let reason):
                    wait = after
                    mayRepeat = mayRepeat || answer.status >= 500
                    failed("status_\(answer.status)", reason)
                }
            } catch let failure as DeliveryFailure {
                try Task.checkCancellation()
                mayRepeat = true
                failed(failure.reason, failure.description)
            }
            let next = backoff.next()
            try await Task.sleep(for: max(next, wait ?? .zero))
        }
    }

    /// Whether the target has taken nothing yet: what it refuses may then be all, since it is none that takes samples.
    private var isStranger: Bool { report.withLock { $0.samples == 0 } }

    /// Sends single samples until one is taken. It comes again with its request.
    /// - Returns: whether the target took none of them.
    private func takesNone(of probes: [WriteRequest], over connection: TargetConnection) async throws -> Bool {
        for probe in probes {
            let (answer, _) = try await connection.send(probe, within: Self.patience)
            switch DeliveryVerdict(answer, to: probe.protocol) {
            case .taken, .partly: return false
            default: continue
            }
        }
        return true
    }

    private func split(
        _ request: WriteRequest, _ reason: String, over connection: TargetConnection, _ mayRepeat: Bool, _ parts: inout Int
    ) async throws {
        parts -= 1
        let split = RequestSplit(request)
        guard parts > 0, let (first, second) = split?.halves else {
            return drop(request, reason, series: request.samples == 1 ? split?.name : nil)
        }
        try await deliver(first, over: connection, mayRepeat, &parts)
        try await deliver(second, over: connection, mayRepeat, &parts)
    }

    /// Whether a target says that it has such samples or newer ones: in Prometheus' words, which others repeat.
    private static func isRepeated(_ reason: String) -> Bool {
        ["out of order", "out-of-order", "duplicate sample", "too old"].contains { reason.lowercased().contains($0) }
    }

    /// - Parameter reason: what the target says of those that it hasn't written. It can do no better when it is asked again.
    private func took(_ request: WriteRequest, written: Int?, _ reason: String? = nil) {
        let written = max(0, min(written ?? request.samples, request.samples))
        let rest = request.samples - written
        report.withLock { report in
            (report.up, report.reason) = (true, reason)
            report.samples += UInt64(written)
            if rest > 0 { report.dropped["receiver", default: 0] += UInt64(rest) }
        }
        if exchangeToldDown(false) { news(.works) }
        if rest > 0 { news(.refused(reason ?? "it says that it hasn't written them", samples: rest, series: nil)) }
    }

    private func drop(_ request: WriteRequest, _ reason: String, series: String?) {
        report.withLock { report in
            report.dropped["refused", default: 0] += UInt64(request.samples)
            report.failures["refused", default: 0] += 1
            report.reason = reason
            // A single series is its own fault.
            if series == nil { report.up = false }
        }
        news(.refused(reason, samples: request.samples, series: series))
    }

    private func failed(_ kind: String, _ reason: String) {
        report.withLock { report in
            (report.up, report.reason) = (false, reason)
            report.failures[kind, default: 0] += 1
        }
        if !exchangeToldDown(true) { news(.fails(reason)) }
    }

    private func exchangeToldDown(_ isDown: Bool) -> Bool {
        isToldDown.withLock { told in
            defer { told = isDown }
            return told
        }
    }
}
