import NIOCore
import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Whose a TCP socket on this machine is, by the kernel's word. Source: sock_diag(7), include/uapi/linux/inet_diag.h.
enum SocketUser {
    /// The user of the socket that has the address `own` and is connected to `peer`.
    /// - Returns: `nil` when there is no such socket that a process holds, or the kernel can't be asked.
    static func of(_ own: SocketAddress, connectedTo peer: SocketAddress) -> uid_t? {
        guard let socket = ask(own, peer), connected.contains(socket.state), socket.inode != 0 else { return nil }
        return socket.user
    }

    /// Whether this kernel answers such questions: then it knows the socket that listens here.
    static func isKnown(listening address: ListenAddress) -> Bool {
        guard let own = try? SocketAddress(ipAddress: address.host, port: address.port),
            let any = try? SocketAddress(ipAddress: address.host.contains(":") ? "::" : "0.0.0.0", port: 0)
        else { return false }
        return ask(own, any) != nil
    }

    /// ESTABLISHED, and FIN_WAIT1 and FIN_WAIT2 of a client that has said all. A socket that no process holds any more has inode 0, and the kernel may
    /// say that it is root's. Source: include/net/tcp_states.h.
    private static let connected: Set<UInt8> = [1, 4, 5]

    private struct Socket {
        let state: UInt8
        let user: uid_t
        let inode: UInt32
    }

    #if canImport(Glibc)
        private static let datagrams = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
    #elseif canImport(Musl)
        private static let datagrams = SOCK_DGRAM | SOCK_CLOEXEC
    #endif
    /// NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST.
    private static let (diagnosis, byFamily, isRequest): (Int32, UInt16, UInt16) = (4, 20, 1)

    private static func ask(_ own: SocketAddress, _ peer: SocketAddress) -> Socket? {
        guard let own = Endpoint(own), let peer = Endpoint(peer), own.family == peer.family else { return nil }
        let channel = socket(AF_NETLINK, datagrams, diagnosis)
        guard channel >= 0 else { return nil }
        defer { close(channel) }
        let request = request(own, peer)
        guard send(channel, request, request.count, 0) == request.count else { return nil }
        var answer = [UInt8](repeating: 0, count: 1024)
        // The kernel has answered before send(2) returns, and nobody else may send here.
        guard recv(channel, &answer, answer.count, Int32(MSG_DONTWAIT)) >= 88 else { return nil }
        return answer.withUnsafeBytes { bytes in
            // In place of a socket that is gone the kernel may name one that listens on the same port.
            guard bytes.loadUnaligned(fromByteOffset: 4, as: UInt16.self) == byFamily, bytes[20..<24].elementsEqual(own.port + peer.port)
            else { return nil }
            return Socket(
                state: bytes[17], user: bytes.loadUnaligned(fromByteOffset: 80, as: uid_t.self),
                inode: bytes.loadUnaligned(fromByteOffset: 84, as: UInt32.self))
        }
    }

    /// `nlmsghdr` and `inet_diag_req_v2`: of all states, on any interface, without a cookie.
    private static func request(_ own: Endpoint, _ peer: Endpoint) -> [UInt8] {
        var bytes: [UInt8] = []
        func append(_ number: some FixedWidthInteger) { withUnsafeBytes(of: number) { bytes += $0 } }
        append(UInt32(72))
        append(byFamily)
        append(isRequest)
        append(UInt64(0))
        bytes += [own.family, UInt8(IPPROTO_TCP), 0, 0]
        append(UInt32.max)
        bytes += own.port + peer.port + own.address + peer.address
        append(UInt32(0))
        append(UInt64.max)
        return bytes
    }

    /// An address as it stands in the request: in network order, padded with zeros.
    private struct Endpoint {
        let family: UInt8
        let port: [UInt8]
        let address: [UInt8]

        init?(_ address: SocketAddress) {
            // `sockaddr_in` is family, port, address; `sockaddr_in6` has a flow label before the address.
            let bytes = address.withSockAddr { Array(UnsafeRawBufferPointer(start: $0, count: $1)) }
            switch address.protocol {
            case .inet: (family, self.address) = (UInt8(AF_INET), bytes[4..<8] + [UInt8](repeating: 0, count: 12))
            case .inet6: (family, self.address) = (UInt8(AF_INET6), Array(bytes[8..<24]))
            default: return nil
            }
            port = Array(bytes[2..<4])
        }
    }
}
