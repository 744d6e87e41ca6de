import NIOCore
import NIOPosix
import NIOSSL
import StatsCore

/// Asks a collector on this machine whether it is alive. `--healthcheck` does this, for images without any other HTTP client.
struct HealthCheck {
    private let address: ListenAddress
    private let tls: TLSFiles?

    /// - Parameters:
    ///   - control: where the collector's control port listens. If it is all addresses, loopback is asked.
    ///   - tls: the collector's own files, if it speaks TLS.
    init(control: ListenAddress, tls: TLSFiles?) {
        self.tls = tls
        let loopback = ["0.0.0.0": "127.0.0.1", "::": "::1"]
        address = ListenAddress(host: loopback[control.host] ?? control.host, port: control.port)
    }

    /// - Throws: `StartFailure` when there is no answer, or one that doesn't mean "alive". There is no time limit here: the supervisor
    ///   ends the process.
    func run() async throws {
        let line: String
        do {
            line = try await statusLine()
        } catch {
            throw StartFailure("no collector answers on \(address): \(error)")
        }
        guard line.hasPrefix("HTTP/1.1 200") else { throw StartFailure("the collector on \(address) answers \(line)") }
    }

    private func statusLine() async throws -> String {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup).connect(
            host: address.host, port: address.port
        ) { channel in
            channel.eventLoop.makeCompletedFuture {
                if let tls { try channel.pipeline.syncOperations.addHandler(handler(tls)) }
                return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: "GET /healthz HTTP/1.1\r\nHost: \(address)\r\nConnection: close\r\n\r\n"))
            var answer = ByteBuffer()
            for try await part in inbound { answer.writeImmutableBuffer(part) }
            return String(String(buffer: answer).prefix { !$0.isNewline })
        }
    }

    /// The certificate names the host as agents know it, which may differ from the address that the health check uses.
    private func handler(_ tls: TLSFiles) throws -> NIOSSLClientHandler {
        var configuration = try tls.configuration(.client)
        configuration.certificateVerification = .noHostnameVerification
        return try NIOSSLClientHandler(context: NIOSSLContext(configuration: configuration), serverHostname: nil)
    }
}
