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
        await cancelWhenGracefulShutdown { [remote, node] in
            await remote.run {
                var own = OwnFamilies()
                own.appendAgent(node: node)
                own.append(remote.reports)
                return own
            }
        }
        await remote.end()
    }
}
