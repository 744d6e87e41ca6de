import Foundation
import TestSupport
import Testing

@Suite("docs/SECURITY.md") struct AttackTableTests {
    @Test("Each attack that it lists has the test that it names")
    func named() throws {
        let text = try String(contentsOfFile: Checkout.path + "/docs/SECURITY.md", encoding: .utf8)
        let section = try #require(
            text.components(separatedBy: "\n## What was tried\n").dropFirst().first?.components(separatedBy: "\n## ").first)
        let rows = section.split(separator: "\n").filter { $0.hasPrefix("| ") }.dropFirst()
        #expect(rows.count >= 20)
        let sources = try FileManager.default.subpathsOfDirectory(atPath: Checkout.tests).filter { $0.hasSuffix("Tests.swift") }
            .map { try String(contentsOfFile: "\(Checkout.tests)/\($0)", encoding: .utf8) }.joined()
        for row in rows {
            let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            #expect(cells.count == 3 && sources.contains("\"\(cells.last ?? "")\""), "no test is called “\(cells.last ?? "")”")
        }
    }
}
