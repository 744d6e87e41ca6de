import Logging
import NIOCore
import NIOPosix
import StatsCore
import TestSupport
import Testing

@testable import Collector

/// A control port in this process, and clients that send raw bytes.
struct ControlPort {
    let port: Int

    /// Runs the body with a control port whose data directory is at `path`.
    /// - Parameters:
    ///   - limits: by default so long ones that nobody is sent away for being slow.
    ///   - live: what is live; by default nothing.
    static func with(
        _ path: String, token: Token? = nil, names: [String] = [], limits: ControlLimits = .patient, live given: NewestTicks? = nil,
        _ body: @escaping @Sendable (ControlPort) async throws -> Void
    ) async throws {
        let (counters, clock) = (RefusalCounters(), CollectorClock.anchored())
        let live = given ?? NewestTicks(clock: clock, counters: counters)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        // A server before this one may have it until its last connection is gone.
        let data = try await eventually("the data directory") { try? DataDirectory(path, state: path) }
        let threads = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let recorder = Recorder(data: data, live: live, counters: counters, clock: clock, logger: logger, thread: threads)
        let (addresses, ready) = AsyncStream.makeStream(of: ListenAddress.self)
        let status = StatusRoutes(recorder: recorder, data: data, counters: counters, endpoints: Endpoints())
        let server = ControlServer(
            address: try #require(ListenAddress("127.0.0.1:0")), recorder: recorder, data: data,
            care: RunCare(data: data, recorder: recorder, live: live, clock: clock, logger: logger), live: live,
            hub: StreamHub(live: live, clock: clock) { await status.report() }, status: status, endpoints: status.endpoints, logger: logger,
            token: token, names: names, limits: limits
        ) { ready.yield($0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            var bound = addresses.makeAsyncIterator()
            let address = try #require(await bound.next())
            // In a task of its own, so that a server that fails ends the test.
            group.addTask { try await body(ControlPort(port: address.port)) }
            try await group.next()
            group.cancelAll()
        }
        try await threads.shutdownGracefully()
    }

    /// Opens a connection for the body to use.
    func connected<Value: Sendable>(
        _ body: (inout NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator, NIOAsyncChannelOutboundWriter<ByteBuffer>) async throws ->
            Value
    ) async throws -> Value {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(host: "127.0.0.1", port: port) {
            channel in
            channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel) }
        }
        return try await channel.executeThenClose { inbound, outbound in
            var iterator = inbound.makeAsyncIterator()
            return try await body(&iterator, outbound)
        }
    }

    /// Sends a request as it is, and returns everything until the connection is closed.
    func send(_ request: String) async throws -> String {
        try await connected { inbound, outbound in
            try await outbound.write(ByteBuffer(string: request))
            var answer = ByteBuffer()
            while let bytes = try await inbound.next() { answer.writeImmutableBuffer(bytes) }
            return String(buffer: answer)
        }
    }

    /// Asks for a path with these headers, and with a valid `Host` unless they have one.
    func ask(_ path: String, _ headers: [String] = [], method: String = "GET") async throws -> Answer {
        let host = headers.contains { $0.lowercased().hasPrefix("host:") } ? [] : ["Host: 127.0.0.1:\(port)"]
        let lines = ["\(method) \(path) HTTP/1.1"] + host + headers + ["Connection: close", "", ""]
        return Answer(text: try await send(lines.joined(separator: "\r\n")))
    }

    struct Answer: CustomStringConvertible {
        let text: String

        var status: Int { Int(text.split(separator: " ", maxSplits: 2).dropFirst().first ?? "") ?? 0 }
        var description: String { text }

        /// Whether the head has this line.
        func has(_ header: String) -> Bool {
            let wanted = header.lowercased()
            return text.lowercased().split(separator: "\r\n", omittingEmptySubsequences: false).prefix { !$0.isEmpty }.contains {
                $0 == wanted
            }
        }

        /// The code of a refusal.
        var code: String? { text.firstMatch(of: #/"code":"([a-z_]+)"/#).map { String($0.1) } }
    }
}

extension ControlLimits {
    /// For tests that aren't about deadlines, which a busy machine would let pass.
    static var patient: ControlLimits {
        var limits = ControlLimits()
        limits.idle = .minutes(9)
        limits.request = .minutes(9)
        limits.stall = .minutes(9)
        limits.streamStall = .minutes(9)
        limits.farewell = .minutes(9)
        return limits
    }
}
