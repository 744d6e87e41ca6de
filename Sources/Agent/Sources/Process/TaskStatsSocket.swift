import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A socket to which the kernel sends a message for every thread that ends on this host. Source: Documentation/accounting/taskstats.rst, netlink(7).
final class TaskStatsSocket: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let descriptor: Int32
    private let family: UInt16

    #if canImport(Glibc)
        private static let datagrams = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
    #elseif canImport(Musl)
        private static let datagrams = SOCK_DGRAM | SOCK_CLOEXEC
    #endif
    /// NETLINK_GENERIC; TASKSTATS_CMD_GET, TASKSTATS_CMD_ATTR_PID and TASKSTATS_CMD_ATTR_REGISTER_CPUMASK.
    private static let (generic, get, ofPID, register): (Int32, UInt8, UInt16, UInt16) = (16, 1, 1, 3)
    /// SO_RCVBUFFORCE; SO_MEMINFO with SK_MEMINFO_DROPS as the last of nine numbers.
    private static let (bufferForced, memory, drops): (Int32, Int32, Int) = (33, 55, 8)
    /// A message takes up to 2.3 kB of it, and none is left lying for long.
    private static let bufferSize: Int32 = 4 << 20

    /// - Parameter cpus: those whose threads count, such as `0-7`.
    convenience init(cpus: [UInt8]) throws(Failure) {
        let descriptor = socket(AF_NETLINK, Self.datagrams, Self.generic)
        guard descriptor >= 0 else { throw Failure(description: "no netlink socket: \(String(cString: strerror(errno)))") }
        let family: UInt16
        do throws(Failure) {
            family = try Self.listen(descriptor, cpus)
        } catch {
            close(descriptor)
            throw error
        }
        self.init(descriptor, family)
    }

    private init(_ descriptor: Int32, _ family: UInt16) {
        self.descriptor = descriptor
        self.family = family
    }

    private static func listen(_ descriptor: Int32, _ cpus: [UInt8]) throws(Failure) -> UInt16 {
        var size = bufferSize
        setsockopt(descriptor, SOL_SOCKET, bufferForced, &size, socklen_t(MemoryLayout<Int32>.size))
        let family = try family(descriptor)
        // The agent's own thread shows which version this kernel has, before anything is asked for that comes for good.
        let own = withUnsafeBytes(of: UInt32(bitPattern: getpid())) { Array($0) }
        var isUsable = false
        try ask(descriptor, GenericNetlink.request(family, command: get, attribute: ofPID, own)) {
            if ExitMessage(parsing: $0, family: family)?.thread.pid == UInt32(bitPattern: getpid()) { isUsable = true }
        }
        guard isUsable else {
            throw Failure(description: "this kernel tells too little of a thread that ends; Linux 6.0 and later do, but for 6.14")
        }
        try ask(descriptor, GenericNetlink.request(family, command: get, attribute: register, cpus + [0])) { _ in }
        try hear(descriptor)
        return family
    }

    deinit { close(descriptor) }

    private static func family(_ descriptor: Int32) throws(Failure) -> UInt16 {
        var family: UInt16?
        try ask(descriptor, GenericNetlink.request(family: "TASKSTATS")) {
            if let found = GenericNetlink.family(parsing: $0) { family = found }
        }
        guard let family else { throw Failure(description: "the kernel doesn't say how to ask for taskstats") }
        return family
    }

    /// Sends a request and hands out what comes up to its acknowledgement.
    private static func ask(_ descriptor: Int32, _ request: [UInt8], _ body: (RawSpan) -> Void) throws(Failure) {
        guard send(descriptor, request, request.count, 0) == request.count else { throw refusal(errno) }
        var buffer = [UInt8](repeating: 0, count: mostBytes)
        // The kernel has answered before send(2) returns. Between the two there may be messages of threads that end.
        while true {
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            guard count > 0 else { throw refusal(errno) }
            let message = buffer.span.bytes.extracting(first: count)
            guard let error = GenericNetlink.error(parsing: message) else {
                body(message)
                continue
            }
            guard error == 0 else { throw refusal(error) }
            return
        }
    }

    /// Waits for the message of a thread that ends for this: the kernel takes a listener of another network namespace and never tells it anything.
    private static func hear(_ descriptor: Int32) throws(Failure) {
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard PlainThread.start(name: "sonde-exits", {}), poll(&polled, 1, longestWait) > 0 else {
            throw Failure(description: "the kernel's messages don't come: the agent isn't in the host's own network namespace")
        }
    }

    /// For what takes less than a millisecond, in milliseconds.
    private static let longestWait: Int32 = 2000

    private static func refusal(_ error: Int32) -> Failure {
        switch error {
        case EPERM: Failure(description: "that takes CAP_NET_ADMIN in the host's own user namespace")
        case EINVAL: Failure(description: "the agent isn't in the host's own pid and user namespaces")
        case ENOENT: Failure(description: "this kernel has no taskstats")
        default: Failure(description: "taskstats: \(String(cString: strerror(error)))")
        }
    }

    private static let mostBytes = 16 * 1024

    /// Waits for a message.
    /// - Parameter timeout: in milliseconds; -1 without an end.
    func wait(_ timeout: Int32) {
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        // Out of memory, most likely: this thread must not take a core.
        if poll(&polled, 1, timeout) < 0, errno != EINTR { poll(nil, 0, 100) }
    }

    private static let mostAtOnce = 10_000

    /// Hands out the messages that are there, as far as they don't come faster than that.
    /// - Parameter buffer: of at least 16 KiB.
    func drain(_ buffer: inout [UInt8], _ body: (ExitMessage) -> Void) {
        for _ in 0..<Self.mostAtOnce {
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count < 0, errno == EINTR || errno == ENOBUFS { continue }
            guard count > 0 else { return }
            if let message = ExitMessage(parsing: buffer.span.bytes.extracting(first: count), family: family) { body(message) }
        }
    }

    /// How many messages there was no room for, since the socket was made.
    var lost: UInt32? {
        var numbers = [UInt32](repeating: 0, count: Self.drops + 1)
        var size = socklen_t(numbers.count * MemoryLayout<UInt32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, Self.memory, &numbers, &size) == 0 else { return nil }
        return numbers[Self.drops]
    }
}
