import Glibc

/// A synthetic agent's connection. It only blocks in `exchange`, for at most the given time.
final class SyntheticLink {
    struct Ended: Error {}

    private let descriptor: Int32
    private var outbox: [UInt8] = []
    private var sent = 0
    private var inbox: [UInt8] = []

    init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let descriptor = descriptor
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard code == 0 else { throw Ended() }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit { close(descriptor) }

    /// Bytes that wait to be sent.
    var waiting: Int { outbox.count - sent }

    func queue(_ bytes: [UInt8]) {
        if sent == outbox.count {
            outbox.removeAll(keepingCapacity: true)
            sent = 0
        }
        outbox += bytes
    }

    /// Ends the connection with a reset, after at most `count` of the waiting bytes.
    func reset(after count: Int) {
        _ = outbox.withUnsafeBytes { send(descriptor, $0.baseAddress! + sent, min(count, waiting), Int32(MSG_NOSIGNAL)) }
        var abort = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &abort, socklen_t(MemoryLayout<linger>.size))
    }

    /// Sends what it can and returns the payloads of the frames that came, within at most `milliseconds`.
    /// - Throws: `Ended` when the collector has closed, or has sent something that is no frame.
    func exchange(milliseconds: Int32) throws -> [[UInt8]] {
        try sendWaiting()
        var interest = pollfd(fd: descriptor, events: Int16(POLLIN) | (waiting > 0 ? Int16(POLLOUT) : 0), revents: 0)
        guard poll(&interest, 1, milliseconds) > 0 else { return [] }
        if interest.revents & Int16(POLLOUT) != 0 { try sendWaiting() }
        if interest.revents & ~Int16(POLLOUT) != 0 { try receive() }
        return try frames()
    }

    private func sendWaiting() throws {
        guard waiting > 0 else { return }
        let count = outbox.withUnsafeBytes { send(descriptor, $0.baseAddress! + sent, waiting, Int32(MSG_NOSIGNAL)) }
        if count < 0, errno != EAGAIN { throw Ended() }
        sent += max(count, 0)
    }

    private func receive() throws {
        let start = inbox.count
        inbox += [UInt8](repeating: 0, count: 1 << 16)
        let count = inbox.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress! + start, 1 << 16, 0) }
        let failed = count == 0 || (count < 0 && errno != EAGAIN)
        inbox.removeLast((1 << 16) - max(count, 0))
        if failed { throw Ended() }
    }

    private func frames() throws -> [[UInt8]] {
        var found: [[UInt8]] = []
        var start = 0
        while inbox.count - start >= 4 {
            let length = inbox[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
            guard length <= 1 << 20 else { throw Ended() }
            guard inbox.count - start - 4 >= length else { break }
            found.append(Array(inbox[start + 4..<start + 4 + length]))
            start += 4 + length
        }
        inbox.removeFirst(start)
        return found
    }
}
