import Foundation
import NIOCore
import NIOPosix
import Synchronization
import TestSupport

/// A listener at a Unix socket, or at a port of this machine, that answers by a script, for behaviour that can't be provoked in a real engine.
final class ScriptedEngine: Sendable {
    enum Step: Sendable {
        case send(String)
        case close
    }

    /// Of its Unix socket.
    let path: String
    /// 0 for one at a Unix socket.
    var port: Int { channel.localAddress?.port ?? 0 }
    private let folder: ScratchDirectory
    private let channel: any Channel
    private let shared: Shared

    /// - Parameter script: the steps for a request, by its target and the number of requests before it. Without steps the request hangs.
    init(isTCP: Bool = false, _ script: @escaping @Sendable (_ target: String, _ number: Int) -> [Step]) async throws {
        folder = try ScratchDirectory()
        path = folder.path("docker.sock")
        let shared = Shared(script)
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                shared.connections.withLock { $0 += 1 }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Conversation(shared))
                }
            }
        channel = try await (isTCP ? bootstrap.bind(host: "127.0.0.1", port: 0) : bootstrap.bind(unixDomainSocketPath: path)).get()
        self.shared = shared
    }

    var targets: [String] { shared.targets.withLock { $0 } }
    var connectionCount: Int { shared.connections.withLock { $0 } }

    func stop() async throws {
        try await channel.close()
    }

    static func ok(_ body: String) -> Step {
        .send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    static func status(_ status: Int, _ body: String) -> Step {
        .send("HTTP/1.1 \(status) Said\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    static let chunkedHead = Step.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")

    static func chunk(_ text: String) -> Step { .send("\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n") }

    fileprivate final class Shared: Sendable {
        let script: @Sendable (String, Int) -> [Step]
        let targets = Mutex<[String]>([])
        let connections = Mutex(0)
        init(_ script: @escaping @Sendable (String, Int) -> [Step]) { self.script = script }
    }

    private final class Conversation: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let shared: Shared
        private var received = ""

        init(_ shared: Shared) { self.shared = shared }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            received += String(buffer: unwrapInboundIn(data))
            while let end = received.range(of: "\r\n\r\n") {
                let target = received.split(separator: " ").dropFirst().first.map(String.init) ?? ""
                received.removeSubrange(..<end.upperBound)
                let number = shared.targets.withLock { targets in
                    targets.append(target)
                    return targets.count - 1
                }
                for step in shared.script(target, number) {
                    switch step {
                    case .send(let text): context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
                    case .close: context.close(promise: nil)
                    }
                }
            }
        }
    }
}
