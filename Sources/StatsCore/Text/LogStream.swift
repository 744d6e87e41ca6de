#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Standard error for a log: each text that is written becomes one line, whatever is in it.
///
/// What others say stands in the log too, such as why the engine refused something. It can't forge a line, nor act upon the terminal that shows it.
package struct LogStream: TextOutputStream, Sendable {
    package init() {}

    package func write(_ text: String) {
        let line = text.hasSuffix("\n") ? text.dropLast() : text[...]
        var bytes = Array("\(VisibleText.escape(String(line)))\n".utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { writeBytes(STDERR_FILENO, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            // Nobody is there to be told that the log can't be written.
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}

/// write(2), which inside `LogStream` would be the method of that name.
private func writeBytes(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int { write(file, bytes, count) }
