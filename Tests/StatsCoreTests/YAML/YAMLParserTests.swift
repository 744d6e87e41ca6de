import TestSupport
import Testing

@testable import StatsCore

@Suite("YAML") struct YAMLParserTests {
    private func fault(_ text: String) -> String? {
        do throws(YAMLFault) {
            _ = try YAMLParser.parse(Array(text.utf8))
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test("Every value knows the line and column where it stands")
    func places() throws {
        let root = try YAMLParser.parse(Array("# ü\ngroups:\n  - name: 'ünï'\n    order: [memory, cpu]\n".utf8))
        guard case .mapping(let entries) = root.value, case .sequence(let groups) = entries[0].value.value,
            case .mapping(let group) = groups[0].value, case .sequence(let order) = group[1].value.value
        else {
            Issue.record("\(root)")
            return
        }
        #expect(entries[0].place == YAMLPlace(line: 2, column: 1))
        #expect(group[0].place == YAMLPlace(line: 3, column: 5))
        #expect(group[0].value == YAMLNode(value: .text("ünï"), place: YAMLPlace(line: 3, column: 11)))
        #expect(order[1] == YAMLNode(value: .text("cpu"), place: YAMLPlace(line: 4, column: 21)))
    }

    @Test(
        "A text of several lines stands as it is written, without its indentation, whatever YAML its lines would be elsewhere",
        arguments: [
            ("a: |\n  b\n", "b\n"), ("a: |-\n  b\n", "b"), ("a: |\n  b", "b"), ("a: | # why\n  b\n\n\n", "b\n"),
            ("a: |\n  # b\n\n   c: *d\n  \t---\n  'e\n", "# b\n\n c: *d\n\t---\n'e\n"), ("a: |\n\n  b\n", "\nb\n"),
            ("a: |\r\n  b\r\n  c\r\n", "b\nc\n"), ("a: |\n  b\n    \n", "b\n  \n"), ("a: |\n", ""),
        ])
    func literal(document: String, text: String) throws {
        func entries(_ document: String) throws -> [YAMLEntry] {
            guard case .mapping(let entries) = try YAMLParser.parse(Array(document.utf8)).value else { return [] }
            return entries
        }
        #expect(try entries(document).map(\.value.value) == [.text(text)])
        if document.hasSuffix("\n") { #expect(try entries(document + "z: 1\n").map(\.value.value) == [.text(text), .integer(1)]) }
        #expect(try entries(document.replacing("\n", with: "\n ").replacing("a:", with: "b:\n a:")).count == 1, "deeper in")
    }

    @Test("A number or a truth value is also known as it is written")
    func sources() throws {
        guard case .sequence(let items) = try YAMLParser.parse(Array("[0.50, True, 7, a, '8']".utf8)).value else { return }
        #expect(items.map(\.source) == ["0.50", "True", "7", nil, nil])
    }

    @Test(
        "What isn't read is refused with its place and what to write instead",
        arguments: [
            ("a: *heavy", "line 1, column 4: `*` at the begin means an alias in YAML, which isn't read; write a pattern in quotes: \"*\""),
            ("a: &x 1", "line 1, column 4: anchors (`&`) aren't read; write the value out, or a text in quotes"),
            ("a: !!str 1", "line 1, column 4: tags (`!`) aren't read; leave it out, or write a text in quotes"),
            (
                "a:\n  cpu: >50%",
                "line 2, column 8: `>` at the begin means a text of several lines that are joined in YAML, which isn't read; write `|`, or the text in quotes: \">50%\""
            ),
            (
                "a: |50%",
                "line 1, column 4: write `|` or `|-` before a text of several lines, and the text on the next lines; or a text in quotes"
            ),
            (
                "a: [|]",
                "line 1, column 5: `|` begins a text of several lines: it stands alone behind a key or a dash, and the text on the next lines; else write it in quotes"
            ),
            (
                "a: |\n    b\n  c\n",
                "line 3, column 3: a text of several lines is indented by its first line, and this one stands 2 blanks in, not 4"
            ),
            ("<<: {a: 1}", "line 1, column 1: merge keys aren't read; write the keys out"),
            ("a: 1\nb: 2\na: 3", "line 3, column 1: the key `a` stands on line 1 already; write it once"),
            ("a: {b: 1, b: 2}", "line 1, column 11: the key `b` stands on line 1 already; write it once"),
            ("a:\n\tb: 1", "line 2, column 1: a tab stands in front of the content; indent with blanks"),
            ("a: 1\n---\nb: 2", "line 2, column 1: a file holds one document; write --- only once, at its begin, or leave it out"),
            ("a: on", "line 1, column 4: `on` is a truth value to some readers and a text to others; write true or false, or \"on\""),
            (
                "a: 0x1F",
                "line 1, column 4: `0x1F` is read in several ways; write a decimal number such as 12 or 0.5, or \"0x1F\" for a text"
            ),
            ("a: 'x\n  y'", "line 1, column 4: the quote isn't closed on its line"),
            ("a: [b,\n  c]", "line 1, column 4: `]` is missing on this line; close it there, or write one item a line behind dashes"),
            (
                "a:\n    b: 1\n  c: 2",
                "line 3, column 3: the line stands 2 blanks in, which fits nothing above it; a text goes on one line, in quotes"
            ),
            (
                "a: b: c",
                "line 1, column 5: a mapping can't begin here; write it on the next line, further in, or quote the text that holds `: `"
            ),
            (
                "a: \"\\q\"",
                "line 1, column 5: there is no such escape; known are \\\\ \\\" \\/ \\n \\t \\r \\xNN \\uNNNN \\UNNNNNNNN, and '…' takes all as it stands"
            ),
            ("1: a", "line 1, column 1: a key has to be a text; write it in quotes"),
        ])
    func refused(text: String, message: String) {
        #expect(fault(text) == message)
    }

    @Test("No bytes bring it down, however deep, long or broken they are")
    func hostile() {
        #expect(fault(String(repeating: "[", count: 30_000))?.contains("within each other") == true)
        #expect(fault(String(repeating: "- ", count: 30_000))?.contains("within each other") == true)
        #expect(fault(String(repeating: "a", count: 65 << 10)) == "line 1, column 1: the file is larger than 64 KiB")
        var random = SeededRandom(state: 6)
        let alphabet = Array("ab1 \n\t:-#,[]{}'\"?*&!|>%@\\\r".utf8) + [0xff, 0xc3, 0]
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? 0 }
            _ = try? YAMLParser.parse(bytes)
        }
    }
}
