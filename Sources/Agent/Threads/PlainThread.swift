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
    static let stackSize = 1 << 20

    /// Starts a thread named `name` (15 bytes at most, as ps and top show it), which ends when `body` returns. It can't be joined.
    ///
    /// - Parameter stackSize: in bytes.
    /// - Returns: whether there is a thread now. There is none where the limit of tasks is reached (`RLIMIT_NPROC`, `pids.max`) or memory is short; `body` is then dropped.
    ///   Source: pthread_create(3), EAGAIN.
    static func start(name: String, stackSize: Int = stackSize, _ body: @escaping @Sendable () -> Void) -> Bool {
        create(name: name, stackSize: stackSize, body) == 0
    }

    /// Starts a thread that the agent can't do without. Where it can't be made, the agent says so and ends with exit code 1.
    static func startNeeded(name: String, _ body: @escaping @Sendable () -> Void) {
        let failure = create(name: name, stackSize: stackSize, body)
        if failure == 0 { return }
        let message =
            "sonde-agent: can't make the thread \(name): \(String(cString: strerror(failure))); raise the limit of tasks (ulimit -u, TasksMax= of systemd, pids.max of the cgroup)\n"
        _ = message.withCString { write(2, $0, strlen($0)) }
        exit(1)
    }

    /// - Returns: 0, or what pthread_create(3) says.
    private static func create(name: String, stackSize: Int, _ body: @escaping @Sendable () -> Void) -> Int32 {
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
        let unmanaged = Unmanaged.passRetained(Body(named))
        let failure = pthread_create(
            &handle, &attributes,
            { argument in
                Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue().run()
                return nil
            }, unmanaged.toOpaque())
        if failure != 0 { unmanaged.release() }
        return failure
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
