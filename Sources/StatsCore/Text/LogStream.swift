/// Standard error for a log: each text that is written becomes one line, whatever is in it.
///
/// Some texts come from outside, such as the engine's error messages. They can neither forge a log line nor control the reader's terminal.
package struct LogStream: TextOutputStream, Sendable {
    package init() {}

    package func write(_ text: String) {
        let line = text.hasSuffix("\n") ? text.dropLast() : text[...]
        StandardStream.error.write("\(VisibleText.escape(String(line)))\n")
    }
}
