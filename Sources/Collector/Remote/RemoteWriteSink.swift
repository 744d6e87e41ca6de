import NIOCore
import RemoteWrite
import ServiceLifecycle
import StatsCore

/// Shows remote write each tick as it comes, and what the collector says of itself every few seconds.
struct RemoteWriteSink: ReceivedTickSink, Service {
    let remote: RemoteWrite
    let status: @Sendable () async -> StatusReport

    func take(_ tick: ReceivedTick) {
        let sender = tick.sender
        remote.take(tick.tick, frame: tick.frame.readableBytesSpan, node: sender.node, kernel: sender.kernel, columns: sender.sent)
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await remote.run {
                var own = OwnFamilies()
                own.append(await status())
                return own
            }
        }
        await remote.end()
    }
}
