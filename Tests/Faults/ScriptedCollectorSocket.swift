import Glibc

/// A listening port on loopback, and its connections. Every wait has a time limit.
enum LoopbackSocket {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// - Parameter port: 0 for any that is free.
    static func listen(port: UInt16) throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                let bound = bind(descriptor, address, size) == 0 && Glibc.listen(descriptor, 64) == 0
                return bound && getsockname(descriptor, address, &size) == 0 ? 0 : errno
            }
        }
        guard code == 0 else {
            close(descriptor)
            throw Failure(description: "no listener on port \(port): \(String(cString: strerror(code)))")
        }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    /// The next connection that is waiting.
    static func accept(at listener: Int32) -> Int32? {
        let descriptor = Glibc.accept(listener, nil, nil)
        guard descriptor >= 0 else { return nil }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        var limit = timeval(tv_sec: 2, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var yes: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        return descriptor
    }

    /// Closes the connection with a reset, whatever is still under way.
    static func reset(_ descriptor: Int32) {
        var now = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
        close(descriptor)
    }

    /// The descriptors that have something to read, after at most this many milliseconds.
    static func readable(_ descriptors: [Int32], within milliseconds: Int32) -> [Int32] {
        var polled = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        guard poll(&polled, nfds_t(polled.count), milliseconds) > 0 else { return [] }
        return polled.filter { $0.revents != 0 }.map(\.fd)
    }
}

/// One agent's connection: bytes in, frames out.
struct AgentConnection {
    let descriptor: Int32
    private var buffer: [UInt8] = []
    /// The epoch of its `hello`; `nil` before that.
    var epoch: UInt64?
    /// The position in the last `welcome`, as long as no rewind was sent.
    var settled: UInt64 = 0
    /// A rewind was sent; frames that the agent sent before it arrived are ignored.
    var isRewinding = false
    /// How many more bytes are read before the connection is reset; `nil` for no reset.
    var bytesLeft: Int?

    init(_ descriptor: Int32, bytesLeft: Int?) {
        self.descriptor = descriptor
        self.bytesLeft = bytesLeft
    }

    /// Whether the last frame that has begun is incomplete.
    var isInMidFrame: Bool { !buffer.isEmpty }

    func send(_ payload: [UInt8]) { send(raw: withUnsafeBytes(of: UInt32(payload.count).bigEndian) { Array($0) } + payload) }

    /// Sends bytes as they are. If the peer is gone, reading reports that.
    func send(raw bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard sent > 0 else { return }
            rest = rest.dropFirst(sent)
        }
    }

    /// Reads what has arrived.
    /// - Returns: the complete frames, or `nil` at the end of the connection.
    mutating func receive() -> [[UInt8]]? {
        var piece = [UInt8](repeating: 0, count: min(1 << 18, bytesLeft ?? .max))
        let got = recv(descriptor, &piece, piece.count, Int32(MSG_DONTWAIT))
        if got < 0, errno == EAGAIN || errno == EINTR { return [] }
        guard got > 0 else { return nil }
        bytesLeft = bytesLeft.map { $0 - got }
        buffer += piece[..<got]
        var frames: [[UInt8]] = []
        var start = 0
        while buffer.count - start >= 4 {
            let length = buffer[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
            guard buffer.count - start - 4 >= length else { break }
            frames.append(Array(buffer[start + 4..<start + 4 + length]))
            start += 4 + length
        }
        buffer.removeFirst(start)
        return frames
    }
}
