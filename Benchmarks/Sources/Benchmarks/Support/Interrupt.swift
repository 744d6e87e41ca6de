import Glibc
import Synchronization

/// Ctrl-C and similar signals. The handler only sets a flag; code that waits checks the flag and throws, so that every `defer`
/// on the way out cleans up.
enum Interrupt {
    private static let isRaised = Atomic<Bool>(false)

    static func watch() {
        // The first access creates the variable, which a signal handler must not do.
        isRaised.store(false, ordering: .relaxed)
        // Without SA_RESTART, so that a signal ends a blocking call.
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in Interrupt.isRaised.store(true, ordering: .relaxed) }
        for signal in [SIGINT, SIGTERM, SIGHUP] { sigaction(signal, &action, nil) }
        signal(SIGPIPE, SIG_IGN)
    }

    static func check() throws {
        if isRaised.load(ordering: .relaxed) { throw BenchmarkError("interrupted") }
    }
}
