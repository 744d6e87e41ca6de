import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import StatsCore
import Synchronization

/// One connection to a target, kept open from one request to the next. For one task.
final class TargetConnection: Sendable {
    /// No answer of a receiver is longer; of an error's text the begin is enough.
    private static let longestAnswer = 64 << 10

    private let target: WebAddress
    private let access: TargetAccess
    private let proxy: ProxyChoice.Proxy?
    private let group: any EventLoopGroup
    private let kept = Mutex<(any Channel)?>(nil)

    init(_ target: WebAddress, _ access: TargetAccess, _ proxy: ProxyChoice.Proxy?, group: any EventLoopGroup) {
        (self.target, self.access, self.proxy, self.group) = (target, access, proxy, group)
    }

    /// Sends a request and waits for its answer.
    /// - Returns: also whether it was sent twice.
    /// - Throws: `DeliveryFailure`.
    func send(_ request: WriteRequest, within limit: TimeAmount) async throws -> (answer: HTTPAnswer, wasRepeated: Bool) {
        let deadline = NIODeadline.now() + limit
        let open = kept.withLock { held -> (any Channel)? in
            defer { held = nil }
            return held?.isActive == true ? held : nil
        }
        if let open {
            do {
                return (try await ask(open, request, by: deadline), false)
            } catch let failure as HTTPFailure where failure.code == .closed {
                // The target may close a kept connection at any time, which is no fault. It may have taken the request all the same.
            } catch {
                throw DeliveryFailure(error, target, proxy)
            }
        }
        do {
            return (try await ask(connect(by: deadline), request, by: deadline), open != nil)
        } catch {
            throw DeliveryFailure(error, target, proxy)
        }
    }

    func close() { kept.withLock { $0 }?.close(promise: nil) }

    private func ask(_ channel: any Channel, _ request: WriteRequest, by deadline: NIODeadline) async throws -> HTTPAnswer {
        let answer = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { waiting in
                let call = HTTPCall(
                    head(request), body: ByteBuffer(bytes: request.body), deadline: deadline, bodyLimit: Self.longestAnswer
                ) { waiting.resume(with: $0.mapError { $0 as any Error }) }
                channel.writeAndFlush(call).whenFailure { _ in call.fail(.closed) }
            }
        } onCancel: {
            channel.close(promise: nil)
        }
        if answer.keepsAlive { kept.withLock { $0 = channel } }
        return answer
    }

    private func head(_ request: WriteRequest) -> HTTPRequestHead {
        var headers: HTTPHeaders = [
            "Host": target.authority, "User-Agent": "sonde/\(Version.current)", "Content-Type": request.protocol.contentType,
            "Content-Encoding": request.protocol.contentEncoding, "Content-Length": "\(request.body.count)",
        ]
        if let version = request.protocol.header { headers.add(name: "X-Prometheus-Remote-Write-Version", value: version) }
        for (name, value) in access.headers { headers.add(name: name, value: value) }
        var uri = target.path
        if let proxy, !target.isTLS {
            uri = "http://\(target.authority)\(target.path)"
            if let authorization = proxy.authorization { headers.add(name: "Proxy-Authorization", value: authorization) }
        }
        return HTTPRequestHead(version: .http1_1, method: .POST, uri: uri, headers: headers)
    }

    private func connect(by deadline: NIODeadline) async throws -> any Channel {
        let (target, access, proxy) = (target, access, proxy)
        let loop = group.next()
        let tunnel = proxy != nil && target.isTLS ? loop.makePromise(of: Void.self) : nil
        let bootstrap = ClientBootstrap(group: loop).connectTimeout(max(deadline - .now(), .milliseconds(1)))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tunnel, let proxy {
                        let authority = WebAuthority(host: target.host, port: target.port)
                        try channel.pipeline.syncOperations.addHandler(ProxyTunnel(to: authority, proxy.authorization, tunnel))
                    } else {
                        try Self.addHandlers(channel, target, access)
                    }
                }
            }
        let channel: any Channel
        do {
            let connecting = bootstrap.connect(host: proxy?.host ?? target.host, port: proxy?.port ?? target.port)
            // Whoever ends doesn't wait for somebody who doesn't answer.
            let opened = loop.makePromise(of: (any Channel).self)
            connecting.whenComplete { opened.completeWith($0) }
            channel = try await withTaskCancellationHandler {
                try await opened.futureResult.get()
            } onCancel: {
                opened.fail(CancellationError())
                connecting.whenSuccess { $0.close(promise: nil) }
            }
        } catch {
            tunnel?.fail(error)
            throw error
        }
        guard let tunnel else { return channel }
        let timeout = channel.eventLoop.scheduleTask(deadline: deadline) { channel.close(promise: nil) }
        defer { timeout.cancel() }
        try await withTaskCancellationHandler {
            try await tunnel.futureResult.get()
        } onCancel: {
            channel.close(promise: nil)
        }
        try await channel.eventLoop.submit {
            let tunnel = try channel.pipeline.syncOperations.handler(type: ProxyTunnel.self)
            try Self.addHandlers(channel, target, access)
            channel.pipeline.syncOperations.removeHandler(tunnel, promise: nil)
        }.get()
        return channel
    }

    private static func addHandlers(_ channel: any Channel, _ target: WebAddress, _ access: TargetAccess) throws {
        if target.isTLS { try channel.pipeline.syncOperations.addHandler(access.tlsHandler(host: target.host)) }
        try HTTPExchange.add(to: channel, HTTPExchange())
    }
}
