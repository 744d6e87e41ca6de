import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Counts the processes that a process and all its descendants start, however short they live.
///
/// The kernel tells of each fork(2) of the host through its process connector, to root of the first pid namespace (to others since Linux 6.6). Whose a fork is follows
/// from its parent, as the parent's own fork was told before. Sources: Documentation/driver-api/connector.rst, include/uapi/linux/cn_proc.h.
struct ForkCounter: ~Copyable {
    private let channel: Int32
    private var family: ForkFamily

    #if canImport(Glibc)
        private static let datagrams = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    #elseif canImport(Musl)
        private static let datagrams = SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK
    #endif
    /// NETLINK_CONNECTOR.
    private static let connector: Int32 = 11
    /// SO_RCVBUFFORCE.
    private static let receiveBufferForce: Int32 = 33

    /// Begins to listen.
    /// - Returns: `nil` where this process isn't told.
    init?(of pid: Int32) {
        channel = socket(AF_NETLINK, Self.datagrams, Self.connector)
        family = ForkFamily(of: pid)
        guard channel >= 0 else { return nil }
        var size: Int32 = 64 << 20
        // Beyond what users may have, where this user may have it.
        if setsockopt(channel, SOL_SOCKET, Self.receiveBufferForce, &size, 4) != 0 {
            _ = setsockopt(channel, SOL_SOCKET, SO_RCVBUF, &size, 4)
        }
        guard Self.join(channel), listen(true) else {
            close(channel)
            return nil
        }
    }

    deinit {
        _ = listen(false)
        close(channel)
    }

    /// How many were started; `nil` where some may have been missed. Takes what has been told since the last call: call it more often than the socket's room lasts, which
    /// is for some 80,000 events.
    mutating func count() -> UInt64? {
        var bytes = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let size = bytes.withUnsafeMutableBytes { recv(channel, $0.baseAddress, $0.count, 0) }
            if size < 0 {
                if errno == EINTR { continue }
                if errno == ENOBUFS { family.hasGap = true } else { break }
                continue
            }
            family.take(bytes.span.bytes.extracting(first: size))
        }
        return family.count
    }

    private static func join(_ channel: Int32) -> Bool {
        // struct sockaddr_nl: family, padding, port id, and the mask of groups, of which 1 is the connector's for processes.
        var address = [UInt8](repeating: 0, count: 12)
        address[0] = UInt8(AF_NETLINK)
        address[8] = 1
        return address.withUnsafeBytes { bind(channel, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), 12) } == 0
    }

    /// Sends PROC_CN_MCAST_LISTEN or PROC_CN_MCAST_IGNORE: a netlink header, a connector's header (index 1, value 1), and the word.
    private borrowing func listen(_ isOn: Bool) -> Bool {
        var message: [UInt32] = [40, 3, 0, UInt32(bitPattern: getpid()), 1, 1, 0, 0, 4, isOn ? 1 : 2]
        return message.withUnsafeMutableBytes { send(channel, $0.baseAddress, $0.count, 0) } == 40
    }
}

/// Which processes descend from one, by what the kernel tells of forks. A value without I/O.
struct ForkFamily {
    private var members: Set<UInt32>
    private var forks: UInt64 = 0
    /// Whether the kernel says that it couldn't tell all.
    var hasGap = false
    /// Whether the kernel has said that it will tell.
    private var hasHeard = false

    init(of pid: Int32) { members = [UInt32(bitPattern: pid)] }

    /// `nil` where some may have been missed, or nothing was told at all.
    var count: UInt64? { hasGap || !hasHeard ? nil : forks }

    /// Takes one datagram, which may hold several messages: struct nlmsghdr (16 bytes), struct cn_msg (20), struct proc_event.
    mutating func take(_ bytes: RawSpan) {
        var start = 0
        while start + 16 <= bytes.byteCount {
            let length = Int(word(bytes, start))
            guard length >= 16, start + length <= bytes.byteCount else { return }
            if length >= 52 { take(event: bytes.extracting(start + 36..<start + length)) }
            start += (length + 3) & ~3
        }
    }

    /// struct proc_event: what, core, time in eight bytes, then of a fork the parent's thread and process and the child's.
    private mutating func take(event: RawSpan) {
        switch word(event, 0) {
        // The answer to a request to listen, maybe another listener's: 0, or an error.
        case 0 where event.byteCount >= 20: hasHeard = hasHeard || word(event, 16) == 0
        case 1 where event.byteCount >= 32:
            let (parent, thread, process) = (word(event, 20), word(event, 24), word(event, 28))
            // A new thread is none of its own.
            guard thread == process, members.contains(parent) else { return }
            members.insert(process)
            forks += 1
        case 0x8000_0000 where event.byteCount >= 24:
            if word(event, 16) == word(event, 20) { members.remove(word(event, 20)) }
        default: break
        }
    }

    private func word(_ bytes: RawSpan, _ offset: Int) -> UInt32 {
        bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self) }
    }
}
