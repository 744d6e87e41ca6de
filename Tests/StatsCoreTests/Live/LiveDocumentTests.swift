import Foundation
import Testing

@testable import StatsCore

@Suite("docs/LIVE.md") struct LiveDocumentTests {
    private static let path = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("docs/LIVE.md").path
    /// What stands between these two lines is written from the catalogue.
    private static let borders = (begin: "<!-- fields -->\n", end: "<!-- end of fields -->\n")

    private static var fields: String {
        var text = ""
        append(.node, "A *node*", &text)
        append(.container, "A *container*", &text)
        for (kind, title) in [
            (LiveKind<RowSource>.unit, "A *unit*, in a node's detail"),
            (.process, "A *process* of a container, in its detail"), (.core, "A *core*, in a node's detail"),
            (.disk, "A *disk*, in a node's detail"), (.filesystem, "A *file system*, in a node's detail"),
            (.interface, "An *interface*, in a node's detail"),
        ] { append(kind, title, &text) }
        return text
    }

    private static func append<Source>(_ kind: LiveKind<Source>, _ title: String, _ text: inout String) {
        text += "\n\(title):\n\n| member | unit | what | warm, hot | trouble |\n|---|---|---|---|---|\n"
        for field in kind.fields {
            let trouble = field.trouble.map { "`\($0.name)`" + ($0.since == .hot ? " when hot" : "") } ?? ""
            text +=
                "| `\(field.name)` | \(field.format.unit) | \(field.help) | \(field.limits.map { "\(Words($0, field.format))" } ?? "") | \(trouble) |\n"
        }
    }

    /// Limits in words.
    private struct Words: CustomStringConvertible {
        let description: String

        init(_ limits: LiveLimits, _ format: LiveFormat) {
            let unit = format == .percent ? " %" : ""
            func number(_ value: Double) -> String { value == value.rounded() ? String(Int(value)) : String(value) }
            switch limits {
            case .from(let warm, let hot, let whole):
                switch whole {
                case .value(let value): description = "\(number(warm * value)), \(number(hot * value))\(unit)"
                case .cores: description = "\(number(warm * 100)), \(number(hot * 100)) % of its limit, else of the node's cores"
                case .field(let name): description = "\(number(warm)), \(number(hot)) times `\(name)`"
                case .interval(let least): description = "\(number(warm)), \(number(hot)) intervals of at least \(number(least / 1000)) s"
                }
            case .below(let hot): description = "–, below \(number(hot))"
            case .above(let most, let level):
                let from = most < 0 ? "always" : "above \(number(most))"
                description = level == .hot ? "–, \(from)" : "\(from), –"
            case .words(let words, let others):
                let hot = words.filter { $0.value == .hot }.map { "`\($0.key)`" }.sorted().joined(separator: " ")
                let ok = words.filter { $0.value == .ok }.map { "`\($0.key)`" }.sorted().joined(separator: " ")
                description = others == .ok ? "–, \(hot)" : "all but \(ok), \(hot)"
            }
        }
    }

    @Test("docs/LIVE.md says what the catalogue says of each field")
    func isCurrent() throws {
        let document = try String(contentsOfFile: Self.path, encoding: .utf8)
        let begin = try #require(document.range(of: Self.borders.begin)).upperBound
        let end = try #require(document.range(of: Self.borders.end)).lowerBound
        if ProcessInfo.processInfo.environment["SONDE_UPDATE_GOLDEN"] == "1" {
            try (document[..<begin] + Self.fields + document[end...]).write(toFile: Self.path, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOfFile: Self.path, encoding: .utf8) == document[..<begin] + Self.fields + document[end...])
    }
}
