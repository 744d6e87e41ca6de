import Logging
import NIOCore
import NIOPosix
import StatsCore
import Synchronization

extension RemoteWrite {
    /// A target, with its queue, its connections and whoever is told of it.
    /// - Throws: `DiskError`, `SyncFailure`.
    static func target(
        _ address: WebAddress, _ name: String, _ settings: RemoteWriteSettings, in directory: borrowing Descriptor,
        _ columns: ColumnsDirectory,
        clock: @escaping @Sendable () -> Int64, logger: Logger, event: @escaping @Sendable (String) -> Void
    ) throws -> RemoteWriteTarget {
        var logger = logger
        logger[metadataKey: "receiver"] = "\(address.shownURL)"
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let report = RemoteWriteReport(url: address.shownURL, version: settings.protocol.rawValue, limitBytes: settings.queueBytes)
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
    static func name(of address: WebAddress) -> String {
        let url = Array((address.shownURL + address.path).utf8)
        let host = String(
            address.host.unicodeScalars.map { $0.properties.isAlphabetic || $0.properties.numericType != nil ? Character($0) : "-" })
        return "\(host.prefix(60))-\(String(CRC32C.checksum(url.span.bytes), radix: 16))"
    }
}
