import Glibc
import Synchronization

/// Ctrl-C and its relatives: they only leave a note, and whoever waits looks at it and throws, so that every `defer` on the way out
/// takes away what was started.
enum Interrupt {
    private static let isRaised = Atomic<Bool>(false)

    static func watch() {
        // Made before a signal can come: the first access to it is not for a signal handler.
        isRaised.store(false, ordering: .relaxed)
        // Without SA_RESTART, so that waiting ends.
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in Interrupt.isRaised.store(true, ordering: .relaxed) }
        for signal in [SIGINT, SIGTERM, SIGHUP] { sigaction(signal, &action, nil) }
        signal(SIGPIPE, SIG_IGN)
    }

    static func check() throws {
        if isRaised.load(ordering: .relaxed) { throw BenchmarkError("interrupted") }
    }
}
