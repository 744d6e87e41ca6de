import Logging
import NIOCore
import StatsCore

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
