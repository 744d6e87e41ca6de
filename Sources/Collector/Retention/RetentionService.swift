import Logging
import NIOPosix
import ServiceLifecycle
import StatsCore

/// Keeps the runs within the limits of `--keep`: at the start, when a run is over, and every hour. At the start it also finishes removals that a crash interrupted.
struct RetentionService: Service {
    /// `nil` keeps all runs.
    let retention: Retention?
    let care: RunCare
    let wake: RetentionWake

    private static let period = Duration.seconds(3600)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await care.clear()
            guard let retention else { return await Self.wait() }
            await withTaskGroup { group in
                group.addTask {
                    repeat {
                        wake.wake()
                        try? await Task.sleep(for: Self.period)
                    } while !Task.isCancelled
                }
                for await _ in wake.stream {
                    await look(retention)
                }
                group.cancelAll()
            }
        }
    }

    /// A service that ends would end the others.
    private static func wait() async {
        while !Task.isCancelled { try? await Task.sleep(for: period) }
    }

    private func look(_ retention: Retention) async {
        do {
            let runs = try await NIOThreadPool.singleton.runIfActive { [data = care.data] in try RunCatalogue.entries(data) }
            let listings = runs.map(\.listing)
            let removals = retention.due(listings, at: care.clock.now())
            for removal in removals where !Task.isCancelled {
                await remove(runs[removal.index], because: removal.reason, retention)
            }
            if let excess = retention.excess(listings, without: removals) {
                care.logger.warning(
                    "the runs take more than --keep says: those that are left are pinned, incomplete, in progress or the newest",
                    metadata: [LogKey.bytes: "\(excess)"])
            }
        } catch {
            care.logger.warning("the runs could not be looked through for --keep", metadata: [LogKey.reason: "\(error)"])
        }
    }

    private func remove(_ run: RunCatalogue.Entry, because reason: String, _ retention: Retention) async {
        // By its directory, as somebody may have renamed that.
        let path = run.directory.joined(separator: "/")
        do {
            _ = try await care.remove(RunPath(path), because: reason) { now in
                // Since it was listed it may have been pinned, or another may have taken its place.
                guard now.id == run.listing.id, retention.mayRemove(now) else {
                    throw ControlFailure(code: "busy", message: "the run `\(path)` has changed")
                }
            }
        } catch {
            care.logger.warning("a run could not be removed", metadata: [LogKey.run: "\(path)", LogKey.reason: "\(error)"])
        }
    }
}

/// Has `RetentionService` look at the runs. Several calls while it looks are one.
struct RetentionWake: Sendable {
    let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    func wake() { continuation.yield() }
}
