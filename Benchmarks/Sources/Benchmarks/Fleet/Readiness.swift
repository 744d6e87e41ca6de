import Epoll
import Glibc

/// The kernel's list of what is ready, for thousands of sockets (epoll(7)).
final class Readiness {
    /// What is ready at one socket.
    struct Event {
        let key: UInt64
        let isReadable: Bool
        let isWritable: Bool
    }

    private let descriptor: Int32
    private var room = [epoll_event](repeating: epoll_event(), count: 1024)

    init() throws {
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard descriptor >= 0 else { throw BenchmarkError.system("no epoll") }
    }

    deinit { close(descriptor) }

    /// Tells of this socket from now on, once for each change (EPOLLET). A closed socket leaves by itself.
    func add(_ socket: Int32, key: UInt64) throws {
        var event = epoll_event()
        event.events = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
        event.data.u64 = key
        guard epoll_ctl(descriptor, EPOLL_CTL_ADD, socket, &event) == 0 else { throw BenchmarkError.system("epoll takes no socket") }
    }

    /// Waits until something is ready, but no longer than this.
    func wait(milliseconds: Int32, _ take: (Event) throws -> Void) throws {
        let count = epoll_wait(descriptor, &room, Int32(room.count), milliseconds)
        guard count >= 0 else {
            if errno == EINTR { return }
            throw BenchmarkError.system("epoll_wait")
        }
        for index in 0..<Int(count) {
            let event = room[index]
            let ended = EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue
            try take(
                Event(
                    key: event.data.u64, isReadable: event.events & (EPOLLIN.rawValue | ended) != 0,
                    isWritable: event.events & EPOLLOUT.rawValue != 0))
        }
    }
}
