import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A terminal that belongs to this program: other screen, no cursor, raw keys. It is handed back when this goes out of scope, and before a
/// signal ends the process.
struct FullScreen: ~Copyable {
    /// Those that people send, and those by which a program breaks.
    private static let endings = [SIGTERM, SIGHUP, SIGQUIT, SIGINT, SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP]
    /// The alternate screen (DEC mode 1049), no cursor (25), and no wrapping (7), so that a line too wide stays one line.
    private static let enter: StaticString = "\u{1b}[?1049h\u{1b}[?25l\u{1b}[?7l\u{1b}[H\u{1b}[2J"
    private static let leave: StaticString = "\u{1b}[?2026l\u{1b}[0m\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l"
    /// Whether the alternate screen is shown.
    private static let isOpen = Atomic<Bool>(false)

    private let palette: Palette
    private var keys: RawTerminal?
    /// What stands on the screen, line by line, as it was written.
    private var shown: [String] = []

    /// `nil` when standard input is not a terminal.
    init?(_ palette: Palette) {
        self.palette = palette
        keys = nil
        guard open() else { return nil }
    }

    deinit {
        if Self.isOpen.exchange(false, ordering: .acquiringAndReleasing) { Self.write(Self.leave) }
        for number in Self.endings { signal(number, SIG_DFL) }
        WakePipe.ignoreSignals()
    }

    /// Takes the terminal, also again after something else has used it.
    @discardableResult mutating func open() -> Bool {
        shown = []
        keys = nil
        keys = RawTerminal()
        guard keys != nil else { return false }
        for number in Self.endings {
            signal(number) { number in
                if FullScreen.isOpen.exchange(false, ordering: .acquiringAndReleasing) { FullScreen.write(FullScreen.leave) }
                RawTerminal.handBack()
                signal(number, SIG_DFL)
                raise(number)
            }
        }
        WakePipe.watchSignals()
        Self.isOpen.store(true, ordering: .releasing)
        Self.write(Self.enter)
        return true
    }

    /// Hands the terminal back, stops this process as Ctrl-Z does elsewhere, and takes the terminal again when it goes on.
    mutating func suspend() {
        if Self.isOpen.exchange(false, ordering: .acquiringAndReleasing) { Self.write(Self.leave) }
        keys = nil
        WakePipe.ignoreSignals()
        // Threads of a pool begin with most signals blocked; this one has to stop here, not somewhat later.
        var stop = sigset_t()
        sigemptyset(&stop)
        sigaddset(&stop, SIGTSTP)
        pthread_sigmask(SIG_UNBLOCK, &stop, nil)
        raise(SIGTSTP)
        open()
    }

    /// Shows the lines, of which only those are written that have changed: all in one write, and at once where the terminal can
    /// (synchronized output, DEC mode 2026).
    mutating func draw(_ lines: [ScreenLine], columns: Int) {
        let texts = lines.map { line in
            // In the last column, erasing to the end of the line would take the last character.
            palette.text(line) + (line.width < columns ? "\u{1b}[K" : "")
        }
        var out = ""
        for (row, text) in texts.enumerated() where row >= shown.count || shown[row] != text {
            out += "\u{1b}[\(row + 1);1H\(text)"
        }
        if texts.count < shown.count { out += "\u{1b}[\(texts.count + 1);1H\u{1b}[J" }
        shown = texts
        guard !out.isEmpty, Self.isOpen.load(ordering: .acquiring) else { return }
        Output.write("\u{1b}[?2026h\(out)\u{1b}[?2026l", to: STDOUT_FILENO)
    }

    /// Clears the screen, so that the next lines are all written.
    mutating func clear() {
        shown = []
        Output.write("\u{1b}[2J", to: STDOUT_FILENO)
    }

    private static func write(_ text: StaticString) {
        let before = errno
        _ = writeBytes(STDOUT_FILENO, text.utf8Start, text.utf8CodeUnitCount)
        errno = before
    }
}

private func writeBytes(_ descriptor: Int32, _ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int { write(descriptor, bytes, count) }
