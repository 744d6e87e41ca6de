/// Standard error for a log: each text that is written becomes one line, whatever is in it.
///
/// What others say stands in the log too, such as why the engine refused something. It can't forge a line, nor act upon the terminal that shows it.
package struct LogStream: TextOutputStream, Sendable {
    package init() {}

    package func write(_ text: String) {
        let line = text.hasSuffix("\n") ? text.dropLast() : text[...]
        StandardStream.error.write("\(VisibleText.escape(String(line)))\n")
    }
}
