#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Lines for a person or a script that waits for them: written at once, also when the stream is a pipe.
enum StandardOutput {
    static func write(_ line: String) { writeLine(line, to: STDOUT_FILENO) }
}

private func writeLine(_ line: String, to descriptor: Int32) {
    var bytes = ArraySlice((line + "\n").utf8)
    while !bytes.isEmpty {
        let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if written < 0 {
            if errno == EINTR { continue }
            // Nobody reads any more; there is nobody to tell either.
            return
        }
        bytes = bytes.dropFirst(written)
    }
}
