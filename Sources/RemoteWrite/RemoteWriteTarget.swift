import Logging
import NIOCore
import NIOPosix
import StatsCore
import Synchronization

/// Sends what waits for one target. It runs on a thread of its own, so that a slow disk delays nobody else.
actor RemoteWriteTarget {
    nonisolated let queue: TargetQueue
    nonisolated let delivery: Delivery
    private let columns: ColumnsDirectory
    private let settings: RemoteWriteSettings
    private let clock: @Sendable () -> Int64
    private let logger: Logger
    private let thread: any EventLoop
    private var encoder: SeriesEncoder
    private let deliver: @Sendable (_ requests: [WriteRequest], _ mayRepeat: Bool) async throws -> Void
    /// What was read, and isn't known to be delivered. It is sent as it is until it is: reading it again would not make it again, as the encoder has
    /// ended the series that ended in it.
    private var undelivered: Round?
    /// The number of the next record to be read.
    private var next: UInt64 = 0
    /// Of the oldest tick on its way, in microseconds; `nil` when none is.
    private nonisolated let oldest = Mutex<Int64?>(nil)
    private var diskFault: String?
    /// When types and helps were sent last, where samples don't have them (monotonic microseconds).
    private var metadataTime = Int64.min / 2
    /// How many rounds may hold what the target has: what was on its way when an earlier process was killed. Two, as a round that is read again may be
    /// cut elsewhere.
    private var repeats = 2

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.executor.asUnownedSerialExecutor() }

    /// How often what has come is written to the disk, and sent.
    private static let flushPeriod = Duration.milliseconds(100)
    private static let sendPeriod: Int64 = 1_000_000
    /// As Prometheus sends them (`metadata_config.send_interval`).
    private static let metadataPeriod: Int64 = 60_000_000
    private static let mostRead = 4 << 20
    private static let mostSamples = 10_000
    /// As for `/metrics`: of a node from which nothing comes for so long, and three of its intervals, nothing is told any more (microseconds).
    private static let patience: Int64 = 10_000_000

    /// - Parameter deliver: brings requests to the target, by default with `delivery`.
    init(
        _ settings: RemoteWriteSettings, queue: TargetQueue, delivery: Delivery, columns: ColumnsDirectory, thread: any EventLoop,
        clock: @escaping @Sendable () -> Int64, logger: Logger,
        deliver: (@Sendable (_ requests: [WriteRequest], _ mayRepeat: Bool) async throws -> Void)? = nil
    ) {
        self.deliver = deliver ?? { try await delivery.deliver($0, mayRepeat: $1) }
        (self.settings, self.queue, self.delivery, self.columns) = (settings, queue, delivery, columns)
        (self.thread, self.clock, self.logger) = (thread, clock, logger)
        encoder = SeriesEncoder(
            settings.protocol, shards: settings.connections, labels: settings.labels, mostSamples: Self.mostSamples
        ) { columns[$0] }
    }

    /// Writes what has come to the disk, again and again, until the task is cancelled.
    func keep() async {
        while !Task.isCancelled {
            flush()
            try? await Task.sleep(for: Self.flushPeriod)
        }
        flush()
    }

    func flush() {
        do {
            try queue.flush()
            if diskFault != nil { logger.notice("ticks for remote write can be kept on the disk again") }
            diskFault = nil
        } catch {
            if diskFault == nil {
                logger.error("ticks for remote write can't be kept on the disk; they wait in memory", metadata: ["reason": "\(error)"])
            }
            diskFault = "\(error)"
        }
    }

    /// Sends what waits, again and again, until the task is cancelled.
    func send() async {
        while !Task.isCancelled {
            let began = clock()
            let isMore = await sendRound(isLast: false)
            if isMore { continue }
            let rest = Self.sendPeriod - (clock() - began)
            try? await Task.sleep(for: .microseconds(max(rest, 10_000)))
        }
    }

    /// Sends what is left, and ends all series: nothing more will come. It gives up when the task is cancelled.
    func sendLast() async {
        flush()
        while !Task.isCancelled, await sendRound(isLast: false) {}
        guard !Task.isCancelled else { return }
        encoder.endAll()
        _ = await sendRound(isLast: true)
    }

    /// - Returns: whether there is more to send at once.
    func sendRound(isLast: Bool) async -> Bool {
        let isAgain = undelivered != nil
        var round = undelivered ?? nextRound(isLast: isLast)
        do {
            try await deliver(round.requests, round.mayRepeat)
        } catch is Delivery.OtherVersion {
            logger.notice("the remote-write receiver doesn't know version 2.0 of the protocol: it gets 1.0", metadata: metadata)
            delivery.report.withLock { $0.version = RemoteWriteProtocol.one.rawValue }
            encoder.change(to: .one)
            // Others of its connections may have been told otherwise.
            round.requests = round.requests.map { $0.inVersionOne }
            round.mayRepeat = true
            undelivered = round
            return true
        } catch {
            // Nobody knows how much of it the target has.
            round.mayRepeat = true
            undelivered = round
            return false
        }
        undelivered = nil
        guard let through = round.through else { return isAgain }
        repeats = max(0, repeats - 1)
        oldest.withLock { $0 = nil }
        do {
            try queue.acknowledge(through: through, round.ticks)
        } catch {
            logger.error("what a remote-write receiver has can't be noted on the disk", metadata: ["reason": "\(error)"])
        }
        return isAgain || !round.isCaughtUp
    }

    private func nextRound(isLast: Bool) -> Round {
        // Of ticks that the target may have, each is a request of its own: it takes the ones that it doesn't have.
        let mayRepeat = repeats > 0
        encoder.mostSamples = mayRepeat ? 1 : Self.mostSamples
        var round = read()
        if round.isCaughtUp, !isLast {
            encoder.endSilent(at: clock(), patience: Self.patience)
        } else if let newest = round.newest {
            encoder.endSilent(at: newest, patience: Self.patience)
        }
        (round.requests, round.mayRepeat) = (encoder.finish().map(\.compressed), mayRepeat)
        let now = Clocks.monotonicMicroseconds()
        if !round.requests.isEmpty, now - metadataTime >= Self.metadataPeriod, let metadata = encoder.metadata() {
            metadataTime = now
            round.requests.append(metadata)
        }
        return round
    }

    private struct Round {
        var requests: [WriteRequest] = []
        /// Whether the target may have them already.
        var mayRepeat = false
        /// The number of the last record in it.
        var through: UInt64?
        var ticks: [(node: String, time: Int64)] = []
        /// Of its ticks, in microseconds.
        var newest: Int64?
        var isCaughtUp = true
    }

    /// Reads as many records as a round may have.
    private func read() -> Round {
        var round = Round()
        do {
            while encoder.samples < Self.mostSamples * settings.connections {
                let records = try queue.disk.read(from: next, limit: Self.mostRead)
                guard !records.isEmpty else { return round }
                for (number, record) in records {
                    if let record = encoder.take(record.readableBytesSpan) {
                        round.newest = max(round.newest ?? record.time, record.time)
                        if record.isTick { round.ticks.append((record.node, record.time)) }
                        oldest.withLock { if $0 == nil { $0 = record.time } }
                    }
                    round.through = number
                    next = number + 1
                    if encoder.samples >= Self.mostSamples * settings.connections { break }
                }
            }
            round.isCaughtUp = false
        } catch {
            logger.error("ticks for remote write can't be read from the disk", metadata: ["reason": "\(error)"])
        }
        return round
    }

    private nonisolated var metadata: Logger.Metadata { ["receiver": "\(delivery.report.withLock { $0.url })"] }

    nonisolated var report: RemoteWriteReport {
        var report = delivery.report.withLock { $0 }
        report.pendingBytes = queue.disk.bytes
        if queue.late > 0 { report.dropped["out_of_order", default: 0] += queue.late }
        let oldest = [self.oldest.withLock { $0 }, queue.oldest].compactMap(\.self).min()
        report.lagMs = oldest.map { max(0, (clock() - $0) / 1000) } ?? 0
        return report
    }
}
