#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Makes the terminal deliver each key at once (termios(3), non-canonical mode without echo) for as long as this value lives.
///
/// It only clears flags. So a signal handler can set them again without knowing their earlier values, using `tcsetattr`, one of the
/// few calls that are allowed there.
struct RawTerminal: ~Copyable {
    private static let cleared = tcflag_t(ICANON) | tcflag_t(ECHO) | tcflag_t(ISIG) | tcflag_t(IEXTEN)
    private static let endings = [SIGTERM, SIGHUP, SIGQUIT, SIGINT]

    private let descriptor: Int32
    private let settings: termios
    private let handlers: [(signal: Int32, before: sighandler_t?)]

    /// `nil` when standard input is not a terminal.
    init?() {
        descriptor = STDIN_FILENO
        var settings = termios()
        guard tcgetattr(descriptor, &settings) == 0 else { return nil }
        self.settings = settings
        handlers = Self.endings.map { number in
            let before = signal(number) { number in
                RawTerminal.handBack()
                signal(number, SIG_DFL)
                raise(number)
            }
            return (number, before)
        }
        settings.c_lflag &= ~Self.cleared
        tcsetattr(descriptor, TCSADRAIN, &settings)
    }

    deinit {
        var settings = settings
        tcsetattr(descriptor, TCSADRAIN, &settings)
        for handler in handlers { signal(handler.signal, handler.before) }
    }

    /// Sets the flags again that `init` has cleared; for signal handlers.
    static func handBack() {
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else { return }
        settings.c_lflag |= tcflag_t(ICANON) | tcflag_t(ECHO) | tcflag_t(ISIG) | tcflag_t(IEXTEN)
        tcsetattr(STDIN_FILENO, TCSANOW, &settings)
    }

    /// Whether there is input or the terminal was closed; `false` after `milliseconds`, where -1 means no limit.
    func waitForInput(milliseconds: Int32) -> Bool {
        var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&watched, 1, milliseconds) > 0
    }

    /// Columns of the terminal on `descriptor`; 80 when they are unknown.
    static func columns(_ descriptor: Int32) -> Int { size(descriptor).columns }

    /// The size of the terminal on `descriptor`; 80 by 24 when it is unknown.
    static func size(_ descriptor: Int32) -> ScreenSize {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return ScreenSize(columns: size.ws_col > 0 ? Int(size.ws_col) : 80, rows: 24)
        }
        return ScreenSize(columns: Int(size.ws_col), rows: Int(size.ws_row))
    }
}

/// The size of a terminal.
struct ScreenSize: Equatable, Sendable {
    var columns: Int
    var rows: Int
}
