import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import StatsCore
import Synchronization

/// Writes live ticks, which belong to no run, to rolling CSV files: the last hours of every node, without a run.
///
/// It promises less than a run: rows are not synced to the disk, agents don't wait for it, and rows that a slow disk can't take are dropped and counted.
final class LiveLog: ReceivedTickSink, Service, Sendable {
    /// The most bytes of frames that wait to be written.
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

    /// Takes a live tick. Ticks of a run are ignored: they are in the run's files.
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

    /// Writes the waiting ticks on a thread that a slow disk may block.
    func flush() async {
        let ticks = waiting.withLock { waiting in
            defer { waiting = ([], 0) }
            return waiting.ticks
        }
        // A task of its own, so that ticks that were taken are written even if this task is cancelled. It only fails when the pool is shut down.
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
                try roll.write(at: clock.now(), steady: clock.steady())
            } catch {
                counters.count("live_log_full", by: UInt64(ticks.count))
                logger.warning("live ticks could not be kept", metadata: [LogKey.reason: "\(error)"])
            }
        }
    }
}

/// The directory of the live log, and the limits of its size and age.
struct LiveLogOptions: Sendable, Equatable {
    let directory: String
    /// The most bytes of all files together.
    let size: UInt64
    let age: Interval
}
