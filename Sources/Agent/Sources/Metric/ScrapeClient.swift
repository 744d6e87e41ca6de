import NIOCore
import NIOHTTP1
import NIOPosix
import StatsCore
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Asks one target for its metrics, over a connection that is kept open, one request after the other. For one thread, which may go on while an answer is
/// under way.
final class ScrapeClient: Sendable {
    /// The largest answer that is read, in bytes.
    static let bodyLimit = 4 << 20

    enum Outcome: Sendable {
        /// With the instant of its end, in monotonic nanoseconds.
        case answer(HTTPAnswer, at: UInt64)
        case timeout
        /// Why there is none, for a person.
        case failed(String)
    }

    private struct State {
        var channel: (any Channel)?
        var outcome: Outcome?
    }

    private let target: ScrapeTarget
    private let group: any EventLoopGroup
    private let lookup: NameLookup
    private let state = Mutex(State())
    private let isDone = EventSignal()

    init(
        _ target: ScrapeTarget, group: any EventLoopGroup,
        look: @escaping @Sendable (String, Int) -> NameLookup.Answer = NameLookup.system
    ) {
        self.target = target
        self.group = group
        lookup = NameLookup(host: target.host, port: target.port, loop: group.next(), look: look)
    }

    /// Begins a request, once the one before has an outcome.
    /// - Parameter limit: nanoseconds for all of it.
    func ask(within limit: UInt64) {
        let deadline = NIODeadline.now() + .nanoseconds(Int64(limit))
        let kept = state.withLock { state in
            state.outcome = nil
            return state.channel?.isActive == true ? state.channel : nil
        }
        if let kept { send(over: kept, isKept: true, by: deadline) } else { connect(by: deadline) }
    }

    /// - Parameter deadline: monotonic nanoseconds; `nil` not to wait.
    /// - Returns: the outcome, once; `nil` while there is none.
    func outcome(by deadline: UInt64?) -> Outcome? {
        while true {
            if let outcome = takeOutcome() { return outcome }
            guard let deadline, isDone.wait(until: deadline) else { return takeOutcome() }
        }
    }

    /// An answer may be large, so that it isn't kept here until the next one.
    private func takeOutcome() -> Outcome? {
        state.withLock { state in
            defer { state.outcome = nil }
            return state.outcome
        }
    }

    private func connect(by deadline: NIODeadline) {
        ClientBootstrap(group: group).connectTimeout(max(deadline - .now(), .milliseconds(1)))
            .resolver(lookup.ask())
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { [target] channel in
                channel.eventLoop.makeCompletedFuture {
                    if target.isTLS { try channel.pipeline.syncOperations.addHandler(SystemTLS.clientHandler(host: target.host)) }
                    try HTTPExchange.add(to: channel, HTTPExchange())
                }
            }
            .connect(host: target.host, port: target.port)
            .whenComplete { [self] result in
                switch result {
                case .success(let channel): send(over: channel, isKept: false, by: deadline)
                case .failure(let error): finish(Self.outcome(of: error, target))
                }
            }
    }

    private func send(over channel: any Channel, isKept: Bool, by deadline: NIODeadline) {
        let call = HTTPCall(head(by: deadline), deadline: deadline, bodyLimit: Self.bodyLimit) { [self] result in
            switch result {
            case .success(let answer): finish(.answer(answer, at: Clocks.monotonic()), keeping: answer.keepsAlive ? channel : nil)
            // The target may have closed a kept connection meanwhile, which is no fault.
            case .failure(let failure) where failure.code == .closed && isKept: connect(by: deadline)
            case .failure(let failure): finish(Self.outcome(of: failure))
            }
        }
        channel.writeAndFlush(call).whenFailure { _ in call.fail(.closed) }
    }

    private func finish(_ outcome: Outcome, keeping channel: (any Channel)? = nil) {
        state.withLock { $0 = State(channel: channel, outcome: outcome) }
        isDone.signal()
    }

    private func head(by deadline: NIODeadline) -> HTTPRequestHead {
        let seconds = Double(max((deadline - .now()).nanoseconds, 1_000_000)) / 1e9
        return HTTPRequestHead(
            version: .http1_1, method: .GET, uri: target.path,
            headers: [
                "Host": target.authority, "User-Agent": "sonde-agent/\(Version.current)", "Accept": SampleFormat.accept,
                "Accept-Encoding": "identity",
                // As Prometheus does: an exporter may give up in time.
                "X-Prometheus-Scrape-Timeout-Seconds": "\(seconds)",
            ])
    }

    // MARK: For a person

    private static func outcome(of failure: HTTPFailure) -> Outcome {
        switch failure.code {
        case .timeout: .timeout
        case .closed: .failed("it closed the connection")
        case .tooLarge: .failed("its answer is larger than \(ByteSize.text(UInt64(bodyLimit)))")
        case .badAnswer:
            .failed(SystemTLS.words(failure.message) ?? "its answer isn't HTTP: \(PlainText.cut(failure.message, to: 200))")
        }
    }

    private static func outcome(of error: any Error, _ target: ScrapeTarget) -> Outcome {
        if case ChannelError.connectTimeout = error { return .timeout }
        guard let error = error as? NIOConnectionError else { return .failed("\(error)") }
        let codes = error.connectionErrors.compactMap { ($0.error as? IOError)?.errnoCode }
        if codes.contains(ECONNREFUSED) { return .failed("nobody listens at \(target.authority)") }
        if error.connectionErrors.isEmpty { return .failed("the name \(target.host) isn't known here") }
        return .failed(error.connectionErrors.map { "\($0.error)" }.first ?? "\(error)")
    }
}
