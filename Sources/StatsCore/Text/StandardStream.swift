#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Text for a person, a terminal or a script that waits for it: written at once, past stdio's buffer.
package enum StandardStream: Sendable {
    case output
    case error

    /// Writes all of a text. That nobody reads any more is no error of ours, and nobody is there to be told.
    /// - Returns: whether there was a reader for all of it.
    @discardableResult
    package func write(_ text: String) -> Bool {
        WholeWrite.all(text.utf8.span.bytes, to: self == .output ? STDOUT_FILENO : STDERR_FILENO) == nil
    }
}
