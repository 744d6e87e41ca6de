import Foundation
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    @Suite("YAML beside PyYAML") struct YAML {
        private static let python = ProcessInfo.processInfo.environment["SONDE_PYTHON"]

        @Test(
            "A document means what PyYAML reads in it, or is refused",
            .enabled(if: python != nil, "needs SONDE_PYTHON, a Python that has PyYAML; .ci/run makes one"),
            arguments: [1, 2, 3] as [UInt64])
        func trees(seed: UInt64) async throws {
            var author = YAMLAuthor(seed: seed)
            let documents = (0..<3000).map { author.document(isDamaged: $0 % 2 == 1) }
            let theirs = try await read(documents)
            #expect(theirs.count == documents.count)
            var understood = 0
            for (document, expected) in zip(documents, theirs) {
                guard let node = try? YAMLParser.parse(Array(document.utf8)) else { continue }
                understood += 1
                guard Self.tree(node) != expected else { continue }
                Issue.record("not what PyYAML reads:\n\(document)\n\(Self.tree(node))\n\(expected)")
                return
            }
            // A reader that refuses every document would never be wrong.
            #expect(understood > documents.count / 10)
        }

        private func read(_ documents: [String]) async throws -> [String] {
            let python = try #require(Self.python)
            var lines: [String] = []
            try await Scene.run { scene in
                let file = scene.path("documents")
                let text = documents.map { $0.utf8.map { String(format: "%02x", $0) }.joined() + "\n" }.joined()
                try text.write(toFile: file, atomically: false, encoding: .utf8)
                let output = try await scene.command(
                    "/bin/sh", ["-c", "exec \(python) \(Checkout.tests)/Integration/yaml_trees.py <\(file)"])
                lines = try output.succeeded().split(separator: "\n").map(String.init)
            }
            return lines
        }

        /// In the form that yaml_trees.py prints.
        private static func tree(_ node: YAMLNode) -> String {
            func hex(_ text: String) -> String { "t" + text.utf8.map { String(format: "%02x", $0) }.joined() }
            return switch node.value {
            case .null: "n"
            case .bool(let isTrue): isTrue ? "b1" : "b0"
            case .integer(let number): "i\(number)"
            case .decimal(let number): "f" + String(format: "%016lx", number.bitPattern)
            case .text(let text): hex(text)
            case .sequence(let items): "[" + items.map(tree).joined(separator: ",") + "]"
            case .mapping(let entries): "{" + entries.map { hex($0.key) + ":" + tree($0.value) }.joined(separator: ",") + "}"
            }
        }
    }
}

/// Writes YAML documents of all forms and damages some. The same seed gives the same documents.
private struct YAMLAuthor {
    private var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(state: seed) }

    private static let scalars = [
        "web", "a b", "10s", "256MiB", "50%", "-1", "+7", "007", "0", "-0", "3.14", "1.", ".5", "+.5", "1e3", "1.5e+3", "0x1F", "0o17",
        "0b11",
        "1_000", "12:30", "12:30:45", "2026-11-21", "2026-11-21 10:00:00", "1.2.3", "true", "False", "yes", "No", "on", "OFF", "y", "null",
        "~",
        "", ".inf", "-.INF", ".nan", "<<", "=", "heavy-*", "*heavy", "&a", "!t", ">50%", "|", "%x", "@x", "`x`", "a#b", "a #b", "a:b",
        "a: b",
        "- x", "-x", "?x", "? x", ":x", "[x", "x]", "{x", "x}", "x,y", "'", "\"", "it's", "say \"so\"", "ünï", "日本", "😀", "\u{85}",
        "\u{a0}",
        "\u{2028}", "\u{feff}", "\t", "a\tb", "---", "...", "--- x", "\\", "c:\\d", "9223372036854775807", "9223372036854775808",
        "registry:5000/app:1.2", "127.0.0.1:9880", "1.2:3", "1:2.3", "memory desc", "top 5 by memory",
    ]
    private static let keys = ["a", "b", "name", "keep", "long key", "1", "true", "\"q\"", "'s'", "on", "x#y", "<<", "~", "*k", "ü", "a:b"]

    mutating func document(isDamaged: Bool) -> String {
        var text = ["", "", "---\n", "--- # begin\n", "# note\n\n"].randomElement(using: &random) ?? ""
        text += node(indent: 0, depth: 0) + (Bool.random(using: &random) ? "\n" : "")
        if Int.random(in: 0..<20, using: &random) == 0 { text += "\n--- \nb\n" }
        return isDamaged ? damaged(text) : text
    }

    /// A node on lines of its own.
    private mutating func node(indent: Int, depth: Int) -> String {
        let pad = String(repeating: " ", count: indent)
        switch depth > 4 ? 3 : Int.random(in: 0..<(depth == 0 ? 2 : 4), using: &random) {
        case 0:
            return (1...Int.random(in: 1...4, using: &random)).map { _ in pad + key() + ":" + value(indent, depth) }.joined(separator: "\n")
        case 1:
            return (1...Int.random(in: 1...4, using: &random)).map { _ in pad + "-" + item(indent, depth) }.joined(separator: "\n")
        default: return pad + inline(depth)
        }
    }

    private mutating func value(_ indent: Int, _ depth: Int) -> String {
        switch Int.random(in: 0..<7, using: &random) {
        case 0: remark()
        case 1: remark() + "\n" + node(indent: indent + Int.random(in: 0...3, using: &random), depth: depth + 1)
        case 2: remark() + "\n" + node(indent: indent + 2, depth: depth + 1)
        case 3: literal(indent)
        default: " " + inline(depth) + remark()
        }
    }

    /// A text of several lines, some of them empty, with blanks alone, or deeper in.
    private mutating func literal(_ indent: Int) -> String {
        let own = indent + Int.random(in: 1...4, using: &random)
        let lines = (0..<Int.random(in: 0...5, using: &random)).map { _ in
            let blanks = [0, own, own, own, own, own + 1, own + 3, max(0, own - 1)].randomElement(using: &random) ?? 0
            let text = Bool.random(using: &random) ? Self.scalars.randomElement(using: &random) ?? "" : ""
            return String(repeating: " ", count: blanks) + text
        }
        return " |" + (Bool.random(using: &random) ? "-" : "") + remark() + lines.map { "\n" + $0 }.joined()
    }

    private mutating func item(_ indent: Int, _ depth: Int) -> String {
        guard Int.random(in: 0..<3, using: &random) == 0 else { return value(indent, depth) }
        // A mapping or a list that begins right after the dash.
        return " " + node(indent: indent + 2, depth: depth + 1).drop { $0 == " " }
    }

    private mutating func inline(_ depth: Int) -> String {
        switch depth > 6 ? 2 : Int.random(in: 0..<6, using: &random) {
        case 0: "[" + (0..<Int.random(in: 0...3, using: &random)).map { _ in inline(depth + 2) }.joined(separator: ", ") + "]"
        case 1:
            "{" + (0..<Int.random(in: 0...3, using: &random)).map { _ in key() + ": " + inline(depth + 2) }.joined(separator: ", ") + "}"
        default: scalar()
        }
    }

    private mutating func scalar() -> String {
        let text = Self.scalars.randomElement(using: &random) ?? ""
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
        case 1: return "\"" + text.map { "\"\\".contains($0) ? "\\\($0)" : "\($0)" }.joined() + "\""
        default: return text
        }
    }

    private mutating func key() -> String { Self.keys.randomElement(using: &random) ?? "a" }

    private mutating func remark() -> String { Int.random(in: 0..<5, using: &random) == 0 ? " # a: remark [" : "" }

    /// Removes, doubles or adds one character.
    private mutating func damaged(_ text: String) -> String {
        var characters = Array(text)
        guard !characters.isEmpty else { return text }
        let at = Int.random(in: characters.indices, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: characters.remove(at: at)
        case 1: characters.insert(characters[at], at: at)
        default: characters.insert(Array(" \n\t:-#,[]{}'\"?*&!|>%@\\\r").randomElement(using: &random) ?? " ", at: at)
        }
        return String(characters)
    }
}
