import StatsCore

/// The event with a process's command line, written when the process is first seen.
enum ProcessSeen {
    /// - Parameter commandLine: the begin of `/proc/<pid>/cmdline`, which can be megabytes long; `nil` when it can't be read.
    static func event(_ process: ProcessReading, _ commandLine: [UInt8]?) -> EventReading {
        var event = EventReading()
        event.kind = kind
        event.containerID = process.containerID
        event.container = process.container
        event.pid = process.stat.pid
        event.message = commandLine.flatMap { text($0) }
        return event
    }

    private static let kind = EncodedText("process")

    /// `nil` for a zombie and a kernel thread, which have no arguments.
    private static func text(_ commandLine: [UInt8]) -> EncodedText? {
        let text = blanks(commandLine)
        return text.isEmpty ? nil : EncodedText(utf8: text.span.bytes)
    }

    /// The arguments of a command line with blanks between them.
    static func words(_ commandLine: [UInt8]) -> String { String(decoding: blanks(commandLine), as: UTF8.self) }

    private static func blanks(_ commandLine: [UInt8]) -> [UInt8] {
        var text = commandLine.map { $0 == 0 ? UInt8(ascii: " ") : $0 }
        while text.last == UInt8(ascii: " ") { text.removeLast() }
        return text
    }
}
