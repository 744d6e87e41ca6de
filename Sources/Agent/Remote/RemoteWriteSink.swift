import RemoteWrite
import StatsCore
import Synchronization

/// Shows remote write each tick, without a collector or beside it, and what the agent says of itself every few seconds.
final class RemoteWriteSink: TickSink, Service {
    let wantsLiveTicks = true
    private let remote: RemoteWrite
    private let node: String
    private let kernel: String
    private let columns = SenderColumns(FrameRows.columns.reduce(into: [:]) { $0[$1.key.name] = $1.value.names })
    private let frame = Mutex(ByteWriter())
    private static let period = Duration.seconds(5)

    init(_ remote: RemoteWrite, node: String, kernel: String?) {
        (self.remote, self.node, self.kernel) = (remote, node, kernel ?? "")
    }

    func note(_ header: TickHeader, _ rows: borrowing TickRows, interval: Int64) {
        frame.withLock { frame in
            frame.removeAll()
            frame.write(header, rows)
            guard let tick = try? TickFrame(frame.bytes) else { return }
            remote.take(tick, frame: frame.bytes, node: node, kernel: kernel, columns: columns)
        }
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [remote] in
            await withTaskGroup(of: Void.self) { tasks in
                tasks.addTask { await remote.run() }
                tasks.addTask { await self.tellOwn() }
            }
        }
        await remote.end()
    }

    private func tellOwn() async {
        while !Task.isCancelled {
            var own = OwnFamilies()
            own.appendAgent(node: node)
            own.append(remote.reports)
            own.withText { remote.take(own: $0) }
            try? await Task.sleep(for: Self.period)
        }
    }
}
