import StatsCore
import TestSupport
import Testing

@testable import CLI

@Suite("Long names on a terminal", .serialized) struct LinearTerminalTests {
    @Test("A name of direction marks that is sixteen times as long takes about sixteen times as long to show")
    func names() throws {
        func list(_ count: Int) -> ContainerList {
            ContainerList(containers: ["c": .object(["name": .string(String(repeating: "\u{202e}", count: count))])])
        }
        let growths = [
            ("containers", Growth.of(1000) { list($0).text }), ("containers --json", Growth.of { try? Output.json(list($0)) }),
            (
                "a cell of top",
                Growth.of(1000) { count in
                    var line = ScreenLine()
                    line.append(cell: String(repeating: "\u{202e}", count: count), columns: 20, isLeft: true)
                    return line.text
                }
            ),
            ("a line of the prompt", Growth.of { try? Words.split(String(repeating: "a", count: $0)) }),
        ]
        for (name, growth) in growths { #expect(growth < Growth.linearLimit, "\(name)") }
    }
}
