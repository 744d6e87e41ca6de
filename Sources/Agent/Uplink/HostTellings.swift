import NIOCore
import StatsCore

/// What a collector is told of this host over one connection, one after the other: one that hears `ready` knows all that was true then.
struct HostTellings: Sendable {
    private enum Telling {
        /// What has changed.
        case news
        case ready(Ready)
    }

    /// How often it is looked what the cores do, and after how many such looks what has changed of this host.
    private static let look = (interval: Duration.seconds(10), times: 6)

    private let environment: EnvironmentReader?
    private let tellings: AsyncStream<Telling>
    private let teller: AsyncStream<Telling>.Continuation

    /// - Parameter environment: `nil` when this collector is told nothing of the host.
    init(_ environment: EnvironmentReader?) {
        self.environment = environment
        (tellings, teller) = AsyncStream.makeStream(of: Telling.self)
    }

    /// The agent is ready for a run.
    func note(_ ready: Ready) { teller.yield(.ready(ready)) }

    /// Has it told what there is now, and what changes from now on.
    func follow() async {
        guard let environment else { return }
        teller.yield(.news)
        var looks = 0
        while (try? await Task.sleep(for: Self.look.interval)) != nil {
            environment.noteTimes()
            looks += 1
            if looks.isMultiple(of: Self.look.times) { teller.yield(.news) }
        }
    }

    /// Tells all of it until the task is cancelled.
    func send(over outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>) async throws {
        var news = EnvironmentNews()
        for await telling in tellings {
            var ready: Ready?
            if case .ready(let said) = telling { ready = said }
            if let environment, let message = news.message(await environment.read(isAsked: ready != nil), isAsked: ready != nil) {
                try await outbound.write(framing: message.encoded())
            }
            if let ready { try await outbound.write(framing: ready) }
        }
    }
}
