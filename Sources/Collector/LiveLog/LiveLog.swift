import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import StatsCore
import Synchronization

/// Keeps live ticks, those that belong to no run, as CSV files that roll on: the last hours of every node, without anybody having started a run.
///
/// It promises less than a run: rows are not synced to the disk, agents aren't waited for, and what a slow disk can't take is dropped and counted.
final class LiveLog: ReceivedTickSink, Service, Sendable {
    /// Frames that wait to be written, all together (bytes).
    private static let waitingLimit = 32 << 20
    private static let period = Duration.seconds(1)

    private let waiting = Mutex<(ticks: [ReceivedTick], bytes: Int)>(([], 0))
    private let roll: Mutex<LiveLogRoll>
    private let counters: RefusalCounters
    private let clock: CollectorClock
    private let logger: Logger

    /// - Throws: `StartFailure` when the directory can't be used.
    init(_ options: LiveLogOptions, counters: RefusalCounters, clock: CollectorClock, logger: Logger) throws {
        do {
            roll = Mutex(try LiveLogRoll(options))
        } catch {
            throw StartFailure("live ticks can't be kept: \(error). Give a directory that this user may write to with --log-live")
        }
        self.counters = counters
        self.clock = clock
        self.logger = logger
    }

    /// Takes a live tick in; those of a run are in the run.
    func take(_ tick: ReceivedTick) {
        guard tick.isLive else { return }
        let isTaken = waiting.withLock { waiting in
            guard waiting.bytes + tick.frame.readableBytes <= Self.waitingLimit else { return false }
            waiting.ticks.append(tick)
            waiting.bytes += tick.frame.readableBytes
            return true
        }
        if !isTaken { counters.count("live_log_full") }
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await self.flush()
                try? await Task.sleep(for: Self.period)
            }
        }
        await flush()
    }

    /// Writes what waits, on a thread that may be kept waiting by a disk.
    func flush() async {
        let ticks = waiting.withLock { waiting in
            defer { waiting = ([], 0) }
            return waiting.ticks
        }
        // In a task of its own: what was taken is written also when ours is cancelled meanwhile. Only a pool that is shut down refuses.
        await Task { try? await NIOThreadPool.singleton.runIfActive { self.write(ticks) } }.value
    }

    private func write(_ ticks: [ReceivedTick]) {
        roll.withLock { roll in
            for tick in ticks {
                let faults = roll.append(
                    tick.tick, frame: tick.frame.readableBytesSpan, node: tick.sender.node, columns: tick.sender.columns)
                if faults > 0 { counters.count("live_log_bad_row", by: faults) }
            }
            do {
                try roll.write(at: clock.now())
            } catch {
                counters.count("live_log_full", by: UInt64(ticks.count))
                logger.warning("live ticks could not be kept", metadata: [LogKey.reason: "\(error)"])
            }
        }
    }
}

/// Where live ticks are kept, and how much of them.
struct LiveLogOptions: Sendable, Equatable {
    let directory: String
    /// Of all files together (bytes).
    let size: UInt64
    let age: Interval
}
