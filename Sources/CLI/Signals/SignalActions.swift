#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What the signals that end a program do at present. A command that has trapped them (`EndingSignals`) leaves them to a handler that nobody listens to any more.
struct SignalActions {
    private let actions: [(signal: Int32, action: sigaction)]

    init() {
        actions = [SIGINT, SIGTERM, SIGHUP].map { signal in
            var action = sigaction()
            sigaction(signal, nil, &action)
            return (signal, action)
        }
    }

    /// Has them do that again.
    func restore() {
        for (signal, action) in actions {
            var action = action
            sigaction(signal, &action, nil)
        }
    }
}
