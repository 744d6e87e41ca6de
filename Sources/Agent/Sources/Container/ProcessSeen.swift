import StatsCore

/// The event with a process's command line, written when the process is first seen.
enum ProcessSeen {
    /// The most bytes of a command line, which can be megabytes long; this many identify the program.
    private static let longest = 4096

    static func event(_ process: ProcessReading, pid: Int32, proc: String, _ buffer: inout ReadBuffer) -> EventReading {
        var event = EventReading()
        event.kind = kind
        event.containerID = process.containerID
        event.container = process.container
        event.pid = process.stat.pid
        event.message = commandLine("\(proc)/\(pid)/cmdline", &buffer)
        return event
    }

    private static let kind = EncodedText("process")

    /// The arguments with blanks between them; `nil` for a zombie, which has no arguments.
    private static func commandLine(_ path: String, _ buffer: inout ReadBuffer) -> EncodedText? {
        guard (try? KernelFile.readOnce(path, into: &buffer)) != nil else { return nil }
        let bytes = buffer.bytes
        var text: [UInt8] = []
        for index in 0..<min(bytes.byteCount, longest) {
            let byte = bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
            text.append(byte == 0 ? UInt8(ascii: " ") : byte)
        }
        while text.last == UInt8(ascii: " ") { text.removeLast() }
        return text.isEmpty ? nil : EncodedText(utf8: text.span.bytes)
    }
}
