import Logging
import NIOCore
import StatsCore
import Synchronization

/// Follows the containers of the Docker engine and keeps the `ContainerIndex` up to date: their list, names, limits and events.
///
/// Events come at once. The engine drops events when a listener is slow, so a list every ten seconds finds what was missed.
/// When the socket fails, the watcher reports it once and tries again for as long as the agent runs.
struct EngineWatcher: Service {
    static let listInterval = Duration.seconds(10)
    /// The time limit for a list, and for the engine to begin its events.
    static let limit = TimeAmount.seconds(10)
    /// The time limit for one inspection, so that a container on which the engine hangs doesn't hold up the others.
    static let inspectLimit = TimeAmount.seconds(2)

    let api: EngineAPI
    let index: ContainerIndex
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown { await watch() }
        api.client.close()
    }

    /// The state that the tasks of one connection share: each task passes in what it has read, and the watcher sends the requests.
    private final class Desk: Sendable {
        private let news: Mutex<EngineNews>
        /// Yields whenever there may be a request to send; it ends with the connection.
        let wake: AsyncStream<Void>
        private let waker: AsyncStream<Void>.Continuation
        private let failure = Mutex<EngineError?>(nil)

        init(_ news: EngineNews) {
            self.news = Mutex(news)
            (wake, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        }

        func with<Result>(_ body: (inout EngineNews) -> Result) -> Result {
            defer { waker.yield() }
            return news.withLock { body(&$0) }
        }

        func takeRequest() -> EngineNews.Request? { news.withLock { $0.takeRequest() } }
        var isReady: Bool { news.withLock { $0.isReady } }
        var latestEvent: Int64? { news.withLock { $0.latestEvent } }

        /// Ends the connection; only the first reason counts.
        func fail(_ error: EngineError) {
            failure.withLock { $0 = $0 ?? error }
            waker.finish()
        }

        var ending: EngineError? { failure.withLock { $0 } }
        /// The state to begin the next connection with.
        var state: EngineNews { news.withLock { $0 } }
    }

    private func watch() async {
        var news = EngineNews(index: index)
        var backoff = Backoff(first: .milliseconds(500), longest: .seconds(3))
        var lastFailure: EngineError.Code?
        while !Task.isCancelled {
            do {
                let version = try await api.negotiate(within: Self.limit)
                try await session(&news) {
                    backoff.reset()
                    lastFailure = nil
                    index.setEngineAvailable(true, countsAsKernel: !version.isPodman)
                    logger.info("Docker engine found", metadata: ["socket": "\(api.client.socket)", "version": "\(version.version)"])
                }
            } catch {
                guard !Task.isCancelled else { return }
                index.setEngineAvailable(false, reason: error.description)
                if lastFailure != error.code {
                    logger.warning("Docker engine out of reach", metadata: ["reason": "\(error)"])
                    lastFailure = error.code
                }
                // When the sleep is cancelled, the loop's condition ends the loop.
                try? await Task.sleep(for: backoff.next())
            }
        }
    }

    /// Handles the events of one connection. Returns only by an error.
    private func session(_ news: inout EngineNews, ready: () -> Void) async throws(EngineError) {
        news.restart()
        let desk = Desk(news)
        await withDiscardingTaskGroup { group in
            group.addTask { await follow(desk) }
            group.addTask {
                while (try? await Task.sleep(for: Self.listInterval)) != nil { desk.with { $0.askForList() } }
            }
            var isReady = false
            for await _ in desk.wake {
                while let request = desk.takeRequest() { group.addTask { await ask(request, desk) } }
                if !isReady, desk.isReady {
                    isReady = true
                    ready()
                }
            }
            group.cancelAll()
        }
        news = desk.state
        throw desk.ending ?? api.client.error(.cancelled, "/events")
    }

    private func follow(_ desk: Desk) async {
        let lines = Mutex(EngineLines())
        do throws(EngineError) {
            try await api.events(since: desk.latestEvent, within: Self.limit) { followed throws(EngineError) in
                switch followed {
                case .begun: desk.with { $0.askForList() }
                case .bytes(let bytes):
                    let (whole, skipped) = lines.withLock { ($0.append(bytes), $0.takeSkipped()) }
                    for line in whole {
                        let event = try decode(line)
                        desk.with { $0.take(event) }
                    }
                    guard skipped > 0 else { return }
                    logger.warning("events of the engine were passed over: they are too long", metadata: ["bytes": "\(EngineLines.limit)"])
                    // A list shows the same changes, only later.
                    desk.with { $0.askForList() }
                }
            }
            desk.fail(api.client.error(.closed, "/events"))
        } catch {
            desk.fail(error)
        }
    }

    private func decode(_ line: ByteBuffer) throws(EngineError) -> EngineEvent {
        guard let event: EngineEvent = try? JSONCoding.decode(from: line.readableBytesView) else {
            throw api.client.error(.badAnswer, "/events", String(decoding: line.readableBytesView.prefix(200), as: UTF8.self))
        }
        return event
    }

    private func ask(_ request: EngineNews.Request, _ desk: Desk) async {
        switch request {
        case .list:
            do throws(EngineError) {
                let listed = try await api.running(within: Self.limit)
                desk.with { $0.take(listed) }
            } catch {
                desk.fail(error)
            }
        case .inspect(let ticket):
            let answer: Result<InspectedContainer, EngineError>
            do throws(EngineError) {
                answer = .success(try await api.inspect(ticket.id, within: Self.inspectLimit))
            } catch {
                answer = .failure(error)
            }
            // A request that was cancelled with its connection is made again on the next.
            if !Task.isCancelled { desk.with { $0.take(answer, for: ticket) } }
        }
    }
}
