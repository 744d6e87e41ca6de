import NIOCore
import Synchronization

/// Follows the collector's stream for as long as anybody listens: connects again when it was lost, and when something else is asked for.
///
/// Runs as one task, `run`; another thread asks with `ask` and takes the news with `take`.
struct StreamFeed: Sendable {
    enum News: Sendable {
        /// The request was taken up by the collector.
        case connected(StreamRequest)
        case event(ReceivedEvent)
        /// The collector is lost, and why. It is tried again.
        case lost(CommandFailure)
    }

    /// Without an event for so long the collector counts as lost: it sends one each second.
    static let patience = TimeAmount.milliseconds(2500)
    private static let pauses: [Duration] = [.milliseconds(250), .milliseconds(500), .seconds(1), .seconds(2)]
    /// More news than anybody takes are worth nothing: the connection is made anew and begins with a snapshot.
    private static let mostNews = 30

    private let client: ControlClient
    private let requests = AsyncStream.makeStream(of: StreamRequest.self, bufferingPolicy: .bufferingNewest(1))
    private let mailbox: Mailbox

    private final class Mailbox: Sendable {
        let news = Mutex<[News]>([])
        let wake: @Sendable () -> Void

        init(_ wake: @escaping @Sendable () -> Void) { self.wake = wake }
    }

    /// - Parameter wake: called when there is news, from any thread.
    init(_ client: ControlClient, wake: @escaping @Sendable () -> Void) {
        self.client = client
        mailbox = Mailbox(wake)
    }

    /// Asks something else, at once.
    func ask(_ request: StreamRequest) { requests.continuation.yield(request) }

    /// The news since the last time, the oldest first.
    func take() -> [News] {
        mailbox.news.withLock { news in
            defer { news.removeAll() }
            return news
        }
    }

    /// Returns when its task is cancelled.
    func run(_ request: StreamRequest) async {
        var current: StreamRequest? = request
        while let request = current {
            current = await withTaskGroup(of: StreamRequest?.self) { group in
                group.addTask {
                    await follow(request)
                    return nil
                }
                group.addTask {
                    for await next in requests.stream { return next }
                    return nil
                }
                defer { group.cancelAll() }
                return await group.next() ?? nil
            }
        }
    }

    private func follow(_ request: StreamRequest) async {
        var failures = 0
        while !Task.isCancelled {
            var isConnected = false
            do {
                try await client.stream(request) { event in
                    if !isConnected { try post(.connected(request)) }
                    isConnected = true
                    try post(.event(event))
                }
            } catch let failure as CommandFailure {
                try? post(.lost(failure))
            } catch {
                return
            }
            failures = isConnected ? 0 : failures + 1
            try? await Task.sleep(for: Self.pauses[min(failures, Self.pauses.count - 1)])
        }
    }

    /// - Throws: `CommandFailure` when nobody takes the news, as from a terminal that stands still.
    private func post(_ news: News) throws(CommandFailure) {
        let isFull = mailbox.news.withLock { waiting in
            let isFull = waiting.count >= Self.mostNews
            if isFull { waiting.removeAll() } else { waiting.append(news) }
            return isFull
        }
        mailbox.wake()
        if isFull { throw CommandFailure(code: "behind", message: "Too much was shown too late; the collector is asked again.") }
    }
}
