import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The ways in which a command can print its result.
enum OutputFormat: Sendable {
    case text
    case json
}

/// What a command prints: a value for scripts, which is also lines for a person.
protocol Presentable: Encodable {
    /// Lines without a newline at the end. Names from elsewhere are escaped (`VisibleText`).
    var text: String { get }
}

/// Where everything that sonde prints goes through, and the one place that knows all formats.
enum Output {
    static func show(_ value: some Presentable, as format: OutputFormat) throws {
        switch format {
        case .text: line(value.text)
        case .json: line(try json(value))
        }
    }

    /// Says on standard error why a command failed.
    static func fail(_ failure: CommandFailure, as format: OutputFormat) {
        switch format {
        case .text: complain("Error: \(VisibleText.escape(failure.message, keeping: "\n"))")
        case .json: complain((try? json(ControlFailure(code: failure.code, message: failure.message))) ?? failure.code)
        }
    }

    /// One or more lines on standard output, at once: what follows may be another process's.
    static func line(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

    static func complain(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

    /// Writes all of it past stdio's buffer. A reader that has gone away is no error of ours: the rest is dropped.
    static func write(_ text: String, to descriptor: Int32) { _ = deliver(text, to: descriptor) }

    /// The same, for those who would go on and on. Returns whether there was a reader for all of it.
    static func deliver(_ text: String, to descriptor: Int32) -> Bool { WholeWrite.all(text.utf8.span.bytes, to: descriptor) == nil }

    /// JSON with sorted keys, pretty or on one line. Control characters that JSON allows but terminals act upon are escaped too.
    static func json(_ value: some Encodable, isPretty: Bool = true) throws -> String {
        TerminalText.escapeJSON(String(decoding: try JSONCoding.encode(value, isPretty: isPretty), as: UTF8.self))
    }
}
