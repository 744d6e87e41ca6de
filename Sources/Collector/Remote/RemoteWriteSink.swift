import NIOCore
import RemoteWrite
import ServiceLifecycle
import StatsCore

/// Shows remote write each tick as it comes, and what the collector says of itself every few seconds.
struct RemoteWriteSink: ReceivedTickSink, Service {
    let remote: RemoteWrite
    let status: @Sendable () async -> StatusReport
    private static let period = Duration.seconds(5)

    func take(_ tick: ReceivedTick) {
        let sender = tick.sender
        remote.take(tick.tick, frame: tick.frame.readableBytesSpan, node: sender.node, kernel: sender.kernel, columns: sender.sent)
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { tasks in
                tasks.addTask { await remote.run() }
                tasks.addTask { await tellOwn() }
            }
        }
        await remote.end()
    }

    private func tellOwn() async {
        while !Task.isCancelled {
            var own = OwnFamilies()
            own.append(await status())
            own.withText { remote.take(own: $0) }
            try? await Task.sleep(for: Self.period)
        }
    }
}
