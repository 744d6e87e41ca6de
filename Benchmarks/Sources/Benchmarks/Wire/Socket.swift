import Glibc

/// A nonblocking TCP socket on loopback.
final class Socket {
    let descriptor: Int32

    private init(_ descriptor: Int32) {
        self.descriptor = descriptor
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit { close(descriptor) }

    /// Listens at a port that the kernel chooses.
    static func listening() throws -> (socket: Socket, port: Int) {
        let socket = Socket(try make())
        var address = loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let done = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket.descriptor, $0, length) == 0 && listen(socket.descriptor, 16) == 0
                    && getsockname(socket.descriptor, $0, &length) == 0
            }
        }
        guard done else { throw BenchmarkError.system("cannot listen on loopback") }
        return (socket, Int(UInt16(bigEndian: address.sin_port)))
    }

    static func connected(port: Int) throws -> Socket {
        let descriptor = try make()
        var address = loopback(port: port)
        let done = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard done else {
            let code = errno
            close(descriptor)
            throw BenchmarkError.system("cannot connect to port \(port)", code)
        }
        return Socket(descriptor)
    }

    /// The next connection, if one is waiting.
    func accepted() -> Socket? {
        let descriptor = accept(descriptor, nil, nil)
        return descriptor < 0 ? nil : Socket(descriptor)
    }

    /// Writes as much as the kernel takes at present, and returns how much that was.
    func write(_ bytes: ArraySlice<UInt8>) throws -> Int {
        let count = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        if count >= 0 { return count }
        if errno == EAGAIN || errno == EINTR { return 0 }
        throw BenchmarkError.system("the peer has closed the connection")
    }

    private static func make() throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw BenchmarkError.system("no socket") }
        return descriptor
    }

    private static func loopback(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }
}
