import Logging
import NIOCore
import NIOPosix
import StatsCore
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Sends every tick that it is shown to all targets; what a target doesn't take waits on the disk.
package final class RemoteWrite: Sendable {
    /// Its directory in that of the agent's or the collector's state.
    package static let directoryName = ".remote-write"

    private let settings: RemoteWriteSettings
    private let targets: [RemoteWriteTarget]
    private let columns: ColumnsDirectory
    /// What the sender's own values are an instance of.
    private let instance: String
    private let withProcesses: Bool
    private let clock: @Sendable () -> Int64
    private let logger: Logger
    /// How long what is left may take at the end.
    private static let lastTime = Duration.seconds(3)
    private static let ownPeriod = Duration.seconds(5)

    /// - Parameters:
    ///   - state: where the directory is made.
    ///   - instance: the label of that name of the sender's own values, such as the host's name.
    ///   - withProcesses: whether processes are sent, too.
    ///   - clock: the clock of the ticks, in microseconds since 1970.
    ///   - event: told what those who look on should know.
    /// - Throws: `DiskError`, `SyncFailure`.
    package init(
        _ settings: RemoteWriteSettings, in state: borrowing Descriptor, instance: String, withProcesses: Bool,
        clock: @escaping @Sendable () -> Int64, logger: Logger, event: @escaping @Sendable (String) -> Void = { _ in }
    ) throws {
        if !state.holds(Self.directoryName) { try state.makeDirectory(Self.directoryName) }
        let directory = try state.directory(Self.directoryName)
        let columns = ColumnsDirectory(try state.directory(Self.directoryName))
        var names: Set<String> = []
        targets = try settings.targets.map { address in
            let name = Self.name(of: address)
            names.insert(name)
            return try Self.target(address, name, settings, in: directory, columns, clock: clock, logger: logger, event: event)
        }
        for left in directory.names(of: Int(DT_DIR)) where !names.contains(left) {
            logger.warning(
                "ticks wait for a remote-write receiver that isn't named any more: name it again with --remote-write, or remove the directory",
                metadata: ["directory": "\(directory.child(left))"])
        }
        (self.settings, self.columns, self.instance, self.withProcesses) = (settings, columns, instance, withProcesses)
        (self.clock, self.logger) = (clock, logger)
    }

    private static func target(
        _ address: WebAddress, _ name: String, _ settings: RemoteWriteSettings, in directory: borrowing Descriptor,
        _ columns: ColumnsDirectory,
        clock: @escaping @Sendable () -> Int64, logger: Logger, event: @escaping @Sendable (String) -> Void
    ) throws -> RemoteWriteTarget {
        var logger = logger
        logger[metadataKey: "receiver"] = "\(address.shownURL)"
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let report = RemoteWriteReport(url: address.shownURL, version: settings.version.rawValue, limitBytes: settings.queueBytes)
        let throttle = Mutex<Int64>(.min / 2)
        let told = Mutex<Set<String>>([])
        let delivery = Delivery(
            report,
            (0..<settings.connections).map { _ in
                TargetConnection(address, settings.access, settings.proxies.proxy(for: address), group: group)
            }
        ) { [logger] news in
            if case .works = news { told.withLock { $0 = [] } }
            Self.log(news, logger, throttle)
        }
        // Counting what is dropped takes a while, and those who drop it must not wait.
        let counting = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()
        let queue = try TargetQueue(
            in: directory, name: name, quota: settings.queueBytes, interval: settings.interval ?? 0, columns: columns,
            dropped: { [logger] records, reason in
                counting.execute {
                    let samples = Self.samples(of: records, settings, columns)
                    delivery.report.withLock { $0.dropped[reason, default: 0] += UInt64(samples) }
                }
                // One line for each reason: the counter says how many.
                guard told.withLock({ $0.insert(reason).inserted }) else { return }
                let words =
                    switch reason {
                    case "queue_full": "the queue for the remote-write receiver \(address.shownURL) is full: its oldest ticks are dropped"
                    case "too_large":
                        "a tick is larger than the queue for the remote-write receiver \(address.shownURL) may be: it is dropped"
                    default: "ticks for the remote-write receiver \(address.shownURL) can't be kept on the disk: they are dropped"
                    }
                logger.error("\(words)")
                event(words)
            },
            notice: { [logger] in logger.warning("\($0)") })
        return RemoteWriteTarget(
            settings, queue: queue, delivery: delivery, columns: columns, thread: MultiThreadedEventLoopGroup(numberOfThreads: 1).next(),
            clock: clock, logger: logger)
    }

    private static func log(_ news: Delivery.News, _ logger: Logger, _ last: borrowing Mutex<Int64>) {
        switch news {
        case .fails(let reason):
            logger.warning(
                "remote write fails, and is tried again; what comes meanwhile waits on the disk", metadata: ["reason": "\(reason)"])
        case .works: logger.notice("the remote-write receiver takes what it is sent again")
        case .refused(let reason, let samples, let series):
            // Whoever refuses one request refuses many.
            let now = Clocks.monotonicMicroseconds()
            let isSilent = last.withLock { last in
                if now - last < 10_000_000 { return true }
                last = now
                return false
            }
            guard !isSilent else { return }
            var metadata: Logger.Metadata = ["reason": "\(reason)", "samples": "\(samples)"]
            if let series { metadata["series"] = "\(PlainText.cut(series, to: 500))" }
            logger.error("the remote-write receiver refuses samples, which it will not have", metadata: metadata)
        }
    }

    /// How many samples records stand for.
    private static func samples(of records: [ByteBuffer], _ settings: RemoteWriteSettings, _ columns: ColumnsDirectory) -> Int {
        let encoder = SeriesEncoder(.one, shards: 1, labels: []) { columns[$0] }
        var count = 0
        for record in records {
            _ = encoder.take(record.readableBytesSpan)
            count += encoder.finish().reduce(0) { $0 + $1.samples }
        }
        return count
    }

    /// The host, for whoever looks into the directory, and a checksum of the whole URL.
    private static func name(of address: WebAddress) -> String {
        let url = Array((address.shownURL + address.path).utf8)
        let host = String(
            address.host.unicodeScalars.map { $0.properties.isAlphabetic || $0.properties.numericType != nil ? Character($0) : "-" })
        return "\(host.prefix(60))-\(String(CRC32C.checksum(url.span.bytes), radix: 16))"
    }

    // MARK: Taking

    /// Takes a tick. It waits for nothing.
    /// - Parameters:
    ///   - kernel: the release of the node's kernel; empty where it isn't known.
    package func take(_ tick: TickFrame, frame: RawSpan, node: String, kernel: String, columns: SenderColumns) {
        let time = tick.header.time
        let wanting = targets.filter { $0.queue.wants(node, time, isRepeated: tick.header.seq > 0) }
        guard !wanting.isEmpty else { return }
        self.columns.note(columns)
        var record = ByteWriter(capacity: frame.byteCount + 600)
        guard record.append(tick, frame: frame, node: node, kernel: kernel, columns: columns.number, withProcesses: withProcesses) else {
            return
        }
        offer(record, to: wanting, time: time)
    }

    /// Takes values of the sender's own, in Prometheus' text format.
    private func take(own text: RawSpan) {
        var record = ByteWriter(capacity: text.byteCount + 100)
        let time = clock()
        record.append(own: text, node: instance, time: time)
        offer(record, to: targets, time: time)
    }

    private func offer(_ record: borrowing ByteWriter, to targets: [RemoteWriteTarget], time: Int64) {
        let bytes = record.withUnsafeBytes { ByteBuffer(bytes: $0) }
        for target in targets { target.queue.offer(bytes, time: time) }
    }

    /// Waits until all that was taken survives this process.
    package func flush() {
        for target in targets { try? target.queue.flush() }
    }

    // MARK: Sending

    /// Sends until the task is cancelled.
    /// - Parameter own: what the sender tells of itself; it is asked every few seconds.
    package func run(own: @escaping @Sendable () async -> OwnFamilies) async {
        await withTaskGroup(of: Void.self) { tasks in
            for target in targets {
                tasks.addTask { await target.keep() }
                tasks.addTask { await target.send() }
            }
            tasks.addTask { await self.refresh() }
            tasks.addTask {
                while !Task.isCancelled {
                    await own().withText { self.take(own: $0) }
                    try? await Task.sleep(for: Self.ownPeriod)
                }
            }
        }
    }

    /// Sends what is left, for a few seconds; the rest waits on the disk for the next start.
    package func end() async {
        flush()
        await withTaskGroup(of: Void.self) { tasks in
            for target in targets {
                tasks.addTask {
                    await withTaskGroup(of: Void.self) { race in
                        race.addTask { await target.sendLast() }
                        race.addTask { try? await Task.sleep(for: Self.lastTime) }
                        await race.next()
                        race.cancelAll()
                    }
                }
            }
        }
    }

    private func refresh() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(10))
            if let reason = settings.access.refresh() {
                logger.error("what remote write is done with can't be read again", metadata: ["reason": "\(reason)"])
            }
        }
    }

    package var reports: [RemoteWriteReport] { targets.map(\.report) }
}

extension OwnFamilies {
    /// Appends what has become of the ticks for each target.
    package mutating func append(_ reports: [RemoteWriteReport]) {
        guard !reports.isEmpty else { return }
        family("sonde_remote_write_up", .gauge, "1 while the receiver takes what it is sent")
        for report in reports { sample(report.up ? 1 : 0, ("target", report.url)) }
        family("sonde_remote_write_samples_total", .counter, "Samples that the receiver has taken")
        for report in reports { sample(Double(report.samples), ("target", report.url)) }
        family("sonde_remote_write_dropped_samples_total", .counter, "Samples that the receiver will never have; out_of_order counts ticks")
        for report in reports {
            for (reason, count) in report.dropped.sorted(by: { $0.key < $1.key }) {
                sample(Double(count), ("target", report.url), ("reason", reason))
            }
        }
        family("sonde_remote_write_failures_total", .counter, "Requests that have failed; most were tried again")
        for report in reports {
            for (reason, count) in report.failures.sorted(by: { $0.key < $1.key }) {
                sample(Double(count), ("target", report.url), ("reason", reason))
            }
        }
        family("sonde_remote_write_pending_bytes", .gauge, "Size of the ticks on the disk that the receiver doesn't have")
        for report in reports { sample(Double(report.pendingBytes), ("target", report.url)) }
        family("sonde_remote_write_queue_limit_bytes", .gauge, "The most that these may take")
        for report in reports { sample(Double(report.limitBytes), ("target", report.url)) }
        family("sonde_remote_write_lag_seconds", .gauge, "Age of the oldest tick that the receiver doesn't have")
        for report in reports { sample(Double(report.lagMs) / 1000, ("target", report.url)) }
    }
}
