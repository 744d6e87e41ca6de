import NIOCore
import NIOPosix
import StatsCore
import TestSupport
import Testing

@testable import Collector

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite("Whose a connection is", .timeLimit(.minutes(5))) struct SocketUserTests {
    @Test("The kernel says whose the other end of a connection is, and nothing of one that nobody holds", arguments: ["127.0.0.1", "::1"])
    func users(host: String) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let server = try await ServerBootstrap(group: group).bind(host: host, port: 0).get()
        let own = try #require(server.localAddress)
        #expect(SocketUser.isKnown(listening: try #require(ListenAddress(own))))
        let client = try await ClientBootstrap(group: group).connect(to: own).get()
        let peer = try #require(client.localAddress)
        #expect(SocketUser.of(peer, connectedTo: own) == geteuid())
        // A connection of these two addresses, but not in this direction, is the server's own end, which nobody holds before the server has accepted it.
        try await eventually("the server's own end") { SocketUser.of(own, connectedTo: peer) == geteuid() }
        try await client.close()
        // A child that another test has just begun may still have what was closed here.
        try await eventually("a client that is gone") { SocketUser.of(peer, connectedTo: own) == nil }
        // What listens there is no peer.
        try await eventually("the end of its connection") { SocketUser.of(own, connectedTo: peer) == nil }
        try await server.close()
        let listening = try #require(ListenAddress(own))
        try await eventually("a server that is gone") { !SocketUser.isKnown(listening: listening) }
    }

    @Test("Addresses of two families have no connection, nor has a path")
    func families() throws {
        let (four, six) = (try SocketAddress(ipAddress: "127.0.0.1", port: 1), try SocketAddress(ipAddress: "::1", port: 1))
        #expect(SocketUser.of(four, connectedTo: six) == nil)
        #expect(SocketUser.of(try SocketAddress(unixDomainSocketPath: "/x"), connectedTo: four) == nil)
        #expect(!SocketUser.isKnown(listening: ListenAddress(host: "localhost", port: 1)))
    }
}
