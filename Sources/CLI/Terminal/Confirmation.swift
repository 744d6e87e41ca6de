import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Asks a person at the terminal before something that can't be taken back.
enum Confirmation {
    /// Whether there is anybody to ask.
    static var isPossible: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

    /// - Parameter question: without the answers.
    /// - Returns: true for `y` and `yes` alone.
    static func ask(_ question: String) -> Bool {
        let text = VisibleText.escape(question) + " [y/N] "
        _ = WholeWrite.all(text.utf8.span.bytes, to: STDERR_FILENO)
        return ["y", "yes"].contains((readLine() ?? "").lowercased())
    }
}
