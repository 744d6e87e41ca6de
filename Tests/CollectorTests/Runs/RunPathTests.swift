import StatsCore
import Testing

@testable import Collector

@Suite("Names of runs") struct RunPathTests {
    @Test(
        "Names and relative paths are taken",
        arguments: [
            "test000", "a/b/c", "with space", "ünïcode", "a.b", "x/" + String(repeating: "y", count: 200), "a/b/c/d/e/f/g/h",
        ])
    func good(_ name: String) throws { #expect(try RunPath(name).description == name) }

    @Test(
        "Names that could lead elsewhere are refused",
        arguments: [
            "", "/", "/abs", "..", ".", "a/..", "../a", "a/../b", "a/./b", "a//b", "a/", ".hidden", "a/.hidden", "a\0b", "a\nb",
            "a\u{1b}[2J",
            "a\u{85}b", "a\\b", String(repeating: "x", count: 201), "a/b/c/d/e/f/g/h/i",
        ])
    func bad(_ name: String) throws {
        let failure = #expect(throws: ControlFailure.self) { try RunPath(name) }
        #expect(failure?.code == "bad_name")
        #expect(failure?.message.unicodeScalars.contains { $0.properties.generalCategory == .control } == false)
    }

    @Test(
        "Percent-encoding is undone once",
        arguments: [
            ("a%20b", "a b"), ("%2e%2e", ".."), ("a%2Fb", "a/b"), ("%2561", "%61"), ("%C3%BC", "ü"), ("%", nil), ("%4", nil), ("%zz", nil),
            ("%ff", nil),
        ] as [(String, String?)])
    func decodes(_ text: String, _ expected: String?) { #expect(PercentCoding.decode(text) == expected) }
}
