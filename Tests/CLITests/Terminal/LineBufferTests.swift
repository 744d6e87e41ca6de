import Testing

@testable import CLI

@Suite("The line that is being written") struct LineBufferTests {
    private func typed(_ text: String, then keys: Key...) -> LineBuffer {
        var line = LineBuffer()
        for scalar in text.unicodeScalars { _ = line.apply(.character(scalar)) }
        for key in keys { _ = line.apply(key) }
        return line
    }

    private func expect(_ line: LineBuffer, _ text: String, cursor: Int, _ location: SourceLocation = #_sourceLocation) {
        #expect(line.text == text, sourceLocation: location)
        #expect(line.cursor == cursor, sourceLocation: location)
    }

    @Test("Keys move the cursor and stop at both ends")
    func movement() {
        expect(typed("abc", then: .left, .left), "abc", cursor: 1)
        expect(typed("abc", then: .home, .left), "abc", cursor: 0)
        expect(typed("abc", then: .control("a"), .right, .control("e"), .right), "abc", cursor: 3)
    }

    @Test("Characters go in where the cursor is")
    func insertion() {
        expect(typed("ac", then: .left, .character("b")), "abc", cursor: 2)
    }

    @Test("Backspace takes the character before the cursor, delete the one under it")
    func deletion() {
        expect(typed("abc", then: .left, .backspace), "ac", cursor: 1)
        expect(typed("abc", then: .left, .delete), "ab", cursor: 2)
        expect(typed("abc", then: .left, .control("d")), "ab", cursor: 2)
        expect(typed("abc", then: .home, .backspace), "abc", cursor: 0)
        expect(typed("abc", then: .delete), "abc", cursor: 3)
    }

    @Test("Ctrl-U, Ctrl-K and Ctrl-W delete to the start, to the end, and a word")
    func ranges() {
        expect(typed("abcd", then: .left, .control("u")), "d", cursor: 0)
        expect(typed("abcd", then: .left, .control("k")), "abc", cursor: 3)
        expect(typed("start test000  ", then: .control("w")), "start ", cursor: 6)
        expect(typed("start x", then: .left, .control("w")), "x", cursor: 0)
        expect(typed("", then: .control("w"), .control("u"), .control("k")), "", cursor: 0)
    }

    @Test("A combining mark belongs to its character")
    func combining() {
        expect(typed("e\u{301}x", then: .backspace, .backspace), "", cursor: 0)
        #expect(typed("e\u{301}").characters.count == 1)
    }

    @Test("Keys that end a line say how")
    func effects() {
        var line = typed("x")
        #expect(line.apply(.enter) == .submitted)
        #expect(line.apply(.control("c")) == .abandoned)
        #expect(line.apply(.control("l")) == .clearScreen)
        #expect(line.apply(.up) == .older)
        #expect(line.apply(.down) == .newer)
        #expect(line.apply(.control("d")) == .ignored)
        var empty = LineBuffer()
        #expect(empty.apply(.control("d")) == .endOfInput)
        #expect(empty.apply(.tab) == .ignored)
    }

    @Test("A line that is too long shows the part around the cursor")
    func longLine() {
        let view = LineView(typed("0123456789"), prompt: "> ", columns: 8)
        #expect(view.text == "> 56789")
        #expect(view.column == 7)
        let start = LineView(typed("0123456789", then: .home), prompt: "> ", columns: 8)
        #expect(start.text == "> 01234")
        #expect(start.column == 2)
    }

    @Test("A wide character takes two columns, and a control character is shown, not sent")
    func widths() {
        #expect(LineView(typed("漢字"), prompt: "> ", columns: 80).column == 6)
        var line = LineBuffer()
        line.replace(with: "a\u{1b}b")
        let view = LineView(line, prompt: "> ", columns: 80)
        #expect(view.text == "> a\\x1bb")
        #expect(view.column == 8)
    }
}

@Suite("The history of lines") struct HistoryTests {
    @Test("Going back and forth ends at the line that was being written")
    func navigation() {
        var history = History(lines: ["one", "two"])
        #expect(history.older(than: "dra") == "two")
        #expect(history.older(than: "two") == "one")
        #expect(history.older(than: "one") == nil)
        #expect(history.newer() == "two")
        #expect(history.newer() == "dra")
        #expect(history.newer() == nil)
    }

    @Test("Blank lines and repetitions aren't kept")
    func notes() {
        var history = History()
        for line in ["a", "a", " ", "", "b", "a"] { history.note(line) }
        #expect(history.lines == ["a", "b", "a"])
    }

    @Test("At most a thousand lines are kept, the newest")
    func bound() {
        var history = History(lines: (0..<1500).map { "\($0)" })
        #expect(history.lines.count == 1000)
        history.note("last")
        #expect(history.lines.count == 1000)
        #expect(history.lines.first == "501")
        #expect(history.lines.last == "last")
    }
}
