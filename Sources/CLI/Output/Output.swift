import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The formats in which a command can print its result.
enum OutputFormat: Sendable {
    case text
    case json
}

/// The result of a command: a value for scripts, and text for people.
protocol Presentable: Encodable {
    /// Lines without a newline at the end. Names from outside are escaped (`VisibleText`).
    var text: String { get }
}

/// A result that is also a table: with a first row that names its columns.
protocol Tabular {
    /// Texts and numbers; an empty one is an absent value.
    var csvRows: [[String]] { get }
}

/// All output of sonde goes through here, and only this type knows all formats.
enum Output {
    static func show(_ value: some Presentable, as format: OutputFormat) throws {
        switch format {
        case .text: line(value.text)
        case .json: line(try json(value))
        }
    }

    /// Prints a table as CSV, in the dialect of the runs' own files.
    static func csv(_ table: some Tabular) {
        var out = ByteWriter(capacity: 4096)
        for row in table.csvRows { out.append(csvRow: row) }
        write(out.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }, to: STDOUT_FILENO)
    }

    /// Prints on standard error why a command failed.
    static func fail(_ failure: CommandFailure, as format: OutputFormat) {
        switch format {
        case .text: complain("Error: \(VisibleText.escape(failure.message, keeping: "\n"))")
        case .json: complain((try? json(ControlFailure(code: failure.code, message: failure.message))) ?? failure.code)
        }
    }

    /// Writes lines to standard output at once, since the next output may be another process's.
    static func line(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

    static func complain(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

    /// Writes the whole text without stdio's buffer. A reader that has gone away is no error: the rest is dropped.
    static func write(_ text: String, to descriptor: Int32) { _ = deliver(text, to: descriptor) }

    /// Like `write`, for callers with more to write. Returns whether the reader has taken all of it.
    static func deliver(_ text: String, to descriptor: Int32) -> Bool { WholeWrite.all(text.utf8.span.bytes, to: descriptor) == nil }

    /// JSON with sorted keys, pretty or on one line. Control characters that JSON allows but that control a terminal are escaped too.
    static func json(_ value: some Encodable, isPretty: Bool = true) throws -> String {
        TerminalText.escapeJSON(String(decoding: try JSONCoding.encode(value, isPretty: isPretty), as: UTF8.self))
    }
}
