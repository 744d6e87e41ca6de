import NIOCore
import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Which users of this machine may do more than look, where neither token nor certificates say who somebody is: the collector's own, and root.
///
/// The ports are open on loopback only then, and the kernel knows whose each socket is. So the CLI, a browser and an agent need nothing to prove it.
struct LocalUsers: Sendable {
    /// Besides root; `nil` where that user can't be told from others.
    let owner: uid_t?

    /// Those of this process.
    static var own: LocalUsers {
        let user = geteuid()
        return LocalUsers(owner: user == unmapped && isMapped ? nil : user)
    }

    /// What a user namespace shows for all users that it doesn't have. Source: user_namespaces(7).
    private static let unmapped: uid_t = 65534

    private static var isMapped: Bool {
        var map = ReadBuffer()
        guard (try? KernelFile.readOnce("/proc/self/uid_map", into: &map)) != nil else { return true }
        let words = map.bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }.split(whereSeparator: \.isWhitespace)
        return words != ["0", "0", "4294967295"]
    }

    /// What the peer of a connection is told when it may only look; `nil` when it may do more.
    func refusal(of channel: any Channel) async -> String? {
        guard let peer = channel.remoteAddress, let own = channel.localAddress, let user = SocketUser.of(peer, connectedTo: own),
            await Self.isWhole(channel)
        else { return text("the kernel doesn't say which user you are: give both sides --token-file") }
        return user == 0 || user == owner ? nil : text("you are user \(user): be that user (sudo), or give both sides --token-file")
    }

    /// Whether this end of a connection is still there. As long as it is, the peer's address can't be that of somebody else's socket.
    private static func isWhole(_ channel: any Channel) async -> Bool {
        guard let info = try? await (channel as? any SocketOptionProvider)?.getTCPInfo().get() else { return false }
        return info.tcpi_state != closed
    }

    /// TCP_CLOSE. Source: include/net/tcp_states.h.
    private static let closed: UInt8 = 7

    private func text(_ reason: String) -> String {
        """
        without a token only \(owner.map { "user \($0), who runs this collector, and root" } ?? "root") may do this, and \(reason); \
        with --insecure the collector lets every user of its machine in
        """
    }
}
