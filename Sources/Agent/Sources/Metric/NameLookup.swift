import NIOCore
import NIOPosix
import StatsCore
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Looks up the addresses of one host, on a thread of its own: a name that no server answers for holds up nobody else.
///
/// NIO would look all names up one after the other, addresses included.
final class NameLookup: Sendable {
    enum Answer: Sendable {
        case found([SocketAddress])
        /// With what getaddrinfo(3) returns.
        case failed(Int32)
    }

    struct Failure: Error {
        let code: Int32
    }

    /// What one connection asks. It is answered at once, when the lookup ends, or with a failure when another asks.
    struct Query: Resolver, Sendable {
        let v4, v6: EventLoopPromise<[SocketAddress]>

        fileprivate init(_ loop: any EventLoop) { (v4, v6) = (loop.makePromise(), loop.makePromise()) }

        func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> { v4.futureResult }
        func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> { v6.futureResult }
        func cancelQueries() {}

        fileprivate func end(_ answer: Answer) {
            switch answer {
            case .found(let addresses):
                v6.succeed(addresses.filter { $0.protocol == .inet6 })
                v4.succeed(addresses.filter { $0.protocol == .inet })
            case .failed(let code):
                v6.fail(Failure(code: code))
                v4.fail(Failure(code: code))
            }
        }
    }

    private struct State {
        var isLooking = false
        /// The last one, while the lookup is under way.
        var waiting: Query?
        /// The addresses that were found last.
        var known: [SocketAddress]?
        /// Whether the last lookup found nothing, so that the next one isn't waited for.
        var hasFailed = false
    }

    private let host: String
    private let port: Int
    private let loop: any EventLoop
    private let look: @Sendable (String, Int) -> Answer
    private let state = Mutex(State())

    /// - Parameter look: may block for as long as it wants.
    init(host: String, port: Int, loop: any EventLoop, look: @escaping @Sendable (String, Int) -> Answer = NameLookup.system) {
        (self.host, self.port, self.loop, self.look) = (host, port, loop, look)
    }

    /// Asks for the addresses. There is one lookup at most: while it takes long, those of the one before are the answer.
    func ask() -> Query {
        let query = Query(loop)
        if let address = try? SocketAddress(ipAddress: host, port: port) {
            query.end(.found([address]))
            return query
        }
        let (former, known, begins) = state.withLock { state in
            let known = state.isLooking || state.hasFailed ? state.known : nil
            defer { (state.isLooking, state.waiting) = (true, known == nil ? query : nil) }
            return (state.waiting, known, !state.isLooking)
        }
        former?.end(.failed(EAI_AGAIN))
        if let known { query.end(.found(known)) }
        if begins, !PlainThread.start(name: "sonde-lookup", { self.end(self.look(self.host, self.port)) }) { end(.failed(EAI_AGAIN)) }
        return query
    }

    private func end(_ answer: Answer) {
        let (waiting, known) = state.withLock { state in
            switch answer {
            case .found(let addresses): (state.known, state.hasFailed) = (addresses, false)
            case .failed(let code):
                // There is no such name any more.
                if code == EAI_NONAME { state.known = nil }
                state.hasFailed = true
            }
            defer { (state.isLooking, state.waiting) = (false, nil) }
            return (state.waiting, state.known)
        }
        waiting?.end(known.map { .found($0) } ?? answer)
    }

    /// Asks the system, which blocks until its servers have answered, or until it gives them up.
    @Sendable static func system(host: String, port: Int) -> Answer {
        var hints = addrinfo()
        #if canImport(Glibc)
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #elseif canImport(Musl)
            hints.ai_socktype = SOCK_STREAM
        #endif
        var first: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &first)
        guard code == 0 else { return .failed(code) }
        defer { freeaddrinfo(first) }
        var addresses: [SocketAddress] = []
        var next = first
        while let one = next {
            next = one.pointee.ai_next
            guard let bytes = UnsafeRawPointer(one.pointee.ai_addr) else { continue }
            switch one.pointee.ai_family {
            case AF_INET: addresses.append(SocketAddress(bytes.load(as: sockaddr_in.self), host: host))
            case AF_INET6: addresses.append(SocketAddress(bytes.load(as: sockaddr_in6.self), host: host))
            default: break
            }
        }
        return .found(addresses)
    }
}
