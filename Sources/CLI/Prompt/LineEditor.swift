#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Reads a line from a terminal, with editing and history. It does the I/O for `KeyDecoder`, `LineBuffer` and `History`.
struct LineEditor {
    enum Outcome: Equatable {
        case line(String)
        /// Ctrl-C.
        case abandoned
        /// Ctrl-D on an empty line, or the terminal was closed.
        case endOfInput
    }

    let prompt: String
    var history: History

    mutating func readLine() -> Outcome {
        guard let terminal = RawTerminal() else { return .endOfInput }
        var line = LineBuffer()
        var decoder = KeyDecoder()
        show(line)
        while true {
            var keys: [Key] = []
            if terminal.waitForInput(milliseconds: decoder.isPending ? KeyDecoder.sequenceMilliseconds : -1) {
                // Reads one byte at a time: bytes after the line belong to the command that the line starts.
                var byte: UInt8 = 0
                let count = read(STDIN_FILENO, &byte, 1)
                if count < 0 && errno == EINTR { continue }
                guard count == 1 else { return leave(.endOfInput) }
                keys = decoder.feed(byte)
            } else {
                keys = decoder.flush()
            }
            for key in keys {
                switch line.apply(key) {
                case .ignored: break
                case .edited: show(line)
                case .older:
                    if let older = history.older(than: line.text) {
                        line.replace(with: older)
                        show(line)
                    }
                case .newer:
                    if let newer = history.newer() {
                        line.replace(with: newer)
                        show(line)
                    }
                case .clearScreen:
                    Output.write("\u{1b}[H\u{1b}[2J", to: STDOUT_FILENO)
                    show(line)
                case .submitted: return leave(.line(line.text))
                case .abandoned: return leave(.abandoned)
                case .endOfInput: return leave(.endOfInput)
                }
            }
        }
    }

    private func leave(_ outcome: Outcome) -> Outcome {
        Output.write("\n", to: STDOUT_FILENO)
        return outcome
    }

    /// Writes the line again and places the cursor (ECMA-48: EL erases to the end, CUF moves right).
    private func show(_ line: LineBuffer) {
        let view = LineView(line, prompt: prompt, columns: RawTerminal.columns(STDOUT_FILENO))
        Output.write("\r\(view.text)\u{1b}[K\r\u{1b}[\(view.column)C", to: STDOUT_FILENO)
    }
}
