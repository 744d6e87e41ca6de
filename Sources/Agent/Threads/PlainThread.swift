#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A thread outside Swift's cooperative pool, for work that blocks in the kernel: reading `/proc`, waiting for a tick.
struct PlainThread: Sendable {
    private let handle: pthread_t

    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Starts a thread named `name` (15 bytes at most, as ps and top show it) that ends when `body` returns.
    init(name: String, _ body: @escaping @Sendable () -> Void) {
        let named: @Sendable () -> Void = {
            Self.setName(name)
            body()
        }
        var handle = pthread_t()
        let argument = Unmanaged.passRetained(Body(named))
        let failure = pthread_create(
            &handle, nil,
            { argument in
                Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue().run()
                return nil
            }, argument.toOpaque())
        precondition(failure == 0, "pthread_create: \(String(cString: strerror(failure)))")
        self.handle = handle
    }

    /// As proc_pid_comm(5) says; a name is a comfort, so a kernel that refuses it is no error.
    private static func setName(_ name: String) {
        let descriptor = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = name.withCString { write(descriptor, $0, strlen($0)) }
        close(descriptor)
    }

    /// Waits until the thread has ended.
    func join() { pthread_join(handle, nil) }
}
