import Glibc

/// A blocking TCP connection to a loopback port. Every wait has a time limit.
final class TCPConnection {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let descriptor: Int32
    private var isOpen = true

    init(port: UInt16, patience seconds: Int = 120) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else {
            let reason = String(cString: strerror(errno))
            close()
            throw Failure(description: "no connection to port \(port): \(reason)")
        }
    }

    deinit { close() }

    func close() {
        if isOpen { Glibc.close(descriptor) }
        isOpen = false
    }

    /// Sends all bytes. If the peer closes meanwhile, that is no error here: its last message shows when it is read.
    func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if sent <= 0 { return }
            rest = rest.dropFirst(sent)
        }
    }

    /// Reads exactly this many bytes; fewer only when the peer has closed.
    ///
    /// - Throws: `Failure` when nothing comes in time.
    func read(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count, let more = try receive(count - bytes.count) { bytes += more }
        return bytes
    }

    /// Reads until the peer closes.
    func readAll() throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let more = try receive(1 << 16) { bytes += more }
        return bytes
    }

    private func receive(_ count: Int) throws -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: count)
        let got = recv(descriptor, &buffer, count, 0)
        if got == 0 || (got < 0 && errno == ECONNRESET) { return nil }
        guard got > 0 else { throw Failure(description: "nothing came: \(String(cString: strerror(errno)))") }
        return Array(buffer[..<got])
    }
}
