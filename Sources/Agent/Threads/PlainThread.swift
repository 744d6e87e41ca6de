#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A thread outside Swift's cooperative pool, for work that blocks in the kernel: reading `/proc`, waiting for a tick.
enum PlainThread {
    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// In bytes; musl would give it only 128 KiB.
    private static let stackSize = 1 << 20

    /// Starts a thread named `name` (15 bytes at most, as ps and top show it), which ends when `body` returns. It can't be joined.
    static func start(name: String, _ body: @escaping @Sendable () -> Void) {
        let named: @Sendable () -> Void = {
            setName(name)
            body()
        }
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(&attributes, stackSize)
        #if canImport(Glibc)
            var handle = pthread_t()
        #elseif canImport(Musl)
            var handle: pthread_t?
        #endif
        let failure = pthread_create(
            &handle, &attributes,
            { argument in
                Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(Body(named)).toOpaque())
        precondition(failure == 0, "pthread_create: \(String(cString: strerror(failure)))")
    }

    /// Lets the calling thread go before all others, if this process may do that (root, CAP_SYS_NICE). For one that does little and must do it at once.
    ///
    /// A better nice value wouldn't do: it counts only among the threads of the same session, or of the same cgroup. Source: sched(7), "The autogroup feature".
    static func hurry() {
        var lowest = sched_param()
        lowest.sched_priority = 1
        pthread_setschedparam(pthread_self(), Int32(SCHED_RR), &lowest)
    }

    /// Source: proc_pid_comm(5). A failure is ignored, since the name only helps people.
    private static func setName(_ name: String) {
        let descriptor = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = name.withCString { write(descriptor, $0, strlen($0)) }
        close(descriptor)
    }
}
